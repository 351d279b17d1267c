"""Addresses that get no mail, on both databases: counting, precedence, the end of a pause, the migration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from mailgate.cases.ids import new_id
from mailgate.clock import SteppedClock
from mailgate.rules.reachability import BounceLimits, DeliveryFailure, Suppression
from mailgate.store import migrate
from mailgate.store.database import Database, open_database
from mailgate.store.repositories.outbox.filters import OutboxFilter
from mailgate.store.unit_of_work import Store, UnitOfWork
from tests.support.harness.old_schema import upgrade_to
from tests.support.mails.entries import frozen, notice

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EVA = "eva@kunde.example"
LIMITS = BounceLimits(soft_max=3, soft_window_days=10, soft_pause_days=2)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(START)


@pytest.fixture
def write(database: Database, clock: SteppedClock) -> Callable[..., object]:
    """Run one call on the repository in a transaction of its own."""
    store = Store(database, clock)

    def run(call: Callable[[UnitOfWork], object]) -> object:
        with store.transaction() as uow:
            return call(uow)

    return run


def soft(clock: SteppedClock, outbox_id: str | None = None) -> Callable[[UnitOfWork], str]:
    """One soft failure, of another mail each time unless one is named; what followed."""

    def call(uow: UnitOfWork) -> str:
        found = uow.suppressions.learn(DeliveryFailure(EVA, outbox_id or new_id(clock()), "soft", clock(), "5.2.2"), LIMITS)
        return found.cause if found else ""

    return call


def which(uow: UnitOfWork) -> dict[str, str]:
    return uow.suppressions.which([EVA.upper()])


def test_given_soft_failures_of_different_mails_when_there_are_enough_then_the_address_pauses_and_goes_on_by_itself(write, clock):
    assert [write(soft(clock)) for _ in range(3)] == ["", "", "soft_bounces"]
    assert "3 mails came back within 10 days" in write(which)[EVA]
    clock.step(timedelta(days=2))
    assert write(which) == {}


def test_given_many_reports_of_one_mail_when_they_come_then_they_count_as_one(write, clock):
    same = new_id(START)
    assert {write(soft(clock, same)) for _ in range(20)} == {""}


@pytest.mark.parametrize("verdict", ["hard", "complaint"])
def test_12_08_given_an_unproven_report_when_it_is_said_again_and_again_then_the_pause_does_not_grow(write, clock, verdict):
    said = DeliveryFailure(EVA, new_id(START), verdict, START, proven=False)
    assert write(lambda uow: uow.suppressions.learn(said, LIMITS)).until == START + timedelta(days=2)
    for _ in range(5):
        clock.step(timedelta(hours=12))
        again = replace(said, at=clock())
        assert write(lambda uow, again=again: uow.suppressions.learn(again, LIMITS)) is None
    assert write(which) == {}


def test_given_soft_reports_of_the_mails_that_paused_it_when_they_come_again_then_the_pause_does_not_grow(write, clock):
    ids = [new_id(START) for _ in range(3)]
    assert [write(soft(clock, id_)) for id_ in ids] == ["", "", "soft_bounces"]
    clock.step(timedelta(days=1))
    assert {write(soft(clock, id_)) for id_ in ids} == {""}
    clock.step(timedelta(days=1))
    assert write(which) == {}


def test_12_08_given_an_address_that_is_stopped_for_good_when_an_unproven_report_comes_then_it_stays_stopped(write, clock):
    write(entry("bounce", "gone"))
    write(lambda uow: uow.suppressions.learn(DeliveryFailure(EVA, new_id(START), "hard", START, proven=False), LIMITS))
    clock.step(timedelta(days=30))
    assert write(which) == {EVA: "gone"}


def test_12_08_given_a_pause_when_a_proven_report_comes_then_the_address_is_stopped_for_good(write, clock):
    write(lambda uow: uow.suppressions.learn(DeliveryFailure(EVA, new_id(START), "complaint", START, proven=False), LIMITS))
    write(lambda uow: uow.suppressions.learn(DeliveryFailure(EVA, new_id(START), "hard", START), LIMITS))
    clock.step(timedelta(days=30))
    assert len(write(which)) == 1


def test_given_soft_failures_far_apart_when_they_come_then_the_window_forgets_them(write, clock):
    found = []
    for _ in range(6):
        found.append(write(soft(clock)))
        clock.step(timedelta(days=6))
    assert set(found) == {""}


def entry(cause: str, reason: str, until: datetime | None = None) -> Callable[[UnitOfWork], None]:
    return lambda uow: uow.suppressions.add([Suppression(EVA, reason, START, cause, until)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        ("operator", "bounce", "operator"),
        ("operator", "complaint", "operator"),
        ("operator", "soft_bounces", "operator"),
        ("bounce", "operator", "operator"),
        ("soft_bounces", "operator", "operator"),
        ("soft_bounces", "bounce", "bounce"),
        ("bounce", "soft_bounces", "bounce"),
        ("complaint", "soft_bounces", "complaint"),
        ("bounce", "complaint", "complaint"),
    ],
)
def test_given_two_causes_when_both_hold_then_the_stronger_one_stands(write, first, second, stands):
    write(entry(first, "first"))
    write(entry(second, "second"))
    assert [one.cause for one in write(lambda uow: uow.suppressions.of([EVA]))] == [stands]


def test_given_an_operators_pause_that_is_over_when_a_bounce_comes_then_the_bounce_stands(write, clock):
    write(entry("operator", "on holiday", START + timedelta(days=1)))
    clock.step(timedelta(days=2))
    write(entry("bounce", "gone"))
    assert write(which) == {EVA: "gone"}


@pytest.mark.parametrize("cause", ["bounce", "soft_bounces", "complaint"])
def test_given_what_reports_brought_about_when_the_owner_writes_then_it_is_lifted_and_the_count_begins_anew(write, clock, cause):
    write(soft(clock)), write(soft(clock))
    write(entry(cause, "x"))
    assert write(lambda uow: uow.suppressions.revive([EVA.upper()])) == {EVA}
    assert (write(which), write(soft(clock))) == ({}, "")


def test_given_what_an_operator_wrote_when_the_owner_writes_then_it_stays(write):
    write(entry("operator", "left the company"))
    assert write(lambda uow: uow.suppressions.revive([EVA])) == set()
    assert write(which) == {EVA: "left the company"}


def test_given_the_list_when_asked_by_cause_then_only_those_that_hold_are_shown(write, clock):
    write(lambda uow: uow.suppressions.add([Suppression("a@x.example", "1", START, "bounce"), Suppression("b@x.example", "2", START)]))
    write(entry("soft_bounces", "3", START + timedelta(hours=1)))
    assert write(lambda uow: [one.address for one in uow.suppressions.list(cause="bounce")]) == ["a@x.example"]
    clock.step(timedelta(hours=2))
    assert write(lambda uow: len(uow.suppressions.list())) == 2


def test_given_counts_and_pauses_that_are_long_over_when_purged_then_they_go_and_the_others_stay(write, clock):
    write(soft(clock))
    write(entry("soft_bounces", "pause", START + timedelta(days=1)))
    write(lambda uow: uow.suppressions.add([Suppression("a@x.example", "gone", START, "bounce")]))
    clock.step(timedelta(days=70))
    assert write(lambda uow: uow.retention.purge(clock(), None)).counters == 2
    assert write(lambda uow: [one.address for one in uow.suppressions.list()]) == ["a@x.example"]


def test_given_suppressions_of_the_schema_before_when_upgraded_then_each_gets_its_cause(empty_database_url):
    database = open_database(empty_database_url)
    upgrade_to(database, "0004")
    rows = [("eva@kunde.example", "bounced 2026-11-01: 5.1.1"), ("per@kunde.example", "left the company")]
    with database.writing.begin() as connection:
        for address, reason in rows:
            values = {"address": address, "reason": reason, "at": "2026-11-01T08:00:00.000000+00:00"}
            connection.execute(text("INSERT INTO suppressions (address, reason, created_at) VALUES (:address, :reason, :at)"), values)
    migrate.upgrade(database)
    with Store(database, SteppedClock(START)).reading() as uow:
        found = [(one.address, one.reason, one.cause, one.until) for one in uow.suppressions.of([address for address, _ in rows])]
    assert found == [(*rows[0], "bounce", None), (*rows[1], "operator", None)]
    database.close()


def test_given_an_address_beyond_ascii_when_lifted_then_what_it_stopped_goes_out(database: Database, clock: SteppedClock) -> None:
    store, now = Store(database, clock), clock()
    with store.transaction() as uow:
        uow.notices.add([notice(now, None, "Øystein@Kunde.example")])
        uow.outbox.add([frozen(1, now, address="ØYSTEIN@kunde.example")])
        claims = uow.notices.claim(now, 5, timedelta(minutes=1))
        uow.notices.suppress([one.id for one in claims], "the address is suppressed: 550", by_address=True)
        assert uow.notices.send_stopped("øystein@kunde.example", now, now) == 1
        assert len(uow.outbox.ids(OutboxFilter(address="øystein@kunde.example"))) == 1
