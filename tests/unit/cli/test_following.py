"""`--follow`: what is there, then what comes, each once, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailgate.cli import following, main
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_journal import PERSON


def _then(monkeypatch: pytest.MonkeyPatch, *commands: list[str]) -> None:
    """At each pause run the next command; after the last one, Ctrl-C."""
    left = iter(commands)

    def pause() -> None:
        command = next(left, None)
        if command is None:
            raise KeyboardInterrupt
        assert main(command) == 0

    monkeypatch.setattr(following, "pause", pause)


def test_given_a_journal_that_is_followed_when_mail_comes_then_it_is_shown_once(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailgate("inject", "-", stdin=PERSON)
    (tmp_path / "next.eml").write_bytes(PERSON.replace(b"<1@", b"<2@"))
    _then(monkeypatch, ["inject", str(tmp_path / "next.eml")], ["ledger"])
    answer = mailgate("journal", "list", "--follow", "--json")
    assert answer.code == 130
    assert [line.count('"state": "pending"') for line in answer.out.splitlines() if '"accepted_at"' in line] == [1, 1]


def test_given_a_case_that_is_followed_when_somebody_comments_then_it_is_shown(mailgate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    _then(monkeypatch, ["case", "comment", "SUP-1", "Vi ser på det"])
    answer = mailgate("case", "show", "SUP-1", "--follow")
    assert answer.code == 130
    lines = answer.out.splitlines()
    kinds = [line.split("  ")[1] for line in lines if line.endswith("  eva")]
    assert sorted(kinds) == ["case_created", "comment", "comment_added"]
    assert "  Vi ser på det" in lines
