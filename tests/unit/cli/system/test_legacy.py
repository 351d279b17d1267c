"""Legacy senders from end to end: a real gateway in this process, spoken to over SMTP; then what the command line shows of it."""

from __future__ import annotations

import email.policy
import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

import mailgate.rules
from mailgate import config
from mailgate.rules.date_words import day_in_words
from mailgate.runtime.gateway import GATE_LOOK_S, Gateway
from tests.support.mails.plain_text import plain_text
from tests.support.waiting import until

TODAY = date.today()
SECTIONS = """
agreements:
  enkel:
    hours: {monday: "00-24", tuesday: "00-24", wednesday: "00-24", thursday: "00-24", friday: "00-24", saturday: "00-24", sunday: "00-24"}
    response: {amount: 6, unit: working_hours}
    closed_on_holidays: false
    labels: {nb: Husavtale, nn: Husavtale, en: House agreement}
legacy:
  senders:
    - {domains: [apen.test], phases: [{phase: accept}]}
    - {domains: [snart.test], phases: [{phase: accept_and_tell}, {phase: redirect, from: SOON}]}
    - {domains: [sendt.test], phases: [{phase: accept}, {phase: redirect, from: PAST}, {phase: refuse, from: SOON}]}
    - {domains: [slutt.test], phases: [{phase: accept}, {phase: refuse, from: PAST}]}
"""
SOON, PAST = TODAY + timedelta(days=40), TODAY - timedelta(days=40)
SHIPPED = Path(mailgate.rules.__file__).with_name("supportweb.yaml").read_text(encoding="utf-8")
POLICY = re.sub(r"^(legacy|agreements):\n(?:[ #].*\n|\n)*", "", SHIPPED, flags=re.MULTILINE) + SECTIONS
POLICY = POLICY.replace("window_s: 120", "window_s: 0").replace("SOON", SOON.isoformat()).replace("PAST", PAST.isoformat())
WAIT_S, POLL_S = 120, 0.2
OURS = "support@example.test"


@contextmanager
def gateway(folder: Path) -> Iterator[Gateway]:
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "mailgate.toml").write_text(
        '[database]\nurl = "sqlite:///var/mailgate.db"\n[smtp]\nlisten = ["127.0.0.1:0"]\n[policy]\nfile = "policy.yaml"\n'
        '[intake]\nauthentication = "off"\n[worker]\nsweep_interval_s = 1\n[metrics]\nlisten = ["127.0.0.1:0"]\n'
        '[addresses]\nsupport = ["support@example.test"]\n[service]\ndomain = "example.test"\nportal_url = "https://portal.example.test"\n'
    )
    made = Gateway(config.load(folder / "mailgate.toml", {}), listen=True, work=True)
    with made.running():
        yield made


def send(running: Gateway, sender: str, text: str = "Hjelp", to: str = OURS, author: str = "") -> None:
    host, _, port = running.addresses[0].rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=20) as client:
        head = f"From: {author or sender}\r\nTo: {to}\r\nSubject: {text}\r\nMessage-ID: <{text.encode().hex()}@x.test>\r\n"
        body = f"{head}\r\nDet virker ikke i dag.\r\n"
        client.sendmail(sender, [to], body.encode(), mail_options=["SMTPUTF8"] if not body.isascii() else [])


@pytest.fixture
def played(tmp_path: Path, mailgate: Callable[..., object]) -> Callable[..., object]:
    """Five people have written; all that was to be answered is captured."""
    with gateway(tmp_path) as running:
        for sender in ("ola@apen.test", "kari@snart.test", "per@sendt.test", "ny@annen.test"):
            send(running, sender, f"Sak fra {sender}")
        for _ in range(2):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                send(running, "eva@slutt.test")
        code, said = refused.value.recipients[OURS]
        assert code == 550
        assert b"https://portal.example.test" in said
        send(running, "", "bounce", to="postmaster@example.test")
        send(running, "eva@slutt.test", "til postmaster", to="postmaster@example.test")
        until(lambda: len(captured(mailgate)) == 4, WAIT_S, "all answers are captured", POLL_S, lambda: mailgate("journal", "list").out)
    return mailgate


def captured(mailgate: Callable[..., object]) -> dict[str, str]:
    """Address -> id of its answer."""
    rows = mailgate("outbox", "list", "--json").objects
    return {row["address"]: row["id"] for row in rows if row["state"] == "captured"}


def answer(mailgate: Callable[..., object], address: str) -> tuple[email.message.EmailMessage, str]:
    raw = mailgate("outbox", "show", captured(mailgate)[address], "--json").objects[0]
    assert raw["reverse_path"] is None
    out = mailgate("outbox", "raw", captured(mailgate)[address]).out
    parsed = message_from_bytes(out.encode(), policy=email.policy.default)
    return parsed, plain_text(parsed)


def test_given_senders_in_each_phase_when_they_write_then_cases_hints_the_way_or_550_and_the_report_has_them_all(played):
    soon, past = (day_in_words(day, "nb") for day in (SOON, PAST))

    mail, text = answer(played, "ola@apen.test")
    assert mail["Subject"] == "[SUP-1] Saken er registrert"  # nobody vouches for the sender: nothing of the mail is in the answer
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Reply-To"].addresses[0].username.startswith("support+")
    assert "Saken er registrert hos oss med nummer SUP-1. Vi svarer senest " in text
    assert "Med Husavtale gjelder dette:" in text
    assert "Åpningstid:    alle dager hele døgnet\n" in text
    assert "Svartid:       innen seks timer i åpningstiden" in text
    assert "portal.example.test\n" not in text

    _, text = answer(played, "kari@snart.test")
    assert f"Fra {soon} tar vi bare imot nye saker i supportweb. Da registrerer du dem her:\n\nhttps://portal.example.test\n" in text

    mail, text = answer(played, "per@sendt.test")
    assert mail["Reply-To"] is None
    assert f"Siden {past} tar vi ikke imot saker på e-post." in text
    assert f"Fra {soon} blir e-post til denne adressen avvist." in text

    _, text = answer(played, "ny@annen.test")
    assert "Vi tar ikke lenger imot saker på e-post." in text
    assert "avvist" not in text

    rows = {row["domain"]: row for row in played("report", "legacy", "--json").objects}
    assert {name: (row["phase"], row["created"], row["redirected"], row["refused"]) for name, row in rows.items()} == {
        "apen.test": ("accept", 1, 0, 0),
        "snart.test": ("accept_and_tell", 1, 0, 0),
        "sendt.test": ("redirect", 0, 1, 0),
        "annen.test": ("redirect", 0, 1, 0),
        "slutt.test": ("refuse", 0, 0, 2),
        None: (None, 2, 2, 2),
    }
    assert rows[None]["senders"] == 5
    assert rows["snart.test"]["next_on"] == SOON.isoformat()


def test_given_an_accepted_sender_when_they_answer_the_confirmation_then_it_is_a_comment_on_their_case(tmp_path, mailgate):
    with gateway(tmp_path) as running:
        send(running, "ola@apen.test", "Ny sak")
        until(lambda: captured(mailgate), WAIT_S, "the answer is captured", POLL_S)
        mail, _ = answer(mailgate, "ola@apen.test")
        send(running, "ola@apen.test", "Re: Ny sak", to=mail["Reply-To"].addresses[0].addr_spec)
        until(
            lambda: len(mailgate("case", "show", "SUP-1", "--json").objects[0]["comments"]) == 1, WAIT_S, "the reply is a comment", POLL_S
        )
    assert mailgate("ledger", "--json").objects[0]["balanced"] is True


def test_given_a_forged_author_when_the_reverse_path_is_accepted_then_the_answer_carries_no_reply_address(tmp_path, mailgate):
    """Whoever gets the answer is the reverse-path; a reply address is for the author alone."""
    with gateway(tmp_path) as running:
        send(running, "ola@apen.test", "Ny sak", author="direktor@bank.test")
        until(lambda: captured(mailgate), WAIT_S, "the answer is captured", POLL_S)
    mail, text = answer(mailgate, "ola@apen.test")
    assert mail["Reply-To"] is None
    assert "svare direkte" not in text


def test_given_a_running_gateway_when_a_policy_that_refuses_is_activated_then_the_listener_follows(tmp_path, mailgate):
    assert GATE_LOOK_S <= 0.5  # so that it takes less than a second
    with gateway(tmp_path) as running:
        send(running, "ola@apen.test", "Før")
        closed = tmp_path / "closed.yaml"
        closed.write_text(
            POLICY.replace("[apen.test], phases: [{phase: accept}]", "[apen.test], phases: [{phase: refuse}]"), encoding="utf-8"
        )
        assert mailgate("policy", "activate", str(closed), "--comment", "no more").code == 0
        until(lambda: refuses(running, "ola@apen.test"), WAIT_S, "the listener refuses")
        assert mailgate("policy", "activate", str(tmp_path / "policy.yaml"), "--comment", "too early").code == 0
        until(lambda: not refuses(running, "ola@apen.test"), WAIT_S, "the listener accepts again")


def refuses(running: Gateway, sender: str) -> bool:
    host, _, port = running.addresses[0].rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=20) as client:
        client.ehlo()
        client.mail(sender)
        return client.rcpt(OURS)[0] == 550
