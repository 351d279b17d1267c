"""Accounts: ask for one, log in, passwords, sessions."""
