"""mailgate: a mail gateway between customers' mailboxes and a company's case system."""

__version__ = "0.1.0"
