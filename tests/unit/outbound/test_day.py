"""A busy day on a stepped clock: 2,000 cases in bursts, bounces, wishes, a smarthost away for three hours, a domain that swallows.

Real parts throughout: SQLite, the stages, SMTP over sockets to a sink. The test prints the table that it checks.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext, Draft, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Contact
from mailgate.clock import SteppedClock
from mailgate.outbound.compose_stage import NoticeOptions, NoticeStage
from mailgate.outbound.freeze import Freezer
from mailgate.outbound.queue.send_queue import SendQueueOptions
from mailgate.outbound.send_stage import SendOptions, SendStage
from mailgate.outbound.smarthost import Smarthost
from mailgate.outbound.smarthost_session import SmarthostOptions, Timeouts
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.repositories.portal import NoticeChoice
from mailgate.store.unit_of_work import Store
from tests.support.sink import Hang, Sink
from tests.unit.outbound.conftest import IDENTITY, KEYS, RENDERER

MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TICK, TICKS = timedelta(minutes=10), 96
AWAY = range(30, 48)  # three hours in the middle of the day
CASES, PEOPLE = 2_000, 1_000
SWALLOWS, WINDOW = "svelg.example", timedelta(minutes=2)
OLA = Actor("operator", "Ola Berg")
BURSTS = ("proposal", "correction", "taken_back", "reply")


@dataclass
class Day:
    """The desk, and who should get what: (address, burst number) -> words that must stand in exactly one mail to them."""

    store: Store
    clock: SteppedClock
    people: list[Contact] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    expected: set[tuple[str, int]] = field(default_factory=set)
    made: Counter[str] = field(default_factory=Counter)

    def open(self) -> None:
        """The people and their cases, of yesterday: nobody is notified of them."""
        rng = random.Random(1)
        domains = [f"kunde{number}.example" for number in range(40)] + [SWALLOWS]
        self.people = [
            Contact(new_id(self.clock()), n + 1, f"p{n}@{SWALLOWS if n % 40 == 0 else domains[n % 40]}", f"Person {n}")
            for n in range(PEOPLE)
        ]
        given = ChangeContext(OLA, self.clock(), notice_kinds=frozenset())
        fresh = []
        for number in range(1, CASES + 1):
            reporter, *others = rng.sample(self.people, rng.choice((1, 1, 2)))
            new = NewCase(
                number, f"SUP-{number}", reporter, f"Sak {number}", participants=tuple(others), case_type="problem", priority="normal"
            )
            fresh.append(changes.create_case(new, given))
        with self.store.transaction() as uow:
            uow.contacts.add(self.people)
            uow.cases.write(fresh)
        self.cases = [change.case for change in fresh]

    def burst(self, number: int, kind: str) -> None:
        """Several changes of one case within a minute, by one person."""
        case = self.cases[number]
        mark = f"merke-{number:05d}"
        actor = Actor("contact", case.participants[0].contact.name, case.reporter_id) if kind == "reply" else OLA
        given = ChangeContext(actor, self.clock(), notice_window=WINDOW)
        done: list[changes.Change] = []

        def then(make, *arguments: object) -> None:
            done.append(make(done[-1].case if done else case, *arguments, given))

        if kind == "proposal":
            then(changes.assign, "Liv")
            then(changes.operate, "investigate")
            then(changes.add_comment, Draft(f"Prøv dette, {mark}"))
            then(changes.operate, "propose")
        elif kind == "correction":
            then(changes.assign, "Feil person")
            then(changes.assign, "Liv")
            then(changes.add_comment, Draft(f"Logg ut, {mark}"))
            then(changes.add_comment, Draft("Jeg mente: logg ut og inn"))
        elif kind == "taken_back":
            then(changes.operate, "hold")
            then(changes.operate, "open")
            then(changes.assign, "Liv")
            then(changes.assign, "")
        else:
            then(changes.add_comment, Draft(f"Takk, {mark}"))
            then(changes.add_comment, Draft("Og en ting til"))
        with self.store.transaction() as uow:
            uow.cases.write(done)
        self.cases[number] = done[-1].case
        notices = [notice for change in done for notice in change.notices]
        self.made["changes"] += sum(len(change.events) for change in done)
        self.made["notices"] += len(notices)
        if kind != "taken_back":
            self.expected |= {(notice.address, number) for notice in notices}

    def work(self, smarthost: Smarthost) -> None:
        """One turn of both stages, by a worker that has just started."""
        freezer = Freezer(IDENTITY, RENDERER, KEYS, lambda: SUPPORTWEB_POLICY)
        NoticeStage(self.store, freezer, NoticeOptions(batch=200), lambda _: None).run()
        SendStage(self.store, smarthost, SendOptions(SendQueueOptions(batch=100, connections=3))).run()


@pytest.mark.slow
def test_given_a_whole_day_when_it_is_played_then_everybody_gets_what_they_should_once(tmp_path, capsys):
    clock = SteppedClock(MORNING)
    database = open_database(f"sqlite:///{tmp_path}/day.db")
    migrate.upgrade(database)
    day = Day(Store(database, clock), clock)
    day.open()
    gone = {person.address for person in day.people[5:205:20]}
    silent, muting = {person.id: person.address for person in day.people[7:107:10]}, set()
    with day.store.transaction() as uow:
        for contact_id in silent:
            uow.portal.choose(contact_id, NoticeChoice("none"))
        for number in range(0, CASES, 100):
            reporter = day.cases[number].participants[0].contact
            uow.portal.set_mute(reporter.id, day.cases[number].id, muted=True)
            muting.add((reporter.address, number))
    quick = Timeouts(connect_s=5, banner_s=5, command_s=0.3, data_s=5, block_s=5, dot_s=5, quit_s=0.3)
    with Sink() as sink:
        for address in gone:
            sink.always("RCPT", "550 5.1.1 no such user", match=address)
        sink.always("RCPT", Hang(), match=SWALLOWS)
        there = Smarthost(SmarthostOptions("127.0.0.1", sink.port, tls="none", timeouts=quick, helo_name="gw.example"))
        away = Smarthost(SmarthostOptions("127.0.0.1", 1, tls="none", timeouts=quick, helo_name="gw.example"))
        rng = random.Random(2)
        todo = [(number, rng.choices(BURSTS, (4, 3, 2, 3))[0]) for number in range(CASES)]
        for tick in range(TICKS):
            count = (0, 20, 64)[tick % 3] if tick < 72 else 0
            for _ in range(min(count, len(todo))):
                day.burst(*todo.pop())
            clock.step(TICK)
            day.work(away if tick in AWAY else there)
        sent = [(mail.recipients[0], mail.key, mail.raw) for mail in sink.mails]
        there.close()
        away.close()
    states = {}
    with day.store.reading() as uow:
        mails = uow.outbox.list(limit=None)
        states = Counter(mail.state for mail in mails)
        per_case = {mail.id: (mail.address, mail.case_id) for mail in mails}
    numbers = {case.id: number for number, case in enumerate(day.cases)}
    reached = Counter((per_case[key][0], numbers[per_case[key][1]]) for _, key, _ in sent)
    excused = {pair for pair in day.expected if pair[0] in gone or pair[0] in silent.values() or pair[0].endswith(SWALLOWS)} | muting
    rows = {
        "cases": CASES, "changes": day.made["changes"], "notices (change x reader)": day.made["notices"], "mails made": len(mails),
        "mails taken by the smarthost": len(sent), "mails per notice": round(len(mails) / day.made["notices"], 2),
        **{f"at the end: {state}": count for state, count in sorted(states.items())},
        "readers that must be reached": len(day.expected - excused), "reached": len(set(reached) - excused),
        "duplicates": sum(n - 1 for n in reached.values()),
    }  # fmt: skip
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:<34}{value:>8}" for name, value in rows.items()))
    assert todo == []
    assert set(reached) == day.expected - excused
    assert set(reached.values()) == {1}
    assert len(mails) * 2 <= day.made["notices"]
    assert states["uncertain"] == 0
    assert not [address for address, _, _ in sent if address in gone or address in silent.values() or address.endswith(SWALLOWS)]
    database.close()
