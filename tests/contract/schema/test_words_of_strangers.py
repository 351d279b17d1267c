"""What strangers may send as an id, a key or a submission, on both databases: nothing of it is an error of the database."""

from __future__ import annotations

import pytest

from mailgate.application.paging import cursor_of, id_of
from mailgate.clock import SteppedClock
from mailgate.errors import Invalid, NotFound
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import stored_case

STRANGE = ("x", "", "'", "SUP-\x00", "0192d3a0-0000-7000-8000-00000000000", "0192d3a0-0000-7000-8000-0000000000zz", "{" + "0" * 36 + "}")


@pytest.mark.parametrize("text", STRANGE)
def test_given_a_text_that_is_no_id_when_looked_up_then_nothing_is_found(store: Store, text: str) -> None:
    case = stored_case(store)
    with store.transaction() as uow:
        assert uow.cases.comments_by_ids([text]) == {}
        assert uow.accounts.end_sessions(case.id, session_id=text) == 0
        with pytest.raises(NotFound):
            uow.cases.get(text)
    with pytest.raises(Invalid):
        id_of(cursor_of(text))


def test_given_a_submission_that_comes_twice_when_claimed_then_the_second_one_learns_where_the_first_led(
    store: Store, clock: SteppedClock
) -> None:
    with store.transaction() as uow:
        assert uow.accounts.claim_once("ab" * 32, clock()) is None
    with store.transaction() as uow:
        uow.accounts.set_once_result("ab" * 32, "/browse/SUP-1")
    with store.transaction() as uow:
        assert uow.accounts.claim_once("ab" * 32, clock()) == "/browse/SUP-1"
        assert uow.accounts.claim_once("cd" * 32, clock()) is None
