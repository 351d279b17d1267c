"""Each mail about an account as its reader gets it: asked for on the pages, composed, and sent."""

from __future__ import annotations

import re

import pytest

from tests.support.desks.office import KARI
from tests.support.desks.site import PASSWORD, SiteUnderTest

NEW = "ny@kunde.example"
MAIL = b"From: ny@kunde.example\r\nTo: support@example.test\r\nSubject: Utskrift\r\n\r\nHei, hvordan skriver jeg ut?\r\n"


def register(site: SiteUnderTest, address: str) -> None:
    who = site.visitor()
    typed = {"name": "Ny", "company": "", "address": address, "username": "nykunde"}
    who.submit(who.get("/register"), "/register", typed)


def forget(site: SiteUnderTest) -> None:
    who = site.visitor()
    who.submit(who.get("/password"), "/password", {"name": "kari"})


def change(site: SiteUnderTest) -> None:
    kari = site.visitor()
    kari.log_in("kari")
    kari.submit(kari.get("/me"), "/me/password", {"old": PASSWORD, "new": "en helt ny setning om fisk"})


def claim(site: SiteUnderTest) -> None:
    site.office.receive(MAIL, NEW)
    link, who = site.office.link(NEW, "claim"), site.visitor()
    who.submit(who.get(link), link, {"who": "me"})


@pytest.mark.parametrize(
    ("ask", "address", "has"),
    [
        (lambda site: register(site, NEW), NEW, r"/register/[\w-]{40}"),
        (lambda site: register(site, KARI), KARI, "/login"),
        (forget, KARI, r"/password/[\w-]{40}"),
        (change, KARI, "/password"),
        (claim, NEW, r"\d{4} \d{4}"),
    ],
    ids=["account_verify", "account_exists", "account_reset", "account_password", "claim_code"],
)
def test_given_a_mail_about_an_account_when_asked_for_then_it_leaves_with_what_it_is_for(site: SiteUnderTest, ask, address, has) -> None:
    site.add_account(KARI, "kari")
    ask(site)
    site.office.work()
    mail = site.office.mails(address)[-1]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert re.search(has, part.get_content())
