"""A busy day on a stepped clock: 2,000 cases in bursts, reminders, out-of-office, bounces, wishes, daily mail at an hour, a smarthost away
for three hours, a domain that swallows.

Real parts throughout: SQLite, the stages, SMTP over sockets to a sink. The test prints the table that it checks.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from mailgate.cases import changes, waiting
from mailgate.cases.changes import ChangeContext, NewCase, NewComment
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Contact
from mailgate.clock import SteppedClock
from mailgate.outbound.compose_stage import NoticeOptions, NoticeStage
from mailgate.outbound.freeze import Freezer
from mailgate.outbound.queue.send_queue import SendQueueOptions
from mailgate.outbound.send_stage import SendOptions, SendStage
from mailgate.outbound.smarthost import Smarthost
from mailgate.outbound.smarthost_session import SmarthostOptions, SmarthostTimeouts
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.repositories.portal import NoticeChoice
from mailgate.store.unit_of_work import Store
from tests.support.processes.sink import Hang, Sink
from tests.unit.outbound.conftest import IDENTITY, KEYS, RENDERER

MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TICK, TICKS = timedelta(minutes=10), 96
AWAY = range(30, 48)  # three hours in the middle of the day
CASES, PEOPLE = 2_000, 1_000
SWALLOWS, WINDOW = "svelg.example", timedelta(minutes=2)
OLA = Actor("operator", "Ola Berg")
COMPANY = Actor("system", "Firma AS")
BURSTS = {"proposal": 4, "correction": 3, "taken_back": 2, "reply": 3, "reminder": 1, "reminder_answered": 1}
"""What happens to a case, and how often."""
DAILY_AT = 20  # local hour of those who want one mail a day; the last burst is over by then
DAILY_SINCE = datetime(2026, 11, 23, DAILY_AT - 1, 0, tzinfo=UTC)
BACK = MORNING + timedelta(days=3)


@dataclass
class Day:
    """The desk, and who should get what: (address, burst number) -> words that must stand in exactly one mail to them."""

    store: Store
    clock: SteppedClock
    people: list[Contact] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    todo: list[tuple[int, str]] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
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
        kinds = random.Random(2).choices(list(BURSTS), list(BURSTS.values()), k=CASES)
        self.todo = list(enumerate(kinds))
        fresh = []
        for number in range(1, CASES + 1):
            reporter, *others = rng.sample(self.people, rng.choice((1, 1, 2)))
            new = NewCase(
                number, f"SUP-{number}", reporter, f"Sak {number}", participants=tuple(others), case_type="problem", priority="normal"
            )
            fresh.append(changes.create_case(new, given))
        cases = [change.case for change in fresh]
        asked = [changes.operate(cases[number], "ask_customer", given) for number, kind in self.todo if kind.startswith("reminder")]
        gone_away = self.people[9:309:4]
        with self.store.transaction() as uow:
            uow.contacts.add(self.people)
            uow.cases.write(fresh)
            uow.cases.write(asked)
            uow.contacts.remember_absences({person.id: BACK for person in gone_away})
        self.away = {person.address for person in gone_away}
        now_so = {change.case.id: change.case for change in asked}
        self.cases = [now_so.get(case.id, case) for case in cases]

    def burst(self, number: int, kind: str) -> None:
        """Several changes of one case within a minute, by one person."""
        case = self.cases[number]
        mark = f"merke-{number:05d}"
        customer = Actor("contact", case.participants[0].contact.name, case.reporter_id)
        given = ChangeContext(customer if kind in ("reply", "reminder_answered") else OLA, self.clock(), notice_window=WINDOW)
        at_home = [one.contact for one in case.participants if one.contact.address not in self.away]
        done: list[changes.Change] = []

        def then(make, *arguments: object) -> None:
            done.append(make(done[-1].case if done else case, *arguments, given))

        if kind == "proposal":
            then(changes.assign, "Liv")
            then(changes.operate, "investigate")
            then(changes.add_comment, NewComment(f"Prøv dette, {mark}"))
            then(changes.operate, "propose")
        elif kind == "correction":
            then(changes.assign, "Feil person")
            then(changes.assign, "Liv")
            then(changes.add_comment, NewComment(f"Logg ut, {mark}"))
            then(changes.add_comment, NewComment("Jeg mente: logg ut og inn"))
        elif kind == "taken_back":
            then(changes.operate, "hold")
            then(changes.operate, "open")
            then(changes.assign, "Liv")
            then(changes.assign, "")
        elif kind.startswith("reminder"):
            done.append(waiting.remind(case, at_home, BACK.date(), ChangeContext(COMPANY, self.clock(), notice_window=WINDOW)))
            if kind == "reminder_answered":
                done.append(changes.add_comment(done[-1].case, NewComment(f"Her er loggen, {mark}"), given, "open"))
        else:
            then(changes.add_comment, NewComment(f"Takk, {mark}"))
            then(changes.add_comment, NewComment("Og en ting til"))
        with self.store.transaction() as uow:
            uow.cases.write(done)
        self.cases[number] = done[-1].case
        notices = [notice for change in done for notice in change.notices]
        self.made["changes"] += sum(len(change.events) for change in done)
        self.made["notices"] += len(notices)
        self.made["reminders"] += sum(notice.kind == "reminder" for notice in notices)
        if kind == "reminder_answered":  # nobody is reminded of what is done
            notices = list(done[-1].notices)
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
    daily = {person.id: person.address for person in day.people[9:609:6] if person.id not in silent and person.address not in gone}
    with day.store.transaction() as uow:
        for contact_id in silent:
            uow.portal.choose(contact_id, NoticeChoice("none"))
        for contact_id in daily:
            uow.portal.choose(contact_id, NoticeChoice("digest", DAILY_AT))
        for number in range(0, CASES, 100):
            reporter = day.cases[number].participants[0].contact
            uow.portal.set_mute(reporter.id, day.cases[number].id, muted=True)
            muting.add((reporter.address, number))
    quick = SmarthostTimeouts(connect_s=5, banner_s=5, command_s=0.3, data_s=5, block_s=5, dot_s=5, quit_s=0.3)
    with Sink() as sink:
        for address in gone:
            sink.always("RCPT", "550 5.1.1 no such user", match=address)
        sink.always("RCPT", Hang(), match=SWALLOWS)
        there = Smarthost(SmarthostOptions("127.0.0.1", sink.port, tls="none", timeouts=quick, helo_name="gw.example"))
        away = Smarthost(SmarthostOptions("127.0.0.1", 1, tls="none", timeouts=quick, helo_name="gw.example"))
        todo = day.todo
        for tick in range(TICKS):
            count = (0, 20, 64)[tick % 3] if tick < 72 else 0
            for _ in range(min(count, len(todo))):
                day.burst(*todo.pop())
            clock.step(TICK)
            day.work(away if tick in AWAY else there)
        sent = [(mail.recipients[0], mail.key) for mail in sink.mails]
        with day.store.reading() as uow:
            mails, at_night = uow.outbox.list(limit=None), uow.notices.queue().waiting
        clock.step(BACK + timedelta(days=1) - clock())
        day.work(there)
        with day.store.reading() as uow:
            later = {mail.id: (mail.address, mail.case_id) for mail in uow.outbox.list(limit=None)}
        sent_later = [(mail.recipients[0], mail.key) for mail in sink.mails[len(sent) :]]
        there.close()
        away.close()
    states = Counter(mail.state for mail in mails)
    per_case = {mail.id: (mail.address, mail.case_id) for mail in mails}
    numbers = {case.id: number for number, case in enumerate(day.cases)}
    reached = Counter((per_case[key][0], numbers[per_case[key][1]]) for _, key in sent)
    reached_later = Counter((later[key][0], numbers[later[key][1]]) for _, key in sent_later)
    paused = {pair for pair in day.expected - muting if pair[0] in daily.values() and pair[0] in day.away}
    excused = (
        paused | {pair for pair in day.expected if pair[0] in gone or pair[0] in silent.values() or pair[0].endswith(SWALLOWS)} | muting
    )
    rows = {
        "cases": CASES, "changes": day.made["changes"], "notices (change x reader)": day.made["notices"], "mails made": len(mails),
        "mails taken by the smarthost": len(sent), "mails per notice": round(len(mails) / day.made["notices"], 2),
        **{f"at the end: {state}": count for state, count in sorted(states.items())},
        "reminders": day.made["reminders"], "mails of reminders": sum(mail.template == "reminder" for mail in mails),
        "daily mails": sum(mail.address in daily.values() for mail in mails), "of people who are away": len(reached_later),
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
    assert not [mail for mail in mails if mail.address in daily.values() and mail.created_at < DAILY_SINCE]
    assert (at_night > 0, set(reached_later), set(reached_later.values())) == (True, paused, {1})
    assert not [mail for mail in mails if mail.template == "reminder" and mail.address in day.away]
    assert not [address for address, _ in sent if address in gone or address in silent.values() or address.endswith(SWALLOWS)]
    database.close()
