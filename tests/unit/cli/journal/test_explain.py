"""`mailgate explain`: the contract's fields, and no trace left behind."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Run

MAIL = b"From: Kari <kari@kunde.example>\r\nTo: support@example.test\r\nSubject: SUP-1\r\n\r\nHei, se her\r\n"
ADDED = ["auth", "trust", "case", "disposition", "rule", "policy_version", "trail", "effects", "facts", "rule_description"]


def test_given_a_mail_when_explained_then_the_object_is_parses_and_the_decision(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(MAIL)
    parsed = mailgate("parse", "--json", "m.eml").objects[0]
    explained = mailgate("explain", "--json", "m.eml").objects[0]
    assert list(explained) == [*parsed, *ADDED]
    assert {name: explained[name] for name in parsed} == parsed
    assert (explained["disposition"], explained["rule"], explained["trust"], explained["case"]) == ("redirect", "default", "stranger", None)
    assert sorted(explained["auth"]) == ["arc", "dkim", "dmarc", "spf"]
    assert set(explained["trail"][-1]) == {"rule", "hit", "because"}
    assert all("do" in effect for effect in explained["effects"])


def test_given_no_database_when_explained_then_none_is_made(mailgate: Run, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert mailgate("explain", "-", stdin=MAIL).code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_given_a_database_when_explained_then_nothing_in_it_changes(mailgate: Run) -> None:
    mailgate("inject", "-", stdin=MAIL)
    before = mailgate("ledger", "--json").out
    mailgate("explain", "-", stdin=MAIL)
    mailgate("explain", "-", stdin=MAIL)
    assert mailgate("ledger", "--json").out == before
    assert mailgate("outbox", "list", "--json").out == ""


def test_given_another_envelope_when_explained_then_it_counts(mailgate: Run) -> None:
    explained = mailgate("explain", "--json", "--reverse-path", "<>", "--recipient", "postmaster@example.test", "-", stdin=MAIL).objects[0]
    assert explained["disposition"] != "redirect"


def test_given_several_mails_when_explained_then_they_come_in_order(mailgate: Run, tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.eml").write_bytes(MAIL)
    assert [one["path"] for one in mailgate("explain", "--json", "b.eml", "a.eml").objects] == ["b.eml", "a.eml"]


def test_given_mail_to_postmaster_of_ours_when_explained_then_it_is_held_as_over_smtp(mailgate: Run) -> None:
    raw = b"From: ola@other.example\r\nTo: Postmaster@example.test\r\nSubject: spam?\r\n\r\nHei\r\n"
    (found,) = mailgate("explain", "--json", "-", stdin=raw).objects
    assert (found["disposition"], found["rule"]) == ("hold", "service_mailbox")
    foreign = raw.replace(b"example.test", b"annen.example")
    (other,) = mailgate("explain", "--json", "-", stdin=foreign).objects
    assert other["rule"] != "service_mailbox"
