"""Templates of mails and pages: the package `mailgate.templates`, mapped to this folder in pyproject.toml. Holds no code."""
