"""Outgoing mail: list, show and raw (`mails`), and what operators decide about mail in trouble (`decide`)."""
