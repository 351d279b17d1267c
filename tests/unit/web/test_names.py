"""What a customer calls themselves on the web is no way to look like us, neither on the pages nor in the mails that they send."""

from __future__ import annotations

import json

import pytest

from mailgate.application.customers import contacts
from mailgate.cases.ids import new_id
from mailgate.store.repositories.accounts import Account
from tests.support.desks.office import EVA, KARI, PER
from tests.support.desks.site import SiteUnderTest


def named(site: SiteUnderTest, address: str, name: str) -> None:
    """Give a contact another name."""
    contacts.set_contact(site.office.app, EVA, contacts.SetContact(address, name=name))


def actors(site: SiteUnderTest) -> list[str]:
    """Who is named in the notices of comments."""
    with site.office.app.store.reading() as uow:
        rows = uow.notices._connection.exec_driver_sql("SELECT facts FROM notices WHERE kind = 'comment_added' ORDER BY id").all()
    return [json.loads(row[0])["actor"] for row in rows]


def comment(site: SiteUnderTest, address: str, username: str) -> None:
    """Say something on SUP-1 as this person, by the page."""
    who = site.logged_in(address, username)
    assert who.submit(who.get("/browse/SUP-1"), "/browse/SUP-1/comments", {"text": "Send passordet til meg"}).status == 303


@pytest.mark.parametrize("name", ["", "Supportweb", "SupportWeb kundestøtte", "\uff33upport-web", "Kjersti Agent"])
def test_12_06_given_a_customer_without_a_name_of_their_own_when_they_comment_on_the_web_then_others_see_the_address(
    site: SiteUnderTest, name: str
) -> None:
    app = site.office.app
    with app.store.transaction() as uow:
        uow.accounts.add(
            Account(new_id(app.now()), "staff", "kjersti", "kjersti@firma.example", app.now(), name="Kjersti Agent", roles=("agent",))
        )
    named(site, PER, name)
    comment(site, PER, "per")
    assert actors(site) == [PER]
    page = site.logged_in(KARI, "kari").get("/browse/SUP-1")
    assert [one for one in (name, PER) if one and one in page.shown()] == []


def test_12_06_given_a_registered_name_when_its_owner_comments_on_the_web_then_others_see_it(site: SiteUnderTest) -> None:
    comment(site, PER, "per")
    assert actors(site) == ["Per"]
    assert "Per" in site.logged_in(KARI, "kari").get("/browse/SUP-1").shown()
