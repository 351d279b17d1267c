"""Customers and contacts on the desk: found by name, domain and address; each has a page, whatever signs its address holds."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from mailgate.application.customers import contacts, customers
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import SiteUnderTest, Visitor


@pytest.fixture
def ola(site: SiteUnderTest) -> Visitor:
    for name, domain in (
        ("Østfold Energi AS", "ostfold.example"),
        ("Åsane 100% AS", "asane.example"),
        ("Fjordnett SA", "fjordnett.example"),
    ):
        customers.add_customer(site.office.app, EVA, customers.AddCustomer(name, [domain]))
    return site.staff("ola", name="Ola Berg")


def found(who: Visitor, text: str, after: str = "") -> list[str]:
    page = who.get(f"/desk/customers?q={text}{after}")
    return [one.text() for one in page.tree.css(".queue .what a")]


def test_given_customers_when_searched_then_those_with_the_words_in_name_or_domain_are_found(ola: Visitor) -> None:
    assert found(ola, "%C3%B8stfold") == ["Østfold Energi AS"]
    assert found(ola, "ASANE.") == ["Åsane 100% AS"]
    assert found(ola, "100%25") == ["Åsane 100% AS"]
    assert found(ola, "example") == sorted(found(ola, ""))
    assert found(ola, "%25") == ["Åsane 100% AS"]
    assert found(ola, "finnes-ikke") == []
    assert "Ingen kunde passer" in ola.get("/desk/customers?q=finnes-ikke").shown()


def test_given_a_mail_address_when_searched_then_it_leads_to_the_person_or_else_to_their_company(ola: Visitor) -> None:
    assert ola.get(f"/desk/customers?q={KARI.upper()}").headers["location"] == "/desk/contacts/kari%40kunde.example"
    assert found(ola, "ukjent@fjordnett.example") == ["Fjordnett SA"]


def test_given_more_than_a_page_when_searched_then_the_link_goes_on_with_the_search(ola: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = found(ola, "as")
    monkeypatch.setattr("mailgate.web.desk.customers.PAGE_ROWS", 1)
    path, seen = "/desk/customers?q=as", list[str]()
    while path:
        page = ola.get(path)
        seen += [one.text() for one in page.tree.css(".queue .what a")]
        more = page.tree.css_first("main > p > a")
        path = (more.attributes["href"] or "") if more else ""
    assert seen == everyone
    assert len(seen) > 1


@pytest.mark.parametrize(
    "address", ["salg/innkjop@kunde.example", "a%2Fb/c%25@kunde.example", "o'hara+x@kunde.example", "join/lift@kunde.example"]
)
def test_given_a_contact_with_any_sign_in_the_address_when_opened_then_page_forms_and_language_work(
    site: SiteUnderTest, ola: Visitor, address: str
) -> None:
    contacts.add_contact(site.office.app, EVA, contacts.AddContact(address, "Sær"))
    path = ola.get("/desk/customers?q=" + address.replace("%", "%25").replace("+", "%2B")).headers["location"]
    page = ola.get(path)
    assert (page.status, "Sær" in page.shown(), "/" in path.removeprefix("/desk/contacts/")) == (200, True, False)
    action = next(one.attributes["action"] or "" for one in page.tree.css("main form") if "customer" in one.html)
    assert ola.submit(page, action, {"name": "Rar"}).headers["location"] == path
    assert "Rar" in ola.get(path).shown()
    chosen = ola.submit(page, "/language", {"language": "nn"})
    assert ola.get(chosen.headers["location"]).status == 200
    login = Visitor(ola.port).get(path).headers["location"]
    assert "Rar" in ola.get(unquote(login.partition("next=")[2])).shown()
