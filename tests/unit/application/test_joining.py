"""Two contacts of one person become one: cases, comments, choices, the account, and mail from either address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailgate.application.cases import comment, create, read
from mailgate.application.customers import contacts, customers, join
from mailgate.application.links import notices as wishes
from mailgate.cases.ids import new_id
from mailgate.errors import Invalid, NotFound
from mailgate.store.repositories.accounts import Account
from mailgate.store.repositories.portal import NoticeChoice
from tests.support.desks.office import EVA, KARI, LIV, PER, Office

OTHER = "kari.lunde@kunde.example"
REPLY = "From: {0}\nTo: support@example.test\nSubject: Re: Skriveren\nMessage-ID: <{1}@kunde.example>\n\nDet virker ikke ennå.\n"


@pytest.fixture
def doubled(office: Office) -> Office:
    """Kari has a second contact, who reported SUP-2 and takes part in SUP-1."""
    contacts.add_contact(office.app, EVA, contacts.AddContact(OTHER, "Kari Lunde", "nn"))
    create.create_case(office.app, EVA, create.CreateCase("Ny skriver", OTHER, "Tom for blekk", participants=(PER,)))
    comment.add_comment(office.app, office.contact(OTHER), comment.AddComment("SUP-2", "Den er tom"))
    return office


def test_given_two_contacts_of_a_person_when_joined_then_all_is_the_others_and_the_audit_says_so(doubled: Office) -> None:
    command = join.JoinContacts(OTHER, KARI)
    assert join.preview_join(doubled.app, EVA, command).cases == 1
    done = join.join_contacts(doubled.app, EVA, command)
    assert (done.cases, done.account) == (1, "")
    kari = doubled.contact(KARI)
    assert doubled.contact(OTHER) == kari
    shown = contacts.show_contact(doubled.app, EVA, contacts.ShowContact(OTHER))
    assert (shown.address, shown.name, shown.language, shown.other_addresses) == (KARI, "Kari", "nn", (OTHER,))
    assert [one.address for one in contacts.list_contacts(doubled.app, EVA, contacts.ListContacts()).rows] == [KARI, LIV, PER]
    theirs = read.list_cases(doubled.app, kari, read.ListCases())
    assert [row.key for row in theirs.rows] == ["SUP-2", "SUP-1"]
    with doubled.app.store.reading() as uow:
        row = uow.audit.list(kinds=["contact"])[0]
        assert (row.verb, row.principal, row.detail["joined"]) == ("join", "eva", OTHER)
        case = uow.cases.get("SUP-2")
        assert [one.author.contact_id for one in uow.cases.comments(case.id)] == [kari.id]
        assert (case.reporter_id, [(one.contact.address, one.role) for one in case.participants]) == (
            kari.id, [(KARI, "reporter"), (PER, "participant")],
        )  # fmt: skip


def test_given_both_on_one_case_when_joined_then_the_one_who_stays_has_the_better_part(doubled: Office) -> None:
    done = join.join_contacts(doubled.app, EVA, join.JoinContacts(KARI, OTHER))
    assert done.cases == 1
    join.join_contacts(doubled.app, EVA, join.JoinContacts(PER, OTHER))
    with doubled.app.store.reading() as uow:
        for key in ("SUP-1", "SUP-2"):
            assert [(one.contact.address, one.role, one.approved) for one in uow.cases.get(key).participants] == [(OTHER, "reporter", True)]
        assert uow.contacts.other_addresses([doubled.contact(OTHER).id]) == {doubled.contact(OTHER).id: [KARI, PER]}


def test_given_a_joined_contact_when_mail_comes_from_either_address_to_an_old_reply_address_then_it_is_a_comment(doubled: Office) -> None:
    old, before = doubled.reply_address("SUP-2", OTHER), len(doubled.notices())
    join.join_contacts(doubled.app, EVA, join.JoinContacts(OTHER, KARI))
    for number, sender in enumerate((OTHER, KARI)):
        id_ = doubled.take(REPLY.format(sender, number), old, sender)
        with doubled.app.store.reading() as uow:
            assert uow.journal.get(id_).state == "commented", sender
    assert {address for _, address, _ in doubled.notices()[before:]} == {PER}, "nobody is told of what they said themselves"


def test_given_a_joined_contact_when_joined_again_then_both_lead_to_the_last(doubled: Office) -> None:
    contacts.add_contact(doubled.app, EVA, contacts.AddContact("k@kunde.example"))
    join.join_contacts(doubled.app, EVA, join.JoinContacts(OTHER, KARI))
    join.join_contacts(doubled.app, EVA, join.JoinContacts(KARI, "k@kunde.example"))
    assert {doubled.contact(one).id for one in (OTHER, KARI, "k@kunde.example")} == {doubled.contact("k@kunde.example").id}
    with pytest.raises(Invalid, match="one contact already"):
        join.join_contacts(doubled.app, EVA, join.JoinContacts(OTHER, KARI))


def test_given_a_joined_address_when_it_becomes_the_first_then_they_change_places(doubled: Office) -> None:
    join.join_contacts(doubled.app, EVA, join.JoinContacts(OTHER, KARI))
    after = contacts.set_contact(doubled.app, EVA, contacts.SetContact(KARI, new_address=OTHER))
    assert (after.address, after.other_addresses) == (OTHER, (KARI,))
    with pytest.raises(Invalid, match="is a contact already"):
        contacts.add_contact(doubled.app, EVA, contacts.AddContact(KARI))


def test_given_contacts_of_two_customers_or_none_when_joined_then_it_is_refused_or_filled_in(office: Office) -> None:
    with pytest.raises(Invalid, match="different customers"):
        join.join_contacts(office.app, EVA, join.JoinContacts(LIV, KARI))
    with pytest.raises(NotFound):
        join.join_contacts(office.app, EVA, join.JoinContacts("ukjent@kunde.example", KARI))
    contacts.add_contact(office.app, EVA, contacts.AddContact("kari@hjemme.example", customer=""))
    join.join_contacts(office.app, EVA, join.JoinContacts(KARI, "kari@hjemme.example"))
    found = contacts.show_contact(office.app, EVA, contacts.ShowContact(KARI))
    assert (found.address, found.customer) == ("kari@hjemme.example", "Kunde AS")
    assert customers.show_customer(office.app, EVA, customers.ShowCustomer("Kunde AS")).name == "Kunde AS"


def test_given_choices_of_both_when_joined_then_those_of_the_one_who_stays_count(doubled: Office) -> None:
    wishes.choose_notices(doubled.app, doubled.contact(OTHER), wishes.ChooseNotices("none"))
    wishes.choose_notices(doubled.app, doubled.contact(PER), wishes.ChooseNotices("digest"))
    join.join_contacts(doubled.app, EVA, join.JoinContacts(OTHER, KARI))
    with doubled.app.store.reading() as uow:
        assert uow.portal.choices([doubled.contact(KARI).id]) == {doubled.contact(KARI).id: NoticeChoice("none")}
    join.join_contacts(doubled.app, EVA, join.JoinContacts(PER, KARI))
    with doubled.app.store.reading() as uow:
        assert uow.portal.choices([doubled.contact(KARI).id]) == {doubled.contact(KARI).id: NoticeChoice("none")}


def _account(office: Office, username: str, address: str, *, disabled: bool = False) -> str:
    with office.app.store.transaction() as uow:
        fresh = Account(new_id(office.app.now()), "contact", username, address, office.app.now(), contact_id=office.contact(address).id)
        uow.accounts.add(replace(fresh, disabled=disabled))
    return fresh.id


@pytest.mark.parametrize(
    ("ours_disabled", "theirs_disabled", "outcome", "works"),
    [(False, False, "ended", "ours"), (True, False, "moved", "theirs"), (False, True, "", "ours"), (True, True, "", "")],
)
def test_given_accounts_of_both_when_joined_then_one_that_works_stays_and_the_trail_says_so(
    doubled: Office, ours_disabled: bool, theirs_disabled: bool, outcome: str, works: str
) -> None:
    ids = {
        "ours": _account(doubled, "kari", KARI, disabled=ours_disabled),
        "theirs": _account(doubled, "kari2", OTHER, disabled=theirs_disabled),
    }
    command = join.JoinContacts(OTHER, KARI)
    assert join.preview_join(doubled.app, EVA, command).account == outcome
    assert join.join_contacts(doubled.app, EVA, command).account == outcome
    with doubled.app.store.reading() as uow:
        kept = uow.accounts.of_contact(doubled.contact(KARI).id)
        working = {name for name, id_ in ids.items() if not uow.accounts.get(id_).disabled}
        changed = {row.subject_id for row in uow.audit.list(kinds=["account"]) if row.verb == "join"}
    assert working == ({works} if works else set())
    assert kept.id == ids[works or "ours"]
    assert changed == {"ended": {ids["theirs"]}, "moved": set(ids.values()), "": set()}[outcome]


def test_given_a_disabled_account_when_its_contact_is_joined_then_it_stays_disabled(doubled: Office) -> None:
    id_ = _account(doubled, "kari2", OTHER, disabled=True)
    assert join.join_contacts(doubled.app, EVA, join.JoinContacts(OTHER, KARI)).account == "moved"
    with doubled.app.store.reading() as uow:
        kept = uow.accounts.of_contact(doubled.contact(KARI).id)
    assert (kept.id, kept.disabled) == (id_, True)
