"""One contract for what intake asks of a transaction: the store and the backtest's state keep it alike (`store.protocols`)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from mailgate.backtest.replay_state import History, ReplayState
from mailgate.cases.workflow import SUPPORTWEB
from mailgate.clock import SteppedClock
from mailgate.store.protocols import IntakeUnit
from mailgate.store.unit_of_work import Store

HOUR = timedelta(hours=1)
Begin = Callable[[], AbstractContextManager[IntakeUnit]]


@pytest.fixture(params=["store", "replay"])
def begin(request: pytest.FixtureRequest, store: Store, clock: SteppedClock) -> Begin:
    """A transaction of the store, or the state of a backtest at the same time."""
    state = ReplayState(History(mails=(), begins_at=clock()), SUPPORTWEB)

    @contextlib.contextmanager
    def replay() -> Iterator[IntakeUnit]:
        state.go_to(clock())
        yield state

    return store.transaction if request.param == "store" else replay


def test_given_an_answer_that_was_counted_when_asked_again_within_the_window_then_it_is_refused(begin: Begin, clock: SteppedClock) -> None:
    with begin() as uow:
        assert uow.answers.reserve("kari@kunde.example", "redirect", clock(), HOUR)
        assert not uow.answers.reserve("kari@kunde.example", "redirect", clock(), HOUR)
        assert uow.answers.answered_to("kari@kunde.example", clock() - HOUR) == 1
        assert uow.answers.answered_since(clock() - HOUR, "kunde.example", now=clock()) == 1
    clock.step(2 * HOUR)
    with begin() as uow:
        assert uow.answers.reserve("kari@kunde.example", "redirect", clock(), HOUR)


def test_given_keys_that_are_counted_when_asked_then_only_those_of_the_window_count(begin: Begin, clock: SteppedClock) -> None:
    with begin() as uow:
        uow.answers.count(["case:kari@kunde.example", "case:"], clock())
        assert uow.answers.counted("case:", clock() - HOUR, clock()) == 1
    clock.step(2 * HOUR)
    with begin() as uow:
        assert uow.answers.counted("case:", clock() - HOUR, clock()) == 0


def test_given_nothing_known_when_asked_then_nothing_is_found(begin: Begin) -> None:
    with begin() as uow:
        assert uow.cases.by_numbers([7]) == {}
        assert uow.contacts.by_addresses(["kari@kunde.example"]) == {}
        assert uow.customers.by_domains(["kunde.example"]) == {}
        assert uow.outbox.by_message_ids(["1@firma.example"]) == {}
        assert uow.relay_ids.find(["ab" * 32], []) == {}
        assert uow.staff.by_addresses(["ola@firma.example"]) == {}
        assert uow.answers.suppressed("kari@kunde.example") == ""
        assert uow.suppressions.revive(["kari@kunde.example"]) == set()
