"""Use cases of people: customers, contacts and the addresses that get no mail."""
