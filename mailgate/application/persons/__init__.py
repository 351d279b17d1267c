"""One person's data: a copy of it (GDPR article 15), and its erasure (article 17)."""
