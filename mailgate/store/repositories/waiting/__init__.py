"""What waits for a person: work of every kind, and what a restore has set aside."""
