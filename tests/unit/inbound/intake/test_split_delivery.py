"""One mail that a sender's server delivers once per recipient has one effect; what only looks like it has its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.cases import carriers, changes
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.tokens import reply_token
from mailgate.inbound.intake.split_delivery import WINDOW
from tests.support.desks.desk import KEYS, OPERATOR, START, Desk, submission

US = "support@firma.example"
ALSO_US = "drift@firma.example"
PER = "per@kunde.example"
# The same mail as different clients write it, in different languages; `{to}` is the address of the case.
FORMS = {
    "nb, plain": (
        "From: Per Nes <per@kunde.example>\nTo: {to}, support@firma.example\nSubject: SV: Feil i rapport\n"
        "Message-ID: <a1@kunde.example>\n"
        "Date: Sat, 28 Nov 2026 09:15:00 +0100\n\nFeilen er tilbake.\n"
    ),
    "sv, Outlook with HTML": (
        "From: Per Nes <per@kunde.example>\nTo: Support <support@firma.example>\nCc: {to}\nSubject: SV: Fel i rapport\n"
        "Message-ID: <DB9PR01.b2@eurprd01.prod.outlook.example>\nThread-Index: AdxyZQ==\nMIME-Version: 1.0\n"
        'Content-Type: multipart/alternative; boundary="_000_b"\n\n'
        "--_000_b\nContent-Type: text/plain; charset=utf-8\n\nFelet är tillbaka.\n"
        "--_000_b\nContent-Type: text/html; charset=utf-8\n\n<p>Felet är tillbaka.</p>\n--_000_b--\n"
    ),
    "en, Apple Mail": (
        "From: Per Nes <per@kunde.example>\nContent-Type: text/plain; charset=us-ascii; format=flowed\nMime-Version: 1.0 (Mac OS X Mail)\n"
        "Subject: Re: Error in report\nMessage-Id: <C3-44@kunde.example>\nTo: {to}\nCc: support@firma.example\n"
        "X-Mailer: Apple Mail (2.3774)\n\nThe error is back.\n"
    ),
    "de, base64": (
        "From: Per Nes <per@kunde.example>\nTo: {to}\nCc: support@firma.example\nSubject: =?utf-8?B?QVc6IEZlaGxlcg==?=\n"
        "Message-ID: <d4@kunde.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        "RGVyIEZlaGxlciBpc3Qgd2llZGVyIGRhLg==\n"
    ),
}
# What servers write on top, other for each delivery: qmail, Postfix, Exim, a provider's filter.
ROUTES = (
    "Delivered-To: {to}\nReceived: (qmail 17 invoked by uid 89); 28 Nov 2026 08:15:02 -0000\n",
    "Return-Path: <per@kunde.example>\nX-Original-To: {to}\nReceived: from mx1.kunde.example by mx; Sat, 28 Nov 2026 09:15:03 +0100\n",
    "Envelope-to: {to}\nReceived: from [192.0.2.7] by gw with esmtp (Exim 4.97)\n\tid 1xyz for {to}; Sat, 28 Nov 2026 09:15:04 +0100\n",
)


def comments(desk: Desk) -> int:
    with desk.store.reading() as uow:
        return len(uow.cases.comments(desk.case_id))


def state_and_rule(desk: Desk, entry: str) -> tuple[str, str]:
    with desk.store.reading() as uow:
        found = uow.journal.get(entry)
    return found.state, found.decision.rule if found.decision else ""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reversed_", [False, True], ids=["case first", "support first"])
def test_given_one_mail_to_case_and_support_when_delivered_apart_then_the_case_has_it_once(desk: Desk, form: str, reversed_: bool) -> None:
    reply = desk.reply_address(desk.per)
    text = FORMS[form].format(to=reply)
    recipients = [reply, US, ALSO_US]
    entries = [desk.take(route.format(to=to) + text, to) for route, to in zip(ROUTES, recipients[:: -1 if reversed_ else 1], strict=True)]
    assert [desk.state(one) for one in entries] == ["commented", "noted", "noted"], "To and Cc name the case whoever gets it"
    assert state_and_rule(desk, entries[1]) == ("noted", "split_delivery")
    assert comments(desk) == 1
    assert [kind for kind, _ in desk.settle_notices()].count("comment_added") <= 1


@pytest.mark.parametrize("form", FORMS)
def test_given_all_deliveries_in_one_batch_when_intake_runs_then_one_of_them_acts(desk: Desk, form: str) -> None:
    reply = desk.reply_address(desk.per)
    text = FORMS[form].format(to=reply)
    sent = [submission(route.format(to=to) + text, to, PER, "127.0.0.1") for route, to in zip(ROUTES, (reply, US, ALSO_US), strict=True)]
    receipts = desk.journal.append_many(sent)
    desk.intake.run(lambda: False)
    assert sorted(desk.state(one.journal_id) for one in receipts) == ["commented", "noted", "noted"]
    assert comments(desk) == 1


def test_given_a_mail_to_a_case_and_to_an_address_without_one_when_delivered_apart_then_it_has_one_effect(desk: Desk) -> None:
    text = FORMS["nb, plain"].format(to="noen@kunde.example")
    assert desk.state(desk.take(text, desk.reply_address(desk.per))) == "commented"
    assert state_and_rule(desk, desk.take(text, US)) == ("noted", "split_delivery")
    assert comments(desk) == 1


def test_given_a_mail_to_two_cases_when_delivered_apart_then_both_have_it(desk: Desk) -> None:
    """The counter-example: two cases are two effects, though the mail is one."""
    with desk.store.transaction() as uow:
        number = uow.cases.next_number()
        new = NewCase(number, f"SUP-{number}", desk.per, "En annen feil", case_type="spørsmål", priority="normal")
        other = changes.create_case(new, ChangeContext(OPERATOR, desk.clock()))
        uow.cases.write([other])
    token = reply_token(KEYS, number, desk.per.number, (START + timedelta(days=365)).date())
    text = FORMS["nb, plain"].format(to="noen@kunde.example")
    addresses = [desk.reply_address(desk.per), f"{carriers.reply_local_part(token, 'support')}@firma.example"]
    assert [desk.state(desk.take(text, to)) for to in addresses] == ["commented", "commented"]
    with desk.store.reading() as uow:
        assert [len(uow.cases.comments(case_id)) for case_id in (desk.case_id, other.case.id)] == [1, 1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Feilen er tilbake.", "Feilen er tilbake!"),
        ("From: Per Nes <per@kunde.example>", "From: Eva Moen <eva@kunde.example>"),
        ("Subject: SV: Feil", "Subject: SV: SV: Feil"),
        ("Date: Sat, 28 Nov 2026 09:15:00 +0100", "Date: Sat, 28 Nov 2026 09:15:01 +0100"),
        ("<a1@kunde.example>", "<a2@kunde.example>"),
    ],
    ids=["a word", "the author", "the subject", "the date", "the Message-ID"],
)
def test_given_a_mail_that_differs_in_one_place_when_it_comes_too_then_it_is_one_of_its_own(desk: Desk, old: str, new: str) -> None:
    reply = desk.reply_address(desk.per)
    text = FORMS["nb, plain"].format(to=reply)
    assert old in text
    desk.take(text, reply)
    _, rule = state_and_rule(desk, desk.take(text.replace(old, new), US))
    assert rule != "split_delivery"


def test_given_the_same_mail_after_the_window_when_it_comes_again_then_it_acts_again(desk: Desk) -> None:
    reply = desk.reply_address(desk.per)
    text = FORMS["nb, plain"].format(to=reply)
    desk.take(text, reply)
    desk.clock.step(WINDOW + timedelta(seconds=1))
    assert state_and_rule(desk, desk.take(text, US))[1] != "split_delivery"


def test_given_a_first_delivery_that_waits_for_a_person_when_the_second_comes_then_it_is_not_called_a_double(desk: Desk) -> None:
    """What is held has had no effect: the second delivery must not vanish behind it."""
    stranger = FORMS["nb, plain"].replace("per@kunde.example", "nils@annet.example").replace("{to}", US)
    held = desk.take(stranger, desk.reply_address(desk.per), "nils@annet.example")
    assert desk.state(held) == "held"
    assert state_and_rule(desk, desk.take(stranger, ALSO_US, "nils@annet.example"))[1] != "split_delivery"
