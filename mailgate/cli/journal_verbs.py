"""What people do to accepted mail: `mailgate journal release|discard|replay`. In: ids or a filter. Out: moved rows, the record.

Each call is one transaction: the entries are locked, moved and recorded, or nothing is. What becomes of a mail that is given back, intake
decides on its one path (`inbound.intake`); the order goes with the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, cast

import typer

from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.cli import output
from mailgate.cli.desk import one_of, open_desk
from mailgate.cli.interventions import Act, ReasonOption
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption
from mailgate.cli.selection import AllOption, Bulk, Filter, IdsArgument, State, YesOption, chunks, filtering, states_but
from mailgate.rules.policy import Disposition
from mailgate.rules.release import ORDERS, Order, dumps
from mailgate.store.rows import Intervention, JournalEntry
from mailgate.store.unit_of_work import UnitOfWork

HELD = frozenset({State.HELD.value})
WAITING = frozenset({State.HELD.value, State.SHUNTED.value})
DECIDED = states_but(State.PENDING)

SendOption = Annotated[bool, typer.Option("--send", help="Let the mail go out that follows from it. Else none does.")]


@filtering
def release(
    chosen: Filter,
    ids: IdsArgument = None,
    everything: AllOption = False,
    disposition: Annotated[
        str, typer.Option("--disposition", metavar="WHAT", help="comment, note, redirect or create; policy: decide again.")
    ] = "comment",
    case: Annotated[str, typer.Option("--case", metavar="KEY", help="The case it belongs to; else the one that was matched.")] = "",
    reason: ReasonOption = None,
    yes: YesOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let held entries through: as a comment when nothing else is said, and then the author takes part in the case."""
    one_of(disposition, (*ORDERS, "policy"), "--disposition")
    bulk, done = Bulk("release", HELD, ids, everything, chosen, yes, as_json), list[Intervention]()
    with open_desk(config, operator) as desk, desk.store.transaction() as work:
        number = work.cases.get(case).number if case else None
        now = desk.store.now()
        policy = disposition == "policy"
        order = Order(None if policy else cast(Disposition, disposition), desk.operator, number, again=policy)
        act = Act.of("release", desk.operator, reason, now, disposition=disposition, case=case or None)
        wanted = bulk.wanted(work, now)
        for part in chunks(wanted):
            before = _of_states(work.journal.lock(part), HELD)
            if disposition in ("comment", "create"):
                _introduce(work, list(before.values()), now)
            work.journal.reopen(before.keys(), now, from_states=HELD, release=dumps(order))
            done += _recorded(work, act, before, "pending")
    output.report(done, _left(wanted, done, "is not held"), as_json)


@filtering
def discard(
    chosen: Filter,
    ids: IdsArgument = None,
    everything: AllOption = False,
    reason: ReasonOption = None,
    yes: YesOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide that held or shunted entries need no work. Their bytes stay."""
    bulk, done = Bulk("discard", WAITING, ids, everything, chosen, yes, as_json), list[Intervention]()
    with open_desk(config, operator) as desk, desk.store.transaction() as work:
        now = desk.store.now()
        act = Act.of("discard", desk.operator, reason, now)
        wanted = bulk.wanted(work, now)
        for part in chunks(wanted):
            before = _of_states(work.journal.lock(part), WAITING)
            work.journal.discard(before.keys(), act.reason or "discarded by hand", now)
            done += _recorded(work, act, before, "discarded")
    output.report(done, _left(wanted, done, "is neither held nor shunted"), as_json)


@filtering
def replay(
    chosen: Filter,
    ids: IdsArgument = None,
    everything: AllOption = False,
    send: SendOption = False,
    reason: ReasonOption = None,
    yes: YesOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run decided or shunted entries again by the policy in force. Nothing is done twice; no mail leaves without --send."""
    bulk, done = Bulk("replay", DECIDED, ids, everything, chosen, yes, as_json), list[Intervention]()
    stay, left = dict[str, str](), dict[str, str]()
    with open_desk(config, operator) as desk, desk.store.transaction() as work:
        now = desk.store.now()
        act = Act.of("replay", desk.operator, reason, now, send=send)
        for part in chunks(bulk.wanted(work, now)):
            entries = work.journal.lock(part)
            final = _final(work, entries)
            left |= _cannot(work, entries, final)
            done += _run_again(work, act, {id_: one for id_, one in entries.items() if id_ not in final and id_ not in left})
            let_out = _let_out(work, act, final) if send else []
            done += let_out
            told = {one.journal_id for one in let_out}
            stay |= {id_: why for id_, why in final.items() if id_ not in told}
    output.report(done, left, as_json, stay=stay)
    if not send and not as_json and any(one.to_state == "pending" for one in done):
        output.note("no mail leaves because of this; mailgate journal replay --send lets it out")


def _final(work: UnitOfWork, entries: Mapping[str, JournalEntry]) -> dict[str, str]:
    """Those that have changed a case, with the reason why they stay: a second comment, move or case is never made."""
    commented = work.cases.comments_of_mails(list(entries))
    return {
        id_: f"is {one.state} already, and stays so"
        for id_, one in entries.items()
        if id_ in commented or one.state in (State.COMMENTED.value, State.CREATED.value)
    }


def _cannot(work: UnitOfWork, entries: Mapping[str, JournalEntry], final: Mapping[str, str]) -> dict[str, str]:
    """Those that cannot be run, and why. The bytes of the others count as kept from now on, so that retention does not take them."""
    waiting = {id_: "is pending: it is not decided yet" for id_, one in entries.items() if one.state == "pending"}
    others = {id_: one.raw_sha256 for id_, one in entries.items() if id_ not in final and id_ not in waiting}
    kept = work.blobs.renew(set(others.values()))
    return waiting | {id_: "cannot be run again: its bytes have been purged" for id_, sha256 in others.items() if sha256 not in kept}


def _run_again(work: UnitOfWork, act: Act, entries: Mapping[str, JournalEntry]) -> list[Intervention]:
    """Give them back to intake. A mail that was never decided (shunted at its first run) may still teach what reports teach."""
    work.notices.forget_withheld(list(entries))
    for again in (False, True):
        order = Order(None, act.operator, send=act.detail["send"], again=again)
        ids = [id_ for id_, one in entries.items() if (one.decision is not None) is again]
        work.journal.reopen(ids, act.now, from_states=DECIDED, release=dumps(order))
    return _recorded(work, act, entries, "pending")


def _let_out(work: UnitOfWork, act: Act, final: Mapping[str, str]) -> list[Intervention]:
    """Send what an earlier replay of mails that are final has held back."""
    states = {id_: one.state for id_, one in work.journal.lock(work.notices.let_out(list(final), act.now)).items()}
    done = act.on_entries(states, let_out=True)
    work.interventions.add(done)
    return done


def _of_states(entries: Mapping[str, JournalEntry], states: frozenset[str]) -> dict[str, JournalEntry]:
    return {id_: one for id_, one in entries.items() if one.state in states}


def _recorded(work: UnitOfWork, act: Act, before: Mapping[str, JournalEntry], to_state: str) -> list[Intervention]:
    done = act.on_entries({id_: one.state for id_, one in before.items()}, to_state)
    work.interventions.add(done)
    return done


def _left(wanted: Sequence[str], done: Sequence[Intervention], why: str) -> dict[str, str]:
    moved = {one.journal_id for one in done}
    return {id_: why for id_ in wanted if id_ not in moved}


def _introduce(work: UnitOfWork, entries: Sequence[JournalEntry], now: datetime) -> None:
    """Make contacts of the authors of these entries who are none yet: only a contact can take part in a case."""
    authors = {one.author.lower(): one.author for one in (entry.decision for entry in entries) if one and one.author}
    known = work.contacts.by_addresses(list(authors))
    fresh = [authors[address] for address in sorted(authors.keys() - known.keys())]
    companies = work.customers.by_domains([address.lower().rpartition("@")[2] for address in fresh])
    numbers = work.contacts.next_numbers(len(fresh)) if fresh else range(0)
    work.contacts.add([_contact(address, number, companies, now) for address, number in zip(fresh, numbers, strict=True)])


def _contact(address: str, number: int, companies: Mapping[str, Customer], now: datetime) -> Contact:
    company = companies.get(address.lower().rpartition("@")[2])
    return Contact(new_id(now), number, address, customer_id=company.id if company else None)


VERBS = (release, discard, replay)
