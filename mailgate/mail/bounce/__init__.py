"""Delivery reports: what failed, for whom, and what that says of the address. Pure."""
