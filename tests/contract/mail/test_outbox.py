"""Frozen mail on its way out: same bytes at every try, one lease at a time, no unclear attempt is forgotten. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mailgate.clock import SteppedClock
from mailgate.errors import CorruptContent, NotAllowed, NotFound
from mailgate.store.failures import StoreConflict
from mailgate.store.repositories.outbox.lane import HEAD_START, Lane
from mailgate.store.rows import ClaimedMail, Delivery, OutboxRow, SendResult
from mailgate.store.schema import outbox_mails
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import LEASE, frozen, result

RAW = b"Subject: Hei\r\n\r\n\x00\xff\r\n"


def _freeze(store: Store, *rows: OutboxRow) -> None:
    with store.transaction() as uow:
        uow.outbox.add(rows)


def _claim(store: Store, limit: int = 50) -> list[ClaimedMail]:
    with store.transaction() as uow:
        return uow.outbox.claim(store.now(), limit, LEASE)


def _record(store: Store, *results: SendResult) -> set[str]:
    with store.transaction() as uow:
        return uow.outbox.record(results)


def test_given_a_frozen_mail_when_claimed_then_its_bytes_and_envelope_come_back(store: Store, clock: SteppedClock) -> None:
    row = frozen(1, clock(), raw=RAW, reverse_path=None, at_most_once=True)
    _freeze(store, row)
    (mail,) = _claim(store)
    assert (mail.id, mail.raw, mail.reverse_path, mail.address, mail.message_id) == (row.id, RAW, None, row.address, row.message_id)
    assert (mail.attempts, mail.maybe_sent, mail.at_most_once, mail.expires_at) == (1, False, True, row.expires_at)
    assert _claim(store) == []


def test_given_a_mail_for_later_when_claimed_then_it_waits(store: Store, clock: SteppedClock) -> None:
    _freeze(store, replace(frozen(1, clock()), next_attempt_at=clock() + timedelta(seconds=9)))
    assert _claim(store) == []
    clock.step(timedelta(seconds=9))
    assert len(_claim(store)) == 1


@pytest.mark.parametrize("state", ["sent", "failed", "uncertain", "captured"])
def test_given_a_final_result_when_recorded_then_the_mail_is_never_claimed_again(store: Store, clock: SteppedClock, state: str) -> None:
    _freeze(store, frozen(1, clock()))
    (mail,) = _claim(store)
    assert _record(store, result(mail.id, mail.lease_token, state, clock(), code=550, enhanced="5.1.1", text="no such user")) == {mail.id}
    clock.step(timedelta(days=30))
    assert _claim(store) == []
    with store.reading() as uow:
        found = uow.outbox.get(mail.id)
    assert (found.state, found.due_at, found.attempts) == (state, None, 1)
    assert found.error == ("" if state in ("sent", "captured") else "550 5.1.1 no such user")
    assert [(one.number, one.state, one.code, one.host) for one in found.history] == [(1, state, 550, "smarthost.example")]


def test_given_a_deferred_result_when_its_time_comes_then_it_is_claimed_again_with_its_history(store: Store, clock: SteppedClock) -> None:
    _freeze(store, frozen(1, clock()))
    (mail,) = _claim(store)
    _record(store, result(mail.id, mail.lease_token, "deferred", clock(), code=451, next_attempt_at=clock() + timedelta(minutes=5)))
    assert _claim(store) == []
    clock.step(timedelta(minutes=5))
    (again,) = _claim(store)
    assert (again.attempts, again.maybe_sent, again.raw) == (2, False, mail.raw)
    _record(store, result(again.id, again.lease_token, "sent", clock(), code=250))
    with store.reading() as uow:
        assert [one.state for one in uow.outbox.get(mail.id).history] == ["deferred", "sent"]


def test_given_a_result_without_its_next_time_when_recorded_then_it_is_a_defect_of_the_caller(store: Store, clock: SteppedClock) -> None:
    _freeze(store, frozen(1, clock()))
    (mail,) = _claim(store)
    with pytest.raises(ValueError, match="deferred"):
        _record(store, result(mail.id, mail.lease_token, "deferred", clock()))


def test_given_an_uncertain_result_with_a_next_time_when_recorded_then_it_is_due_again_and_the_doubt_is_shown(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, frozen(1, clock()))
    (mail,) = _claim(store)
    _record(store, result(mail.id, mail.lease_token, "uncertain", clock(), next_attempt_at=clock() + timedelta(minutes=5)))
    with store.reading() as uow:
        found = uow.outbox.get(mail.id)
    assert (found.state, found.maybe_sent, [one.state for one in found.history]) == ("deferred", True, ["uncertain"])
    clock.step(timedelta(minutes=5))
    (again,) = _claim(store)
    assert again.maybe_sent
    with pytest.raises(ValueError, match="no other"):
        _record(store, result(again.id, again.lease_token, "sent", clock(), next_attempt_at=clock()))


def test_given_a_try_that_lasts_when_its_lease_is_extended_then_nobody_else_gets_it_and_a_lost_one_is_not_extended(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, frozen(1, clock()), frozen(2, clock()))
    kept, lost = _claim(store)
    with store.transaction() as uow:
        assert uow.outbox.extend([kept], clock() + 3 * LEASE) == {kept.id}
        assert uow.outbox.extend([], clock()) == set()
    clock.step(LEASE + timedelta(seconds=1))
    (taken,) = _claim(store)
    assert taken.id == lost.id
    with store.transaction() as uow:
        assert uow.outbox.extend([kept, lost], clock() + LEASE) == {kept.id}


def test_given_a_worker_that_slept_through_its_lease_when_it_wakes_then_it_is_notified_and_its_result_does_not_count(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, frozen(1, clock()))
    (slow,) = _claim(store)
    clock.step(LEASE + timedelta(seconds=1))
    with store.reading() as uow:
        assert uow.outbox.still_ours([slow]) == {slow.id}
        assert uow.outbox.still_ours([slow], clock()) == set()
    (fast,) = _claim(store)
    assert fast.maybe_sent
    with store.reading() as uow:
        assert uow.outbox.still_ours([slow]) == set()
        assert uow.outbox.still_ours([fast], clock()) == {fast.id}
        assert uow.outbox.still_ours([]) == set()
    assert _record(store, result(slow.id, slow.lease_token, "failed", clock())) == set()
    assert _record(store, result(fast.id, fast.lease_token, "sent", clock())) == {fast.id}
    assert _record(store) == set()


def test_given_a_group_of_all_kinds_of_results_when_recorded_then_each_mail_gets_its_own_and_only_its_own(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, *(frozen(number, clock()) for number in range(1, 7)))
    sent, again, refused, doubted, foreign, other = _claim(store)
    later = clock() + timedelta(minutes=5)
    group = [
        result(foreign.id, foreign.lease_token + 1, "sent", clock()),
        result(doubted.id, doubted.lease_token, "uncertain", clock(), next_attempt_at=later),
        result(refused.id, refused.lease_token, "failed", clock(), code=550, enhanced="5.1.1", text="ukjent: «på» \\u0000 \x00\udc80"),
        result(again.id, again.lease_token, "deferred", clock(), next_attempt_at=later, code=451, text='"later"'),
        result(sent.id, sent.lease_token, "sent", clock(), code=250, text="queued"),
    ]
    with store.at_once() as uow:
        assert uow.outbox.record(group) == {sent.id, again.id, refused.id, doubted.id}
    with store.reading() as uow:
        found = uow.outbox.by_ids([mail.id for mail in (sent, again, refused, doubted, foreign, other)])
    shown = {id_: (mail.state, mail.due_at, mail.error, mail.maybe_sent) for id_, mail in found.items()}
    assert shown == {
        sent.id: ("sent", None, "", False),
        again.id: ("deferred", later, '451 "later"', False),
        refused.id: ("failed", None, "550 5.1.1 ukjent: «på» \\u0000 \ufffd\ufffd", False),
        doubted.id: ("deferred", later, "", True),
        foreign.id: ("sending", clock() + LEASE, "", False),
        other.id: ("sending", clock() + LEASE, "", False),
    }
    tries = {id_: [(one.number, one.state, one.started_at, one.text) for one in mail.history] for id_, mail in found.items()}
    assert tries == {
        sent.id: [(1, "sent", clock(), "queued")],
        again.id: [(1, "deferred", clock(), '"later"')],
        refused.id: [(1, "failed", clock(), "ukjent: «på» \\u0000 \ufffd\ufffd")],
        doubted.id: [(1, "uncertain", clock(), "")],
        foreign.id: [],
        other.id: [],
    }


def test_given_an_automatic_answer_whose_attempt_was_lost_when_claimed_then_it_is_uncertain_for_good(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, frozen(1, clock(), at_most_once=True))
    (mail,) = _claim(store)
    clock.step(LEASE + timedelta(seconds=1))
    assert _claim(store) == []
    with store.reading() as uow:
        found = uow.outbox.get(mail.id)
        assert (found.state, found.due_at, found.maybe_sent) == ("uncertain", None, True)
        assert uow.outbox.queue().states == {"uncertain": 1}


def test_given_mails_whose_attempt_was_lost_when_claimed_then_each_comes_alone_and_after_three_waits_for_a_person(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, frozen(1, clock()), frozen(2, clock()))
    assert len(_claim(store)) == 2
    for lost in (1, 2):
        clock.step(LEASE + timedelta(seconds=1))
        _freeze(store, frozen(10 + lost, clock()))
        batches = [_claim(store), _claim(store), _claim(store)]
        assert [len(batch) for batch in batches] == [1, 1, 1]
        assert [batch[0].maybe_sent for batch in batches] == [True, True, False]
        fresh = batches[2][0]
        _record(store, result(fresh.id, fresh.lease_token, "sent", clock()))
    clock.step(LEASE + timedelta(seconds=1))
    assert _claim(store) == []
    with store.reading() as uow:
        assert uow.outbox.queue().states == {"uncertain": 2}


def test_given_a_claim_of_which_nothing_was_sent_when_released_then_it_is_due_at_once_and_not_counted(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, frozen(1, clock()))
    (mail,) = _claim(store)
    with store.transaction() as uow:
        uow.outbox.release([mail], clock())
    (again,) = _claim(store)
    assert (again.attempts, again.maybe_sent) == (1, False)


def test_given_three_recipients_of_which_one_is_done_when_the_worker_dies_then_only_the_others_are_tried_again(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, *(frozen(n, clock()) for n in range(3)))
    first, *others = _claim(store)
    _record(store, result(first.id, first.lease_token, "sent", clock()))
    clock.step(LEASE + timedelta(seconds=1))
    assert {mail.id for _ in range(3) for mail in _claim(store)} == {mail.id for mail in others}


def test_given_workers_when_they_claim_at_once_then_no_mail_is_given_twice(store: Store, clock: SteppedClock) -> None:
    _freeze(store, *(frozen(n, clock()) for n in range(60)))
    with ThreadPoolExecutor(6) as pool:
        taken = [mail.id for batch in pool.map(lambda _: _claim(store, 7), range(6)) for mail in batch]
    taken += [mail.id for _ in range(9) for mail in _claim(store, 7)]
    assert len(taken) == len(set(taken)) == 60


def test_given_a_message_id_that_is_there_when_frozen_again_then_it_is_refused(store: Store, clock: SteppedClock) -> None:
    row = frozen(1, clock())
    _freeze(store, row)
    with pytest.raises(StoreConflict):
        _freeze(store, replace(frozen(2, clock()), message_id=row.message_id))


@pytest.mark.parametrize("end", ["uncertain", "lost"])
def test_given_an_answer_that_may_have_been_sent_when_anybody_asks_for_it_again_then_the_store_refuses_and_moves_none(
    store: Store, clock: SteppedClock, end: str
) -> None:
    answer, other = frozen(1, clock(), at_most_once=True), frozen(2, clock())
    _freeze(store, answer)
    (mail,) = _claim(store)
    if end == "uncertain":
        _record(store, result(mail.id, mail.lease_token, "uncertain", clock()))
    else:  # the worker died with it: its lease ran out
        clock.step(LEASE * 2)
        assert _claim(store) == []
    _freeze(store, other)
    with store.transaction() as uow:
        uow.outbox.cancel([other.id], "vent")
    with pytest.raises(NotAllowed, match="at most once"), store.transaction() as uow:
        uow.outbox.retry([other.id, answer.id], clock(), clock() + timedelta(days=1))
    with store.reading() as uow:
        assert (uow.outbox.get(answer.id).state, uow.outbox.get(other.id).state) == ("uncertain", "cancelled")
    assert _claim(store) == []


@pytest.mark.parametrize("end", ["failed", "deferred"])
def test_given_an_answer_that_was_surely_not_sent_when_asked_for_again_then_it_goes(store: Store, clock: SteppedClock, end: str) -> None:
    _freeze(store, frozen(1, clock(), at_most_once=True))
    (mail,) = _claim(store)
    later = clock() + timedelta(hours=1) if end == "deferred" else None
    _record(store, result(mail.id, mail.lease_token, end, clock(), next_attempt_at=later))
    with store.transaction() as uow:
        assert uow.outbox.retry([mail.id], clock(), clock() + timedelta(days=1)) == {mail.id}
    assert [one.id for one in _claim(store)] == [mail.id]


def test_given_what_a_person_asks_when_done_then_only_rows_in_a_fitting_state_move(store: Store, clock: SteppedClock) -> None:
    waiting, failed = frozen(1, clock()), frozen(2, clock())
    _freeze(store, failed)
    (mail,) = _claim(store)
    _record(store, result(mail.id, mail.lease_token, "failed", clock()))
    _freeze(store, waiting)
    with store.transaction() as uow:
        assert uow.outbox.cancel([waiting.id, failed.id], "feil mottaker") == {waiting.id}
        assert uow.outbox.retry([failed.id], clock(), clock() + timedelta(days=1)) == {failed.id}
        assert uow.outbox.retry([], clock(), clock()) == set()
    assert [one.id for one in _claim(store)] == [failed.id]
    with store.reading() as uow:
        assert uow.outbox.get(waiting.id).error == "feil mottaker"
        assert [one.id for one in uow.outbox.list("cancelled")] == [waiting.id]
        assert [one.id for one in uow.outbox.list()] == [failed.id, waiting.id]
        assert uow.outbox.find(failed.id) == failed.id
        assert uow.outbox.raw(failed.id) == failed.raw
        with pytest.raises(NotFound, match="no outbox row"):
            uow.outbox.raw("0192d3a0-0000-7000-8000-000000000000")


@pytest.mark.parametrize("change", ["changed", "missing"])
def test_point_17_given_frozen_bytes_that_have_changed_when_claimed_then_the_claim_says_so_and_they_are_found(
    store: Store, clock: SteppedClock, change: str
) -> None:
    rows = [frozen(number, clock()) for number in (1, 2)]
    _freeze(store, *rows)
    where = outbox_mails.c.outbox_id == rows[0].id
    with store.database.writing.begin() as connection:
        connection.execute(
            outbox_mails.delete().where(where) if change == "missing" else outbox_mails.update().where(where).values(raw=b"x")
        )
    with store.reading() as uow:
        assert dict(uow.frozen_mails.examine()) == {rows[0].id: False, rows[1].id: True}
        assert dict(uow.frozen_mails.examine(1)) == {rows[1].id: True}
        if change == "changed":
            with pytest.raises(CorruptContent):
                uow.outbox.raw(rows[0].id)
    assert [(mail.id, mail.intact) for mail in _claim(store)] == [(rows[0].id, False), (rows[1].id, True)]


def test_given_a_bounce_when_recorded_then_the_mail_is_found_by_its_message_id_and_shows_it(store: Store, clock: SteppedClock) -> None:
    row = frozen(1, clock())
    _freeze(store, row)
    with store.transaction() as uow:
        uow.outbox.record_deliveries([Delivery(row.id, "failed", "5.1.1", "no such user")])
        uow.outbox.record_deliveries([])
    with store.reading() as uow:
        found = uow.outbox.by_message_ids([row.message_id, "x@y"])
        assert found[row.message_id].delivery == "failed"
        assert uow.outbox.by_ids([row.id])[row.id].id == row.id


def test_given_lanes_when_claimed_then_haste_goes_first_and_what_waits_longest_is_not_forgotten(store: Store, clock: SteppedClock) -> None:
    old = frozen(1, clock(), lane=Lane.DIGEST)
    clock.step(HEAD_START[Lane.SECURITY] + timedelta(seconds=1))
    fresh = [frozen(2 + lane, clock(), lane=lane) for lane in reversed(Lane)]
    _freeze(store, old, *fresh)
    assert [mail.id for mail in _claim(store, 2)] == [old.id, fresh[3].id]
    assert [mail.id for mail in _claim(store)] == [fresh[2].id, fresh[1].id, fresh[0].id]


def _oldest(store: Store) -> tuple[datetime | None, datetime | None]:
    with store.reading() as uow:
        return uow.outbox.oldest_urgent(), uow.outbox.queue().oldest_at


def test_given_mail_that_is_given_back_untried_when_asked_how_long_it_waits_then_it_counts_from_when_it_was_made(
    store: Store, clock: SteppedClock
) -> None:
    made_at = clock()
    _freeze(store, frozen(1, made_at, lane=Lane.URGENT))
    for _ in range(3):
        clock.step(timedelta(minutes=5))
        claimed = _claim(store)
        assert _oldest(store) == (made_at, made_at)
        with store.transaction() as uow:
            uow.outbox.release(claimed, clock())
        assert _oldest(store) == (made_at, made_at)


def test_given_mail_that_its_domain_defers_when_asked_how_long_it_waits_then_it_counts_from_its_next_try(
    store: Store, clock: SteppedClock
) -> None:
    _freeze(store, frozen(1, clock(), lane=Lane.URGENT))
    for _ in range(3):
        (mail,) = _claim(store)
        next_at = clock() + timedelta(hours=1)
        _record(store, result(mail.id, mail.lease_token, "deferred", clock(), code=451, next_attempt_at=next_at))
        assert _oldest(store) == (next_at, next_at)
        clock.step(timedelta(hours=2))
    (mail,) = _claim(store)
    _record(store, result(mail.id, mail.lease_token, "sent", clock(), code=250))
    assert _oldest(store) == (None, None)
