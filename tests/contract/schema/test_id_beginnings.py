"""Ids that people type: shown as long as they must be, taken by their beginning, and what is ambiguous is named. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.application.audit import audit_row
from mailgate.cases.ids import new_id
from mailgate.clock import SteppedClock
from mailgate.errors import Ambiguous, NotFound
from mailgate.store.repositories.id_beginnings import SHORT_CHARS
from mailgate.store.rows import SubjectKind
from mailgate.store.unit_of_work import Store
from tests.support.desks.office import EVA
from tests.support.harness.services import START
from tests.support.mails.entries import accepted, frozen


def test_point_9_given_entries_when_shown_short_then_each_beginning_names_one_and_is_no_longer_than_it_must_be(
    store: Store, clock: SteppedClock
) -> None:
    near = accepted(store, *range(20))
    clock.step(timedelta(days=1000))  # ids never go back, whatever the clocks of other tests were
    (alone,) = accepted(store, 20)
    with store.reading() as uow:
        short = uow.journal.short_ids([*near, alone])
        assert [uow.journal.find(short[id_]) for id_ in (*near, alone)] == [*near, alone]
        assert len(short[alone]) == SHORT_CHARS
        for id_ in near:
            one_less = short[id_][:-1]
            if len(one_less) >= SHORT_CHARS:
                with pytest.raises(Ambiguous):
                    uow.journal.find(one_less)
        assert uow.journal.short_ids([]) == {}


def test_point_9_given_a_beginning_of_several_when_looked_up_then_the_first_are_named_as_they_can_be_typed(store: Store) -> None:
    ids = accepted(store, *range(8))
    with store.reading() as uow:
        with pytest.raises(Ambiguous) as caught:
            uow.journal.find("0")
        short = uow.journal.short_ids(ids)
        assert str(caught.value) == (
            f"there is more than one journal entry that begins with 0: {', '.join(short[id_] for id_ in ids[:5])}, …; type one of them"
        )
        with pytest.raises(NotFound, match="no journal entry that begins with f"):
            uow.journal.find("f")


def test_point_9_given_mails_when_looked_up_by_their_beginning_then_it_is_the_same(store: Store) -> None:
    rows = [frozen(number, store.now()) for number in (1, 2)]
    with store.transaction() as uow:
        uow.outbox.add(rows)
    with store.reading() as uow:
        short = uow.outbox.short_ids([row.id for row in rows])
        assert [uow.outbox.find(short[row.id]) for row in rows] == [row.id for row in rows]
        with pytest.raises(Ambiguous, match="more than one outbox row"):
            uow.outbox.find(rows[0].id[:8])


def test_given_subjects_of_several_kinds_made_in_one_moment_when_shown_short_then_each_beginning_names_one(store: Store) -> None:
    ids = [new_id(START) for _ in range(9)]
    others: list[tuple[SubjectKind, str]] = [("suppression", "kari@kunde.example"), ("policy", "1")]
    kinds: tuple[SubjectKind, ...] = ("journal", "outbox", "contact")
    subjects = [*zip(kinds * 3, ids, strict=True), *others]
    rows = [audit_row(EVA, "set", (kind, id_), START) for kind, id_ in subjects]
    with store.transaction() as uow:
        uow.audit.add(rows)
    with store.reading() as uow:
        short = uow.audit.short_ids([id_ for _, id_ in subjects])
        assert list(short) == ids
        assert [uow.audit.subjects(one, 2) for one in short.values()] == [[id_] for id_ in ids]
        assert all(SHORT_CHARS <= len(one) < len(ids[0]) for one in short.values())
