"""Stored bytes are compared with their SHA-256 whenever they are read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

MAIL = b"From: kari@kunde.example\r\nTo: support@example.test\r\nSubject: Original emne\r\n\r\nHei\r\n"
OTHER = b"From: per@kunde.example\r\nTo: support@example.test\r\nSubject: En annen\r\n\r\nHei\r\n"


@pytest.fixture
def flipped(mailgate: Run, tmp_path: Path) -> str:
    """Two accepted mails; the bytes of one were changed afterwards. Its journal id."""
    changed = mailgate("inject", "-", "--json", stdin=MAIL).objects[0]["journal_id"]
    mailgate("inject", "-", stdin=OTHER)
    with closing(sqlite3.connect(tmp_path / "var" / "mailgate.db")) as database, database:
        (sha256,) = database.execute("SELECT raw_sha256 FROM journal WHERE id = ?", (changed,)).fetchone()
        (raw,) = database.execute("SELECT content FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
        database.execute("UPDATE blobs SET content = ? WHERE sha256 = ?", (raw.replace(b"Original", b"Forfalsk"), sha256))
    return str(changed)


def test_point_17_given_changed_bytes_when_the_raw_mail_is_asked_for_then_the_answer_is_no(mailgate: Run, flipped: str) -> None:
    answer = mailgate("journal", "raw", flipped)
    assert answer.code == 1
    assert "Forfalsk" not in answer.out
    assert "SHA-256" in answer.err


def test_point_17_given_changed_bytes_when_the_ledger_looks_deep_then_it_does_not_balance_and_names_the_entry(
    mailgate: Run, flipped: str
) -> None:
    assert mailgate("ledger").code == 0
    answer = mailgate("ledger", "--deep")
    assert answer.code == 1
    assert flipped in answer.out
    figures = mailgate("ledger", "--deep", "--json").objects[0]
    assert (figures["contents"], figures["corrupt"], figures["balanced"]) == (2, 1, False)


def test_point_17_given_changed_bytes_when_the_doctor_looks_then_it_fails_and_names_the_entry(mailgate: Run, flipped: str) -> None:
    (found,) = (finding for finding in mailgate("doctor", "--json").objects if finding["check"] == "contents")
    assert found["level"] == "fail"
    assert flipped in found["text"]


def test_point_17_given_intact_bytes_when_the_ledger_and_the_doctor_look_then_all_is_well(mailgate: Run) -> None:
    mailgate("inject", "-", stdin=MAIL)
    answer = mailgate("ledger", "--deep", "--json")
    assert (answer.code, answer.objects[0]["contents"], answer.objects[0]["corrupt"]) == (0, 1, 0)
    (found,) = (finding for finding in mailgate("doctor", "--json").objects if finding["check"] == "contents")
    assert found["level"] == "ok"
