"""`mailgate inject`: what SMTP would take is in the journal, byte for byte; what it would refuse is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailgate import config
from mailgate.application.mail import explain as explaining
from mailgate.store.opening import open_store
from tests.support.desks.policies import unhurried
from tests.unit.cli.conftest import Run

MAIL = b"Return-Path: <retur@kunde.example>\r\nFrom: kari@kunde.example\r\nSubject: x\r\n\r\nHei\r\n.\r\n..to\r\n"


def _journal(mailgate: Run) -> list[dict[str, object]]:
    return mailgate("journal", "list", "--json").objects


def test_given_a_mail_when_injected_then_its_bytes_and_envelope_are_in_the_journal(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(MAIL)
    (put,) = mailgate("inject", "--json", "m.eml").objects
    assert put == {"path": "m.eml", "journal_id": put["journal_id"], "duplicate": False}
    shown = mailgate("journal", "show", "--json", put["journal_id"]).objects[0]
    assert (shown["reverse_path"], shown["recipients"], shown["protocol"], shown["state"]) == (
        "retur@kunde.example", ["support@example.test"], "inject", "pending",
    )  # fmt: skip
    assert shown["size_bytes"] == len(MAIL)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (b"Subject: x\n\ny\n", b"Subject: x\r\n\r\ny\r\n"),
        (b"Subject: x\r\n\r\ny", b"Subject: x\r\n\r\ny\r\n"),
        (b".\r\n..\r\n.a\r\n", b".\r\n..\r\n.a\r\n"),
        (b"a\r\nb\nc\r\n", b"a\r\nb\r\nc\r\n"),
        (b"a\r\n.\nb\r\n", b"a\r\n.\r\nb\r\n"),
        (b"", b""),
        (b"\0\xff\r\n", b"\0\xff\r\n"),
    ],
)
def test_given_any_bytes_when_injected_then_they_are_kept_with_crlf_and_every_dot(mailgate: Run, raw: bytes, stored: bytes) -> None:
    id_ = mailgate("inject", "--json", "-", stdin=raw).objects[0]["journal_id"]
    settings = config.load(Path("mailgate.toml"), {})
    store = open_store(settings.database.url)
    with store.reading() as uow:
        assert uow.journal.raw(id_) == stored
    store.database.close()


def test_given_the_same_mail_again_when_injected_then_the_first_id_is_notified(mailgate: Run) -> None:
    first, second = (mailgate("inject", "--json", "-", stdin=MAIL).objects[0] for _ in range(2))
    assert second == {**first, "duplicate": True}
    assert len(_journal(mailgate)) == 1


@pytest.mark.parametrize(
    ("given", "kept"), [("<>", None), ("", None), ("ola@kunde.example", "ola@kunde.example"), ("<ola@kunde.example>", "ola@kunde.example")]
)
def test_given_a_reverse_path_when_injected_then_it_counts(mailgate: Run, given: str, kept: str | None) -> None:
    mailgate("inject", "--reverse-path", given, "-", stdin=MAIL)
    assert _journal(mailgate)[0]["reverse_path"] == kept


def test_given_a_mail_without_return_path_when_injected_then_its_author_is_the_sender(mailgate: Run) -> None:
    mailgate("inject", "-", stdin=b"From: Kari <kari@kunde.example>\r\n\r\nHei\r\n")
    assert _journal(mailgate)[0]["reverse_path"] == "kari@kunde.example"


@pytest.mark.parametrize(
    ("fields", "envelope"),
    [
        (
            "To: support@example.test, ola@other.example\r\nCc: Postmaster@example.test\r\n",
            ["support@example.test", "postmaster@example.test"],
        ),
        ("To: ola@other.example\r\nDelivered-To: abuse@example.test\r\n", ["abuse@example.test"]),
        ("To: ola@other.example\r\n", ["support@example.test"]),
        ("To: support+no-token@example.test\r\n", ["support@example.test"]),
        ("To: odd name, <>\r\n", ["support@example.test"]),
    ],
)
def test_given_no_recipient_when_injected_or_explained_then_both_take_those_of_the_mail_that_the_listener_takes(
    mailgate: Run, monkeypatch: pytest.MonkeyPatch, fields: str, envelope: list[str]
) -> None:
    raw = f"From: kari@kunde.example\r\n{fields}Subject: x\r\n\r\nHei\r\n".encode()
    mailgate("inject", "-", stdin=raw)
    assert _journal(mailgate)[0]["recipients"] == envelope
    seen = list[list[str]]()
    explain = explaining.explain_mail
    monkeypatch.setattr(explaining, "explain_mail", lambda *given: (seen.append(list(given[2].recipients)), explain(*given))[1])
    mailgate("explain", "-", stdin=raw)
    assert seen == [envelope]


@pytest.mark.parametrize("command", ["inject", "explain"])
def test_given_the_help_of_inject_and_explain_when_read_then_it_names_the_rule_for_recipients(mailgate: Run, command: str) -> None:
    help_ = " ".join(mailgate(command, "--help").out.split())
    assert "Default: those of Delivered-To, X-Original-To, To and Cc that the listener takes, else the support address." in help_


@pytest.mark.parametrize(
    "recipient", ["ola@other.example", "nobody@example.test", "support", "@a:support@example.test", "a b@example.test"]
)
def test_given_a_recipient_that_is_not_ours_when_injected_then_it_is_refused_as_by_smtp(mailgate: Run, recipient: str) -> None:
    answer = mailgate("inject", "--recipient", recipient, "-", stdin=MAIL)
    assert answer.code == 2
    assert answer.err.startswith("mailgate: --recipient")
    assert answer.err.count("\n") == 1


def test_given_several_recipients_of_ours_when_injected_then_all_are_kept(mailgate: Run) -> None:
    mailgate("inject", "--recipient", "postmaster@example.test", "--recipient", "SUPPORT@example.test", "-", stdin=MAIL)
    assert _journal(mailgate)[0]["recipients"] == ["postmaster@example.test", "support@example.test"]


def test_given_mails_that_smtp_would_refuse_when_injected_then_the_others_are_taken_and_the_answer_is_no(
    mailgate: Run, tmp_path: Path
) -> None:
    with (tmp_path / "mailgate.toml").open("a") as settings:
        settings.write("[smtp]\nmax_message_bytes = 2000\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1-large.eml").write_bytes(b"a" * 2001 + b"\r\n")
    (tmp_path / "in" / "2-bare-cr.eml").write_bytes(b"a\rb\r\n")
    (tmp_path / "in" / "3-good.eml").write_bytes(MAIL)
    answer = mailgate("inject", "--json", "in")
    assert answer.code == 1
    assert [one["path"] for one in answer.objects] == ["in/3-good.eml"]
    refused = answer.err.splitlines()
    assert refused[0].startswith("mailgate inject: in/1-large.eml: 552 5.3.4")
    assert refused[1].startswith("mailgate inject: in/2-bare-cr.eml: 550 ")
    assert refused[2] == "mailgate: 2 mails refused"


def test_given_an_mbox_when_injected_then_each_mail_has_an_entry(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(
        b"From a@b Thu Jan  1 00:00:00 2026\nSubject: 1\n\nx\n\nFrom c@d Thu Jan  1 00:00:00 2026\nSubject: 2\n\ny\n"
    )
    answer = mailgate("inject", "--json", "--mbox", "box")
    assert [one["path"] for one in answer.objects] == ["box#1", "box#2"]
    assert len(_journal(mailgate)) == 2


def test_given_a_sender_whom_the_policy_refuses_when_injected_then_it_is_as_over_smtp_unless_the_operator_says_otherwise(
    mailgate: Run, tmp_path: Path
) -> None:
    shut = re.sub(r"^legacy:\n(?:[ #].*\n|\n)*", "", unhurried(), flags=re.MULTILINE)
    shut += "\nlegacy:\n  senders:\n    - {domains: [kunde.example], phases: [{phase: accept}, {phase: refuse, from: 2010-01-01}]}\n"
    (tmp_path / "shut.yaml").write_text(shut, encoding="utf-8")
    assert mailgate("policy", "activate", "shut.yaml", "--comment", "slutt").code == 0
    answer = mailgate("inject", "-", stdin=MAIL)
    assert (answer.code, answer.out, _journal(mailgate)) == (1, "", [])
    refused, counted = answer.err.splitlines()
    assert refused.startswith("mailgate inject: -: 550 5.7.1 ")
    assert counted == "mailgate: 1 mail refused"
    both = mailgate("inject", "--recipient", "support@example.test", "--recipient", "postmaster@example.test", "-", stdin=MAIL)
    assert (both.code, _journal(mailgate)[0]["recipients"]) == (0, ["postmaster@example.test"])
    assert mailgate("inject", "--reverse-path", "<>", "-", stdin=b"Subject: a report\r\n\r\nx\r\n").code == 0
    assert mailgate("inject", "--take-refused", "-", stdin=MAIL.replace(b"Hei", b"Hallo")).code == 0
    assert _journal(mailgate)[0]["recipients"] == ["support@example.test"]
