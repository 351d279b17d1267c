"""How our mails look: samples of every kind, checked and shown. See `preview`."""
