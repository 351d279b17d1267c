"""What operators decide about outgoing mail in trouble: send it again, or never. In: ids. Out: the moves.

That automatic answers are sent at most once is kept by the store, whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from mailgate.application.access import Action
from mailgate.application.journal.moves import finished
from mailgate.application.journal.views import Left, Moved, move
from mailgate.application.outbox.mails import ALL, MailFilter
from mailgate.application.outbox.views import MailRow, mail_row
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import line_or_empty
from mailgate.errors import Invalid
from mailgate.store.rows import OutboxMail

RETRIED = frozenset({"deferred", "failed", "uncertain", "cancelled"})
CANCELLED = frozenset({"pending", "deferred"})


@dataclass(frozen=True, slots=True)
class Decide:
    """`ids`: of outgoing mails, or unique beginnings of ids; without any, those that `filter` finds. `reason` stays in the audit."""

    ids: Sequence[str]
    reason: str = ""
    filter: MailFilter = ALL


@query(Action.OUTBOX_READ)
def preview_retry(act: Act, command: Decide) -> Sequence[MailRow]:
    """Show what `retry` would touch."""
    return _preview(act, command, RETRIED)


@query(Action.OUTBOX_READ)
def preview_cancel(act: Act, command: Decide) -> Sequence[MailRow]:
    """Show what `cancel` would touch."""
    return _preview(act, command, CANCELLED)


@use_case(Action.OUTBOX_RETRY)
def retry(act: Act, command: Decide) -> Moved:
    """Send deferred, failed, uncertain or cancelled mails again, the same bytes.

    Raises NotAllowed for an automatic answer that may have been sent.
    """
    reason = line_or_empty(command.reason, "reason", "the reason")
    before = act.uow.outbox.lock(_resolved(act, command, RETRIED))
    expires_at = act.now + timedelta(seconds=act.app.settings.outbound.expires_after_s)
    return _moved(act, before, act.uow.outbox.retry(list(before), act.now, expires_at), "pending", reason)


@use_case(Action.OUTBOX_CANCEL)
def cancel(act: Act, command: Decide) -> Moved:
    """Never send mails that still wait to be sent."""
    reason = line_or_empty(command.reason, "reason", "the reason")
    before = act.uow.outbox.lock(_resolved(act, command, CANCELLED))
    return _moved(act, before, act.uow.outbox.cancel(list(before), reason or "cancelled by hand"), "cancelled", reason)


def _preview(act: Act, command: Decide, states: frozenset[str]) -> Sequence[MailRow]:
    return [mail_row(act.uow.outbox.get(id_)) for id_ in _resolved(act, command, states)]


def _resolved(act: Act, command: Decide, states: frozenset[str]) -> list[str]:
    """The ids; of those found by a filter, the mails in states that the verb is for. Raises Invalid without any way of selecting."""
    if command.ids:
        return list(dict.fromkeys(act.uow.outbox.find(id_) for id_ in command.ids))
    if command.filter == ALL:
        raise Invalid("selection", "one_way", "which mails? Name them by id, or give a filter such as --state failed or --to kunde.example")
    where = command.filter.where()
    if where.states is not None and not where.states <= states:
        text = f"this is for mails that are {' or '.join(sorted(states))}, not {', '.join(where.states)}"
        raise Invalid("state", "wrong_state", text, states=tuple(sorted(states)))
    return list(act.uow.outbox.ids(replace(where, states=where.states or states)))


def _moved(act: Act, before: Mapping[str, OutboxMail], moved: Collection[str], to_state: str, reason: str) -> Moved:
    moves = [move(act.record(("outbox", id_), {"state": before[id_].state}, {"state": to_state}, reason=reason)) for id_ in sorted(moved)]
    left = [Left(id_, "wrong_state", mail.state) for id_, mail in before.items() if id_ not in moved]
    return finished(act, Moved(moves, left))
