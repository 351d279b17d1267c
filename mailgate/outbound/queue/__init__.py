"""The queue of outgoing mail: who is next, when a mail is tried again, and when it has expired."""
