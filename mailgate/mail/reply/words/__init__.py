"""Word lists of many languages by which quotes, signatures and footers are recognised. Data; nothing is decided here."""
