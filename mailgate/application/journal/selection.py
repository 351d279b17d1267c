"""Which entries an operator means: named by id, or found by a filter. In: a `Selection`. Out: ids, the oldest first when they were found.

The entries that one use case moves are read, locked and moved in one transaction, in pieces that fit into one statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from mailgate.application.access import Action
from mailgate.application.journal.views import EntryRow, entry_row
from mailgate.application.use_case import Act, query
from mailgate.application.words import mail_address, mail_domain
from mailgate.errors import Invalid
from mailgate.store.rows import JOURNAL_STATES, EntryFilter
from mailgate.store.unit_of_work import UnitOfWork

Verb = Literal["release", "discard", "replay"]
STATES_OF: Mapping[Verb, frozenset[str]] = {
    "release": frozenset({"held"}),
    "discard": frozenset({"held", "shunted"}),
    "replay": frozenset(JOURNAL_STATES) - {"pending"},
}
"""The states of the entries that each verb is for."""
CHUNK = 500  # ids in one statement: every database takes so many
PREVIEW_ROWS = 10


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """What entries must be. `author`: an address, or a domain with or without `@`. `since`, `until`: aware, [since, until)."""

    state: str | None = None
    rule: str | None = None
    author: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> EntryFilter:
        """The filter as the store takes it. Raises Invalid for an author that is neither address nor domain."""
        return EntryFilter(
            states=frozenset({self.state}) if self.state else None,
            rule=self.rule,
            author=_author(self.author) if self.author is not None else None,
            tag=self.tag,
            since=self.since,
            until=self.until,
        )


ALL = JournalFilter()


@dataclass(frozen=True, slots=True)
class Selection:
    """Entries by `ids` (or unique beginnings of ids), by `filter`, or `everything` that the verb is for.

    `limit`: of those found, the newest.
    """

    ids: Sequence[str] = ()
    filter: JournalFilter = ALL
    everything: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SelectionPreview:
    """The entries that a verb would touch."""

    verb: Verb
    selection: Selection


@dataclass(frozen=True, slots=True)
class Previewed:
    """How many entries there are, and the newest of them."""

    count: int
    first: Sequence[EntryRow]


@query(Action.JOURNAL_READ)
def preview(act: Act, command: SelectionPreview) -> Previewed:
    """Show what a verb would touch, before it does. Changes nothing."""
    ids = selected(act.uow, command.verb, command.selection)
    newest = sorted(ids, reverse=True)[:PREVIEW_ROWS]
    entries = act.uow.journal.by_ids(newest)
    return Previewed(len(ids), [entry_row(entries[id_]) for id_ in newest if id_ in entries])


def selected(uow: UnitOfWork, verb: Verb, selection: Selection) -> list[str]:
    """The ids. Raises Invalid unless exactly one way of selecting is used, NotFound or Ambiguous for an id."""
    ways = (bool(selection.ids), selection.everything, selection.filter != ALL)
    if sum(ways) != 1:
        text = f"{verb} what? Name entries by id, or give a filter such as --held, or --all; one of the three"
        raise Invalid("selection", "one_way", text)
    if selection.ids:
        return list(dict.fromkeys(uow.journal.find(id_) for id_ in selection.ids))
    return list(reversed(uow.journal.ids(_where(verb, selection.filter), limit=selection.limit)))


def chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    """The ids in pieces that fit into one statement."""
    return (list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))


def _where(verb: Verb, wanted: JournalFilter) -> EntryFilter:
    where, states = wanted.where(), STATES_OF[verb]
    if where.states is not None and not where.states <= states:
        text = f"{verb} is for entries that are {' or '.join(sorted(states))}, not {', '.join(where.states)}"
        raise Invalid("state", "wrong_state", text, states=tuple(sorted(states)))
    return replace(where, states=where.states or states)


def _author(text: str) -> str:
    return mail_address(text, "author") if "@" in text.strip().lstrip("@") else mail_domain(text, "author")
