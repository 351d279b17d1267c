"""`mailgate ledger`: figures that balance are 0, a mail that vanished is 1."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.unit.cli.conftest import Run

MAIL = b"From: kari@kunde.example\r\nTo: support@example.test\r\nSubject: x\r\n\r\nHei\r\n"
FIELDS = ["accepted", "commented", "redirected", "noted", "created", "forwarded", "held", "discarded", "shunted", "pending", "balanced"]


def test_given_nothing_when_asked_then_it_balances_at_zero_in_the_order_of_the_contract(mailgate: Run) -> None:
    answer = mailgate("ledger", "--json")
    assert answer.code == 0
    assert list(answer.objects[0]) == FIELDS
    assert set(answer.objects[0].values()) == {0, True}


def test_given_an_accepted_mail_when_asked_then_it_is_counted(mailgate: Run) -> None:
    mailgate("inject", "-", stdin=MAIL)
    figures = mailgate("ledger", "--json").objects[0]
    assert (figures["accepted"], figures["pending"], figures["balanced"]) == (1, 1, True)


def test_given_a_mail_that_vanished_when_asked_then_the_answer_is_no_and_says_what_is_missing(mailgate: Run, tmp_path: Path) -> None:
    mailgate("inject", "-", stdin=MAIL)
    with sqlite3.connect(tmp_path / "var" / "mailgate.db") as database:
        database.execute("DELETE FROM journal")
    database.close()
    assert mailgate("ledger", "--json").objects[0]["balanced"] is False
    answer = mailgate("ledger")
    assert answer.code == 1
    assert "- 1 mails were accepted, but the journal has 0 entries" in answer.out
