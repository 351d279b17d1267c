"""Bounces through the whole of intake: each is tied to the mail of ours it is about, stops dead addresses, and causes no mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate.cases.ids import new_id
from mailgate.cases.tokens import TokenKeys, bounce_token
from mailgate.rules.conditions import Always
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.policy import Policy, Rule
from mailgate.rules.reachability import Suppression
from tests.support.desks.desk import Desk, mail_text
from tests.support.desks.modes import set_mode
from tests.unit.inbound.intake.returned import REPORTS, SUPPORT, Sent, outcome, sent
from tests.unit.mail.bounce.bounce_samples import FORMS
from tests.unit.mail.bounce.bounce_samples_more import MORE_FORMS

EVA = "eva@kunde.example"
LEGACY = "ola@fjord.example"
HARD, SOFT, UNRELATED = ("failed", "bounce"), ("failed", ""), ("failed", "")
EXPECTED = {
    "amazon-ses": SOFT, "courier": HARD, "domino": HARD, "domino-fritekst": HARD, "dovecot-full": SOFT, "exchange-nb-finnes-ikke": HARD,
    "exchange-nn-sperra-konto": HARD, "exim-forsinket": ("delayed", ""), "exim-fritekst": HARD, "exim-rapport": HARD, "fritekst-de": HARD,
    "fritekst-nb-full": SOFT, "fritekst-nb-sluttet": HARD, "fritekst-nb-ukjent": HARD, "fritekst-nn-ukjend": HARD,
    "fritekst-uten-grunn": SOFT, "gmail-finnes-ikke": HARD, "gmail-intet-domene": SOFT, "gmail-venter": ("delayed", ""), "groupwise": HARD,
    "haraka": HARD, "hmailserver": HARD, "klage": ("complained", "complaint"), "lest": ("delivered", ""), "mdaemon": HARD,
    "microsoft-365-full": SOFT, "microsoft-365-ingen-tilgang": HARD, "microsoft-365-nektet": UNRELATED, "opensmtpd": HARD,
    "postfix-avvist-som-spam": UNRELATED, "postfix-bare-hoder": HARD, "postfix-forsinket": ("delayed", ""), "postfix-full-postkasse": SOFT,
    "postfix-gitt-opp-etter-fem-dager": SOFT, "postfix-intet-domene": HARD, "postfix-levert": ("delivered", ""),
    "postfix-ukjent-bruker": HARD, "qmail": HARD, "qmail-full": SOFT, "sendmail": HARD, "utf8-adresse": HARD,
}  # fmt: skip
"""Report -> delivery state of our mail, cause that stops the address."""


def test_given_the_folder_of_reports_then_each_has_its_outcome():
    assert set(REPORTS) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_given_a_report_of_a_real_server_when_it_comes_to_our_return_path_then_it_counts_and_causes_no_mail(desk, name):
    mail = sent(desk, EVA)
    entry = desk.take(mail.report(name), mail.return_path, None)
    assert (outcome(desk, mail), desk.state(entry), desk.settle_notices()) == (EXPECTED[name], "noted", [])
    assert desk.case.status == "waiting_customer"


@pytest.mark.parametrize("name", [name for name, text in REPORTS.items() if "{message_id}" in text])
def test_given_a_report_that_names_our_message_id_when_it_comes_to_support_then_it_counts_the_same(desk, name):
    mail = sent(desk, EVA)
    without_path = replace(mail, return_path="elsewhere@relay.example")
    entry = desk.take(without_path.report(name, SUPPORT), SUPPORT, None)
    assert (outcome(desk, mail), desk.state(entry), desk.settle_notices()) == (EXPECTED[name], "noted", [])


@pytest.mark.parametrize("name", [name for name, text in REPORTS.items() if "Return-Path: <{return_path}>" in text])
def test_given_a_report_that_returns_only_our_return_path_when_it_comes_to_support_then_it_counts_the_same(desk, name):
    mail = sent(desk, EVA)
    without_id = replace(mail, message_id="rewritten@relay.example")
    desk.take(without_id.report(name, SUPPORT), SUPPORT, None)
    assert outcome(desk, mail) == EXPECTED[name]


ALL_FORMS = {name: (author, subject, text) for name, author, subject, text, _ in FORMS + MORE_FORMS}


@pytest.mark.parametrize("name", ALL_FORMS)
def test_given_a_report_in_prose_when_it_comes_to_our_return_path_then_our_mail_has_failed_and_nothing_is_sent(desk, name):
    author, subject, text = ALL_FORMS[name]
    mail = sent(desk, EVA)
    raw = f"From: {author}\nTo: {mail.return_path}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}"
    desk.take(raw, mail.return_path, None)
    assert (outcome(desk, mail)[0], desk.settle_notices()) == ("failed", [])


@pytest.mark.parametrize(
    ("author", "sender"),
    [
        ("MAILER-DAEMON <mailer-daemon@kunde.example>", None),
        ("Postmaster <postmaster@kunde.example>", "postmaster@kunde.example"),
        ("No reply <no-reply@kunde.example>", None),
        ("bounce+1@kunde.example", None),
        ("", None),
    ],
)
def test_144_given_a_report_from_a_daemon_when_it_comes_then_it_is_attached_to_the_mail_and_the_case_it_is_about(desk, author, sender):
    mail = sent(desk, EVA)
    text = mail.report("postfix-ukjent-bruker").split("\n", 1)[1]
    entry = desk.take(f"From: {author}\n{text}", mail.return_path, sender)
    with desk.store.reading() as uow:
        row, note = uow.outbox.get(mail.id), uow.cases.comments(desk.case_id)[-1]
        events = [(event.kind, event.facts.get("address")) for event in uow.cases.events(desk.case_id)]
    assert (row.delivery, row.delivery_status, "User unknown" in row.delivery_text) == ("failed", "5.1.1", True)
    assert (note.kind, note.journal_id, "5.1.1" in note.text) == ("note", entry, True)
    assert (("delivery_failed", EVA) in events, desk.settle_notices()) == (True, [])


STYLES = (
    "postfix-ukjent-bruker", "exim-fritekst", "qmail", "opensmtpd", "groupwise", "mdaemon", "hmailserver", "fritekst-nb-ukjent",
    "fritekst-nn-ukjend", "fritekst-nb-sluttet", "fritekst-de", "domino", "sendmail",
)  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_145_given_a_bounce_of_our_automatic_answer_when_it_comes_then_the_address_stops_and_a_bounce_of_that_is_silent(desk, style):
    answer = sent(desk, LEGACY, answer=True)
    first = desk.take(answer.report(style, SUPPORT), SUPPORT, None)
    assert (outcome(desk, answer), desk.state(first), desk.settle_notices()) == (HARD, "noted", [])
    again = answer.report(style, SUPPORT).replace("Subject: ", "Subject: Undeliverable: ")
    nested = f"From: MAILER-DAEMON@firma.example\nTo: {SUPPORT}\nSubject: Undelivered Mail Returned to Sender\n\nThis bounced:\n\n{again}"
    for text in (again, nested):
        entry = desk.take(text, SUPPORT, None)
        assert (desk.state(entry), desk.settle_notices()) == ("noted", [])
    desk.take(mail_text(f"Ola <{LEGACY}>", "Hei", "Hjelp"), SUPPORT, LEGACY)
    assert desk.settle_notices() == []


def test_176_given_guessed_return_paths_when_reports_come_to_them_then_nobody_is_marked(desk):
    mail = sent(desk, EVA)
    token = mail.return_path.partition("+")[2].partition("@")[0]
    forged = bounce_token(TokenKeys({1: b"y" * 32}), mail.id)
    flipped = token[:-3] + ("aaa" if token[-3:] != "aaa" else "bbb")
    other_mail = bounce_token(TokenKeys({9: b"z" * 32}), new_id(desk.clock()))
    for guess in (forged, flipped, other_mail, token[:-1], "x" * 55):
        to = f"bounce+{guess}@firma.example"
        text = replace(mail, message_id="a@b.example", return_path=to).report("postfix-ukjent-bruker")
        desk.take(text.replace("postfix-ukjent", guess), to, None)
    assert (outcome(desk, mail), desk.settle_notices()) == (("", ""), [])


def test_176_given_an_old_return_path_when_a_report_comes_to_it_then_it_counts_no_more(desk):
    mail = replace(sent(desk, EVA), message_id="rewritten@relay.example")
    desk.clock.step(timedelta(days=61))
    desk.take(mail.report("fritekst-nb-ukjent"), mail.return_path, None)
    assert outcome(desk, mail) == ("", "")


def soft_bounces(desk: Desk, count: int) -> Sent:
    """So many mails of ours come back from a full mailbox; the last one of them."""
    for _ in range(count):
        mail = sent(desk, EVA)
        desk.take(mail.report("postfix-full-postkasse"), mail.return_path, None)
    return mail


def test_given_a_full_mailbox_when_the_fifth_mail_comes_back_then_the_address_pauses_for_a_week(desk):
    assert outcome(desk, soft_bounces(desk, 4)) == ("failed", "")
    assert outcome(desk, soft_bounces(desk, 1)) == ("failed", "soft_bounces")
    desk.clock.step(timedelta(days=7))
    assert outcome(desk, sent(desk, EVA)) == ("", "")


@pytest.mark.parametrize("name", ["postfix-avvist-som-spam", "postfix-forsinket", "lest"])
def test_given_reports_that_say_nothing_of_the_address_when_many_come_then_it_goes_on(desk, name):
    for _ in range(8):
        mail = sent(desk, EVA)
        desk.take(mail.report(name), mail.return_path, None)
    assert outcome(desk, mail)[1] == ""


def test_given_a_delay_after_the_failure_when_it_comes_late_then_the_mail_has_still_failed(desk):
    mail = sent(desk, EVA)
    for name in ("postfix-forsinket", "postfix-ukjent-bruker", "exim-forsinket"):
        desk.take(mail.report(name), mail.return_path, None)
    assert outcome(desk, mail) == HARD


REPLY = mail_text("Eva <eva@kunde.example>", body="Jeg er her")


def test_given_an_address_that_bounced_when_its_owner_answers_then_it_gets_mail_again(desk):
    mail = sent(desk, EVA)
    desk.take(mail.report("qmail"), mail.return_path, None)
    desk.take(REPLY, desk.reply_address(desk.eva), EVA)
    assert outcome(desk, mail) == ("failed", "")


def test_given_an_address_that_an_operator_stopped_when_its_owner_answers_or_it_bounces_then_it_stays_stopped(desk):
    with desk.store.transaction() as uow:
        uow.suppressions.add([Suppression(EVA, "asked for it", desk.clock())])
    mail = sent(desk, EVA)
    desk.take(mail.report("qmail"), mail.return_path, None)
    desk.take(REPLY, desk.reply_address(desk.eva), EVA)
    assert outcome(desk, mail) == ("failed", "operator")


@pytest.mark.parametrize(("result", "answers"), [("pass", ["redirect"]), ("none", []), ("fail", [])])
def test_given_a_legacy_sender_that_bounced_when_they_write_then_only_a_proven_author_is_answered_again(desk, result, answers):
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    answer = sent(desk, LEGACY, answer=True)
    desk.take(answer.report("exim-fritekst", SUPPORT), SUPPORT, None)
    field = f"Authentication-Results: mx.firma.example; dmarc={result} header.from=fjord.example\n"
    desk.take(mail_text(f"Ola <{LEGACY}>", "Hei", "Hjelp", field), SUPPORT, LEGACY)
    assert [kind for kind, _ in desk.settle_notices()] == answers


@pytest.mark.parametrize(("tied_by", "dmarc", "then"), [
    ("message id", "fail", ""), ("message id", "none", "bounce"), ("message id", "pass", "bounce"), ("return path", "fail", "bounce"),
])  # fmt: skip
def test_given_a_report_that_its_domain_disowns_when_it_only_knows_our_message_id_then_it_silences_nobody(desk, tied_by, dmarc, then):
    """Whoever got a reply to all knows the id of our mail from its In-Reply-To. A return path is known to the receiver's server alone."""
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    mail = sent(desk, EVA)
    field = f"Authentication-Results: mx.firma.example; dmarc={dmarc}\n"
    known = replace(mail, return_path="elsewhere@relay.example") if tied_by == "message id" else mail
    desk.take(field + known.report("sendmail", SUPPORT), SUPPORT, None)
    assert outcome(desk, mail) == ("failed", then)


@pytest.mark.parametrize("disposition", ["comment", "create", "redirect", "forward", "discard", "hold", "note"])
def test_given_any_policy_when_a_report_comes_then_it_counts_and_no_rule_can_make_mail_of_it(desk, disposition):
    rule = Rule("all", Always(), disposition, "", forward_to="ola@annet.example" if disposition == "forward" else "")
    policy: Policy = replace(SUPPORTWEB_POLICY, rules=(rule,))
    desk.intake._policy = lambda: policy
    mail = sent(desk, EVA)
    desk.take(mail.report("gmail-finnes-ikke"), mail.return_path, None)
    assert (outcome(desk, mail), desk.settle_notices()) == (HARD, [])
    with desk.store.reading() as uow:
        assert (len(uow.cases.list()), desk.case.status) == (1, "waiting_customer")


def test_given_a_report_when_its_entry_is_looked_at_then_it_says_what_it_was_about_and_what_followed(desk):
    mail = sent(desk, EVA)
    entry = desk.take(mail.report("sendmail"), mail.return_path, None)
    with desk.store.reading() as uow:
        said = uow.journal.get(entry).decision.trail["delivery"]
    assert said == {"outbox_id": mail.id, "state": "failed", "status": "5.1.1", "verdict": "hard", "then": "bounce"}


def test_given_a_report_about_a_forwarded_address_when_it_comes_then_the_one_that_we_wrote_to_stops(desk):
    mail = sent(desk, EVA)
    text = mail.report("postfix-ukjent-bruker").replace("rfc822; eva@kunde.example", "rfc822; eva@privat.example")
    desk.take(text, mail.return_path, None)
    with desk.store.reading() as uow:
        assert set(uow.suppressions.which([EVA, "eva@privat.example"])) == {EVA}


@pytest.mark.parametrize("name", ["sendmail", "qmail", "gmail-finnes-ikke"])
@pytest.mark.parametrize("mode", ["off", "header", "verify"])
def test_12_08_given_a_report_of_an_address_that_only_names_a_message_id_when_it_comes_then_it_suppresses_nobody(desk, name, mode):
    set_mode(desk, mode)
    mail = sent(desk, EVA)
    known = replace(mail, return_path="elsewhere@relay.example")
    desk.take(known.report(name, SUPPORT), SUPPORT, "x@annet.example")
    assert outcome(desk, mail)[1] == ""


@pytest.mark.parametrize("mode", ["off", "header", "verify"])
@pytest.mark.parametrize(("name", "cause"), [("sendmail", "bounce"), ("postfix-ukjent-bruker", "bounce"), ("klage", "complaint")])
def test_12_08_given_a_report_with_a_null_sender_that_only_names_a_message_id_when_it_comes_then_what_follows_ends(desk, name, cause, mode):
    set_mode(desk, mode)
    mail = sent(desk, EVA)
    known = replace(mail, return_path="elsewhere@relay.example")
    desk.take(known.report(name, SUPPORT), SUPPORT, None)
    assert outcome(desk, mail)[1] == cause
    for day in range(1, 8):
        desk.clock.step(timedelta(days=1))
        desk.take(known.report(name, SUPPORT).replace("Subject: ", f"Subject: {day} "), SUPPORT, None)
    assert outcome(desk, mail)[1] == ""


@pytest.mark.parametrize("name", ["sendmail", "klage"])
def test_12_08_given_a_mail_of_long_ago_when_a_report_only_names_its_message_id_then_nobody_is_stopped(desk, name):
    mail = sent(desk, EVA)
    desk.clock.step(timedelta(days=61))
    desk.take(replace(mail, return_path="elsewhere@relay.example").report(name, SUPPORT), SUPPORT, None)
    assert outcome(desk, mail)[1] == ""


def test_12_08_given_a_complaint_from_an_address_when_it_only_names_a_message_id_then_the_pause_ends(desk):
    mail = sent(desk, EVA)
    desk.take(replace(mail, return_path="elsewhere@relay.example").report("klage", SUPPORT), SUPPORT, "feedback@isp.example")
    assert outcome(desk, mail) == ("complained", "complaint")
    desk.clock.step(timedelta(days=7))
    assert outcome(desk, mail)[1] == ""


def test_12_08_given_a_complaint_that_its_domain_disowns_when_it_only_names_a_message_id_then_it_is_only_shown(desk):
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    mail = sent(desk, EVA)
    field = "Authentication-Results: mx.firma.example; dmarc=fail\n"
    desk.take(field + replace(mail, return_path="elsewhere@relay.example").report("klage", SUPPORT), SUPPORT, None)
    assert outcome(desk, mail) == ("complained", "")


def test_12_08_given_a_report_to_the_signed_return_path_when_time_passes_then_the_address_stays_stopped(desk):
    mail = sent(desk, EVA)
    desk.take(mail.report("sendmail"), mail.return_path, None)
    desk.clock.step(timedelta(days=30))
    assert outcome(desk, mail) == ("failed", "bounce")
