"""The rules: what operators own (policy, agreements), what is known of a mail (facts), and how one follows from the other (chain). Pure."""
