"""Where a person may have written, a person sees it: groups and forms in our name, ticket systems, encryption, split delivery."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk, mail_text

PER = "Per Nes <per@kunde.example>"
LOOP = "X-Mailgate-Loop: firma.example\n"


def rule_of(desk: Desk, entry: str) -> tuple[str, str]:
    with desk.store.reading() as uow:
        found = uow.journal.get(entry)
    assert found.decision is not None
    return found.state, found.decision.rule


def comments(desk: Desk) -> list[str]:
    with desk.store.reading() as uow:
        return [one.text for one in uow.cases.comments(desk.case_id)]


@pytest.mark.parametrize(
    "extra",
    [
        "Reply-To: Per Nes <per@kunde.example>\nX-Original-From: Per Nes <per@kunde.example>\n",
        "Reply-To: per@kunde.example\nList-Id: <support.firma.example>\nPrecedence: list\n",
        "X-Original-Sender: per@kunde.example\nList-Post: <mailto:support@firma.example>\n",
        "",
    ],
    ids=["google-group", "list", "original-sender", "web-form"],
)
@pytest.mark.parametrize("on_case", [True, False])
def test_given_our_own_address_in_from_when_it_bears_no_mark_of_ours_then_a_person_sees_it(desk, extra, on_case):
    text = mail_text('"Per via Support" <support@firma.example>', extra=extra)
    entry = desk.take(text, desk.reply_address(desk.per) if on_case else "support@firma.example", "support+caf_=x@firma.example")
    assert rule_of(desk, entry) == ("held", "perhaps_a_person")
    assert desk.case.status == "waiting_customer"


def test_given_our_own_address_and_our_own_mark_when_it_comes_then_it_is_a_loop(desk):
    assert rule_of(desk, desk.take(mail_text("Firma <support@firma.example>", extra=LOOP), "support@firma.example")) == ("noted", "loop")


def test_given_an_agent_behind_a_ticket_system_when_it_marks_all_mail_then_a_person_sees_the_answer(desk):
    extra = "X-RT-Loop-Prevention: kunde.example\nPrecedence: bulk\nIn-Reply-To: <n1@firma.example>\n"
    entry = desk.take(mail_text(PER, body="Feilen er tilbake på to maskiner.", extra=extra), desk.reply_address(desk.per))
    assert rule_of(desk, entry) == ("held", "perhaps_a_person")


def test_given_a_receipt_of_a_ticket_system_when_it_comes_then_it_is_a_note(desk):
    extra = "X-RT-Loop-Prevention: kunde.example\nPrecedence: bulk\nIn-Reply-To: <n1@firma.example>\n"
    text = mail_text(PER, "[kunde #7] AutoReply: Sak", "Takk for din henvendelse, den har fått saksnummer 7.", extra)
    assert rule_of(desk, desk.take(text, desk.reply_address(desk.per))) == ("noted", "machine_on_case")


PGP = 'MIME-Version: 1.0\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\n'
PGP_BODY = "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\nx\n--b--"


def test_given_an_encrypted_reply_when_it_comes_then_it_waits_and_says_so_once_released(desk):
    entry = desk.take(mail_text(PER, "...", PGP_BODY, PGP), desk.reply_address(desk.per))
    assert rule_of(desk, entry) == ("held", "encrypted")
    assert desk.case.status == "waiting_customer"


@pytest.mark.parametrize("second", ["support@firma.example", "reply"])
def test_given_one_mail_delivered_once_per_recipient_when_the_second_comes_then_it_has_no_second_effect(desk, second):
    reply = desk.reply_address(desk.per)
    text = mail_text(PER, body="Feilen er tilbake.", to=reply, extra="Cc: support@firma.example, eva@kunde.example\n")
    first = desk.take("Delivered-To: a@firma.example\n" + text, reply)
    other = "support@firma.example" if second != "reply" else desk.reply_address(desk.eva)
    entry = desk.take("Delivered-To: b@firma.example\n" + text, other)
    assert desk.state(first) == "commented"
    assert rule_of(desk, entry) == ("noted", "split_delivery")
    assert comments(desk) == ["Feilen er tilbake."]


def test_given_the_same_message_id_on_other_content_when_it_comes_then_it_is_a_mail_of_its_own(desk):
    reply = desk.reply_address(desk.per)
    desk.take(mail_text(PER, body="Først", extra="").replace("Message-ID: <", "Message-ID: <x"), reply)
    one = mail_text(PER, body="Først").partition("Message-ID: ")[2].partition("\n")[0]
    text = mail_text(PER, body="Så").replace(mail_text(PER, body="Så").partition("Message-ID: ")[2].partition("\n")[0], "<x" + one[1:])
    desk.take(text, "support@firma.example".replace("support@firma.example", reply))
    assert comments(desk) == ["Først", "Så"]


def test_given_a_front_that_rewrites_senders_when_a_stranger_writes_then_the_answer_goes_to_the_sender(mailroom):
    mailroom.take(
        mail_text("Anne <anne@fjord.example>", "Skriver", "Den virker ikke."),
        "support@firma.example",
        "support+SRS=AbCdE=XY=fjord.example=anne@firma.example",
    )
    assert [one.address for one in mailroom.post()] == ["anne@fjord.example"]
