"""`mailgate journal`: look at accepted mail, and decide what waits for a person. In: ids or the beginning of one. Out: lists, bytes, moves.

No verb here deletes anything: raw bytes stay until retention takes them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, store
from mailgate.errors import UsageError
from mailgate.store.rows import JournalEntry
from mailgate.store.unit_of_work import UnitOfWork

app = typer.Typer(help="Accepted mail.", add_completion=False, rich_markup_mode=None)
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its beginning.")]
IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Ids of entries, or their beginnings.")]
COLUMNS = ("id", "accepted_at", "state", "author", "subject", "rule")


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


@app.command("list")
def list_entries(
    state: Annotated[State | None, typer.Option("--state", help="Only entries in this state.")] = None,
    before: Annotated[str | None, typer.Option("--before", metavar="ID", help="Go on from this entry.")] = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show entries, the newest first."""
    with store(config).reading() as work:
        found = work.journal.list(state.value if state else None, limit, before=work.journal.find(before) if before else None)
    output.show([_summary(entry) for entry in found], COLUMNS, as_json, none="no entries")


@app.command()
def show(id_: IdArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one entry: what came in, what was decided, and the answer of each rule."""
    with store(config).reading() as work:
        entry = work.journal.get(work.journal.find(id_))
    output.show_one(_detail(entry), as_json)


@app.command()
def raw(id_: IdArgument, config: ConfigOption = None) -> None:
    """Write the accepted bytes of one entry to standard output."""
    with store(config).reading() as work:
        content = work.journal.raw(work.journal.find(id_))
    sys.stdout.buffer.write(content)


@app.command()
def release(ids: IdsArgument = None, everything: Annotated[bool, typer.Option("--all")] = False, config: ConfigOption = None) -> None:
    """Decide held entries again, by what is known now: first make the author a participant, for example."""
    _reopen(ids or [], "held", everything, config)


@app.command()
def replay(ids: IdsArgument = None, everything: Annotated[bool, typer.Option("--all")] = False, config: ConfigOption = None) -> None:
    """Run shunted entries again, with all their attempts."""
    _reopen(ids or [], "shunted", everything, config)


@app.command()
def discard(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of held or shunted entries, or their beginnings.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; stays with the entry.")] = "discarded by hand",
    config: ConfigOption = None,
) -> None:
    """Decide that held or shunted entries need no work. Their bytes stay."""
    opened = store(config)
    with opened.transaction() as work:
        wanted = _resolve(work, ids)
        done = work.journal.discard(wanted, reason, opened.now())
    output.report(wanted, done, "discarded", "is neither held nor shunted")


def _reopen(ids: Sequence[str], state: str, everything: bool, config: Any) -> None:
    if bool(ids) == everything:
        raise UsageError(f"name entries, or all {state} ones with --all")
    opened = store(config)
    with opened.transaction() as work:
        wanted = [entry.id for entry in work.journal.list(State(state).value, None)] if everything else _resolve(work, ids)
        done = work.journal.reopen(wanted, opened.now(), from_states=(state,))
    output.report(wanted, done, "pending", f"is not {state}")


def _resolve(work: UnitOfWork, ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(work.journal.find(id_) for id_ in ids))


def _summary(entry: JournalEntry) -> dict[str, Any]:
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
        "size_bytes": entry.size_bytes,
        "attempts": entry.attempts,
    }


def _detail(entry: JournalEntry) -> dict[str, Any]:
    origin = {name: getattr(entry, name) for name in ("client_address", "helo", "protocol", "tls", "smtp_utf8", "raw_sha256", "raw_kept")}
    found = {**_summary(entry), **origin, "notes": list(entry.notes), "due_at": entry.due_at, "error": entry.error}
    if entry.decision is None:
        return found
    decided = asdict(entry.decision)
    names = ("trust", "case_id", "policy_version", "defects")
    return {**found, **{name: decided[name] for name in names}, "decided_at": entry.decided_at, **_trail(entry.decision.trail)}


def _trail(text: str) -> dict[str, Any]:
    """What was seen on the way, and the answer of each rule under `trail`. An operator's own decision has none."""
    found = json.loads(text)
    if not found:
        return {"trail": []}
    seen = {name: found[name] for name in ("matched_by", "carriers_refused", "answer") if name in found}
    return {"trust_reason": found["trust"][1], **seen, "trail": found["rules"]}
