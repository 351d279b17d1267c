"""What is changed while a password is checked: checking takes long, and who floods the log in makes it take longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailgate.application.accounts import passwords, second_factor
from mailgate.store.repositories.accounts import Account
from tests.support.desks.meanwhile import after_next
from tests.support.desks.office import KARI, open_office
from tests.support.desks.site import PASSWORD, SiteUnderTest, serve

NEW = "en helt ny setning om fisk"


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[SiteUnderTest]:
    """On each database: what is compared again is locked as each of them does it."""
    with open_office(tmp_path, url=database_url) as office, serve(office.app) as port:
        yield SiteUnderTest(office, port)


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let `act` happen once, after the next password was looked at and before anything is made of that."""
    after_next(monkeypatch, passwords, "matches", act)


def account_of(site: SiteUnderTest, name: str) -> Account:
    with site.office.app.store.reading() as uow:
        found = uow.accounts.by_login(name)
    assert found is not None
    return found


def change(site: SiteUnderTest, **fields: object) -> None:
    account = account_of(site, "kari")
    with site.office.app.store.transaction() as uow:
        uow.accounts.set(account, replace(account, **fields))


def test_given_a_thief_who_logs_in_while_the_owner_resets_then_the_new_password_stays_and_the_thief_is_out(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_account(KARI, "kari")
    owner, thief = site.visitor(), site.visitor()
    owner.submit(owner.get("/password"), "/password", {"name": "kari"})
    link = site.link("account_reset")
    meanwhile(monkeypatch, lambda: owner.submit(owner.get(link), link, {"password": NEW}))
    answer = thief.log_in("kari")
    assert (answer.status, thief.get("/cases").status) == (422, 303)
    assert owner.get("/cases").status == 200
    assert [passwords.matches(account_of(site, "kari").password_hash, one) for one in (PASSWORD, NEW)] == [False, True]


def test_given_an_account_that_is_disabled_while_it_logs_in_then_it_stays_disabled(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_account(KARI, "kari")
    who = site.visitor()
    meanwhile(monkeypatch, lambda: change(site, disabled=True))
    assert (who.log_in("kari").status, who.get("/cases").status) == (422, 303)
    assert account_of(site, "kari").disabled


def test_given_a_second_factor_that_is_turned_on_while_somebody_logs_in_then_the_password_alone_is_not_enough(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.staff("anne")
    anne = account_of(site, "anne")

    def turn_on() -> None:
        with site.office.app.store.transaction() as uow:
            uow.staff.confirm_secret(anne.id, "sealed", 1, ())

    thief = site.visitor()
    meanwhile(monkeypatch, turn_on)
    thief.log_in("anne")
    assert thief.get("/desk").status == 303
    assert second_factor.is_on(account_of(site, "anne"))


def test_given_a_thief_at_an_open_session_who_changes_the_password_while_the_owner_resets_then_the_owners_stays(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief, owner = site.logged_in(KARI, "kari"), site.visitor()
    owner.submit(owner.get("/password"), "/password", {"name": "kari"})
    link = site.link("account_reset")
    page = thief.get("/me")
    meanwhile(monkeypatch, lambda: owner.submit(owner.get(link), link, {"password": NEW}))
    thief.submit(page, "/me/password", {"old": PASSWORD, "new": "tyven har valgt denne her"})
    assert thief.get("/cases").status == 303
    assert passwords.matches(account_of(site, "kari").password_hash, NEW)


def test_given_a_name_that_is_changed_while_somebody_logs_in_then_both_changes_stay(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_account(KARI, "kari")
    who = site.visitor()
    meanwhile(monkeypatch, lambda: change(site, name="Kari Lunde-Nes"))
    assert who.log_in("kari").status == 303
    kept = account_of(site, "kari")
    assert (kept.name, kept.logged_in_at is not None) == ("Kari Lunde-Nes", True)
