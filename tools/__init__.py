"""Programs for those who work on mailgate. They are no part of what is installed."""
