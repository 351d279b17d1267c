"""The tables, and why each index stands. The migrations build the same; a test compares them.

Two rules hold for every table with work in it. `due_at` is when a worker may next take the row, and NULL when the row is final: a check
constraint ties it to `state`, so that no row can be unfinished and forgotten. The index that workers use covers only rows with a
`due_at`, so that taking work costs the same whatever the history holds. Keys are UUIDv7 made by the writer: inserts are in order and need
no sequence.
"""

from __future__ import annotations

from mailgate.store.schema.accept import blobs, decisions, entry_tags, journal, submissions, tallies
from mailgate.store.schema.accounts import (
    account_links,
    accounts,
    drafts,
    identities,
    once_keys,
    rate_buckets,
    recovery_codes,
    sessions,
)
from mailgate.store.schema.base import metadata
from mailgate.store.schema.cases import (
    cases,
    comment_files,
    comments,
    contacts,
    counters,
    customer_domains,
    customers,
    events,
    participants,
    relay_ids,
)
from mailgate.store.schema.delivery import (
    answer_log,
    answers,
    attempts,
    notices,
    outbox,
    outbox_mails,
    seen_content,
    soft_bounces,
    suppressions,
)
from mailgate.store.schema.desk import presences, reply_texts
from mailgate.store.schema.policy import audit, legacy_refusals, policy_activations, policy_versions
from mailgate.store.schema.portal import case_mutes, claims, notice_preferences

__all__ = [
    "account_links",
    "accounts",
    "answer_log",
    "answers",
    "attempts",
    "audit",
    "blobs",
    "case_mutes",
    "cases",
    "claims",
    "comment_files",
    "comments",
    "contacts",
    "counters",
    "customer_domains",
    "customers",
    "decisions",
    "drafts",
    "entry_tags",
    "events",
    "identities",
    "journal",
    "legacy_refusals",
    "metadata",
    "notice_preferences",
    "notices",
    "once_keys",
    "outbox",
    "outbox_mails",
    "participants",
    "policy_activations",
    "policy_versions",
    "presences",
    "rate_buckets",
    "recovery_codes",
    "relay_ids",
    "reply_texts",
    "seen_content",
    "sessions",
    "soft_bounces",
    "submissions",
    "suppressions",
    "tallies",
]
