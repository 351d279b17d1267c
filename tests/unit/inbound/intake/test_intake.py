"""Intake against a real SQLite database: what each kind of mail does to its case, exactly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact, Customer
from mailgate.cases.tokens import bounce_token
from mailgate.inbound.auth import authentication
from mailgate.inbound.intake import intake
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.rules.policy import Policy
from tests.support.desks.desk import KEYS, OPERATOR, START, mail_text, submission


def test_given_a_reply_of_a_participant_when_it_waits_for_the_customer_then_it_is_a_comment_and_the_case_is_open(desk):
    body = "Feilen kom tirsdag.\n\nman. 23. nov. 2026 kl. 08:55 skrev Support <support@firma.example>:\n> Når kom feilen?"
    entry = desk.take(mail_text("Per Nes <per@kunde.example>", body=body), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        comments = uow.cases.comments(desk.case_id)
    assert desk.state(entry) == "commented"
    assert [(c.kind, c.text) for c in comments] == [("comment", "Feilen kom tirsdag.")]
    assert desk.case.status == "open"
    assert desk.settle_notices() == [("comment_added", "eva@kunde.example"), ("status_changed", "eva@kunde.example")]
    assert desk.notified == ["notices"]


@pytest.mark.parametrize("field", ["To", "Cc", "Delivered-To", "X-Original-To"])
def test_given_a_relay_that_rewrote_the_envelope_when_the_reply_address_stands_in_the_header_then_it_is_a_comment(desk, field):
    text = mail_text("Per Nes <per@kunde.example>", "Svar", extra=f"{field}: {desk.reply_address(desk.per)}\n", to="undisclosed:;")
    entry = desk.take(text.replace("To: undisclosed:;\n", "" if field == "To" else "To: undisclosed:;\n"), "support@firma.example")
    assert (desk.state(entry), desk.case.status) == ("commented", "open")


FILE = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
QUOTE = "man. 23. nov. 2026 kl. 08:55 skrev Support <support@firma.example>:\n> Når kom feilen?\n"


def test_given_a_reply_of_a_file_and_no_new_words_when_it_comes_then_the_comment_is_the_file_and_not_our_own_mail(desk):
    parts = f"--b\nContent-Type: text/plain; charset=utf-8\n\n{QUOTE}--b\nContent-Disposition: attachment; filename=logg.txt\n\nx\n--b--"
    desk.take(mail_text("Per Nes <per@kunde.example>", body=parts, extra=FILE), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        (comment,) = uow.cases.comments(desk.case_id)
    assert (comment.text, [file.filename for file in comment.files]) == ("", ["logg.txt"])


def test_given_a_reply_of_nothing_but_a_quote_when_it_comes_then_the_comment_shows_it_all(desk):
    desk.take(mail_text("Per Nes <per@kunde.example>", body=QUOTE), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        assert [comment.text for comment in uow.cases.comments(desk.case_id)] == [QUOTE.strip()]


def test_given_an_out_of_office_when_it_answers_a_notice_then_it_is_a_note_and_moves_nothing(desk):
    text = mail_text("Eva Moen <eva@kunde.example>", "Automatisk svar: sak", "Jeg er på ferie.", "Auto-Submitted: auto-replied\n")
    entry = desk.take(text, desk.reply_address(desk.eva), "eva@kunde.example")
    with desk.store.reading() as uow:
        comments = uow.cases.comments(desk.case_id)
    assert (desk.state(entry), desk.case.status, desk.settle_notices()) == ("noted", "waiting_customer", [])
    assert [c.kind for c in comments] == ["note"]


def test_given_a_stranger_with_the_case_key_when_he_writes_then_he_is_redirected_and_joins_nothing(desk):
    entry = desk.take(
        mail_text("Nils <nils@annet.example>", f"[{desk.case.key}] alt dere har"), "support@firma.example", "nils@annet.example"
    )
    with desk.store.reading() as uow:
        assert uow.cases.comments(desk.case_id) == []
        assert uow.journal.get(entry).decision.case_id is None
    assert (desk.state(entry), desk.settle_notices()) == ("redirected", [("redirect", "nils@annet.example")])


def test_given_a_legacy_sender_when_writing_twice_in_a_day_then_only_the_first_is_answered(desk):
    first = desk.take(mail_text("Kari <kari@fjord.example>", "Hjelp"), "support@firma.example", "kari@fjord.example")
    second = desk.take(mail_text("Kari <kari@fjord.example>", "Hjelp igjen"), "support@firma.example", "kari@fjord.example")
    assert (desk.state(first), desk.state(second), len(desk.settle_notices())) == ("redirected", "redirected", 1)
    desk.clock.step(timedelta(hours=25))
    desk.take(mail_text("Kari <kari@fjord.example>", "Hjelp til slutt"), "support@firma.example", "kari@fjord.example")
    assert desk.settle_notices() == [("redirect", "kari@fjord.example")]


def test_given_a_contact_of_a_customer_when_writing_from_a_free_mail_domain_then_the_answer_has_the_customers_agreement(desk):
    company = Customer(new_id(START), "Kunde AS", "utvidet", ("kunde.example",), "en")
    with desk.store.transaction() as uow:
        uow.customers.add([company])
        uow.contacts.add([Contact(new_id(START), 77, "kari@fri.example", customer_id=company.id)])
    desk.take(mail_text("Kari <kari@fri.example>", "Hjelp"), "support@firma.example", "kari@fri.example")
    with desk.store.transaction() as uow:
        (notice,) = uow.notices.claim(desk.clock(), 10, timedelta(seconds=1))
    assert (notice.facts["agreement"], notice.language) == ("utvidet", "en")


def test_given_a_participant_without_a_language_when_another_replies_then_the_notice_is_in_the_customers_language(desk):
    company = Customer(new_id(START), "Kunde AS", "enkel", ("kunde.example",), "en")
    with desk.store.transaction() as uow:
        uow.customers.add([company])
        uow.contacts.set(replace(desk.eva, customer_id=company.id))
    desk.take(mail_text("Per Nes <per@kunde.example>"), desk.reply_address(desk.per))
    with desk.store.transaction() as uow:
        notified = uow.notices.claim(desk.clock() + timedelta(hours=1), 10, timedelta(seconds=1))
    assert {(notice.address, notice.language) for notice in notified} == {("eva@kunde.example", "en")}


@pytest.mark.parametrize("written", ["ola@bjørk.example", "OLA@xn--bjrk-hra.example"])
def test_given_a_participant_with_an_international_domain_when_it_is_written_either_way_then_it_is_the_same_person(desk, written):
    company = Customer(new_id(START), "Bjørk AS", "standard", ("xn--bjrk-hra.example",))
    ola = Contact(new_id(START), 77, "ola@xn--bjrk-hra.example", "Ola")
    with desk.store.transaction() as uow:
        uow.customers.add([company])
        uow.contacts.add([ola])
        uow.cases.write([changes.add_participant(desk.case, ola, ChangeContext(OPERATOR, START))])
    entry = desk.take(mail_text(f"Ola <{written}>"), desk.reply_address(ola), written)
    assert desk.state(entry) == "commented"
    desk.take(mail_text(f"Anne <{written.replace('ola', 'anne').replace('OLA', 'anne')}>", "Hjelp"), "support@firma.example", "a@b.example")
    with desk.store.transaction() as uow:
        facts = [notice.facts for notice in uow.notices.claim(desk.clock() + timedelta(hours=1), 9, timedelta(seconds=1))]
    assert "standard" in {fact.get("agreement") for fact in facts}


def test_given_a_token_that_was_passed_on_when_a_stranger_uses_it_then_the_mail_waits_for_a_person(desk):
    entry = desk.take(mail_text("Nils <nils@annet.example>"), desk.reply_address(desk.per), "nils@annet.example")
    assert (desk.state(entry), desk.case.status, desk.settle_notices()) == ("held", "waiting_customer", [])


def test_given_a_closed_case_when_a_participant_replies_then_no_comment_is_made_and_the_answer_shows_the_way(desk):
    with desk.store.transaction() as uow:
        uow.cases.write([changes.operate(desk.case, "close", ChangeContext(OPERATOR, START))])
    desk.settle_notices()
    to = desk.reply_address(desk.per)
    entry = desk.take(mail_text("Per Nes <per@kunde.example>", to=to), to)
    with desk.store.reading() as uow:
        assert uow.cases.comments(desk.case_id) == []
    assert (desk.state(entry), desk.settle_notices()) == ("redirected", [("case_closed", "per@kunde.example")])


def test_given_a_bounce_to_a_signed_return_path_when_it_comes_then_it_is_noted_and_nothing_is_sent(desk):
    outbox_id = new_id(START)
    to = f"bounce+{bounce_token(KEYS, outbox_id)}@firma.example"
    entry = desk.take(mail_text("MAILER-DAEMON <mailer-daemon@kunde.example>", "Undelivered Mail"), to, None)
    assert (desk.state(entry), desk.settle_notices()) == ("noted", [])


def test_given_two_replies_in_one_batch_when_they_meet_on_one_case_then_the_second_sees_the_first(desk):
    raws = [mail_text("Per Nes <per@kunde.example>", body=f"Svar {n}.").replace("\n", "\r\n").encode() for n in (1, 2)]
    to = desk.reply_address(desk.per)
    desk.journal.append_many(
        [Submission(Envelope("per@kunde.example", (to,)), raw, "127.0.0.1", "t", "smtp", False, False) for raw in raws]
    )
    desk.intake.run(lambda: False)
    with desk.store.reading() as uow:
        moves = [event for event in uow.cases.events(desk.case_id) if event.kind == "status_changed" and event.facts["to"] == "open"]
        assert len(uow.cases.comments(desk.case_id)) == 2
    assert len(moves) == 1


def test_given_a_mail_on_which_our_code_fails_when_it_failed_three_times_then_it_is_shunted_and_the_rest_goes_on(desk, monkeypatch):
    real = intake.decide

    def fails_on_poison(policy: Policy, one: IntakeMessage) -> IntakeMessage:
        if "gift" in one.mail.text:
            raise RecursionError("too deep")
        return real(policy, one)

    monkeypatch.setattr(intake, "decide", fails_on_poison)
    bad = desk.take(mail_text("Per Nes <per@kunde.example>", body="gift"), desk.reply_address(desk.per))
    good = desk.take(mail_text("Per Nes <per@kunde.example>", body="fint"), desk.reply_address(desk.per))
    for _ in range(4):
        desk.clock.step(timedelta(minutes=10))
        desk.intake.run(lambda: False)
    with desk.store.reading() as uow:
        assert b"gift" in uow.journal.raw(bad)
        assert "RecursionError" in uow.journal.get(bad).error
        assert uow.journal.ledger()["balanced"] is True
    assert (desk.state(bad), desk.state(good)) == ("shunted", "commented")


def test_given_a_lease_that_was_lost_when_the_late_worker_applies_then_nothing_happens_twice(desk):
    raw = mail_text("Per Nes <per@kunde.example>").replace("\n", "\r\n").encode()
    desk.journal.append_many(
        [Submission(Envelope("per@kunde.example", (desk.reply_address(desk.per),)), raw, "127.0.0.1", "t", "smtp", False, False)]
    )
    late = desk.intake._claim()
    desk.clock.step(timedelta(minutes=5))
    desk.intake.run(lambda: False)
    desk.intake.process(late)
    with desk.store.reading() as uow:
        assert len(uow.cases.comments(desk.case_id)) == 1


def released(desk, entry: str, what: str, number: int | None = None) -> str:
    """The state of a held entry after a person released it."""
    with desk.store.transaction() as uow:
        uow.journal.reopen([entry], desk.clock(), from_states=("held",), operator_decision=OperatorDecision(what, "Kjersti", number))
    desk.intake.run(lambda: False)
    return desk.state(entry)


def test_given_a_held_mail_of_a_known_stranger_when_a_person_releases_it_then_it_is_a_comment_and_he_takes_part(desk):
    with desk.store.transaction() as uow:
        uow.contacts.add([Contact(new_id(START), uow.contacts.next_numbers(1)[0], "nils@annet.example", "Nils")])
    held = desk.take(mail_text("Nils <nils@annet.example>", body="Jeg vet svaret."), desk.reply_address(desk.per), "nils@annet.example")
    assert desk.state(held) == "held"
    assert released(desk, held, "comment") == "commented"
    assert (desk.case.status, desk.case.participant("nils@annet.example").approved) == ("open", True)
    with desk.store.reading() as uow:
        assert [comment.text for comment in uow.cases.comments(desk.case_id)] == ["Jeg vet svaret."]
        assert uow.journal.get(held).decision.rule == "released"
        assert uow.ledger.figures()["balanced"] is True


def test_given_a_held_mail_when_a_person_names_the_case_then_it_joins_that_one(desk):
    held = desk.take(mail_text("Per <per@kunde.example>"), "abuse@firma.example")
    assert (desk.state(held), released(desk, held, "comment")) == ("held", "held")  # no case is named or found
    assert released(desk, held, "comment", desk.case.number) == "commented"


def test_given_a_held_mail_on_a_case_that_was_closed_when_a_person_releases_it_then_the_workflow_still_holds(desk):
    held = desk.take(mail_text("Nils <nils@annet.example>"), desk.reply_address(desk.per), "nils@annet.example")
    with desk.store.transaction() as uow:
        uow.cases.write([changes.operate(desk.case, "close", ChangeContext(OPERATOR, START))])
    assert released(desk, held, "comment") == "redirected"
    with desk.store.reading() as uow:
        assert uow.cases.comments(desk.case_id) == []


@pytest.mark.parametrize("step", ["find", "apply_auth_results"])
def test_given_one_mail_on_which_our_code_fails_before_it_is_decided_when_a_batch_comes_then_the_others_go_through(desk, monkeypatch, step):
    def failing(work, subject_of):
        def run(*args):
            if "gift" in subject_of(args):
                raise ValueError("an error of our own")
            return work(*args)

        return run

    if step == "find":
        find, subjects = desk.intake._finder.find, lambda args: " ".join(mail.subject for mail, _ in args[1])
        monkeypatch.setattr(type(desk.intake._finder), "find", lambda _, *args: failing(find, subjects)(*args))
    else:
        monkeypatch.setattr(
            authentication, "apply_auth_results", failing(authentication.apply_auth_results, lambda args: args[0].mail.subject)
        )
    mails = [mail_text("Per <per@kunde.example>", f"{what} {n}", f"Hei {n}") for n, what in enumerate(("svar", "gift", "svar", "svar"))]
    ids = [
        one.journal_id
        for one in desk.journal.append_many([submission(mail, desk.reply_address(desk.per), "per@kunde.example") for mail in mails])
    ]
    desk.intake.run(lambda: False)
    assert [desk.state(id_) for id_ in ids] == ["commented", "pending", "commented", "commented"]
    for _ in range(3):
        desk.clock.step(timedelta(minutes=1))
        desk.intake.run(lambda: False)
    assert desk.state(ids[1]) == "shunted"
