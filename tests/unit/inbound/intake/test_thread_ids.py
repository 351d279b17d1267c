"""Thread ids of the customers' own systems: they teach nothing beside an id of ours, and never outweigh a good token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from mailgate.cases import carriers, changes
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.tokens import reply_token
from mailgate.store import schema
from tests.support.desks.desk import KEYS, OPERATOR, START, Desk, mail_text

PER = "Per Nes <per@kunde.example>"
# One system's thread id, and how it stands beside the id of our notice `{ours}`: other systems, other orders, other languages.
SYSTEMS = {
    "CRM, ours in References": ("Sv: sak", "In-Reply-To: <crm-thread-17@crm.kunde.example>\nReferences: <{ours}>\n"),
    "Zendesk, theirs first": ("SV: ärende", "In-Reply-To: <{ours}>\nReferences: <KUNDE-7@zendesk.example>\n <{ours}>\n"),
    "Jira, theirs last": ("Re: case", "In-Reply-To: <JIRA.17.9@jira.kunde.example>\nReferences: <{ours}> <JIRA.17.9@jira.kunde.example>\n"),
    "OTRS, two of theirs": ("AW: Fall", "In-Reply-To: <{ours}>\nReferences: <1.a@otrs.kunde.example> <{ours}> <2.b@otrs.kunde.example>\n"),
    "Exchange, no References": ("VS: tapaus", "In-Reply-To: <{ours}>\nThread-Topic: tapaus\nThread-Index: AdxyZQ==\n"),
}


def second_case(desk: Desk) -> tuple[str, int]:
    with desk.store.transaction() as uow:
        number = uow.cases.next_number()
        new = NewCase(number, f"SUP-{number}", desk.per, "En annen sak", case_type="spørsmål", priority="normal")
        made = changes.create_case(new, ChangeContext(OPERATOR, START))
        uow.cases.write([made])
    return made.case.id, number


def reply(desk: Desk, system: str, case_id: str, number: int, body: str) -> str:
    """Per answers our notice on this case from that system; the journal id."""
    token = reply_token(KEYS, number, desk.per.number, (START + timedelta(days=365)).date())
    subject, fields = SYSTEMS[system]
    extra = fields.format(ours=carriers.message_id(token, case_id, "firma.example"))
    return desk.take(mail_text(PER, subject, body, extra), carriers.reply_local_part(token, "support") + "@firma.example")


def case_of(desk: Desk, entry: str) -> tuple[str, str | None]:
    with desk.store.reading() as uow:
        found = uow.journal.get(entry)
    return found.state, found.decision.case_id if found.decision else None


def learned(desk: Desk) -> int:
    with desk.store.database.reading.connect() as connection:
        return connection.execute(select(func.count()).select_from(schema.relay_ids)).scalar_one()


@pytest.mark.parametrize("system", SYSTEMS)
def test_given_a_system_that_threads_on_its_own_root_when_it_answers_on_two_cases_then_each_has_its_comment(
    desk: Desk, system: str
) -> None:
    other_id, other = second_case(desk)
    first = reply(desk, system, desk.case_id, desk.case.number, "Svar på sak A.")
    second = reply(desk, system, other_id, other, "Svar på sak B.")
    third = reply(desk, system, desk.case_id, desk.case.number, "Mer om sak A.")
    assert [case_of(desk, one) for one in (first, second, third)] == [
        ("commented", desk.case_id),
        ("commented", other_id),
        ("commented", desk.case_id),
    ]
    assert learned(desk) == 0, "a mail that names our own id shows that no relay replaced it"


def test_given_tokens_of_two_cases_in_one_mail_when_it_comes_then_a_person_decides(desk: Desk) -> None:
    """The counter-example: proof of two cases is no thread id of somebody else."""
    other_id, other = second_case(desk)
    until = (START + timedelta(days=365)).date()
    theirs = carriers.message_id(reply_token(KEYS, other, desk.per.number, until), other_id, "firma.example")
    extra = f"In-Reply-To: <{theirs}>\nReferences: <{theirs}>\n"
    entry = desk.take(mail_text(PER, "Sv: sak", "Til begge", extra), desk.reply_address(desk.per))
    assert case_of(desk, entry)[0] == "held"
