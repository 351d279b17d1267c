"""Guard rails that hold whatever the rules say: the answer gate, caps, breakers, refused senders."""
