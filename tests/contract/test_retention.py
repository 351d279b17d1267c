"""Retention takes what is old and settled, and nothing that anybody still needs. On both databases."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from mailgate.cases.model import Actor, Change, Comment, StoredFile
from mailgate.clock import SteppedClock
from mailgate.errors import NotFound
from mailgate.store.rows import Outcome, Purged
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import LEASE, accepted, claimed, entry, frozen, raw_mail, result, stored_case

KEEP = timedelta(days=30)
LATER = timedelta(days=31)


def _purge(store: Store, keep: timedelta | None = KEEP, limit: int = 500) -> Purged:
    with store.transaction() as uow:
        return uow.retention.purge(store.now(), keep, limit)


def test_given_old_entries_when_purged_then_settled_ones_lose_their_bytes_and_waiting_ones_keep_them(
    store: Store, clock: SteppedClock
) -> None:
    accepted(store, 1, 2, 3)
    done, held, pending = claimed(store)
    with store.transaction() as uow:
        uow.journal.finish([Outcome(done.id, "discarded"), Outcome(held.id, "held")])
    assert _purge(store).blobs == 0
    clock.step(LATER)
    assert _purge(store).blobs == 1
    assert _purge(store) == Purged()
    with store.reading() as uow:
        assert [uow.journal.get(one.id).raw_kept for one in (done, held, pending)] == [False, True, True]
        with pytest.raises(NotFound, match="purged"):
            uow.journal.raw(done.id)
        assert uow.journal.raw(held.id) == raw_mail(2)
        assert uow.journal.ledger()["balanced"]
    with store.transaction() as uow:
        uow.journal.discard([held.id], "gammel", clock())
    assert _purge(store).blobs == 1


def test_given_bytes_that_came_again_or_hang_on_a_comment_when_purged_then_they_stay(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    shared, attached = raw_mail(1), raw_mail(2)
    with store.transaction() as uow:
        uow.journal.append([entry(1, clock(), raw=shared), entry(2, clock(), raw=attached)])
    for claim in claimed(store):
        with store.transaction() as uow:
            uow.journal.finish([Outcome(claim.id, "discarded")])
    digest = hashlib.sha256(attached).hexdigest()
    file = StoredFile(digest, "videresendt.eml", "message/rfc822", len(attached))
    with store.transaction() as uow:
        uow.blobs.put([(digest, attached)])
        said = Comment("0192d3a0-0000-7000-8000-000000000001", made.id, "comment", "", Actor("system"), clock(), files=(file,))
        uow.cases.write([Change(made, (said,))])
    clock.step(LATER)
    with store.transaction() as uow:
        uow.journal.append([entry(3, clock(), raw=shared)])
    _purge(store)
    with store.reading() as uow:
        assert uow.blobs.find(digest) == attached
        assert uow.blobs.find(hashlib.sha256(shared).hexdigest()) == shared
        assert uow.blobs.find("00" * 32) is None


def test_given_no_retention_when_purged_then_all_bytes_stay(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1)
    with store.transaction() as uow:
        uow.journal.finish([Outcome(claim.id, "discarded") for claim in uow.journal.claim(clock(), 9, LEASE)])
    clock.step(timedelta(days=4000))
    assert _purge(store, keep=None) == Purged(submissions=1)


def test_given_a_limit_when_purged_then_each_bite_is_small_and_the_next_goes_on(store: Store, clock: SteppedClock) -> None:
    accepted(store, *range(5))
    with store.transaction() as uow:
        uow.journal.finish([Outcome(claim.id, "discarded") for claim in uow.journal.claim(clock(), 9, LEASE)])
    clock.step(LATER)
    assert [_purge(store, limit=2).blobs for _ in range(4)] == [2, 2, 1, 0]


def test_given_frozen_mails_when_purged_then_final_ones_go_and_those_for_a_person_stay(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.outbox.add([frozen(n, clock()) for n in range(3)])
        sent, failed, _ = uow.outbox.claim(clock(), 9, LEASE)
        uow.outbox.record([result(sent.id, sent.lease_token, "sent", clock()), result(failed.id, failed.lease_token, "failed", clock())])
    assert _purge(store).frozen_mails == 0
    clock.step(LATER)
    assert _purge(store).frozen_mails == 1
    with store.reading() as uow:
        assert uow.outbox.raw(failed.id) == failed.raw
        assert uow.outbox.get(sent.id).state == "sent"
        with pytest.raises(NotFound, match="purged"):
            uow.outbox.raw(sent.id)


def test_given_counters_of_the_answer_gate_when_long_past_then_they_go(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.answers.reserve("kari@kunde.example", "redirect", clock(), timedelta(days=1))
        uow.answers.content_seen("ab", clock(), clock())
    clock.step(timedelta(days=59))
    assert _purge(store).counters == 0
    clock.step(timedelta(days=2))
    assert _purge(store).counters == 3
