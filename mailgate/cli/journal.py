"""`mailgate journal`: look at accepted mail, and move it by hand (`journal_verbs`). In: ids, or a filter. Out: lists, bytes, moves.

No verb here deletes anything: raw bytes stay until retention takes them.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate.cli import interventions, journal_verbs, output
from mailgate.cli.opening import ConfigOption, JsonOption, settings, store
from mailgate.cli.selection import COLUMNS, Filter, filtering, summary
from mailgate.cli.trail_view import trail_lines, without_trail
from mailgate.errors import PolicyError, UsageError
from mailgate.policy_in_force import compiled
from mailgate.rules.chain import TrailEntry, restored
from mailgate.rules.index import PassedOver
from mailgate.rules.policy import Policy
from mailgate.store.rows import JournalEntry, Outcome
from mailgate.store.unit_of_work import Store

app = typer.Typer(help="Accepted mail.", add_completion=False, rich_markup_mode=None)
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its beginning.")]


@app.command("list")
@filtering
def list_entries(
    chosen: Filter,
    before: Annotated[str | None, typer.Option("--before", metavar="ID", help="Go on from this entry.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show entries, the newest first; 50 unless --limit says another number."""
    opened = store(config)
    where = chosen.where(opened.now())
    with opened.reading() as work:
        start = work.journal.find(before) if before else None
        found = work.journal.list(limit=chosen.limit or 50, before=start, where=where)
    output.show([summary(entry) for entry in found], COLUMNS, as_json, none="no entries")


@app.command()
def show(id_: IdArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one entry: what came in, what was decided, the answer of each rule, and what people did to it."""
    opened = store(config)
    with opened.reading() as work:
        entry = work.journal.get(work.journal.find(id_))
        done = work.interventions.of_entry(entry.id)
    found = _detail(entry, lambda: _policy(opened, config, entry))
    if as_json:
        output.show_one({**found, "interventions": interventions.shown(done)}, True)
        return
    output.show_one({**without_trail(found), "interventions": interventions.briefly(done)}, False)
    if lines := trail_lines(found):
        print("\n".join(lines))


@app.command()
def raw(id_: IdArgument, config: ConfigOption = None) -> None:
    """Write the accepted bytes of one entry to standard output."""
    with store(config).reading() as work:
        content = work.journal.raw(work.journal.find(id_))
    sys.stdout.buffer.write(content)


def _policy(opened: Store, config: Path | None, entry: JournalEntry) -> Policy | None:
    """The policy that decided about the entry; None when this program cannot read it (any more)."""
    from mailgate import bootstrap  # needed only for a policy of many rules

    number = entry.decision.policy_version.partition("-")[0] if entry.decision else ""
    own = bootstrap.own_addresses(settings(config)).mailboxes
    with contextlib.suppress(PolicyError, UsageError, ValueError), opened.reading() as work:
        return compiled(work.policies.get(int(number)), own)
    return None


def _detail(entry: JournalEntry, decided_by: Callable[[], Policy | None]) -> dict[str, Any]:
    origin = {name: getattr(entry, name) for name in ("client_address", "helo", "protocol", "tls", "smtp_utf8", "raw_sha256", "raw_kept")}
    found = {**summary(entry), **origin, "notes": list(entry.notes), "due_at": entry.due_at, "error": entry.error}
    if entry.decision is None:
        return found
    decided = asdict(entry.decision)
    names = ("trust", "case_id", "policy_version", "defects")
    return {**found, **{name: decided[name] for name in names}, "decided_at": entry.decided_at, **_trail(entry.decision, decided_by)}


def _trail(decision: Outcome, decided_by: Callable[[], Policy | None]) -> dict[str, Any]:
    """What was seen on the way, and the answer of each rule under `trail`. An operator's own decision has none.

    Of many rules those that could not hold were only counted: they are named by the version that decided, and stay counted under
    `passed_over` when this program cannot read that one.
    """
    found = json.loads(decision.trail)
    if not found:
        return {"trail": []}
    names = ("matched_by", "carriers_refused", "auth", "cases_named", "answer", "muted", "shadow", "effects", "facts")
    seen = {name: found[name] for name in names if name in found}
    entries = [TrailEntry(**one) for one in found["rules"]]
    groups = [PassedOver(**one) for one in found.get("passed_over", ())]
    policy = decided_by() if groups else None
    if policy is not None and policy.version == decision.policy_version:
        entries, groups = restored(policy, entries, groups), []
    counted = {"passed_over": [asdict(group) for group in groups]} if groups else {}
    return {"trust_reason": found["trust"][1], **seen, "trail": [asdict(entry) for entry in entries], **counted}


for verb in (*journal_verbs.VERBS, interventions.audit):
    app.command()(verb)
