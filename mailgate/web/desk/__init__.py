"""Pages of agents: queues, cases, held mail, customers."""
