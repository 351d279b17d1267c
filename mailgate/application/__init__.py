"""The use cases: what operators, agents, customers and programs can do. The only way in for the command line, the pages and the API."""
