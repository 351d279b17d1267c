"""One module per group of tables. A repository works on the connection of one unit of work and never commits by itself.

Every method that a worker calls takes or gives a list and costs a constant number of statements for it, however long it is.
"""
