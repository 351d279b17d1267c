"""Forms that two people have open at once: what one saves stays, and the other is told where both changed the same."""

from __future__ import annotations

import pytest

from mailgate.application.customers import contacts, customers
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import SiteUnderTest, Visitor

CONTACT, POSTED = f"/desk/contacts/{KARI}", "/desk/contacts/kari%40kunde.example"
CHANGED = "Dette er endret av en annen mens du skrev. Det du skrev, står her ennå. Lagre på nytt når du har lest."


@pytest.fixture
def ola(site: SiteUnderTest) -> Visitor:
    return site.staff("ola", "admin", "agent", name="Ola Berg")


def contact(site: SiteUnderTest) -> contacts.ContactView:
    return contacts.show_contact(site.office.app, EVA, contacts.ShowContact(KARI))


def customer(site: SiteUnderTest, name: str = "Kunde AS") -> customers.CustomerView:
    return customers.show_customer(site.office.app, EVA, customers.ShowCustomer(name))


def test_given_access_that_was_taken_away_when_an_older_form_is_saved_then_it_is_not_given_again(site: SiteUnderTest, ola: Visitor) -> None:
    app = site.office.app
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, company_access="view"))
    page = ola.get(CONTACT)
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, company_access=""))
    assert ola.submit(page, POSTED, {"name": "Kari Lunde"}).status == 303
    assert (contact(site).name, contact(site).company_access) == ("Kari Lunde", "")


def test_given_two_who_change_one_name_when_both_save_then_the_second_sees_the_first_and_keeps_what_was_typed(
    site: SiteUnderTest, ola: Visitor
) -> None:
    app = site.office.app
    page = ola.get(CONTACT)
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, name="Kari Nes", language="nn"))
    refused = ola.submit(page, POSTED, {"name": "Kari Lunde"})
    assert (refused.status, refused.errors()) == (409, [CHANGED])
    assert "Slik er det nå" in refused.shown()
    assert "Kari Nes" in refused.shown()
    inputs = {one.attributes["name"]: one.attributes.get("value") for one in refused.tree.css("main form input")}
    assert (inputs["name"], inputs["was_name"], inputs["was_language"]) == ("Kari Lunde", "Kari Nes", "nn")
    assert contact(site).name == "Kari Nes"
    assert ola.submit(refused, POSTED, {}).status == 303
    assert (contact(site).name, contact(site).language) == ("Kari Lunde", "nn")


def test_given_somebody_who_moved_to_another_company_when_access_is_given_by_an_older_form_then_it_is_refused(
    site: SiteUnderTest, ola: Visitor
) -> None:
    page = ola.get(CONTACT)
    contacts.set_contact(site.office.app, EVA, contacts.SetContact(KARI, customer="Annen AS"))
    refused = ola.submit(page, POSTED, {"company_access": "view"})
    assert (refused.status, refused.errors()) == (409, [CHANGED])
    assert (contact(site).customer, contact(site).company_access) == ("Annen AS", "")


def test_given_a_domain_that_was_added_when_an_older_form_changes_others_then_all_changes_stay(site: SiteUnderTest, ola: Visitor) -> None:
    app, path = site.office.app, f"/desk/customers/{customer(site).id}"
    page = ola.get(path)
    customers.set_customer(app, EVA, customers.SetCustomer("Kunde AS", add_domains=["to.example"], language="nn"))
    assert ola.submit(page, path, {"domains": "tre.example", "agreement": "utvidet"}).status == 303
    found = customer(site)
    assert (sorted(found.domains), found.agreement, found.language) == (["to.example", "tre.example"], "utvidet", "nn")


def test_given_two_who_give_a_customer_another_agreement_when_both_save_then_the_second_is_told(site: SiteUnderTest, ola: Visitor) -> None:
    app, path = site.office.app, f"/desk/customers/{customer(site).id}"
    page = ola.get(path)
    customers.set_customer(app, EVA, customers.SetCustomer("Kunde AS", agreement="standard"))
    refused = ola.submit(page, path, {"agreement": "utvidet"})
    assert (refused.status, refused.errors()) == (409, [CHANGED])
    assert customer(site).agreement == "standard"
    assert ola.submit(refused, path, {"agreement": "utvidet"}).status == 303
    assert customer(site).agreement == "utvidet"


def test_given_a_form_that_nobody_changed_when_saved_then_nothing_is_written(site: SiteUnderTest, ola: Visitor) -> None:
    path = f"/desk/customers/{customer(site).id}"
    for page, action in ((CONTACT, POSTED), (path, path)):
        assert ola.submit(ola.get(page), action, {}).status == 303
    with site.office.app.store.reading() as uow:
        assert [one.verb for one in uow.audit.list(kinds=["contact", "customer"]) if one.verb == "set"] == []


def test_given_another_fault_when_the_form_is_mended_then_nothing_of_somebody_else_is_lost(site: SiteUnderTest, ola: Visitor) -> None:
    app, path = site.office.app, f"/desk/customers/{customer(site).id}"
    page = ola.get(path)
    customers.set_customer(app, EVA, customers.SetCustomer("Kunde AS", name="Kunden AS", add_domains=["to.example"]))
    refused = ola.submit(page, path, {"name": "x" * 300, "domains": "kunde.example tre.example"})
    assert refused.status == 422
    answer = ola.submit(refused, path, {"name": "Kunde Norge AS"})
    assert (answer.status, answer.errors()) == (409, [CHANGED])
    assert ola.submit(answer, path, {}).status == 303
    found = customer(site, "Kunde Norge AS")
    assert sorted(found.domains) == ["kunde.example", "to.example", "tre.example"]
