"""Stored mail decided again under a draft policy, in memory."""
