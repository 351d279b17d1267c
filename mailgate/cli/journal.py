"""`mailgate journal`: look at accepted mail, and decide what waits for a person. In: ids or the beginning of one. Out: lists, bytes, moves.

No verb here deletes anything: raw bytes stay until retention takes them.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.cli import output
from mailgate.cli.desk import open_desk
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, settings, store
from mailgate.cli.trail_view import trail_lines, without_trail
from mailgate.errors import PolicyError, UsageError
from mailgate.policy_in_force import compiled
from mailgate.rules.chain import TrailEntry, restored
from mailgate.rules.index import PassedOver
from mailgate.rules.policy import Disposition, Policy
from mailgate.rules.release import ORDERS, Order, dumps
from mailgate.store.rows import JournalEntry, Outcome
from mailgate.store.unit_of_work import Store, UnitOfWork

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
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only entries that a rule has given this tag.")] = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show entries, the newest first."""
    with store(config).reading() as work:
        start = work.journal.find(before) if before else None
        found = work.journal.list(state.value if state else None, limit, before=start, tag=tag)
    output.show([_summary(entry) for entry in found], COLUMNS, as_json, none="no entries")


@app.command()
def show(id_: IdArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one entry: what came in, what was decided, and the answer of each rule."""
    opened = store(config)
    with opened.reading() as work:
        entry = work.journal.get(work.journal.find(id_))
    found = _detail(entry, lambda: _policy(opened, config, entry))
    output.show_one(found if as_json else without_trail(found), as_json)
    if not as_json and (lines := trail_lines(found)):
        print("\n".join(lines))


@app.command()
def raw(id_: IdArgument, config: ConfigOption = None) -> None:
    """Write the accepted bytes of one entry to standard output."""
    with store(config).reading() as work:
        content = work.journal.raw(work.journal.find(id_))
    sys.stdout.buffer.write(content)


@app.command()
def release(
    ids: IdsArgument = None,
    everything: Annotated[bool, typer.Option("--all")] = False,
    disposition: Annotated[str, typer.Option(metavar="WHAT", help="comment, note, redirect or create; policy: decide again.")] = "comment",
    case: Annotated[str, typer.Option("--case", metavar="KEY", help="The case it belongs to; else the one that was matched.")] = "",
    operator: OperatorOption = None,
    config: ConfigOption = None,
) -> None:
    """Let held entries through: as a comment when nothing else is said, and then the author takes part in the case."""
    if disposition not in (*ORDERS, "policy"):
        raise UsageError(f"--disposition {disposition}: there are {', '.join(ORDERS)} and policy")
    with open_desk(config, operator) as desk, desk.store.transaction() as work:
        number = work.cases.get(case).number if case else None
        wanted = _wanted(work, ids or [], "held", everything)
        if disposition in ("comment", "create"):
            _introduce(work, wanted, desk.store.now())
        order = "" if disposition == "policy" else dumps(Order(cast(Disposition, disposition), desk.operator, number))
        done = work.journal.reopen(wanted, desk.store.now(), from_states=("held",), release=order)
    output.report(wanted, done, "pending", "is not held")


def _introduce(work: UnitOfWork, ids: Sequence[str], now: datetime) -> None:
    """Make contacts of the authors of these entries who are none yet: only a contact can take part in a case."""
    decided = [entry.decision for entry in map(work.journal.get, ids) if entry.state == "held"]
    authors = {one.author.lower(): one.author for one in decided if one and one.author}
    known = work.contacts.by_addresses(list(authors))
    fresh = [authors[address] for address in sorted(authors.keys() - known.keys())]
    companies = work.customers.by_domains([address.lower().rpartition("@")[2] for address in fresh])
    numbers = work.contacts.next_numbers(len(fresh)) if fresh else range(0)
    work.contacts.add([_contact(address, number, companies, now) for address, number in zip(fresh, numbers, strict=True)])


def _contact(address: str, number: int, companies: Mapping[str, Customer], now: datetime) -> Contact:
    company = companies.get(address.lower().rpartition("@")[2])
    return Contact(new_id(now), number, address, customer_id=company.id if company else None)


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
    opened = store(config)
    with opened.transaction() as work:
        wanted = _wanted(work, ids, state, everything)
        done = work.journal.reopen(wanted, opened.now(), from_states=(state,))
    output.report(wanted, done, "pending", f"is not {state}")


def _wanted(work: UnitOfWork, ids: Sequence[str], state: str, everything: bool) -> list[str]:
    if bool(ids) == everything:
        raise UsageError(f"name entries, or all {state} ones with --all")
    return [entry.id for entry in work.journal.list(State(state).value, None)] if everything else _resolve(work, ids)


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
        "tags": list(decision.tags) if decision else [],
        "size_bytes": entry.size_bytes,
        "attempts": entry.attempts,
    }


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
    found = {**_summary(entry), **origin, "notes": list(entry.notes), "due_at": entry.due_at, "error": entry.error}
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
