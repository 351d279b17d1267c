"""What customers are told of their agreement and of the end of mail: values of a document, in three languages, over holidays and years."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest

from mailgate.cases import changes
from mailgate.cases.changes import NewCase
from mailgate.outbound.compose_stage import NoticeOptions, NoticeStage
from mailgate.outbound.freeze import Freezer
from mailgate.rules.document.loader import load
from tests.support.mails.html_mail import html_of
from tests.support.mails.plain_text import plain_text
from tests.unit.outbound.conftest import IDENTITY, KEYS, RENDERER

OSLO = ZoneInfo("Europe/Oslo")
WEEK = '{monday: "08-16", tuesday: "08-16", wednesday: "08-16", thursday: "08-16", friday: "08-16"}'
POLICY = load(
    f"""
rules: [{{name: default, when: always, then: redirect}}]
agreements:
  enkel: {{hours: {WEEK}, response: {{amount: 2, unit: working_days}}, special_days: [{{day: easter-4, hours: "08-12"}}]}}
  gull:
    labels: {{nb: Gullavtale, nn: Gullavtale, en: Gold support}}
    hours: {WEEK}
    phone: {{monday: "07-20"}}
    response: {{amount: 3, unit: working_hours}}
""".encode()
).policy


@pytest.fixture
def stage(scene, notified):
    return NoticeStage(scene.store, Freezer(IDENTITY, RENDERER, KEYS, lambda: POLICY), NoticeOptions(), notified.append)


def at(scene, local: str) -> str:
    """Turn the clock to this time of Norway; the same in UTC as a fact has it."""
    now = datetime.fromisoformat(local).replace(tzinfo=OSLO).astimezone(UTC)
    scene.clock.step(now - scene.clock())
    return now.isoformat()


def notified(scene, stage) -> str:
    stage.run()
    parsed = message_from_bytes(scene.raw(scene.mails()[-1].id), policy=policy.default)
    html = " ".join(html_of(parsed).split())
    text = plain_text(parsed)
    for line in (" ".join(line.split()) for line in text.splitlines() if line.endswith(".") and "portal" not in line):
        assert line.split(". ")[-1].rstrip(".")[:40] in html.replace("&#39;", "'"), line
    return text


ANSWERS = [  # language, agreement, received (local), what the answer says
    ("nb", "enkel", "2027-03-24T12:30", ["Vi svarer senest onsdag 31. mars kl. 16.00.", "Vi åpner igjen tirsdag 30. mars kl. 08.00.",
        "Unntak:        onsdag 24. mars 08.00–12.00, torsdag 25. mars stengt, fredag 26. mars stengt, mandag 29. mars stengt"]),
    ("nn", "enkel", "2027-12-31T09:00", ["Vi svarar seinast tysdag 4. januar 2028 kl. 16.00.", "Svartid:       innan to verkedagar"]),
    ("en", "gull", "2027-05-14T15:00", ["We will answer by Tuesday 18 May at 10:00.", "With Gold support, this applies:",
        "Exceptions:    Monday 17 May closed",
        "Telephone:     Monday 07:00–20:00"]),
    ("nb", "gull", "2027-03-26T23:00", ["Vi svarer senest tirsdag 30. mars kl. 11.00.", "Vi åpner igjen tirsdag 30. mars kl. 08.00."]),
    ("nb", "gull", "2027-10-29T14:00", ["Vi svarer senest mandag 1. november kl. 09.00."]),  # the clock goes back in between
]  # fmt: skip


@pytest.mark.parametrize(("language", "agreement", "received", "expected"), ANSWERS)
def test_given_a_case_made_by_mail_when_it_is_confirmed_then_the_documents_agreement_is_quoted(
    scene, stage, language, agreement, received, expected
):
    facts = {"agreement": agreement, "received_at": at(scene, received), "case_key": "SUP-9", "summary": "Ting"}
    scene.notices(("accepted", facts), language=language)
    text = notified(scene, stage)
    assert [piece for piece in expected if piece not in text] == []


@pytest.mark.parametrize(("language", "agreement", "received", "expected"), ANSWERS)
def test_given_a_case_that_an_operator_makes_when_its_people_are_notified_then_the_notice_quotes_the_same(
    scene, stage, language, agreement, received, expected
):
    at(scene, received)
    kari = replace(scene.kari, language=language)
    new = NewCase(200, "SUP-200", kari, "Nede", "Alt er nede.", agreement=agreement, case_type="spørsmål", priority="normal")
    scene.write(changes.create_case(new, replace(scene.context(), notice_window=timedelta(0))))
    text = notified(scene, stage)
    assert [piece for piece in expected if piece not in text] == []


LEGACY = {"closed_since": "2009-04-01", "refuses_on": "2010-01-01", "closes_on": "2009-04-01"}


@pytest.mark.parametrize(
    ("kind", "language", "facts", "expected"),
    [
        ("redirect", "nb", {}, "Vi tar ikke lenger imot saker på e-post."),
        ("redirect", "nb", LEGACY, "Siden 1. april 2009 tar vi ikke imot saker på e-post. Registrer saken i supportweb, så"),
        ("redirect", "nb", LEGACY, "Fra 1. januar 2010 blir e-post til denne adressen avvist."),
        ("redirect", "nn", LEGACY, "Sidan 1. april 2009 tek vi ikkje imot saker på e-post. Registrer saka i supportweb, så"),
        ("redirect", "nn", LEGACY, "Frå 1. januar 2010 blir e-post til denne adressa avvist."),
        ("redirect", "en", LEGACY, "Since 1 April 2009, we no longer take cases by e-mail. Please register"),
        ("redirect", "en", LEGACY, "From 1 January 2010 on, e-mail to this address will be refused."),
        ("accepted", "nb", LEGACY, "Fra 1. april 2009 tar vi bare imot nye saker i supportweb. Da registrerer du dem her:"),
        ("accepted", "nn", LEGACY, "Frå 1. april 2009 tek vi berre imot nye saker i supportweb. Då registrerer du dei her:"),
        ("accepted", "en", LEGACY, "From 1 April 2009 on, we take new cases in supportweb only. Please register them here then:"),
        ("accepted", "nb", {}, "Neste gang ber vi deg registrere saken i supportweb:"),
        ("accepted", "nn", {}, "Neste gong ber vi deg registrere saka i supportweb:"),
        ("accepted", "en", {}, "Next time, please register your case in supportweb:"),
    ],
)
def test_given_a_phase_with_days_when_answered_then_they_are_written_as_in_the_language(scene, stage, kind, language, facts, expected):
    shared = {"legacy_phase": "accept_and_tell", "case_key": "SUP-9", "summary": "Ting"}
    scene.notices((kind, {**shared, **facts}), language=language)
    assert expected in notified(scene, stage)


def test_given_an_accepted_sender_who_is_notified_nothing_when_answered_then_no_other_way_is_named(scene, stage):
    scene.notices(("accepted", {"legacy_phase": "accept", "case_key": "SUP-9", "summary": "Ting"}))
    text = notified(scene, stage)
    assert "SUP-9" in text
    assert "supportweb.example\n" not in text
