"""The history of the schema. `mailgate.store.migrate` runs it; nothing imports it."""
