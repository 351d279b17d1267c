"""The database: the only memory of the system, and the only package that knows SQLAlchemy.

In: values of `mail`, `cases` and `store.rows`. Out: the same. It decides nothing: what is written is decided above it, what is durable
here.
"""
