"""Tables of what customers choose on the web: which notices they want, and redirected mail that they made a case of. See the package."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, SmallInteger, Table, Text, text

from mailgate.store.columns import identifier
from mailgate.store.schema.base import metadata, moment_column

notice_preferences = Table(
    "notice_preferences",
    metadata,
    Column("contact_id", identifier(), ForeignKey("contacts.id"), primary_key=True),
    Column("wants", Text, nullable=False),  # all, important, digest or none; no row: all
    Column("digest_hour", SmallInteger, nullable=False, server_default=text("7")),  # 0 to 23, in the policy's zone
)

case_mutes = Table(
    "case_mutes",
    metadata,
    # One person is told nothing of one case.
    Column("contact_id", identifier(), ForeignKey("contacts.id"), primary_key=True),
    Column("case_id", identifier(), ForeignKey("cases.id"), primary_key=True),
)

claims = Table(
    "claims",
    metadata,
    # A redirected mail whose claim link somebody used: one row per mail, so that one person takes it and makes one case of it.
    Column("journal_id", identifier(), ForeignKey("journal.id"), primary_key=True),
    moment_column("opened_at"),
    moment_column("denied_at", nullable=True),  # "I did not write it"
    moment_column("claimed_at", nullable=True),
    Column("contact_id", identifier(), ForeignKey("contacts.id")),
    Column("case_id", identifier(), ForeignKey("cases.id")),
)
