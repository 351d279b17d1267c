"""The answer gate: how many automatic answers an address, a domain, all together and one text can cause, and what those answers are."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from mailgate.inbound.guards.answer_gate import AnswerRefusal, Question, refusal_of_mail
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from mailgate.mail.same_mailbox import counted_as
from mailgate.metrics import REGISTRY
from mailgate.rules.policy import RedirectSettings
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.desks.desk import Desk, mail_text, submission
from tests.support.desks.mailroom import Mailroom

US = "support@firma.example"
DAY = timedelta(days=1)


def ask(desk: Desk, sender: str, words: str) -> str:
    return desk.take(mail_text(f"<{sender}>", f"Hjelp {words}", f"Kan dere hjelpe meg? {words}"), US, sender)


def ask_all(desk: Desk, senders: list[str]) -> list[str]:
    """The same, each with words of its own, all in one run."""
    mails = [(sender, mail_text(f"<{sender}>", f"Hjelp {n}", f"Kan dere hjelpe meg? {n}")) for n, sender in enumerate(senders)]
    receipts = desk.journal.append_many([submission(text, US, sender) for sender, text in mails])
    desk.intake.run(lambda: False)
    return [receipt.journal_id for receipt in receipts]


def notified(desk: Desk) -> list[str]:
    """Addresses that are to be answered, all of them."""
    found: list[str] = []
    while fresh := desk.settle_notices():
        found += [address for kind, address in fresh if kind == "redirect"]
    return found


def why(desk: Desk, entry: str) -> str:
    with desk.store.reading() as uow:
        return str(uow.journal.get(entry).decision.trail["answer"])


def test_155_given_a_thousand_addresses_of_one_domain_when_they_write_then_the_domain_gets_a_hundred_answers(desk: Desk) -> None:
    entries = ask_all(desk, [f"offer{number}@avd{number % 7}.stor.example" for number in range(1000)])
    assert len(notified(desk)) == 100  # AnswerLimits.per_domain_per_hour, and a subdomain is no other domain
    assert why(desk, entries[-1]).startswith("the breaker for the domain is open")
    assert {desk.state(entry) for entry in entries[-5:]} == {"redirected"}  # kept and seen, only not answered
    ask(desk, "kari@annet.example", "utenfor")
    assert notified(desk) == ["kari@annet.example"]


def test_156_given_a_gateway_that_is_started_anew_when_the_same_people_write_then_what_was_counted_still_counts(
    desk: Desk, small_store: Store, sqlite_url: str
) -> None:
    """The broker holds nothing of it: a flushed Redis is the same as one that never was. What counts is in the database alone."""
    desk.intake._options = replace(desk.intake._options, limits=replace(desk.intake._options.limits, global_per_hour=3))
    for name in ("kari", "ola"):
        ask(desk, f"{name}@{name}.example", name)
    assert len(notified(desk)) == 2
    small_store.database.close()
    database = open_database(sqlite_url)
    desk.store = desk.intake._store = desk.journal._store = Store(database, desk.clock)
    for name in ("kari", "per", "eva"):
        ask(desk, f"{name}@{name}.example", f"{name} igjen")
    assert notified(desk) == ["per@per.example"]  # kari had hers, and three in an hour is what all together may have
    database.close()


def test_given_one_mailbox_in_many_spellings_when_it_writes_then_it_gets_one_answer(desk: Desk) -> None:
    for number, spelling in enumerate(("kari@fjord.example", "Kari+1@fjord.example", "KARI+tilbud@FJORD.example", "kari@fjord.example")):
        ask(desk, spelling, str(number))
    assert notified(desk) == ["kari@fjord.example"]


@pytest.mark.parametrize(
    ("address", "mailbox", "domain"),
    [
        ("Kari+x@Mail.Firma.co.uk", "kari@mail.firma.co.uk", "firma.co.uk"),
        ("+x@firma.no", "+x@firma.no", "firma.no"),
        ("kari@bjørk.no", "kari@xn--bjrk-hra.no", "xn--bjrk-hra.no"),
    ],
)
def test_given_an_address_when_counted_then_it_is_one_mailbox_of_one_organisation(address: str, mailbox: str, domain: str) -> None:
    assert counted_as(address) == (mailbox, domain)


def test_given_a_policy_with_a_window_of_a_minute_when_one_address_writes_all_day_then_it_gets_four_answers(desk: Desk) -> None:
    desk.policy = replace(desk.policy, redirect=RedirectSettings(window=timedelta(minutes=1)))
    entries = []
    for number in range(24):
        entries.append(ask(desk, "kari@fjord.example", str(number)))
        desk.clock.step(timedelta(hours=1) - timedelta(minutes=5))
    assert len(notified(desk)) == 4
    assert why(desk, entries[-1]) == "the address has had 4 answers within a day"
    desk.clock.step(DAY)
    ask(desk, "kari@fjord.example", "neste dag")
    assert len(notified(desk)) == 1


def test_given_a_clock_that_was_a_year_ahead_for_an_hour_when_it_is_right_again_then_others_are_still_answered(desk: Desk) -> None:
    desk.intake._options = replace(
        desk.intake._options, limits=replace(desk.intake._options.limits, global_per_hour=5, per_domain_per_hour=5)
    )
    desk.clock.step(DAY * 365)
    for number in range(6):
        ask(desk, f"a{number}@fjord.example", str(number))
    assert len(notified(desk)) == 5
    desk.clock.step(-DAY * 365)
    for number in range(6):
        ask(desk, f"b{number}@fjord.example", f"b{number}")
    ask(desk, "a0@fjord.example", "igjen")
    assert Counter(notified(desk)) == Counter(f"b{number}@fjord.example" for number in range(5))


def test_158_given_an_automatic_answer_when_it_goes_out_then_its_headers_stop_every_robot(mailroom: Mailroom) -> None:
    text = mail_text(
        "Kari <kari@fjord.example>",
        "Vinn penger på http://ond.example/x " + "nå " * 50,
        "Klikk på http://ond.example",
        "References: <a@x.example>\n",
    )
    mailroom.take(text, US, "kari@fjord.example")
    (answer,) = mailroom.post()
    message = answer.message
    asked = text.partition("Message-ID: ")[2].partition("\n")[0]
    assert (answer.address, answer.reverse_path) == ("kari@fjord.example", None)
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert (message["In-Reply-To"], message["References"].split()) == (asked, ["<a@x.example>", asked])
    assert message["Message-ID"].endswith("@firma.example>")
    assert_no_receipt(message)
    assert "ond.example" not in answer.raw.decode()
    assert "Klikk" not in answer.text + str(message["Subject"])
    named = answer.text.partition("\u00ab")[2].partition("\u00bb")[0]
    assert named.startswith("Vinn penger på ond example x nå")  # RFC 3834 section 3.1.5: it says which mail it answers, cut and defanged
    assert len(named) <= 78


def test_158_given_a_notice_when_it_goes_out_then_it_is_marked_as_generated_and_bounces_come_to_its_own_path(mailroom: Mailroom) -> None:
    mailroom.take(mail_text("Per <per@kunde.example>"), mailroom.reply_address(mailroom.per))
    (notice,) = mailroom.post()
    message = notice.message
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-generated", "DR, RN, NRN, OOF, AutoReply")
    assert (notice.reverse_path or "").startswith("bounce+")
    assert message["Message-ID"].endswith("@firma.example>")
    assert_no_receipt(message)


def assert_no_receipt(message: EmailMessage) -> None:
    """Nothing asks the recipient's machine for a mail of its own (RFC 8098, RFC 3461)."""
    names = {name.lower() for name in message}
    assert not names & {"return-receipt-to", "disposition-notification-to", "x-confirm-reading-to", "return-path", "precedence"}


def test_152_given_a_notice_that_meets_an_out_of_office_when_its_answer_comes_then_not_one_more_mail_goes_out(mailroom: Mailroom) -> None:
    mailroom.take(mail_text("Per <per@kunde.example>"), mailroom.reply_address(mailroom.per))
    (notice,) = mailroom.post()
    for extra in ("Auto-Submitted: auto-replied\n", ""):  # with the mark of RFC 3834, and from one that knows only words
        reply = mail_text(
            "Eva <eva@kunde.example>", f"Automatisk svar: {notice.message['Subject']}", f"Jeg er borte {extra}", extra, notice.reply_to
        )
        mailroom.take(reply, notice.reply_to, "eva@kunde.example")
    assert mailroom.post() == []


def test_174_given_every_mail_about_a_case_when_its_links_leak_then_they_open_nothing(mailroom: Mailroom) -> None:
    """What is ours of it: no link in a mail holds a token, so that no Referer, history or index can leak one. The rest is the portal's."""
    mailroom.take(mail_text("Per <per@kunde.example>"), mailroom.reply_address(mailroom.per))
    mailroom.take(mail_text("Kari <kari@fjord.example>", "Hjelp"), US, "kari@fjord.example")
    for mail in mailroom.post():
        html = mail.message.get_body(("html",))
        links = re.findall(r"https?://[^\s\"'<>]+", mail.text + (str(html.get_content()) if html else ""))
        assert links
        for link in links:
            assert not re.search(r"[a-z2-7]{36,}|[?#&]", link), link


def test_given_an_answer_that_is_refused_when_counted_then_its_code_is_the_label_and_its_text_is_for_people(desk: Desk) -> None:
    def refused(code: str) -> float:
        return REGISTRY._prometheus.get_sample_value("mailgate_answers_refused_total", {"reason": code}) or 0.0

    before = refused("window")
    ask(desk, "kari@kunde.example", "en")
    entry = ask(desk, "kari@kunde.example", "to")
    with desk.store.reading() as uow:
        trail = uow.journal.get(entry).decision.trail
    assert (trail["answer_refused"], trail["answer"]) == ("window", "the address was answered within 24 h")
    assert refused("window") == before + 1


def test_given_a_mail_that_is_refused_by_itself_when_asked_then_the_refusal_has_a_code_and_a_text() -> None:
    mail = read(mail_text("<a@kunde.example>", "Hei", "Hei").encode())
    question = Question(mail, Envelope(None, (US,)), "redirect", frozenset({US}), frozenset({"firma.example"}))
    assert refusal_of_mail(question) == AnswerRefusal("null_reverse_path", "the reverse-path is null (RFC 3834 section 2)")
    assert refusal_of_mail(replace(question, envelope=Envelope("a@kunde.example", (US,)))) is None


@pytest.mark.parametrize(
    "spelling",
    ["kari.lunde@gmail.com", "k.a.r.i.lunde@gmail.com", "karilunde+x@gmail.com", "Kari.Lunde+a.b@googlemail.com", "karilunde@GMAIL.com"],
)
def test_12_07_given_spellings_of_one_mailbox_when_counted_then_they_share_a_window(spelling: str) -> None:
    assert counted_as(spelling) == ("karilunde@gmail.com", "gmail.com")


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("kari.lunde@kunde.example", "kari.lunde@kunde.example"),
        ("x@kari.fastmail.com", "kari@fastmail.com"),
        ("kari-butikk@yahoo.com", "kari@yahoo.com"),
        ("ka-ri_lunde@pm.me", "karilunde@proton.me"),
        ("kari@me.com", "kari@icloud.com"),
        ("+@gmail.com", "+@gmail.com"),
        ("...@gmail.com", "...@gmail.com"),
    ],
)
def test_12_07_given_a_providers_rules_when_counted_then_nothing_else_is_put_together(address: str, mailbox: str) -> None:
    assert counted_as(address)[0] == mailbox
