"""Processes: wiring, life cycle, workers and the broker."""
