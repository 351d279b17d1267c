"""Contacts, customers and suppressions change with an audit row: who, what before, what after. None is left when nothing changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.application.customers import contacts, customers, suppressions
from mailgate.application.paging import cursor_of, sort_key_of
from mailgate.errors import Ambiguous, Forbidden, Invalid, NotFound
from tests.support.desks.office import EVA, KARI, LIV, PER


def rows(office, kind):
    with office.app.store.reading() as uow:
        return [(one.verb, one.principal, dict(one.before), dict(one.after)) for one in reversed(uow.audit.list(kinds=[kind]))]


def test_given_a_contact_when_changed_then_the_audit_says_who_and_what(office):
    contacts.set_contact(office.app, EVA, contacts.SetContact(KARI, name="Kari Lunde", language="nn"))
    assert rows(office, "contact")[-1] == ("set", "eva", {"name": "Kari", "language": ""}, {"name": "Kari Lunde", "language": "nn"})
    count = len(rows(office, "contact"))
    contacts.set_contact(office.app, EVA, contacts.SetContact(KARI, name="Kari Lunde"))
    assert len(rows(office, "contact")) == count


def test_given_wrong_words_when_a_contact_is_added_then_field_and_code_say_which(office):
    for command, field, code in (
        (contacts.AddContact(KARI), "address", "exists"),
        (contacts.AddContact("ikke en adresse"), "address", "no_address"),
        (contacts.AddContact("ny@kunde.example", language="xx"), "language", "unknown"),
        (contacts.AddContact("Support@example.test"), "address", "ours"),
        (contacts.AddContact("support+ord@example.test"), "address", "ours"),
    ):
        with pytest.raises(Invalid) as caught:
            contacts.add_contact(office.app, EVA, command)
        assert (caught.value.field, caught.value.code) == (field, code)
    with pytest.raises(Invalid, match="another contact"):
        contacts.set_contact(office.app, EVA, contacts.SetContact(KARI, new_address=PER))
    with pytest.raises(NotFound):
        contacts.add_contact(office.app, EVA, contacts.AddContact("ny@kunde.example", customer="Finnes ikke"))


def test_given_a_customer_when_changed_then_it_and_the_contacts_it_takes_over_have_audit_rows(office):
    contacts.add_contact(office.app, EVA, contacts.AddContact("ola@fjell.example"))
    customers.set_customer(office.app, EVA, customers.SetCustomer("kunde.example", add_domains=["fjell.example"], agreement="utvidet"))
    verb, who, before, after = rows(office, "customer")[-1]
    assert (verb, who, before["agreement"], after["agreement"]) == ("set", "eva", "enkel", "utvidet")
    assert after["domains"] == ["fjell.example", "kunde.example"]
    assert rows(office, "contact")[-1][2:] == ({"customer_id": None}, {"customer_id": office.contact(KARI).customer_id})


def test_given_two_customers_of_one_name_when_named_then_the_ids_are_offered(office):
    annen = customers.show_customer(office.app, EVA, customers.ShowCustomer("annen.example"))
    customers.set_customer(office.app, EVA, customers.SetCustomer(annen.id, name="KUNDE as"))
    with pytest.raises(Ambiguous, match=annen.id) as caught:
        customers.show_customer(office.app, EVA, customers.ShowCustomer("Kunde AS"))
    assert annen.id in caught.value.candidates
    with pytest.raises(Invalid, match="already"):
        customers.add_customer(office.app, EVA, customers.AddCustomer("kunde As"))


def test_given_addresses_when_suppressed_and_lifted_then_each_has_its_row(office):
    command = suppressions.AddSuppressions([KARI.upper(), KARI, PER], "sluttet", timedelta(days=3))
    made = suppressions.add_suppressions(office.app, EVA, command)
    assert [(one.address, one.cause) for one in made] == [(KARI, "operator"), (PER, "operator")]
    suppressions.remove_suppressions(office.app, EVA, suppressions.RemoveSuppressions([PER], "tilbake"))
    found = rows(office, "suppression")
    assert [(verb, bool(before), bool(after)) for verb, _, before, after in found] == [
        ("add", False, True), ("add", False, True), ("remove", True, False),
    ]  # fmt: skip
    assert found[-1][2]["reason"] == "sluttet"
    with pytest.raises(NotFound, match="not suppressed"):
        suppressions.remove_suppressions(office.app, EVA, suppressions.RemoveSuppressions([KARI, LIV]))
    assert len(suppressions.list_suppressions(office.app, EVA, suppressions.ListSuppressions())) == 1


def test_given_pages_of_people_when_read_then_each_comes_once(office):
    first = contacts.list_contacts(office.app, EVA, contacts.ListContacts(limit=2))
    second = contacts.list_contacts(office.app, EVA, contacts.ListContacts(limit=2, cursor=first.next))
    assert [one.address for one in (*first.rows, *second.rows)] == [KARI, LIV, PER]
    theirs = contacts.list_contacts(office.app, EVA, contacts.ListContacts(customer="Kunde AS"))
    assert [one.address for one in theirs.rows] == [KARI, PER]
    one = customers.list_customers(office.app, EVA, customers.ListCustomers(limit=1))
    two = customers.list_customers(office.app, EVA, customers.ListCustomers(limit=1, cursor=one.next))
    assert ([row.name for row in (*one.rows, *two.rows)], two.next) == (["Annen AS", "Kunde AS"], None)


@pytest.mark.parametrize("key", [("a",), ("Å", "b c"), ("",)])
def test_given_a_sort_key_when_made_a_cursor_then_it_comes_back(key):
    assert sort_key_of(cursor_of(*key), len(key)) == key


@pytest.mark.parametrize("cursor", ["!", "Zm9v", cursor_of("a", "b"), "W10", "é"])
def test_given_a_cursor_that_nobody_made_when_read_then_it_is_invalid(cursor):
    with pytest.raises(Invalid):
        sort_key_of(cursor, 1)


def test_given_the_names_of_agreements_when_a_customer_asks_for_them_then_it_is_forbidden(office):
    assert customers.agreement_texts(office.app, EVA, "nb")["enkel"].name == "Enkel support"
    with pytest.raises(Forbidden):
        customers.agreement_texts(office.app, office.contact(KARI), "nb")
