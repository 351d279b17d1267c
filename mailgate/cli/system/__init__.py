"""Commands about the system around mailgate: the mail server beside it, copies of its data."""
