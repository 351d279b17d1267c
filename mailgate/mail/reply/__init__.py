"""What the author of a mail wrote, told apart from quoted history, signatures and boilerplate. Pure."""
