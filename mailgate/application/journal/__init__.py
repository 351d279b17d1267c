"""Accepted mail: list, show, raw (`entries`), case files (`report`), what operators do (`release`, `discard`, `replay`), its `record`."""
