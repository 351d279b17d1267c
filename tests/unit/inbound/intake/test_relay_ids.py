"""A relay that gives our mail an id of its own: learned from a reply with a good token, and worth little by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from mailgate.cases import carriers, changes
from mailgate.cases.changes import ChangeContext
from mailgate.cases.tokens import reply_token
from mailgate.inbound.guards.case_breaker import CaseLimits
from mailgate.inbound.intake import relay_ids
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.store import schema
from tests.support.desks.desk import KEYS, OPERATOR, START, Desk, mail_text

US = "support@firma.example"
SES = "0102018f3c-1a2b-4c5d-000000@eu-north-1.amazonses.com"
RESULTS = {"pass": "dmarc=pass", "none": "dmarc=none", "fail": "dmarc=fail"}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk that believes the server in front of it."""
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    return desk


def answer(
    desk: Desk, body: str, *, to: str = US, wording: str = "pass", names: str = SES, who: str = "per", field: str = "In-Reply-To"
) -> str:
    """A reply of Per (or Eva), whose mail names this id."""
    contact = desk.eva if who == "eva" else desk.per
    domain = contact.address.partition("@")[2]
    extra = f"{field}: <{names}>\nAuthentication-Results: mx.firma.example; {RESULTS[wording]} header.from={domain}\n"
    return desk.take(mail_text(f"{contact.name} <{contact.address}>", "Sv: sak", body, extra), to, contact.address)


def decided(desk: Desk, entry: str) -> tuple[str, str, str]:
    with desk.store.reading() as uow:
        found = uow.journal.get(entry).decision
        return found.state, found.trust, found.rule


def known(desk: Desk) -> int:
    with desk.store.database.reading.connect() as connection:
        return connection.execute(select(func.count()).select_from(schema.relay_ids)).scalar_one()


@pytest.mark.parametrize("field", ["In-Reply-To", "References"])
def test_given_a_relay_that_rewrote_our_id_when_a_reply_taught_it_then_a_later_one_with_nothing_else_finds_the_case(desk, field):
    assert decided(desk, answer(desk, "først", to=desk.reply_address(desk.per), field=field)) == ("commented", "confirmed", "reply")
    assert decided(desk, answer(desk, "så", field=field)) == ("commented", "participant", "reply")


@pytest.mark.parametrize(("wording", "rule"), [("none", "doubtful"), ("fail", "doubtful")])
def test_given_an_id_that_was_learned_when_nobody_vouches_for_the_author_then_a_person_decides(desk, wording, rule):
    answer(desk, "først", to=desk.reply_address(desk.per))
    assert decided(desk, answer(desk, "så", wording=wording)) == ("held", "doubtful", rule)


def test_given_an_id_that_was_learned_when_someone_else_names_it_then_it_means_nothing(desk):
    answer(desk, "først", to=desk.reply_address(desk.per))
    assert decided(desk, answer(desk, "jeg, Eva", who="eva")) == ("redirected", "stranger", "default")
    text = mail_text("Nils <nils@annet.example>", body="jeg, Nils", extra=f"In-Reply-To: <{SES}>\n")
    assert decided(desk, desk.take(text, US, "nils@annet.example"))[0] == "redirected"


@pytest.mark.parametrize("planter", ["stranger with the token", "no token", "another's token", "fails", "machine", "released"])
def test_given_a_mail_without_a_good_token_of_its_author_when_it_names_an_id_then_nothing_is_learned(desk, planter):
    field = f"In-Reply-To: <{SES}>\n"
    match planter:
        case "stranger with the token":
            desk.take(mail_text("Nils <nils@annet.example>", extra=field), desk.reply_address(desk.per), "nils@annet.example")
        case "no token":
            answer(desk, "uten")
        case "another's token":
            answer(desk, "Evas adresse", to=desk.reply_address(desk.eva))
        case "fails":
            answer(desk, "forfalsket", to=desk.reply_address(desk.per), wording="fail")
        case "machine":
            desk.take(mail_text("Per <per@kunde.example>", extra=field + "Auto-Submitted: auto-replied\n"), desk.reply_address(desk.per))
        case "released":
            entry = desk.take(mail_text("Nils <nils@annet.example>", extra=field), desk.reply_address(desk.per), "nils@annet.example")
            with desk.store.transaction() as uow:
                uow.journal.reopen([entry], desk.clock(), from_states=("held",), operator_decision=OperatorDecision("comment", "Kjersti"))
            desk.intake.run(lambda: False)
            assert desk.state(entry) == "commented"
    assert known(desk) == 0


def test_given_ids_of_ours_when_a_reply_names_them_then_there_is_nothing_to_learn(desk):
    token = reply_token(KEYS, desk.case.number, desk.per.number, (START + timedelta(days=365)).date())
    ours = (carriers.message_id(token, desk.case_id, "firma.example"), carriers.thread_root(desk.case_id, "firma.example"))
    for id_ in ours:
        answer(desk, f"svar på {id_[:9]}", to=desk.reply_address(desk.per), names=id_)
    assert known(desk) == 0


def test_given_an_id_and_a_token_of_two_cases_when_they_come_together_then_the_token_decides(desk):
    answer(desk, "først", to=desk.reply_address(desk.per))
    with desk.store.transaction() as uow:
        number = uow.cases.next_number()
        other = changes.create_case(
            changes.NewCase(number, f"SUP-{number}", desk.per, "En annen sak", case_type="spørsmål", priority="normal"),
            ChangeContext(OPERATOR, START),
        )
        uow.cases.write([other])
    token = reply_token(KEYS, number, desk.per.number, (START + timedelta(days=365)).date())
    entry = answer(desk, "til begge", to=carriers.reply_local_part(token, "support") + "@firma.example")
    assert decided(desk, entry) == ("commented", "confirmed", "reply")


def test_given_an_id_that_was_learned_when_the_token_that_taught_it_has_ended_then_the_id_has_too(desk):
    answer(desk, "først", to=desk.reply_address(desk.per))
    desk.clock.step(timedelta(days=366))
    assert decided(desk, answer(desk, "mye senere"))[0] == "redirected"
    with desk.store.transaction() as uow:
        assert uow.retention.purge(desk.clock(), None).counters >= 1
    assert known(desk) == 0


def test_given_a_participant_who_was_taken_out_when_only_the_id_ties_the_mail_then_a_person_decides(desk):
    answer(desk, "først", to=desk.reply_address(desk.eva), who="eva")
    with desk.store.transaction() as uow:
        uow.cases.write([changes.remove_participant(desk.case, desk.eva.address, ChangeContext(OPERATOR, START))])
    assert decided(desk, answer(desk, "fortsatt her", who="eva")) == ("held", "stranger", "passed_on")


def test_given_a_machine_that_nobody_vouches_for_when_it_names_an_id_that_was_learned_then_the_case_gets_no_note(desk):
    answer(desk, "først", to=desk.reply_address(desk.per))
    text = mail_text("Per <per@kunde.example>", "Borte", "Jeg er borte.", f"In-Reply-To: <{SES}>\nAuto-Submitted: auto-replied\n")
    assert decided(desk, desk.take(text, US))[2] == "machine"
    with desk.store.reading() as uow:
        assert [comment.kind for comment in uow.cases.comments(desk.case_id)] == ["comment"]


def test_given_more_ids_than_a_contact_may_teach_when_replies_bring_them_then_the_rest_is_not_kept(desk):
    desk.intake._options = replace(desk.intake._options, case_limits=CaseLimits(10_000, 10_000))
    for number in range(relay_ids.LEARNED_PER_CONTACT + 5):
        answer(desk, f"svar {number}", to=desk.reply_address(desk.per), names=f"{number}@relay.example")
    assert known(desk) == relay_ids.LEARNED_PER_CONTACT


def test_given_a_machine_with_a_key_in_its_subject_when_its_author_takes_part_then_the_case_gets_no_note(desk):
    text = mail_text("Per <per@kunde.example>", f"Borte [{desk.case.key}]", "Jeg er borte.", "Auto-Submitted: auto-replied\n")
    assert decided(desk, desk.take(text, US))[0] == "noted"
    with desk.store.reading() as uow:
        assert uow.cases.comments(desk.case_id) == []
