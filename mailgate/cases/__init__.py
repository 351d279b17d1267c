"""The domain: cases, contacts, statuses, changes and what they make known. Pure: no I/O, no clock."""
