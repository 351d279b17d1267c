"""Templates of mails: as files (`files`), and as the Python that Jinja makes of them (`code`)."""
