"""Use cases of the desk: queues, a case with all that staff need beside it, acts on several cases, held mail, texts for answers."""
