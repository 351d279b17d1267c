"""Bounds of the reading stage. In: nothing. Out: the numbers that every module of `mailgate.mail` obeys. Never reads settings itself.

A mail over a limit is still returned, with what can be known cheaply and a defect that names the limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_OUR_ID = re.compile(r".{1,500}\.[0-9a-f]{32}@([^@]{1,255})", re.IGNORECASE | re.DOTALL)
DEGRADED = "degraded_over_limits"
"""The defect of a mail that was too much for the reader and is known by its header alone."""
KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much of one mail is looked at. All sizes in bytes, all counts inclusive."""

    parts: int = 500
    depth: int = 30
    header_bytes: int = 256 * KIB
    header_fields: int = 1_000
    part_header_bytes: int = 32 * KIB
    field_bytes: int = 64 * KIB
    subject_chars: int = 1_000
    addresses: int = 1_000
    references: int = 100
    text_bytes: int = 4 * MIB
    html_bytes: int = 4 * MIB
    report_bytes: int = 256 * KIB
    unpacked_files: int = 100


@dataclass(frozen=True, slots=True)
class Ours:
    """What marks mail as made by ourselves; all in lower case.

    `addresses` and `domains` are the addresses that we answer from and serve. `message_id_domains` are the right-hand sides of our own
    Message-IDs, which also end their left-hand side in a dot and the 32 hex digits of an outbox id: people of the same domain send too.
    `loop_values` are the values of our `X-Mailgate-Loop` header; when empty, any value counts.
    """

    addresses: frozenset[str] = field(default_factory=frozenset)
    domains: frozenset[str] = field(default_factory=frozenset)
    message_id_domains: frozenset[str] = field(default_factory=frozenset)
    loop_values: frozenset[str] = field(default_factory=frozenset)
    human_machines: frozenset[str] = field(default_factory=frozenset)

    def is_our_message_id(self, message_id: str | None) -> bool:
        """Whether `message_id` (no brackets) has the form of ours. Proves nothing about who sent it."""
        found = _OUR_ID.fullmatch(message_id or "")
        return found is not None and found.group(1).lower() in self.message_id_domains

    def is_our_loop(self, value: str) -> bool:
        """Whether a value of the loop header is ours."""
        return not self.loop_values or value.strip().lower() in self.loop_values

    def is_known_machine(self, address: str) -> bool:
        """Whether `address` is a machine whose mail counts as a person's (monitoring, other ticket systems): address or `@domain`."""
        return address in self.human_machines or "@" + address.rpartition("@")[2] in self.human_machines


DEFAULT_LIMITS = ReadLimits()
"""The table of the manual."""
