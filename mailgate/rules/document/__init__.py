"""The policy document: from YAML text to a checked policy, or to all that is wrong with it."""
