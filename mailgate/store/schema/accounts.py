"""The tables of accounts: who may log in, their sessions, links sent by mail, and what limits guesses.

Secrets are never stored: tokens as SHA-256, passwords as argon2id. The migrations build the same; a test compares them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Table, Text, text

from mailgate.store.columns import Moment, PlainText, Sha256, identifier
from mailgate.store.schema.base import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", identifier(), primary_key=True),
    Column("kind", Text, nullable=False),  # contact or staff
    Column("contact_id", identifier(), ForeignKey("contacts.id"), unique=True),  # of a contact's account; NULL for staff
    Column("username", PlainText, nullable=False),
    Column("username_lower", PlainText, nullable=False, unique=True),
    Column("address", PlainText, nullable=False),
    Column("address_lower", PlainText, nullable=False, unique=True),
    Column("name", PlainText, nullable=False, server_default=text("''")),
    Column("roles", Text, nullable=False, server_default=text("'[]'")),  # JSON array: agent, operator, admin
    Column("language", Text, nullable=False, server_default=text("''")),
    Column("password_hash", Text, nullable=False, server_default=text("''")),  # argon2id; "" for none yet
    Column("created_at", Moment, nullable=False),
    Column("logged_in_at", Moment),
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    Column("totp_secret", Text, nullable=False, server_default=text("''")),  # sealed (application.accounts.sealing); "" for none
    Column("totp_pending", Text, nullable=False, server_default=text("''")),  # sealed; not confirmed by a code yet
    Column("totp_step", BigInteger, nullable=False, server_default=text("0")),  # of the last code that was taken: none is taken twice
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", identifier(), ForeignKey("accounts.id"), primary_key=True),
    Column("code_sha256", Sha256, primary_key=True),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", PlainText, primary_key=True),  # of an OpenID provider
    Column("subject", PlainText, primary_key=True),
    Column("account_id", identifier(), ForeignKey("accounts.id"), nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", Sha256, primary_key=True),
    Column("id", identifier(), nullable=False, unique=True),  # what people name it by
    Column("account_id", identifier(), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("client", PlainText, nullable=False, server_default=text("''")),  # network address
    Column("agent", PlainText, nullable=False, server_default=text("''")),  # what the browser calls itself
    Column("method", Text, nullable=False, server_default=text("'password'")),  # how it was begun: password, totp, recovery, oidc
    Index("ix_sessions_expires_at", "expires_at"),
)

account_links = Table(
    "account_links",
    metadata,
    Column("token_sha256", Sha256, primary_key=True),
    Column("purpose", Text, nullable=False),  # register, reset, first_admin, second_factor, oidc, answer, claim, claim_code or notices
    Column("address", PlainText, nullable=False, server_default=text("''")),
    Column("account_id", identifier(), ForeignKey("accounts.id"), index=True),
    Column("facts", PlainText, nullable=False, server_default=text("'{}'")),  # JSON: what was filled in
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("ix_account_links_expires_at", "expires_at"),
)

rate_buckets = Table(
    "rate_buckets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key_sha256", Sha256, primary_key=True),  # of the address, account or network: not the thing itself
    Column("tokens", Float, nullable=False),
    Column("updated_s", Float, nullable=False),  # seconds since 1970: both databases can count with it
    Index("ix_rate_buckets_updated_s", "updated_s"),
)

once_keys = Table(
    "once_keys",
    metadata,
    Column("key_sha256", Sha256, primary_key=True),  # of session, form and the version of what it shows
    Column("result", PlainText, nullable=False, server_default=text("''")),  # where the first submission led
    Column("at", Moment, nullable=False),
    Index("ix_once_keys_at", "at"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("account_id", identifier(), ForeignKey("accounts.id"), primary_key=True),
    Column("name", PlainText, primary_key=True),  # the form, such as "new" or "SUP-1"
    Column("body", PlainText, nullable=False),  # JSON object of its fields
    Column("updated_at", Moment, nullable=False),
)
