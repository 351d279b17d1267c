"""The edge in: from an SMTP session to a journal row, and from the row to its effect on a case."""
