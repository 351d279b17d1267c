"""Ask for an account, log in, forgotten password, sessions: as a visitor without a browser sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.application.customers import contacts
from mailgate.errors import Invalid
from tests.support.desks.office import EVA, KARI, PER
from tests.support.desks.site import PASSWORD, SiteUnderTest, Visitor

FORM = {"name": "Kari Lunde", "company": "Kunde AS", "address": KARI, "username": "kari"}


def ask(site: SiteUnderTest, who: Visitor, **changed: str):
    return who.submit(who.get("/register"), "/register", {**FORM, **changed})


def test_given_a_contact_when_she_registers_then_her_cases_are_shown_behind_the_link_alone(site: SiteUnderTest) -> None:
    kari = site.visitor()
    assert kari.get("/cases").status == 303
    sent = ask(site, kari)
    assert "kari@kunde.example" in sent.shown()
    link = site.link("account_verify")
    assert kari.get(link, method="HEAD").status == 200
    page = kari.get(link)
    done = kari.submit(page, link, {"password": PASSWORD})
    assert (done.status, done.headers["location"]) == (303, "/cases")
    assert "Skriveren står" in kari.get("/cases").shown()


def test_given_an_address_nobody_knows_when_registered_then_a_contact_of_no_company_is_made(site: SiteUnderTest) -> None:
    new = site.visitor()
    ask(site, new, address="ny@kunde.example", username="nykunde")
    link = site.link("account_verify")
    new.submit(new.get(link), link, {"password": PASSWORD})
    assert "Du har ingen saker ennå" in new.get("/cases").shown()
    with site.office.app.store.reading() as uow:
        assert uow.contacts.by_addresses(["ny@kunde.example"])["ny@kunde.example"].customer_id is None


def test_given_an_address_with_an_account_when_asked_again_then_the_page_is_the_same_and_the_mail_tells(
    site: SiteUnderTest,
) -> None:
    fresh = ask(site, site.visitor(), address="ukjent@kunde.example")
    site.add_account(KARI, "kari")
    known = ask(site, site.visitor())
    assert fresh.shown().replace("ukjent@kunde.example", "X") == known.shown().replace(KARI, "X")
    assert (fresh.status, sorted(fresh.headers)) == (known.status, sorted(known.headers))
    assert ("account_exists", KARI, "pending") in site.office.notices()


def test_given_a_link_when_used_twice_or_late_or_cut_then_each_says_so_and_does_nothing(site: SiteUnderTest) -> None:
    who = site.visitor()
    ask(site, who)
    link = site.link("account_verify")
    assert who.get(link[:-4]).status == 404
    assert "Kanskje kom ikke hele lenken med" in who.get(link[:-4]).shown()
    page = who.get(link)
    who.submit(page, link, {"password": PASSWORD})
    assert (site.visitor().get(link).status, "Lenken er brukt" in site.visitor().get(link).shown()) == (410, True)
    ask(site, site.visitor(), address="sen@kunde.example", username="sen")
    late = site.link("account_verify")
    site.office.clock.step(timedelta(days=3))
    assert "Lenken er for gammel" in site.visitor().get(late).shown()


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("kort", "Passordet må ha minst 12 tegn."),
        ("passordpassord", "Dette passordet er for lett å gjette."),
        ("kari lunde er best", "Passordet kan ikke ha navnet eller adressen din i seg."),
    ],
)
def test_given_a_bad_password_when_chosen_then_the_field_says_why_and_the_link_still_works(
    site: SiteUnderTest, password: str, text: str
) -> None:
    who = site.visitor()
    ask(site, who)
    link = site.link("account_verify")
    refused = who.submit(who.get(link), link, {"password": password})
    assert (refused.status, refused.errors()) == (422, [text])
    assert who.submit(refused, link, {"password": PASSWORD}).status == 303


def test_given_wrong_fields_when_asked_then_all_that_was_typed_stays(site: SiteUnderTest) -> None:
    refused = ask(site, site.visitor(), address="ingen adresse")
    assert (refused.status, refused.errors()) == (422, ["Skriv en e-postadresse, som kari@firma.no."])
    assert refused.tree.css_first("#name").attributes["value"] == "Kari Lunde"
    assert refused.tree.css_first("#address").attributes["aria-invalid"] == "true"


def test_given_a_name_nobody_has_and_a_wrong_password_when_logging_in_then_answers_are_the_same(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    unknown, wrong = site.visitor().log_in("ingen", "feil passord her"), site.visitor().log_in("kari", "feil passord her")
    assert unknown.status == wrong.status == 422
    assert unknown.errors() == wrong.errors() == ["Feil brukernavn eller passord."]
    assert list(unknown.headers) == list(wrong.headers)


def test_given_a_session_when_logged_in_again_then_it_is_a_new_one_and_the_old_one_ends_with_log_out(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    kari = site.visitor()
    kari.log_in("kari")
    first = kari.cookies["session"]
    out = kari.submit(kari.get("/cases"), "/logout", {})
    assert "session" not in kari.cookies
    assert out.headers["clear-site-data"]
    kari.log_in(KARI)
    assert kari.cookies["session"] != first
    assert Visitor(site.port, {"session": first}).get("/cases").status == 303


def test_given_a_forgotten_password_when_reset_then_all_sessions_end_and_the_owner_is_notified(site: SiteUnderTest) -> None:
    elsewhere = site.logged_in(KARI, "kari")
    kari = site.visitor()
    said = kari.submit(kari.get("/password"), "/password", {"name": "kari"})
    unknown = site.visitor()
    assert unknown.submit(unknown.get("/password"), "/password", {"name": "ingen"}).shown() == said.shown()
    link = site.link("account_reset")
    done = kari.submit(kari.get(link), link, {"password": "en helt ny setning om fisk"})
    assert done.status == 303
    assert elsewhere.get("/cases").status == 303
    assert kari.get("/cases").status == 200
    assert ("account_password", KARI, "pending") in site.office.notices()


def test_given_a_password_changed_when_other_browsers_ask_then_they_are_logged_out(site: SiteUnderTest) -> None:
    kari, other = site.logged_in(KARI, "kari"), site.visitor()
    other.log_in("kari")
    wrong = kari.submit(kari.get("/me"), "/me/password", {"old": "ikke det", "new": "en helt ny setning om fisk"})
    assert wrong.errors() == ["Dette er ikke passordet ditt."]
    assert kari.submit(wrong, "/me/password", {"old": PASSWORD, "new": "en helt ny setning om fisk"}).status == 303
    assert kari.get("/me").status == 200
    assert other.get("/me").status == 303


def test_given_an_idle_session_when_a_week_has_gone_then_it_has_ended(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    site.office.clock.step(timedelta(days=6))
    assert kari.get("/cases").status == 200
    site.office.clock.step(timedelta(days=8))
    assert kari.get("/cases").status == 303


def test_given_the_database_when_read_then_no_token_or_password_stands_in_it(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    raw = b"".join(path.read_bytes() for path in site.office.app.settings.file.parent.glob("mailgate.db*"))
    assert kari.cookies["session"].encode() not in raw
    assert PASSWORD.encode() not in raw


@pytest.mark.parametrize("username", ["kari", KARI])
def test_given_a_contact_with_another_address_when_a_password_is_forgotten_then_the_old_mailbox_gets_no_way_in(
    site: SiteUnderTest, username: str
) -> None:
    new = "kari.lunde@kunde.example"
    site.add_account(KARI, username)
    heir = site.visitor()
    heir.submit(heir.get("/password"), "/password", {"name": KARI})
    mailed = site.link("account_reset")
    contacts.set_contact(site.office.app, EVA, contacts.SetContact(KARI, new_address=new))
    assert heir.get(mailed).status == 404
    for name in (KARI, new):
        asking = site.visitor()
        assert asking.submit(asking.get("/password"), "/password", {"name": name}).status == 200
    assert [to for kind, to, _ in site.office.notices() if kind == "account_reset"] == [KARI, new]
    assert site.visitor().log_in(new).status == 303
    assert site.visitor().log_in(username).status == (422 if username == KARI else 303)


def test_given_an_address_that_another_account_has_when_a_contact_gets_it_then_it_is_refused_and_nothing_changes(
    site: SiteUnderTest,
) -> None:
    site.add_account(KARI, "kari")
    site.staff("sjef")
    with site.office.app.store.reading() as uow:
        taken = uow.accounts.by_username("sjef").address
    with pytest.raises(Invalid, match="another account"):
        contacts.set_contact(site.office.app, EVA, contacts.SetContact(KARI, new_address=taken))
    assert contacts.show_contact(site.office.app, EVA, contacts.ShowContact(KARI)).address == KARI
    free = contacts.SetContact(PER, new_address="per.nes@kunde.example")
    assert contacts.set_contact(site.office.app, EVA, free).address == "per.nes@kunde.example"
