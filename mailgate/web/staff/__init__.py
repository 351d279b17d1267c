"""Pages of staff accounts: the first admin, the second factor, log in at an OpenID provider."""
