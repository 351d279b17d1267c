"""Word lists of many languages by which mail from machines is recognised, and the patterns made of them. Data; nothing is decided here."""
