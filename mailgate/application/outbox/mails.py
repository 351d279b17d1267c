"""Look at outgoing mail: list, show, raw. In: states, ids. Out: views, bytes. The audit says who took a mail's bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from mailgate.application.access import Action
from mailgate.application.journal.views import NO_MOVES, move
from mailgate.application.outbox.views import MailDetail, MailRow, mail_row
from mailgate.application.paging import Page, cursor_of, id_of, page_of
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import mail_address, mail_domain, one_of
from mailgate.store.repositories.outbox.filters import OutboxFilter
from mailgate.store.rows import OutboxState

STATES: Sequence[OutboxState] = get_args(OutboxState)


@dataclass(frozen=True, slots=True)
class MailFilter:
    """What mails must be. `state`: one of `STATES`. `to`: an address, or a domain with or without `@`. `since`, `until`: aware."""

    state: str | None = None
    to: str | None = None
    template: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> OutboxFilter:
        """The filter as the store takes it. Raises Invalid for a state or recipient that cannot be one."""
        if self.state is not None:
            one_of(self.state, STATES, "state", "state")
        states = frozenset({self.state}) if self.state else None
        return OutboxFilter(states, _recipient(self.to) if self.to is not None else None, self.template, self.since, self.until)


ALL = MailFilter()


@dataclass(frozen=True, slots=True)
class ListMails:
    """`state`: one of `STATES`, None for all. `cursor`: of the page before. `filter`: what else they must be."""

    state: str | None = None
    limit: int = 50
    cursor: str | None = None
    filter: MailFilter = ALL


@query(Action.OUTBOX_READ)
def list_mails(act: Act, command: ListMails) -> Page[MailRow]:
    """List outgoing mail, the newest first."""
    if command.state is not None:
        one_of(command.state, STATES, "state", "state")
    before = id_of(command.cursor) if command.cursor is not None else None
    found = act.uow.outbox.list(command.state, command.limit + 1, before=before, where=command.filter.where())
    return page_of([mail_row(one) for one in found], command.limit, [cursor_of(one.id) for one in found])


@query(Action.OUTBOX_READ)
def show_mail(act: Act, id_: str) -> MailDetail:
    """Show one mail, each attempt to deliver it, and what operators did to it."""
    mail = act.uow.outbox.get(act.uow.outbox.find(id_))
    done = [move(row) for row in act.uow.audit.of("outbox", mail.id) if row.verb not in NO_MOVES]
    return MailDetail(mail_row(mail), mail.history, done)


@query(Action.OUTBOX_READ)
def short_ids(act: Act, ids: Sequence[str]) -> dict[str, str]:
    """The beginnings by which mails are told from all others: what a person may type in place of their ids."""
    return act.uow.outbox.short_ids(ids)


@use_case(Action.OUTBOX_RAW)
def raw_mail(act: Act, id_: str) -> bytes:
    """The frozen bytes of one mail, with its links. Raises NotFound when retention has deleted them."""
    found = act.uow.outbox.find(id_)
    raw = act.uow.outbox.raw(found)
    act.record(("outbox", found))
    return raw


def _recipient(text: str) -> str:
    return (mail_address(text, "to") if "@" in text.strip().lstrip("@") else mail_domain(text, "to")).lower()
