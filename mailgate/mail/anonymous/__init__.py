"""A mail that names nobody, for reports: `vocabulary` (words that stay), `pseudonyms` (for those that do not), `case_file`, `markup`."""
