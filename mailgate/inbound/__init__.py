"""The edge in: from an SMTP conversation to a journal row, and from the row to its effect on a case."""
