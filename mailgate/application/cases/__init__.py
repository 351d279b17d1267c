"""Use cases of cases: create, read, comment, operate, edit, people, merge."""
