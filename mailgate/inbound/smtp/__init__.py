"""The SMTP and LMTP server, up to the commit before 250."""
