"""Rules that send mail to others: where it may go, what goes, and that it never comes round. Through the commands."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from tests.support.mails.plain_text import plain_text
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

POLICY = """
rules:
  - {name: invoice, when: {subject: {matches: faktura}}, then: forward, to: faktura@regnskap.example}
  - {name: down, when: {subject: {matches: nede}}, then: hold, do: [{notify: vakt@regnskap.example}]}
  - {name: default, when: always, then: redirect}
destinations: [regnskap.example]
"""


@pytest.fixture
def sending(mailgate: Run, tmp_path: Path) -> Run:
    """An installation whose policy forwards invoices and tells a team when something is down."""
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    assert mailgate("policy", "activate", "policy.yaml", "--comment", "sending").code == 0
    return mailgate


def _mail(subject: str, author: str = "Kari <kari@kunde.example>", extra: str = "") -> bytes:
    text = (
        f"From: {author}\nTo: support@example.test\nSubject: {subject}\nMessage-ID: <{abs(hash((subject, author, extra)))}@kunde.example>\n"
    )
    return f"{text}{extra}\nHei, hemmelig.\n".replace("\n", "\r\n").encode()


def _sent(mailgate: Run, template: str) -> list[tuple[str, bytes]]:
    """Address and bytes of each mail that went out with this template."""
    found = [one for one in mailgate("outbox", "list", "--json").objects if one["template"] == template]
    texts = [(one["address"], mailgate("outbox", "raw", one["id"]).out) for one in found]
    return [(address, text.encode("utf-8", "surrogateescape")) for address, text in texts]


def _parsed(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=policy.default))


def _newest(mailgate: Run) -> tuple[str, str]:
    entry = mailgate("journal", "list", "--json").objects[0]
    return entry["state"], entry["rule"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("to: faktura@annen.example", "not among the destinations"),
        ("to: support@example.test", "which is ours: the mail would come back"),
        ("to: support+abc@example.test", "which is ours: the mail would come back"),
        ("to: faktura", "is no mail address"),
    ],
)
def test_given_a_rule_that_forwards_out_of_bounds_when_activated_then_it_is_refused(
    sending: Run, tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / "bad.yaml").write_text(POLICY.replace("to: faktura@regnskap.example", line), encoding="utf-8")
    answer = sending("policy", "activate", "bad.yaml", "--comment", "x")
    assert answer.code == 1
    assert said in answer.out


def test_given_a_mail_that_a_rule_forwards_when_it_is_sent_then_it_goes_whole_and_says_that_it_is_automatic(
    sending: Run,
    work: Work,  # noqa: F811
) -> None:
    original = _mail("Faktura 12")
    sending("inject", "-", stdin=original)
    work()
    ((address, raw),) = _sent(sending, "forward")
    mail = _parsed(raw)
    (attached,) = mail.iter_attachments()
    assert address == "faktura@regnskap.example"
    assert (mail["Auto-Submitted"], mail["X-Mailgate-Loop"], mail["X-Auto-Response-Suppress"]) == (
        "auto-generated",
        "example.test",
        "DR, RN, NRN, OOF, AutoReply",
    )
    assert attached.get_content_type() == "message/rfc822"
    assert original + b"\r\n--=_m_" in raw
    assert mail["Subject"] == "Faktura 12"
    assert (mail["Reply-To"].addresses[0].addr_spec, mail["From"].addresses[0].addr_spec) == ("kari@kunde.example", "support@example.test")
    assert "Denne e-posten er videresendt automatisk (regel: invoice)." in plain_text(mail)
    assert _newest(sending) == ("forwarded", "invoice")


def test_given_a_rule_that_forwards_files_when_a_mail_has_one_then_it_is_a_part_of_what_is_sent(
    sending: Run,
    work: Work,  # noqa: F811
    tmp_path: Path,
) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("to: faktura@regnskap.example", "to: faktura@regnskap.example, attach: files"))
    assert sending("policy", "activate", "policy.yaml", "--comment", "files").code == 0
    parts = "--b\nContent-Type: text/plain\n\nVær så god.\n--b\nContent-Type: application/pdf; name=f.pdf\n\n%PDF-1.7\n--b--"
    raw = _mail("Faktura 13", extra="MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n")
    sending("inject", "-", stdin=raw.replace(b"Hei, hemmelig.", parts.replace("\n", "\r\n").encode()))
    work()
    ((_, sent),) = _sent(sending, "forward")
    assert [(one.get_filename(), one.get_content_type()) for one in _parsed(sent).iter_attachments()] == [("f.pdf", "application/pdf")]


def test_given_a_forwarded_mail_when_it_comes_back_or_bounces_or_is_answered_by_a_machine_then_it_goes_no_further(
    sending: Run,
    work: Work,  # noqa: F811
) -> None:
    sending("inject", "-", stdin=_mail("Faktura 12"))
    work()
    ((_, raw),) = _sent(sending, "forward")
    back = raw.replace(b"To: faktura@regnskap.example", b"To: support@example.test")
    bounce = _mail("Undelivered: Faktura 12", "MAILER-DAEMON@regnskap.example", "Auto-Submitted: auto-replied\n")
    away = _mail("Automatisk svar: Faktura 12", "faktura@regnskap.example", "Auto-Submitted: auto-replied\n")
    for come in (back, bounce, away):
        sending("inject", "--recipient", "support@example.test", "-", stdin=come)
        work()
        assert _newest(sending)[0] == "noted"
    assert len(sending("outbox", "list", "--json").objects) == 1


@pytest.mark.parametrize(
    ("author", "extra", "state", "rule"),
    [
        ("Faktura <FAKTURA@regnskap.example>", "", "held", "guarantees"),
        ("Kari <kari@kunde.example>", "Precedence: bulk\n", "noted", "guarantees"),
        ("Kari <kari@kunde.example>", "Auto-Submitted: auto-generated\n", "noted", "guarantees"),
    ],
)
def test_given_mail_of_the_destination_itself_or_of_a_machine_when_the_rule_holds_then_nothing_is_forwarded(
    sending: Run,
    work: Work,  # noqa: F811
    author: str,
    extra: str,
    state: str,
    rule: str,
) -> None:
    sending("inject", "-", stdin=_mail("Faktura 12", author, extra))
    work()
    assert _newest(sending) == (state, rule)
    assert sending("outbox", "list", "--json").objects == []


def test_given_a_rule_that_notifies_when_a_person_writes_then_the_team_reads_what_it_needs_and_no_word_of_the_mail(
    sending: Run,
    work: Work,  # noqa: F811
) -> None:
    sending("inject", "-", stdin=_mail("Alt er nede"))
    sending("inject", "-", stdin=_mail("Alt er nede", extra="Auto-Submitted: auto-generated\n"))
    work()
    ((address, raw),) = _sent(sending, "team_notice")
    mail = _parsed(raw)
    text = plain_text(mail)
    entry = sending("journal", "list", "--json", "--state", "held").objects[-1]["id"]
    assert (address, mail["Subject"]) == ("vakt@regnskap.example", "Varsel fra down: Alt er nede")
    assert "kari@kunde.example" in text
    assert "holdt tilbake til noen har sett på den" in text
    assert f"mailgate journal show {entry}" in text
    assert "hemmelig" not in text
    assert mail["Auto-Submitted"] == "auto-generated"
