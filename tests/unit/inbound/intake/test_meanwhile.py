"""What people change while a mail is read: the mail was matched, and is not applied yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailgate.application.cases import correct, create, operate, people, read
from mailgate.application.customers import contacts, join
from mailgate.cases.model import Case
from mailgate.inbound.intake.intake import IntakeStage
from tests.support.desks.meanwhile import after_next
from tests.support.desks.office import EVA, KARI, PER, Office, open_office

REPLY = "From: {0}\nTo: support@example.test\nSubject: Re: Skriveren\nMessage-ID: <1@kunde.example>\n\nDet virker ikke ennå.\n"
OTHER = "kari.lunde@kunde.example"


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """On each of the two databases."""
    with open_office(tmp_path, url=database_url) as opened:
        yield opened


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let `act` happen once, after the next mail was matched."""
    after_next(monkeypatch, IntakeStage, "_match", act)


def state_of(office: Office, id_: str) -> str:
    with office.app.store.reading() as uow:
        return uow.journal.get(id_).state


def case_of(office: Office, key: str) -> Case:
    with office.app.store.reading() as uow:
        return uow.cases.get(key)


def said_on(office: Office, key: str) -> list[str]:
    shown = read.show_case(office.app, EVA, read.ShowCase(key))
    return [one.text for one in shown.comments]


@pytest.mark.parametrize("status", ["open", "closed"])
def test_given_a_reply_to_a_case_that_is_merged_while_it_is_read_then_it_is_a_comment_on_the_one_that_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    create.create_case(office.app, EVA, create.CreateCase("Skriveren igjen", KARI))
    to = office.reply_address("SUP-2", KARI)
    if status == "closed":
        operate.operate(office.app, EVA, operate.Operate("SUP-2", "close"))
    meanwhile(monkeypatch, lambda: correct.merge_case(office.app, EVA, correct.MergeCase("SUP-2", "SUP-1")))
    id_ = office.take(REPLY.format(KARI), to, KARI)
    assert case_of(office, "SUP-2").merged_into
    assert (state_of(office, id_), said_on(office, "SUP-1")[-1]) == ("commented", "Det virker ikke ennå.")


def test_given_a_reply_of_somebody_whose_contacts_become_one_while_it_is_read_then_it_is_theirs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts.add_contact(office.app, EVA, contacts.AddContact(OTHER))
    create.create_case(office.app, EVA, create.CreateCase("Ny skriver", OTHER))
    to = office.reply_address("SUP-2", OTHER)
    meanwhile(monkeypatch, lambda: join.join_contacts(office.app, EVA, join.JoinContacts(OTHER, KARI)))
    id_ = office.take(REPLY.format(OTHER), to, OTHER)
    assert (state_of(office, id_), said_on(office, "SUP-2")) == ("commented", ["Det virker ikke ennå."])
    with office.app.store.reading() as uow:
        case = uow.cases.get("SUP-2")
        assert [one.author.contact_id for one in uow.cases.comments(case.id)] == [office.contact(KARI).id]
        assert [one.contact.address for one in case.participants] == [KARI]


def test_given_a_reply_of_somebody_who_is_taken_out_while_it_is_read_then_it_is_no_comment(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = office.reply_address("SUP-1", PER)
    meanwhile(monkeypatch, lambda: people.remove_participant(office.app, EVA, people.RemoveParticipant("SUP-1", PER)))
    id_ = office.take(REPLY.format(PER), to, PER)
    assert (state_of(office, id_), said_on(office, "SUP-1")) == ("held", [])
