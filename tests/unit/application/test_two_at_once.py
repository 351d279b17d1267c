"""Two people who change one thing at once: neither undoes what the other did. On PostgreSQL, where they do not wait for each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailgate.application.cases import comment, correct, create, people, read, undo
from mailgate.application.customers import contacts, customers, import_csv, join
from mailgate.application.customers.seen import Stale
from mailgate.application.links import notices as wishes
from mailgate.application.once import once
from mailgate.errors import Conflict, Invalid, Repeated
from mailgate.store.repositories.cases import CaseRepository
from mailgate.store.repositories.contacts import ContactRepository
from mailgate.store.repositories.customers import CustomerRepository
from mailgate.store.repositories.portal import PortalRepository
from tests.support.desks.meanwhile import Meanwhile
from tests.support.desks.office import EVA, KARI, Office, open_office

pytestmark = pytest.mark.services
OTHER = "kari.lunde@kunde.example"


@pytest.fixture
def office(tmp_path: Path, postgres_url: str) -> Iterator[Office]:
    """On PostgreSQL."""
    with open_office(tmp_path, url=postgres_url) as opened:
        yield opened


@pytest.fixture
def meanwhile(postgres_url: str) -> Iterator[Meanwhile]:
    """See `Meanwhile`."""
    with closing(Meanwhile(postgres_url)) as made:
        yield made


def _contact(office: Office, address: str = KARI) -> contacts.ContactView:
    return contacts.show_contact(office.app, EVA, contacts.ShowContact(address))


def _set_meanwhile(office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch, command: contacts.SetContact) -> None:
    """Somebody else runs the command right after the contact was read."""
    meanwhile.after(monkeypatch, ContactRepository, "by_addresses", lambda: contacts.set_contact(office.app, EVA, command))


def test_given_access_that_is_taken_away_while_somebody_gives_a_name_then_it_is_gone(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.app
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, company_access="view"))
    _set_meanwhile(office, meanwhile, monkeypatch, contacts.SetContact(KARI, company_access=""))
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, name="Kari Lunde"))
    meanwhile.results()
    assert (_contact(office).name, _contact(office).company_access) == ("Kari Lunde", "")


def test_given_somebody_who_moves_to_another_company_while_access_is_given_then_they_see_neither(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.app
    _set_meanwhile(office, meanwhile, monkeypatch, contacts.SetContact(KARI, customer="Annen AS"))
    with pytest.raises(Stale):
        contacts.set_contact(app, EVA, contacts.SetContact(KARI, company_access="view", seen={"customer": "Kunde AS"}))
    meanwhile.results()
    assert (_contact(office).customer, _contact(office).company_access) == ("Annen AS", "")


def test_given_a_file_that_is_imported_while_access_is_taken_away_then_it_is_gone(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.app
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, company_access="view"))
    _set_meanwhile(office, meanwhile, monkeypatch, contacts.SetContact(KARI, company_access=""))
    import_csv.import_contacts(app, EVA, import_csv.ImportContacts(f"address,name\n{KARI},Kari Lunde\n"))
    meanwhile.results()
    assert (_contact(office).name, _contact(office).company_access) == ("Kari Lunde", "")


def test_given_two_who_add_a_domain_at_once_then_both_are_there(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.app
    other = customers.SetCustomer("Kunde AS", add_domains=["to.example"])
    meanwhile.after(monkeypatch, CustomerRepository, "named", lambda: customers.set_customer(app, EVA, other))
    customers.set_customer(app, EVA, customers.SetCustomer("Kunde AS", add_domains=["en.example"]))
    meanwhile.results()
    found = customers.show_customer(app, EVA, customers.ShowCustomer("Kunde AS"))
    assert list(found.domains) == ["en.example", "kunde.example", "to.example"]


def test_given_a_contact_of_a_company_that_is_joined_while_they_move_then_no_two_companies_are_mixed(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.app
    contacts.add_contact(app, EVA, contacts.AddContact(OTHER, customer=""))
    _set_meanwhile(office, meanwhile, monkeypatch, contacts.SetContact(OTHER, customer="Annen AS"))
    with pytest.raises(Exception, match="different customers"):
        join.join_contacts(app, EVA, join.JoinContacts(OTHER, KARI))
    assert (_contact(office, OTHER).customer, _contact(office).customer) == ("Annen AS", "Kunde AS")


def test_given_a_case_that_is_made_for_somebody_who_is_joined_meanwhile_then_it_is_the_others(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.app
    contacts.add_contact(app, EVA, contacts.AddContact(OTHER))
    joined = join.JoinContacts(OTHER, KARI)
    meanwhile.after(monkeypatch, ContactRepository, "by_addresses", lambda: join.join_contacts(app, EVA, joined))
    create.create_case(app, EVA, create.CreateCase("Ny skriver", OTHER))
    meanwhile.results()
    with app.store.reading() as uow:
        case = uow.cases.get("SUP-2")
    assert [(one.contact.address, one.role) for one in case.participants] == [(KARI, "reporter")]
    assert case.reporter_id == office.contact(KARI).id


def _said(office: Office, text: str = "Passordet er sommer") -> str:
    create.create_case(office.app, EVA, create.CreateCase("Skriveren igjen", KARI))
    comment.add_comment(office.app, EVA, comment.AddComment("SUP-2", text))
    with office.app.store.reading() as uow:
        return uow.cases.comments(uow.cases.get("SUP-2").id)[0].id


def test_given_a_comment_whose_case_is_merged_while_it_is_withdrawn_then_nothing_is_said_to_be_done_that_was_not(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, said = office.app, _said(office)
    merged = correct.MergeCase("SUP-2", "SUP-1")
    meanwhile.after(monkeypatch, CaseRepository, "comments_by_ids", lambda: correct.merge_case(app, EVA, merged))
    with pytest.raises(Conflict):
        undo.withdraw_comment(app, EVA, undo.WithdrawComment(said))
    undo.withdraw_comment(app, EVA, undo.WithdrawComment(said))
    assert "sommer" not in str(read.show_case(app, office.contact(KARI), read.ShowCase("SUP-1")))


def test_given_a_comment_that_two_move_at_once_then_it_is_where_one_of_them_put_it_and_the_other_is_told(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, said = office.app, _said(office)
    create.create_case(app, EVA, create.CreateCase("En tredje", KARI))
    other = correct.MoveComment(said, "SUP-3")
    meanwhile.after(monkeypatch, CaseRepository, "comments_by_ids", lambda: correct.move_comment(app, EVA, other))
    with pytest.raises(Conflict):
        correct.move_comment(app, EVA, correct.MoveComment(said, "SUP-1"))
    meanwhile.results()
    with app.store.reading() as uow:
        ids = {key: [one.id for one in uow.cases.comments(uow.cases.get(key).id)] for key in ("SUP-1", "SUP-2", "SUP-3")}
    assert ids == {"SUP-1": [], "SUP-2": [], "SUP-3": [said]}


def test_given_two_who_add_one_contact_at_once_then_the_second_is_told_and_may_send_the_form_again(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, command = office.app, contacts.AddContact(OTHER)
    meanwhile.after(monkeypatch, ContactRepository, "by_addresses", lambda: contacts.add_contact(app, EVA, command))
    with once("a form"):
        with pytest.raises(Invalid, match="is a contact already"):
            contacts.add_contact(app, EVA, command)
        contacts.add_contact(app, EVA, contacts.AddContact("en.annen@kunde.example"))
    assert meanwhile.results()[0].address == OTHER
    with once("a form"), pytest.raises(Repeated):
        contacts.add_contact(app, EVA, contacts.AddContact("en.annen@kunde.example"))


def test_given_two_customers_who_add_one_colleague_at_once_then_both_have_them(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, kari = office.app, office.contact(KARI)
    create.create_case(app, EVA, create.CreateCase("Skriveren igjen", KARI))
    other = people.AddParticipant("SUP-2", OTHER)
    meanwhile.after(monkeypatch, ContactRepository, "by_addresses", lambda: people.add_participant(app, kari, other))
    people.add_participant(app, kari, people.AddParticipant("SUP-1", OTHER))
    assert not isinstance(meanwhile.results()[0], Exception)
    with app.store.reading() as uow:
        assert all(uow.cases.get(key).participant(OTHER) for key in ("SUP-1", "SUP-2"))


def test_given_a_link_and_a_page_that_choose_at_once_then_both_choices_stand(
    office: Office, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, kari = office.app, office.contact(KARI)
    wishes.choose_notices(app, kari, wishes.ChooseNotices("digest", "9"))
    none = wishes.ChooseNotices("none", "9")
    meanwhile.after(monkeypatch, PortalRepository, "choices", lambda: wishes.choose_notices(app, kari, none))
    wishes.choose_notices(app, kari, wishes.ChooseNotices("digest", "10"))
    meanwhile.results()
    chosen = wishes.my_notices(app, kari, None)
    assert (chosen.wants, chosen.hour) == ("none", 10)
