"""Which entries a command means: by id, or by what they are. In: options. Out: ids. Shared by the verbs of `mailgate journal`.

Whoever moves many entries at once sees first what would be touched: without `--yes` nothing is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any

import typer

from mailgate.cli import output
from mailgate.cli.desk import mail_address, mail_domain
from mailgate.cli.spans import moment
from mailgate.errors import NotAllowed, UsageError
from mailgate.store.rows import EntryFilter, JournalEntry
from mailgate.store.unit_of_work import UnitOfWork

COLUMNS = ("id", "accepted_at", "state", "author", "subject", "rule")
SHOWN_FIRST = 10
CHUNK = 500  # ids in one statement: every database takes so many

IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Ids of entries, or their beginnings.")]
AllOption = Annotated[bool, typer.Option("--all", help="All entries that the verb is for, in place of ids or a filter.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it to all entries that the filter finds; without it they are only shown.")]


class State(StrEnum):
    """States of an entry, as `--state` takes them."""

    PENDING = "pending"
    COMMENTED = "commented"
    REDIRECTED = "redirected"
    NOTED = "noted"
    CREATED = "created"
    FORWARDED = "forwarded"
    HELD = "held"
    DISCARDED = "discarded"
    SHUNTED = "shunted"


@dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for, as typed."""

    held: bool = False
    state: State | None = None
    rule: str | None = None
    author: str | None = None
    tag: str | None = None
    since: str | None = None
    until: str | None = None
    limit: int | None = None

    def where(self, now: datetime) -> EntryFilter:
        """The filter as the store takes it. Raises UsageError for words that cannot be read."""
        if self.held and self.state not in (None, State.HELD):
            raise UsageError(f"--held and --state {self.state} exclude each other")
        state = State.HELD if self.held else self.state
        return EntryFilter(
            states=frozenset({state.value}) if state else None,
            rule=self.rule,
            author=_author(self.author) if self.author is not None else None,
            tag=self.tag,
            since=moment(self.since, now, "--since"),
            until=moment(self.until, now, "--until"),
        )


OPTIONS: Mapping[str, Any] = {
    "held": Annotated[bool, typer.Option("--held", help="Only held entries.")],
    "state": Annotated[State | None, typer.Option("--state", help="Only entries in this state.")],
    "rule": Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Only entries that this rule decided.")],
    "author": Annotated[str | None, typer.Option("--author", metavar="WHO", help="Only mail of this address, or of this domain.")],
    "tag": Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only entries that a rule has given this tag.")],
    "since": Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Only mail accepted since then: 90m, 12h, 30d, 4w or a day (UTC).")
    ],
    "until": Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Only mail accepted before then; written like --since.")],
    "limit": Annotated[int | None, typer.Option("--limit", min=1, max=100_000, help="How many at most, the newest first.")],
}


def filtering(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of a filter, which it takes as one value, `chosen`."""

    @wraps(verb)
    def called(**given: Any) -> None:
        chosen = Filter(**{name: given.pop(name) for name in OPTIONS})
        verb(chosen=chosen, **given)

    own = [one for one in inspect.signature(verb, eval_str=True).parameters.values() if one.name != "chosen"]
    empty = Filter()
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(empty, name), annotation=kind)
        for name, kind in OPTIONS.items()
    ]
    keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    signature = inspect.Signature([*keyword_only[:1], *added, *keyword_only[1:]], return_annotation=None)
    called.__signature__ = signature  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}
    return called


@dataclass(frozen=True, slots=True)
class Bulk:
    """Which entries one call of a verb is about. `states`: those that the verb is for, when they are found and not named."""

    verb: str
    states: frozenset[str]
    ids: Sequence[str] | None
    everything: bool
    chosen: Filter
    yes: bool
    as_json: bool = False

    def wanted(self, work: UnitOfWork, now: datetime) -> list[str]:
        """Their ids, the oldest first when they were found. Raises UsageError, and NotAllowed for many without `--yes`, which are shown."""
        filtered = replace(self.chosen, limit=None) != Filter()
        if sum((bool(self.ids), self.everything, filtered)) != 1:
            raise UsageError(f"{self.verb} what? Name entries by id, or give a filter such as --held, or --all; one of the three")
        if self.ids:
            return list(dict.fromkeys(work.journal.find(id_) for id_ in self.ids))
        found = work.journal.list(limit=self.chosen.limit, where=self._where(now))
        if not found:
            output.note("no entries match")
        elif not self.yes:
            self._refuse(found)
        return [entry.id for entry in reversed(found)]

    def _where(self, now: datetime) -> EntryFilter:
        where = self.chosen.where(now)
        if where.states is not None and not where.states <= self.states:
            raise UsageError(f"{self.verb} is for entries that are {' or '.join(sorted(self.states))}, not {', '.join(where.states)}")
        return replace(where, states=where.states or self.states)

    def _refuse(self, found: Sequence[JournalEntry]) -> None:
        output.show([summary(entry) for entry in found[:SHOWN_FIRST]], COLUMNS, self.as_json)
        shown = "these" if len(found) <= SHOWN_FIRST else f"the newest {SHOWN_FIRST} of them are shown"
        raise NotAllowed(f"{self.verb} would touch {len(found)} entries ({shown}); nothing has changed: add --yes to do it")


def chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    """The ids in pieces that fit into one statement. All pieces of one call belong into one transaction."""
    return (list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))


def summary(entry: JournalEntry) -> dict[str, Any]:
    """An entry as the lists show it."""
    decision = entry.decision
    return {
        "id": entry.id,
        "accepted_at": entry.accepted_at,
        "state": entry.state,
        "reverse_path": entry.envelope.reverse_path,
        "recipients": list(entry.envelope.recipients),
        "author": decision.author if decision else "",
        "subject": decision.subject if decision else "",
        "message_id": decision.message_id if decision else None,
        "kind": decision.kind if decision else "",
        "rule": decision.rule if decision else "",
        "reason": decision.reason if decision else entry.error,
        "tags": list(decision.tags) if decision else [],
        "size_bytes": entry.size_bytes,
        "attempts": entry.attempts,
    }


def states_but(*left_out: State) -> frozenset[str]:
    """All states but these."""
    return frozenset(state.value for state in State if state not in left_out)


def _author(text: str) -> str:
    return mail_address(text) if "@" in text.strip().lstrip("@") else mail_domain(text)
