"""The intake stage: from journal rows to their effects on cases."""
