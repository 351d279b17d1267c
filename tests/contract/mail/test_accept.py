"""Accepting into the journal: what is new is written once, what came before is recognised. On both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mailgate.clock import SteppedClock
from mailgate.errors import NotFound
from mailgate.store.failures import StoreConflict
from mailgate.store.rows import Appended
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import accepted, entry, raw_mail


def test_given_a_mail_when_appended_then_every_field_comes_back(store: Store, clock: SteppedClock) -> None:
    new = entry(1, clock(), sender=None, helo="høne", notes=("bare_lf", "nul"), smtp_utf8=True, protocol="lmtp", tls=False)
    with store.transaction() as uow:
        assert uow.journal.append([new]) == [Appended(new.id, duplicate=False)]
    with store.reading() as uow:
        found, raw = uow.journal.get(new.id), uow.journal.raw(new.id)
    assert raw == new.raw
    assert (found.envelope, found.helo, found.notes, found.smtp_utf8, found.protocol, found.tls) == (
        new.envelope, "høne", ("bare_lf", "nul"), True, "lmtp", False,
    )  # fmt: skip
    assert (found.state, found.attempts, found.due_at, found.accepted_at) == ("pending", 0, clock(), clock())
    assert (found.raw_sha256, found.size_bytes, found.raw_kept, found.decision) == (new.raw_sha256, len(new.raw), True, None)


def test_given_the_same_submission_again_when_appended_then_the_first_id_is_given_and_nothing_is_written(store: Store) -> None:
    (first,) = accepted(store, 1)
    with store.transaction() as uow:
        again = uow.journal.append([entry(1, store.now()), entry(2, store.now()), entry(1, store.now())])
    assert [one.duplicate for one in again] == [True, False, True]
    assert again[0].journal_id == again[2].journal_id == first
    with store.reading() as uow:
        assert uow.journal.ledger()["accepted"] == 2


def test_given_the_same_submission_twice_in_one_group_when_appended_then_the_first_stands(store: Store) -> None:
    one, other = entry(1, store.now()), entry(1, store.now())
    with store.transaction() as uow:
        assert uow.journal.append([one, other]) == [Appended(one.id, duplicate=False), Appended(one.id, duplicate=True)]


def test_given_other_content_under_the_same_message_id_when_appended_then_it_is_a_new_mail(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        answers = uow.journal.append([entry(1, clock()), entry(1, clock(), raw=raw_mail(1, "Noe annet"))])
    assert [one.duplicate for one in answers] == [False, False]


@pytest.mark.parametrize(("after", "duplicate"), [(timedelta(days=6, hours=23), True), (timedelta(days=7, seconds=1), False)])
def test_given_a_resubmission_when_the_window_is_open_or_over_then_it_is_a_duplicate_or_new(
    store: Store, clock: SteppedClock, after: timedelta, duplicate: bool
) -> None:
    accepted(store, 1)
    clock.step(after)
    with store.transaction() as uow:
        (again,) = uow.journal.append([entry(1, clock())])
    assert again.duplicate is duplicate
    with store.reading() as uow:
        assert uow.journal.ledger()["accepted"] == (1 if duplicate else 2)
        assert uow.journal.ledger()["balanced"]


def test_given_a_group_larger_than_one_statement_when_appended_then_all_is_there_in_order(store: Store) -> None:
    ids = accepted(store, *range(150))
    assert len(set(ids)) == 150
    with store.reading() as uow:
        assert [one.id for one in reversed(uow.journal.list("pending", None))] == ids


def test_given_two_mails_with_the_same_bytes_when_appended_then_the_bytes_are_kept_once(store: Store, clock: SteppedClock) -> None:
    raw = raw_mail(1)
    with store.transaction() as uow:
        answers = uow.journal.append([entry(1, clock(), raw=raw), entry(2, clock(), raw=raw, sender="ola@kunde.example")])
        assert [one.duplicate for one in answers] == [False, False]
    with store.reading() as uow:
        assert [uow.journal.raw(one.journal_id) for one in answers] == [raw, raw]


def test_given_an_id_that_is_there_when_appended_then_it_is_refused_and_nothing_is_left(store: Store, clock: SteppedClock) -> None:
    first, second = entry(1, clock()), entry(2, clock())
    second.id = first.id
    with store.transaction() as uow:
        uow.journal.append([first])
    with pytest.raises(StoreConflict), store.transaction() as uow:
        uow.journal.append([entry(3, clock()), second])
    with store.reading() as uow:
        assert uow.journal.ledger()["accepted"] == 1
        assert uow.journal.ledger()["balanced"]


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\udcff", "\x00"])
def test_given_text_that_no_database_takes_when_appended_then_it_is_kept_in_a_form_that_can_be(
    store: Store, clock: SteppedClock, text: str
) -> None:
    new = entry(1, clock(), helo=text, sender=f"x{text}@kunde.example", raw=b"Subject: \x00\xff\r\n\r\n\x00\r\n")
    with store.transaction() as uow:
        uow.journal.append([new])
    with store.reading() as uow:
        assert "\N{REPLACEMENT CHARACTER}" in uow.journal.get(new.id).helo
        assert uow.journal.raw(new.id) == new.raw


def test_given_many_writers_with_the_same_mails_when_they_append_at_once_then_each_mail_is_there_once(store: Store) -> None:
    numbers, barrier = range(12), threading.Barrier(4)

    def write(shift: int) -> list[str]:
        barrier.wait(10)
        order = [(number * 5 + shift) % 12 for number in numbers]  # each in another order: a deadlock would show
        ids = accepted(store, *order)
        return [ids[order.index(number)] for number in numbers]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(write, range(4)))
    assert answers[0] == answers[1] == answers[2] == answers[3]
    with store.reading() as uow:
        assert uow.journal.ledger()["accepted"] == 12
        assert uow.journal.ledger()["balanced"]


def test_given_a_transaction_that_fails_when_the_mail_comes_again_then_it_is_new(store: Store, clock: SteppedClock) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as uow:
        assert len(uow.journal.append([entry(1, clock())])) / 0
    with store.transaction() as uow:
        assert not uow.journal.append([entry(1, clock())])[0].duplicate


def test_given_an_id_that_is_not_there_when_asked_for_then_the_error_says_so(store: Store) -> None:
    with store.reading() as uow, pytest.raises(NotFound, match="no journal entry"):
        uow.journal.get("0192d3a0-0000-7000-8000-000000000000")
