"""Where a person may have written, a person sees it: groups and forms in our name, ticket systems, encryption, split delivery."""

from __future__ import annotations

import pytest

from tests.support.desks.desk import Desk, mail_text

PER = "Per Nes <per@kunde.example>"
LOOP = "X-Mailgate-Loop: firma.example\n"


def rule_of(desk: Desk, entry: str) -> tuple[str, str]:
    with desk.store.reading() as uow:
        found = uow.journal.get(entry)
    assert found.decision is not None
    return found.state, found.decision.rule


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


# Marks that a ticket system or a forwarding rule puts on what a person wrote, with an answer in the person's language.
AGENTS = {
    "RT, nb": ("X-RT-Loop-Prevention: kunde.example\nPrecedence: bulk\n", "Feilen er tilbake på to maskiner."),
    "ServiceNow, en": ("Auto-Submitted: auto-generated\nX-ServiceNow-Generated: true\n", "The user is locked out again, can you look?"),
    "Zendesk, sv": ("X-Zendesk-From-Account-Id: 12\nAuto-Submitted: auto-generated\n", "Felet är tillbaka på två datorer."),
    "Exchange forward, de": (
        "Auto-Submitted: auto-generated\nX-MS-Exchange-ForwardingLoop: it@kunde.example;1\n",
        "Der Fehler ist wieder da.",
    ),
}


@pytest.mark.parametrize("agent", AGENTS)
def test_given_an_agent_behind_a_ticket_system_when_it_marks_all_mail_then_a_person_sees_the_answer(desk, agent):
    marks, body = AGENTS[agent]
    text = mail_text(PER, body=body, extra=f"{marks}In-Reply-To: <n1@firma.example>\n")
    assert rule_of(desk, desk.take(text, desk.reply_address(desk.per))) == ("held", "perhaps_a_person")


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
    assert desk.comments() == ["Feilen er tilbake."]


def test_given_the_same_message_id_on_other_content_when_it_comes_then_it_is_a_mail_of_its_own(desk):
    reply = desk.reply_address(desk.per)
    desk.take(mail_text(PER, body="Først", extra="").replace("Message-ID: <", "Message-ID: <x"), reply)
    one = mail_text(PER, body="Først").partition("Message-ID: ")[2].partition("\n")[0]
    text = mail_text(PER, body="Så").replace(mail_text(PER, body="Så").partition("Message-ID: ")[2].partition("\n")[0], "<x" + one[1:])
    desk.take(text, "support@firma.example".replace("support@firma.example", reply))
    assert desk.comments() == ["Først", "Så"]


@pytest.mark.parametrize(
    ("reverse_path", "subject", "body"),
    [
        ("support+SRS=AbCdE=XY=fjord.example=anne@firma.example", "Skriver", "Den virker ikke."),
        ("SRS0=hY3k=VT=fjord.example=anne@firma.example", "Skrivare", "Den fungerar inte."),
        ("srs0+9a=2b=Fjord.Example=anne@firma.example", "Printer", "It does not work."),
        ("SRS1=Qx1z=mellom.example==hY3k=VT=fjord.example=anne@firma.example", "Drucker", "Er geht nicht."),
    ],
    ids=["Microsoft 365", "postsrsd", "lower case with plus", "two forwarders"],
)
def test_given_a_front_that_rewrites_senders_when_a_stranger_writes_then_the_answer_goes_to_the_sender(
    mailroom, reverse_path, subject, body
):
    mailroom.take(mail_text("Anne <anne@fjord.example>", subject, body), "support@firma.example", reverse_path)
    assert [one.address for one in mailroom.post()] == ["anne@fjord.example"]


@pytest.mark.parametrize("reverse_path", ["support@firma.example", "srs@firma.example", "SRS0=hY3k@firma.example"])
def test_given_a_reverse_path_of_ours_that_hides_nobody_when_a_mail_comes_then_nothing_is_answered(mailroom, reverse_path):
    """The counter-example: an answer to ourselves is the first turn of a loop."""
    mailroom.take(mail_text("Anne <anne@fjord.example>", "Skriver", "Den virker ikke."), "support@firma.example", reverse_path)
    assert mailroom.post() == []
