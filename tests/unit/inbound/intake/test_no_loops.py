"""Loops, automatic answers and amplification. One test for each number of the list of attacks that intake must meet."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from mailgate import metrics
from mailgate.cases import carriers
from mailgate.cases.ids import new_id
from mailgate.cases.tokens import bounce_token
from mailgate.inbound.guards.answer_gate import RefusalCode
from mailgate.rules.reachability import Suppression
from mailgate.store.rows import OutboxRow
from tests.support.desks.desk import KEYS, Desk, mail_text

KARI = "kari@fjord.example"
US = "support@firma.example"


def answered(desk: Desk, author: str = f"Kari <{KARI}>", sender: str | None = KARI, **mail: str) -> bool:
    """True when this mail to support@ gets an automatic answer."""
    desk.take(mail_text(author, **mail), US, sender)
    return [kind for kind, _ in desk.settle_notices()] == ["redirect"]


def test_141_given_a_responder_without_marks_when_it_answers_again_and_again_then_it_gets_one_answer_in_a_day(desk):
    assert [answered(desk, subject=f"Borte {n}", body=f"Jeg ser e-posten senere, nr. {n}") for n in range(5)] == [True, *[False] * 4]
    desk.clock.step(timedelta(hours=24, minutes=1))
    assert answered(desk, subject="Borte igjen")


@pytest.mark.parametrize(
    ("value", "answer"),
    [("auto-replied", False), ("auto-generated", False), ("auto-notified", False), ("no", True), ("no ; x=y", True), ("NO", True)],
)
def test_142_given_auto_submitted_when_it_says_no_then_alone_is_it_answered(desk, value, answer):
    assert answered(desk, extra=f"Auto-Submitted: {value}\n") is answer


def test_142_given_auto_submitted_twice_when_one_of_them_is_not_no_then_it_is_not_answered(desk):
    assert not answered(desk, extra="Auto-Submitted: no\nAuto-Submitted: auto-replied\n")


@pytest.mark.parametrize(
    "field",
    [
        "Precedence: bulk", "Precedence: junk", "Precedence: list", "Precedence: auto_reply", "List-Id: <x.example>", "X-Loop: yes",
        "List-Unsubscribe: <mailto:x@y.example>", "List-Post: <mailto:x@y.example>", "X-Autoreply: yes",
        "X-FC-MachineGenerated: true",
    ],
)  # fmt: skip
def test_143_given_a_field_of_machines_and_lists_when_a_mail_has_it_then_it_is_not_answered(desk, field):
    assert not answered(desk, extra=f"{field}\n")


@pytest.mark.parametrize(
    ("author", "sender"),
    [
        ("Kari <kari@fjord.example>", None),
        ("MAILER-DAEMON <mailer-daemon@fjord.example>", "mailer-daemon@fjord.example"),
        ("Postmaster <postmaster@fjord.example>", "postmaster@fjord.example"),
        ("Nei <noreply@fjord.example>", "noreply@fjord.example"),
        ("Nei <no-reply@fjord.example>", "no-reply@fjord.example"),
        ("Kari <kari@fjord.example>", "bounce+abc=def@fjord.example"),
        ("", "kari@fjord.example"),
    ],
)
def test_144_given_an_author_or_reverse_path_that_no_person_reads_when_it_writes_then_it_is_not_answered(desk, author, sender):
    assert not answered(desk, author, sender)


def test_147_given_our_own_message_id_when_it_comes_back_then_it_is_silent(desk):
    ours = carriers.message_id("x", new_id(desk.clock()), "firma.example")
    text = mail_text(f"Kari <{KARI}>").replace("Message-ID: <", f"Message-ID: <{ours}>\nX-Was: <", 1)
    entry = desk.take(text, US, KARI)
    assert (desk.state(entry), desk.settle_notices()) == ("noted", [])


def test_147_given_more_hops_than_a_mail_can_need_when_it_comes_then_it_is_silent(desk):
    hops = "".join(f"Received: from a{n}.example by b{n}.example; Mon, 23 Nov 2026 08:00:00 +0100\n" for n in range(26))
    assert not answered(desk, extra=hops)


def test_148_given_forged_victims_when_ten_times_the_cap_of_mails_come_then_each_gets_one_and_a_domain_its_cap(desk):
    for number in range(300):
        victim = f"offer{number % 150}@stor.example"
        desk.take(mail_text(f"Offer <{victim}>", body=f"tekst {number}"), US, victim)
    notified = [address for _, address in desk.settle_notices()]
    assert len(notified) == len(set(notified)) == 100  # AnswerLimits.per_domain_per_hour


def test_148_given_one_text_from_many_addresses_when_it_floods_then_the_answers_end(desk):
    for number in range(60):
        victim = f"offer@sted{number}.example"
        desk.take(mail_text(f"Offer <{victim}>", subject="Vinn", body="Klikk her"), US, victim)
    assert len(desk.settle_notices()) == 20  # AnswerLimits.same_content_max


def test_151_given_a_list_that_subscribed_support_when_its_mails_come_then_nothing_goes_out(desk):
    for subject in ("[liste] Digest 12", "Confirm your subscription", "1 moderator request(s) waiting"):
        fields = "List-Id: <liste.example>\nPrecedence: list\n"
        desk.take(mail_text("liste <liste-request@liste.example>", subject, extra=fields), US, "liste-bounces@liste.example")
    assert desk.settle_notices() == []


def test_152_given_a_notice_that_meets_an_out_of_office_when_it_comes_back_then_nobody_is_notified(desk):
    for number in range(5):
        text = mail_text("Eva <eva@kunde.example>", f"Automatisk svar {number}", "Jeg er borte.", "Auto-Submitted: auto-replied\n")
        desk.take(text, desk.reply_address(desk.eva), "eva@kunde.example")
    assert (desk.settle_notices(), desk.case.status) == ([], "waiting_customer")


@pytest.mark.parametrize(
    ("author", "words", "until"),
    [
        ("eva", "Jeg er borte og er tilbake 1. desember 2026.", datetime(2026, 12, 1, tzinfo=UTC)),
        ("eva", "Jeg er borte og er tilbake 1. desember 2029.", None),
        ("per", "Jeg er borte og er tilbake 1. desember 2026.", None),
    ],
)
def test_given_an_out_of_office_note_with_a_date_when_it_is_from_its_author_then_it_is_kept_when_they_are_back(desk, author, words, until):
    """Per's address on a mail to Eva's reply address: it is not sure who is away."""
    text = mail_text(f"X <{author}@kunde.example>", "Automatisk svar", words, "Auto-Submitted: auto-replied\n")
    desk.take(text, desk.reply_address(desk.eva), f"{author}@kunde.example")
    with desk.store.reading() as uow:
        people = uow.contacts.get([desk.eva.id, desk.per.id])
    assert (people[desk.eva.id].away_until, people[desk.per.id].away_until) == (until, None)


def test_156_given_an_address_that_is_suppressed_when_it_writes_then_it_is_not_answered(desk):
    with desk.store.transaction() as uow:
        uow.suppressions.add([Suppression(KARI, "bounced for good", desk.clock())])
    assert not answered(desk)


def test_given_support_only_in_the_envelope_when_a_mail_comes_then_it_is_not_answered(desk):
    assert not answered(desk, to="andre@annet.example")


def test_given_a_sender_in_our_own_domain_when_it_writes_then_it_is_not_answered(desk):
    assert not answered(desk, "Oss <salg@firma.example>", "salg@firma.example")


def test_given_a_clock_that_was_set_back_when_the_same_sender_writes_then_the_window_still_holds(desk):
    assert answered(desk, subject="en")
    desk.clock.step(-timedelta(hours=5))
    assert not answered(desk, subject="to")


BOUNCE = """\
From: MAILER-DAEMON <mailer-daemon@kunde.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <b1@kunde.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kunde.example

Final-Recipient: rfc822; {named}
Action: failed
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: <{original}>

--b--
"""


def sent_to_eva(desk: Desk) -> OutboxRow:
    """A notice that went out to Eva."""
    now = desk.clock()
    row = OutboxRow(
        new_id(now), "comment_added", "eva@kunde.example", "x@firma.example", f"{new_id(now)}@firma.example", b"raw", now, now,
        now + timedelta(days=5), case_id=desk.case_id,
    )  # fmt: skip
    with desk.store.transaction() as uow:
        uow.outbox.add([row])
    return row


@pytest.mark.parametrize("tied_by", ["return path", "message id"])
def test_145_given_a_hard_bounce_of_our_notice_when_it_comes_then_the_address_gets_nothing_more_and_nothing_is_sent(desk, tied_by):
    row = sent_to_eva(desk)
    to = f"bounce+{bounce_token(KEYS, row.id)}@firma.example" if tied_by == "return path" else US
    original = "other@x.example" if tied_by == "return path" else row.message_id
    entry = desk.take(BOUNCE.format(to=to, named="eva@kunde.example", status="5.1.1", original=original), to, None)
    with desk.store.reading() as uow:
        assert uow.suppressions.which(["eva@kunde.example"])["eva@kunde.example"].startswith("bounced")
        assert uow.outbox.by_ids([row.id])[row.id].delivery == "failed"
        assert "delivery_failed" in [event.kind for event in uow.cases.events(desk.case_id)]
    assert (desk.state(entry), desk.settle_notices(), desk.case.status) == ("noted", [], "waiting_customer")


def test_145_given_a_soft_bounce_when_it_comes_then_the_address_keeps_getting_mail(desk):
    row = sent_to_eva(desk)
    to = f"bounce+{bounce_token(KEYS, row.id)}@firma.example"
    desk.take(BOUNCE.format(to=to, named="eva@kunde.example", status="5.2.2", original=row.message_id), to, None)
    with desk.store.reading() as uow:
        assert uow.suppressions.which(["eva@kunde.example"]) == {}


def test_176_given_a_bounce_that_names_a_victim_when_it_comes_to_our_return_path_then_only_who_we_sent_to_is_suppressed(desk):
    row = sent_to_eva(desk)
    to = f"bounce+{bounce_token(KEYS, row.id)}@firma.example"
    desk.take(BOUNCE.format(to=to, named="per@kunde.example", status="5.1.1", original="x@x.example"), to, None)
    with desk.store.reading() as uow:
        assert set(uow.suppressions.which(["per@kunde.example", "eva@kunde.example"])) == {"eva@kunde.example"}


def test_given_an_address_that_bounced_when_its_owner_writes_on_the_case_then_it_gets_mail_again(desk):
    row = sent_to_eva(desk)
    to = f"bounce+{bounce_token(KEYS, row.id)}@firma.example"
    desk.take(BOUNCE.format(to=to, named="eva@kunde.example", status="5.1.1", original=row.message_id), to, None)
    desk.take(mail_text("Eva <eva@kunde.example>"), desk.reply_address(desk.eva), "eva@kunde.example")
    with desk.store.reading() as uow:
        assert uow.suppressions.which(["eva@kunde.example"]) == {}


def test_given_refused_answers_when_counted_then_the_labels_are_codes_of_the_gate_and_no_sentences(desk):
    assert [answered(desk, subject=f"Spørsmål {n}", body=f"Hei {n}") for n in range(2)] == [True, False]
    found = re.findall(r'^mailgate_answers_refused_total\{reason="([^"]*)"\}', metrics.REGISTRY.text().decode(), re.MULTILINE)
    assert {"window"} <= set(found) <= {*get_args(RefusalCode), "test"}
