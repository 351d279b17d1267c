"""Options by which a command selects entries: ids, a filter, or all. In: options. Out: a filter or a selection for the application.

A command that would change many entries shows them first: without `--yes` nothing is changed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate.application.app import App
from mailgate.application.journal import entries
from mailgate.application.journal.selection import JournalFilter, Selection, SelectionPreview, Verb, preview
from mailgate.application.principal import Principal
from mailgate.cli import output
from mailgate.cli.opening import acting, open_app
from mailgate.cli.times import moment
from mailgate.errors import NotAllowed, UsageError

COLUMNS = ("id", "accepted_at", "state", "author", "subject", "rule")

IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of entries, or their beginnings.")]
AllOption = Annotated[bool, typer.Option("--all", help="All entries that this command can change, instead of ids or a filter.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Change all entries that the filter finds; without --yes they are only listed.")]


class EntryState(StrEnum):
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
class Chosen:
    """The options of the filter as typed."""

    held: bool = False
    state: EntryState | None = None
    rule: str | None = None
    author: str | None = None
    tag: str | None = None
    since: str | None = None
    until: str | None = None
    limit: int | None = None

    def filter(self, now: datetime) -> JournalFilter:
        """The filter. Raises UsageError for options that cannot be read."""
        if self.held and self.state not in (None, EntryState.HELD):
            raise UsageError(f"--held and --state {self.state} exclude each other")
        state = EntryState.HELD if self.held else self.state
        return JournalFilter(
            state=state.value if state else None,
            rule=self.rule,
            author=self.author,
            tag=self.tag,
            since=moment(self.since, now, "--since"),
            until=moment(self.until, now, "--until"),
        )


OPTIONS: Mapping[str, Any] = {
    "held": Annotated[bool, typer.Option("--held", help="Only held entries.")],
    "state": Annotated[EntryState | None, typer.Option("--state", help="Only entries in this state.")],
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
        chosen = Chosen(**{name: given.pop(name) for name in OPTIONS})
        verb(chosen=chosen, **given)

    own = [one for one in inspect.signature(verb, eval_str=True).parameters.values() if one.name != "chosen"]
    empty = Chosen()
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
class Common:
    """The options that all verbs on selected entries share, as typed."""

    ids: Sequence[str] | None
    chosen: Chosen
    everything: bool
    reason: str | None
    yes: bool
    operator: str | None
    config: Path | None
    as_json: bool


@contextmanager
def selected(verb: Verb, common: Common) -> Iterator[tuple[App, Principal, Selection, str]]:
    """The open application, the operator, the entries that a verb means, and the reason.

    Raises NotAllowed for found ones without `--yes`, after they have been shown.
    """
    with open_app(common.config) as app:
        principal, reason = acting(common.operator), output.given(common.reason, "the reason")
        wanted = Selection(tuple(common.ids or ()), common.chosen.filter(app.now()), common.everything, common.chosen.limit)
        if not wanted.ids:
            found = preview(app, principal, SelectionPreview(verb, wanted))
            if not found.count:
                output.note("; ".join(filter(None, ("no entries match", doubt_about(app, common.chosen)))))
            elif not common.yes:
                rows = output.with_short_ids(found.first, partial(entries.short_ids, app, principal), common.as_json)
                _refuse(verb, found.count, rows, common.as_json)
        yield app, principal, wanted, reason


def doubt_about(app: App, chosen: Chosen) -> str:
    """Why a filter may have found nothing: a rule that is not there; "" when it names none, or one that is."""
    if chosen.rule is None:
        return ""
    from mailgate.application.policies.rule_names import doubt_about_rule  # loads what reads YAML

    return doubt_about_rule(app, acting(None), chosen.rule)


def _refuse(verb: str, count: int, rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    output.show(rows, COLUMNS, as_json)
    which = "these" if count <= len(rows) else f"the newest {len(rows)} of them are shown"
    raise NotAllowed(
        f"{verb} would touch {count} {'entry' if count == 1 else 'entries'} ({which}); nothing has changed: add --yes to do it"
    )
