"""What every page needs of HTTP: headers, origin, sessions, errors, files."""
