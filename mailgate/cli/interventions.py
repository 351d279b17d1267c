"""The record of what people did by hand: made in the transaction of the action, shown with the entry or mail, and as a list.

In: who, what and why. Out: rows of `interventions`; NDJSON or text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from mailgate.cases.ids import new_id
from mailgate.cli import output
from mailgate.cli.desk import one_line
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, store
from mailgate.cli.spans import moment
from mailgate.store.rows import Intervention, InterventionVerb

ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; stays in the record.")]
COLUMNS = ("at", "operator", "verb", "about", "from_state", "to_state", "reason")


@dataclass(frozen=True, slots=True)
class Act:
    """One action of one person, on any number of rows. `detail` is what was ordered beside the verb."""

    verb: InterventionVerb
    operator: str
    reason: str
    now: datetime
    detail: Mapping[str, Any]

    @classmethod
    def of(cls, verb: InterventionVerb, operator: str, reason: str | None, now: datetime, **detail: Any) -> Act:
        """The action with a checked reason; what is None in the detail is left out. Raises UsageError."""
        why = one_line(reason, "the reason") if reason is not None else ""
        return cls(verb, operator, why, now, {name: value for name, value in detail.items() if value is not None})

    def on_entries(self, states: Mapping[str, str], to_state: str | None = None, **detail: Any) -> list[Intervention]:
        """For journal id -> the state before. `to_state` None: it stays in that state."""
        return [self._made(state, to_state or state, detail, journal_id=id_) for id_, state in sorted(states.items())]

    def on_mails(self, states: Mapping[str, str], to_state: str) -> list[Intervention]:
        """For outbox id -> the state before."""
        return [self._made(state, to_state, {}, outbox_id=id_) for id_, state in sorted(states.items())]

    def _made(
        self, before: str, after: str, detail: Mapping[str, Any], *, journal_id: str | None = None, outbox_id: str | None = None
    ) -> Intervention:
        told = json.dumps({**self.detail, **detail}, ensure_ascii=False)
        return Intervention(new_id(self.now), self.now, self.operator, self.verb, journal_id, outbox_id, before, after, self.reason, told)


def audit(
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Only what was done since then: 12h, 30d or a day.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Only what was done before then.")] = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what people did by hand to accepted and outgoing mail: who, when and why; the newest first."""
    opened = store(config)
    now = opened.now()
    with opened.reading() as work:
        found = work.interventions.list(limit, since=moment(since, now, "--since"), until=moment(until, now, "--until"))
    rows = shown(found)
    output.show(rows if as_json else [{**row, "about": row["journal_id"] or row["outbox_id"]} for row in rows], COLUMNS, as_json)


def shown(found: Sequence[Intervention]) -> list[dict[str, Any]]:
    """Interventions as JSON shows them."""
    return [asdict(one) | {"detail": json.loads(one.detail)} for one in found]


def briefly(found: Sequence[Intervention]) -> list[dict[str, Any]]:
    """Interventions as they stand below the entry or the mail that they are about, in text."""
    return [
        {"at": one.at, "operator": one.operator, "verb": one.verb, "from": one.from_state, "to": one.to_state, "reason": one.reason}
        | json.loads(one.detail)
        for one in found
    ]
