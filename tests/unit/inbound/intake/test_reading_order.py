"""Cheap mail is read first, and nobody takes the worker by mail that is expensive to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from mailgate import metrics
from mailgate.inbound.intake import intake
from mailgate.inbound.intake.fair_share import fair_share
from mailgate.inbound.intake.queue_order import EASY_BATCHES, QueueOrder
from mailgate.inbound.intake.reading_order import HALF_LIFE_S, ReadingOrder
from mailgate.mail.model import Envelope
from mailgate.store.queue_rows import WaitingEntry
from mailgate.store.rows import ClaimedEntry
from tests.support.desks.desk import Desk, mail_text, submission

AT = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
RELAYS = (ip_network("10.0.0.0/8"),)


class Seconds:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def entry(id_: str, sender: str = "a@kunde.example", client: str = "10.0.0.2", size: int = 10) -> ClaimedEntry:
    return ClaimedEntry(id_, Envelope(sender, ("s@firma.test",)), b"x" * size, "", AT, 1, 0, client, "", "smtp", False, False)


def order_of(order: ReadingOrder, entries: list[ClaimedEntry]) -> list[list[str]]:
    return [[one.id for one in group] for group in order.groups(entries)]


def senders_read(desk: Desk, **options: Any) -> list[str]:
    """Reverse-paths in the order in which the intake reads from now on, under these options."""
    taken: list[str] = []
    inner = desk.intake._options.reader

    def reader(mails: Any) -> Any:
        taken.extend(envelope.reverse_path for _, envelope in mails)
        return inner(mails)

    desk.intake._options = replace(desk.intake._options, reader=reader, **options)
    return taken


def test_12_15_given_large_and_small_mail_when_ordered_then_the_small_comes_first_and_the_large_alone():
    assert order_of(ReadingOrder(RELAYS), [entry("1", size=100_000), entry("2"), entry("3")]) == [["2", "3"], ["1"]]


def test_12_15_given_a_sender_whose_mail_was_expensive_when_ordered_then_theirs_waits_and_is_forgiven_with_time():
    clock = Seconds()
    order = ReadingOrder(RELAYS, clock)
    order.note([entry("0", "x@a.ond.example")], 2.0)
    batch = [entry("1", "y@b.ond.example"), entry("2", "a@kunde.example")]
    assert order_of(order, batch) == [["2"], ["1"]]
    clock.now_s = 8 * HALF_LIFE_S
    assert order_of(order, batch) == [["1", "2"]]


def test_12_15_given_a_client_whose_mail_was_expensive_when_it_changes_its_names_then_it_waits_all_the_same():
    order = ReadingOrder(RELAYS)
    order.note([entry("0", "x@en.example", "192.0.2.1")], 2.0)
    assert order_of(order, [entry("1", "x@to.example", "192.0.2.1"), entry("2", "a@kunde.example", "192.0.2.2")]) == [["2"], ["1"]]


def test_12_15_given_a_relay_that_brings_everybodys_mail_when_some_was_expensive_then_others_do_not_pay_for_it():
    order = ReadingOrder(RELAYS)
    order.note([entry("0", "x@ond.example")], 2.0)
    assert order_of(order, [entry("1", "a@kunde.example"), entry("2", "x@ond.example")]) == [["1"], ["2"]]


def test_12_15_given_bombs_in_front_when_a_reply_comes_then_it_is_committed_before_them_and_none_is_lost(desk: Desk):
    clock_order = senders_read(desk, batch_reading_s=0.0)
    bombs = [mail_text(f"X <x{at}@ond.example>", f"Bombe {at}", "x" * 70_000) for at in range(4)]
    entries = [
        one.journal_id for one in desk.journal.append_many([submission(text, "support@firma.example", "x@ond.example") for text in bombs])
    ]
    reply = desk.take(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per))
    assert clock_order[0] == "per@kunde.example"
    assert desk.state(reply) == "commented"
    assert {desk.state(one) for one in entries} == {"redirected"}
    assert "mailgate_postponed_total" in metrics.REGISTRY.text().decode()


def test_given_a_reader_that_has_to_start_when_mail_is_read_then_no_sender_pays_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    clock = Seconds()

    def start() -> None:
        clock.now_s += 5.0

    monkeypatch.setattr(intake, "monotonic_s", clock)
    desk.intake._options = replace(desk.intake._options, start_reader=start)
    reply = desk.take(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per))
    assert desk.state(reply) == "commented"
    assert desk.intake._order._accounts == {}


@pytest.mark.parametrize("waited_s", [0, 60])
def test_12_15_given_a_long_queue_when_a_reply_comes_then_it_is_among_the_first_if_the_queue_is_old(desk: Desk, waited_s: int):
    taken = senders_read(desk, batch=10)
    senders = [f"x{at}@ond.example" for at in range(60)]
    flood = [submission(mail_text(f"X <{one}>", f"Nr {one}", f"tekst {one}"), "support@firma.example", one) for one in senders]
    desk.journal.append_many(flood)
    desk.clock.step(timedelta(seconds=waited_s))
    desk.take(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per))
    assert len(taken) == 61
    assert (taken.index("per@kunde.example") < 20) == (waited_s > 0)


def test_12_15_given_a_flood_that_goes_on_when_a_reply_comes_then_it_is_in_one_of_the_next_two_batches(desk: Desk):
    """Mail comes faster than it is worked on: between two batches there is more new mail of one client than a batch holds."""
    taken: list[str] = []
    inner, numbers = desk.intake._options.reader, iter(range(10_000))

    def flood(count: int) -> None:
        senders = [f"x{number}@ond{number}.example" for number, _ in zip(numbers, range(count), strict=False)]
        desk.journal.append_many([
            submission(mail_text(f"X <{one}>", f"Nr {one}", f"tekst {one}"), "support@firma.example", one, "192.0.2.1")
            for one in senders
        ])  # fmt: skip

    def reader(mails: Any) -> Any:
        taken.extend(envelope.reverse_path for _, envelope in mails)
        if len(taken) < 100:
            flood(30)
        return inner(mails)

    desk.intake._options = replace(desk.intake._options, reader=reader, batch=10)
    flood(30)
    desk.clock.step(timedelta(seconds=60))
    desk.intake._run_batch()
    reply = submission(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per), "per@kunde.example", "192.0.2.2")
    desk.journal.append_many([reply])
    flood(30)
    desk.intake.run(lambda: len(taken) > 60)
    assert taken.index("per@kunde.example") < 30


@pytest.mark.parametrize(("each_s", "size"), [(0.001, 50), (0.05, 20), (10.0, 5)])
def test_12_15_given_a_machine_that_is_slow_when_mail_is_taken_then_a_batch_is_what_is_done_in_a_second(
    desk: Desk, each_s: float, size: int
):
    order = QueueOrder()
    order.took(10, 10 * each_s)
    senders = [f"x{at}@ond.example" for at in range(60)]
    desk.journal.append_many([submission(mail_text(f"X <{one}>", body=one), "support@firma.example", one) for one in senders])
    with desk.store.transaction() as uow:
        assert len(order.claim(uow, desk.clock(), 50, timedelta(seconds=60), uow.journal.due(desk.clock()))) == size


def test_12_15_given_clients_that_bring_much_and_little_when_shared_then_each_has_its_turn():
    mails = [
        WaitingEntry("9", "192.0.2.1", "a@en.example"), WaitingEntry("8", "192.0.2.1", "b@to.example"),
        WaitingEntry("7", "192.0.2.1", "c@tre.example"), WaitingEntry("3", "10.0.0.2", "x@ond.example"),
        WaitingEntry("2", "10.0.0.2", "kari@kunde.example"),
    ]  # fmt: skip
    assert fair_share(mails, 4) == ["3", "9", "2", "8"]
    assert fair_share([*mails, WaitingEntry("1", "10.0.0.2", "y@ond.example")], 4, RELAYS) == ["2", "3", "9", "1"]


@pytest.mark.parametrize("bombs_first", [20, 60])
def test_12_15_given_a_queue_of_large_mail_when_replies_come_then_they_are_taken_after_the_batch_at_hand(desk: Desk, bombs_first: int):
    """A batch of large mail is cut by its bytes and never full by number, so it did not count as a queue."""
    taken = senders_read(desk)
    bombs = [
        submission(mail_text("X <x@ond.example>", f"Nr {at}", f"ord {at} " * 120_000), "support@firma.example", f"x{at}@ond{at}.example")
        for at in range(bombs_first)
    ]
    desk.journal.append_many(bombs)
    replies = [
        submission(mail_text("Per <per@kunde.example>", body=f"Svar {at}"), desk.reply_address(desk.per), "per@kunde.example")
        for at in range(8)
    ]
    desk.journal.append_many(replies)
    desk.intake.run(lambda: False)
    assert len(taken) == bombs_first + 8
    assert max(at for at, who in enumerate(taken) if who == "per@kunde.example") < 30


def test_12_15_given_a_queue_that_is_behind_when_large_mail_fills_its_half_of_a_batch_then_easy_mail_goes_first(desk: Desk):
    order = QueueOrder(_is_behind=True)

    def claimed() -> set[str]:
        with desk.store.transaction() as uow:
            return {
                entry.envelope.reverse_path
                for entry in order.claim(uow, desk.clock(), 50, timedelta(seconds=60), uow.journal.due(desk.clock()))
            }

    large = [
        submission(mail_text("X <x@stor.example>", body=f"ord {at} " * 120_000), "support@firma.example", f"x{at}@stor.example")
        for at in range(20)
    ]
    small = [submission(mail_text("N <n@liten.example>", f"Nr {at}"), "support@firma.example", f"n{at}@liten.example") for at in range(25)]
    desk.journal.append_many([*large, *small])
    assert 25 < len(claimed()) < 45, "all that is small, and large mail up to half of the bytes of a batch"
    desk.journal.append_many([submission(mail_text("Per <per@kunde.example>"), "support@firma.example", "per@kunde.example")])
    assert claimed() == {"per@kunde.example"}


def test_12_15_given_a_queue_of_mails_that_fill_a_batch_when_claimed_then_what_came_last_and_the_oldest_take_turns(desk: Desk):
    order, ids = QueueOrder(_is_crowded=True, _easy_batches=EASY_BATCHES), [f"x{at}@stor.example" for at in range(5)]
    desk.journal.append_many(
        [submission(mail_text("X <x@stor.example>", body=f"{one} " * 300_000), "support@firma.example", one) for one in ids]
    )
    taken = []
    for _ in ids:
        with desk.store.transaction() as uow:
            order._easy_batches = EASY_BATCHES
            entries = order.claim(uow, desk.clock(), 2, timedelta(seconds=60), uow.journal.due(desk.clock()))
            taken += [entry.envelope.reverse_path for entry in entries]
    assert taken == [ids[4], ids[0], ids[3], ids[1], ids[2]]


def test_12_15_given_small_mail_without_end_when_large_mail_waits_then_it_has_its_turns(desk: Desk):
    large = [
        submission(mail_text("X <x@ond.example>", f"Nr {at}", f"ord {at} " * 300_000), "support@firma.example", f"x{at}@ond{at}.example")
        for at in range(10)
    ]
    entries = [receipt.journal_id for receipt in desk.journal.append_many(large)]
    numbers = iter(range(10_000))

    def one_more() -> bool:
        number = next(numbers)
        desk.journal.append_many(
            [submission(mail_text(f"Ny <n{number}@ny.example>", f"Nr {number}"), "support@firma.example", f"n{number}@ny.example")]
        )
        return number > 200 or all(desk.state(one) != "pending" for one in entries)

    desk.intake.run(one_more)
    assert next(numbers) < 100
