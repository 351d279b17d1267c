"""The web: one ASGI app over the application layer. Decodes requests, calls one use case, answers. Knows no SQL and no mail."""
