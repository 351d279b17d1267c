"""Which outgoing mails a filter means. In: an `OutboxFilter`. Out: conditions on the table outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func

from mailgate.store.schema import outbox


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """Outgoing mails by state, recipient (an address, or a domain without `@`), template, and time of making in [since, until)."""

    states: frozenset[str] | None = None
    address: str | None = None
    template: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def conditions(where: OutboxFilter) -> list[ColumnElement[bool]]:
    """All of them hold."""
    found: list[ColumnElement[bool]] = []
    if where.states is not None:
        found.append(outbox.c.state.in_(where.states))
    if where.address is not None:
        address = func.lower(outbox.c.address)
        found.append(address == where.address if "@" in where.address else address.endswith(f"@{where.address}", autoescape=True))
    if where.template is not None:
        found.append(outbox.c.template == where.template)
    if where.since is not None:
        found.append(outbox.c.created_at >= where.since)
    if where.until is not None:
        found.append(outbox.c.created_at < where.until)
    return found
