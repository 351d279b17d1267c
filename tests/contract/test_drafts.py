"""Drafts of forms and muted cases: what counts as a change, and what comes too late. On both databases, with the same answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailgate.store.repositories.accounts import LATE, Account
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import stored_case

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PAGE = "/browse/sup-1"


def test_given_a_form_that_was_sent_when_its_words_come_too_late_then_they_are_no_draft(store: Store) -> None:
    with store.transaction() as uow:
        account = Account("01a23033-356d-7341-84ce-6a25ef31adcb", "staff", "ola", "ola@firma.example", NOW, roles=("agent",))
        uow.accounts.add(account)
        assert uow.accounts.keep_draft(account.id, PAGE, {"text": "Halv"}, NOW, "first")
        assert uow.accounts.keep_draft(account.id, PAGE, {"text": "Halvferdig"}, NOW, "first")
        uow.accounts.send_draft(account.id, PAGE, "first", NOW)
    with store.transaction() as uow:
        assert not uow.accounts.keep_draft(account.id, PAGE, {"text": "Halvferdig"}, NOW + timedelta(seconds=5), "first")
        assert uow.accounts.draft(account.id, PAGE) is None
        assert uow.accounts.drafts_of(account.id) == []
        assert uow.accounts.keep_draft(account.id, PAGE, {"text": "Ny"}, NOW + timedelta(seconds=6), "second")
        assert uow.accounts.draft(account.id, PAGE) == ({"text": "Ny"}, NOW + timedelta(seconds=6))
        uow.accounts.send_draft(account.id, PAGE, "second", NOW)
        assert uow.accounts.keep_draft(account.id, PAGE, {"text": "Etterpå"}, NOW + LATE, "second")


def test_given_forms_that_were_sent_long_ago_when_another_is_sent_then_nothing_is_left_of_them(store: Store) -> None:
    with store.transaction() as uow:
        account = Account("01a23033-356d-7341-84ce-6a25ef31adcb", "staff", "ola", "ola@firma.example", NOW, roles=("agent",))
        uow.accounts.add(account)
        for number in range(3):
            uow.accounts.send_draft(account.id, f"{PAGE}{number}", "token", NOW)
        uow.accounts.keep_draft(account.id, "/new", {"summary": "Blir"}, NOW)
        uow.accounts.send_draft(account.id, PAGE, "token", NOW + LATE)
        rows = uow.accounts._connection.exec_driver_sql("SELECT name FROM drafts ORDER BY name").all()
        assert [name for (name,) in rows] == [PAGE, "/new"]


def test_given_a_case_when_muted_twice_then_only_the_first_time_is_a_change(store: Store) -> None:
    case = stored_case(store, 1)
    with store.transaction() as uow:
        changes = [uow.portal.set_mute(case.reporter_id, case.id, muted=muted) for muted in (True, True, False, False)]
    assert changes == [True, False, True, False]
