"""Addresses that get no mail of ours: list, add, remove. Every change leaves an audit row.

Bounces and complaints put addresses there by themselves. An address that is taken off may be written to at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailgate.application.access import Action
from mailgate.application.audit import difference
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import mail_address, one_line
from mailgate.errors import NotFound
from mailgate.rules.reachability import Cause, Suppression

AGAIN_WITHIN = timedelta(days=14)
"""News that is older helps nobody."""


@dataclass(frozen=True, slots=True)
class SuppressionView:
    """An address that gets no mail, since when and until when (None: until somebody lifts it)."""

    address: str
    reason: str
    created_at: datetime
    cause: Cause
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ListSuppressions:
    """All, or these addresses; of one cause when given; the newest first."""

    addresses: Sequence[str] = ()
    cause: Cause | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class AddSuppressions:
    """`for_`: how long; None until they are removed."""

    addresses: Sequence[str]
    reason: str
    for_: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RemoveSuppressions:
    """Whatever had suppressed them. `send_again`: make due what the suppression stopped within `AGAIN_WITHIN`."""

    addresses: Sequence[str]
    reason: str = ""
    send_again: bool = False


@query(Action.SUPPRESSION_READ)
def list_suppressions(act: Act, command: ListSuppressions) -> list[SuppressionView]:
    """List suppressed addresses with the cause and until when."""
    wanted = _normal(command.addresses)
    found = act.uow.suppressions.of(wanted) if wanted else act.uow.suppressions.list(command.limit, command.cause)
    return [_view(one) for one in found if command.cause in (None, one.cause)][: command.limit]


@use_case(Action.SUPPRESSION_ADD)
def add_suppressions(act: Act, command: AddSuppressions) -> list[SuppressionView]:
    """Send nothing more to these addresses. The reason replaces one that was there; no bounce and no reply replaces it."""
    why = one_line(command.reason, "reason", "the reason")
    until = act.now + command.for_ if command.for_ else None
    made = [Suppression(address, why, act.now, "operator", until) for address in _normal(command.addresses)]
    before = {one.address: one for one in act.uow.suppressions.of([one.address for one in made])}
    act.uow.suppressions.add(made)
    for one in made:
        act.record(("suppression", one.address), *difference(before.get(one.address), one), reason=why)
    return [_view(one) for one in made]


@use_case(Action.SUPPRESSION_REMOVE)
def remove_suppressions(act: Act, command: RemoveSuppressions) -> list[SuppressionView]:
    """Send to these addresses again; what was counted against them is forgotten."""
    wanted = _normal(command.addresses)
    gone = {one.address: one for one in act.uow.suppressions.of(wanted)}
    missing = [address for address in wanted if address not in gone]
    if missing:
        raise NotFound("suppression", missing[0], f"{', '.join(missing)} is not suppressed")
    act.uow.suppressions.remove(wanted)
    for address in wanted:
        again = _send_again(act, address) if command.send_again else 0
        detail = {"sent_again": again} if command.send_again else {}
        act.record(("suppression", address), *difference(gone[address], None), reason=command.reason, detail=detail)
    return [_view(gone[address]) for address in wanted]


def _send_again(act: Act, address: str) -> int:
    """Make due what the suppression stopped, before or after it was composed; how many."""
    since, life = act.now - AGAIN_WITHIN, timedelta(seconds=act.app.settings.outbound.expires_after_s)
    notices = act.uow.notices.send_stopped(address, since, act.now)
    return notices + act.uow.outbox.send_stopped(address, since, act.now, act.now + life)


def _normal(addresses: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(mail_address(address).lower() for address in addresses))


def _view(one: Suppression) -> SuppressionView:
    return SuppressionView(one.address, one.reason, one.created_at, one.cause, one.until)
