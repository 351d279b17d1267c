"""`--follow`: what is there, then what comes, each once, until Ctrl-C."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from mailgate import config
from mailgate.cli import following, main
from mailgate.cli.case import view
from mailgate.runtime import bootstrap
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import PERSON


def _then(monkeypatch: pytest.MonkeyPatch, *commands: list[str]) -> None:
    """At each pause run the next command; after the last one, Ctrl-C."""
    left = iter(commands)

    def pause() -> None:
        command = next(left, None)
        if command is None:
            raise KeyboardInterrupt
        assert main(command) == 0

    monkeypatch.setattr(following, "pause", pause)


def test_point_9_given_a_journal_that_is_followed_when_mail_comes_then_it_is_shown_once(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailgate("inject", "-", stdin=PERSON)
    (tmp_path / "next.eml").write_bytes(PERSON.replace(b"<1@", b"<2@"))
    _then(monkeypatch, ["inject", str(tmp_path / "next.eml")], ["ledger"])
    answer = mailgate("journal", "list", "--follow", "--json")
    assert answer.code == 130
    assert [line.count('"state": "pending"') for line in answer.out.splitlines() if '"accepted_at"' in line] == [1, 1]


def _followed(mailgate: Run, *options: str) -> list[tuple[str, str]]:
    """Id and state of each line."""
    answer = mailgate("journal", "list", "--follow", "--json", *options)
    assert answer.code == 130, answer.err
    rows = [json.loads(line) for line in answer.out.splitlines() if '"accepted_at"' in line]
    return [(one["id"], one["state"]) for one in rows]


def test_point_9_given_more_than_fifty_mails_between_two_looks_when_followed_then_each_is_shown(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailgate("ledger")
    files = []
    for number in range(120):
        files.append(str(tmp_path / f"{number}.eml"))
        Path(files[-1]).write_bytes(PERSON.replace(b"<1@", b"<%d@" % number))
    _then(monkeypatch, ["inject", *files], ["ledger"])
    found = _followed(mailgate)
    assert len(found) == len(set(found)) == 120
    assert [id_ for id_, _ in found] == sorted(id_ for id_, _ in found)


def test_point_9_given_an_old_held_mail_when_it_is_released_taken_back_and_discarded_then_each_is_shown(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _held(mailgate, tmp_path)
    for number in range(3):
        mailgate("inject", "-", stdin=PERSON.replace(b"<1@", b"<%d@" % (number + 10)))
    release = ["journal", "release", old, "--disposition", "note"]
    _then(monkeypatch, release, ["journal", "take-back", old], ["journal", "discard", old], ["ledger"])
    assert _followed(mailgate, "--limit", "2")[2:] == [(old, "pending"), (old, "held"), (old, "discarded")]


def test_point_9_given_a_mail_that_comes_back_to_its_state_between_two_looks_when_followed_then_it_is_shown_again(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _held(mailgate, tmp_path)

    def pause() -> None:
        monkeypatch.setattr(following, "pause", _interrupt)
        assert main(["journal", "release", old, "--disposition", "note"]) == 0
        assert main(["journal", "take-back", old]) == 0

    monkeypatch.setattr(following, "pause", pause)
    assert _followed(mailgate, "--held") == [(old, "held"), (old, "held")]


def _interrupt() -> None:
    raise KeyboardInterrupt


def _held(mailgate: Run, folder: Path) -> str:
    """The id of a mail that a rule holds."""
    (folder / "hold.yaml").write_text("rules: [{name: hold_all, when: always, then: hold}]\n")
    mailgate("policy", "activate", "hold.yaml", "--comment", "hold")
    mailgate("inject", "-", stdin=PERSON)
    settings = config.load(folder / "mailgate.toml", {})
    store = bootstrap.open_store(settings)
    with closing(bootstrap.make_intake(settings, store, lambda _stage: None, reads_aside=False)) as intake:
        intake.run(lambda: False)
    store.database.close()
    (one,) = mailgate("journal", "list", "--held", "--json").objects
    return str(one["id"])


def test_point_9_given_before_and_follow_when_listed_then_one_of_them_is_asked_for(mailgate: Run) -> None:
    answer = mailgate("journal", "list", "--follow", "--before", "0190")
    assert (answer.code, "give one of them" in answer.err) == (2, True)


def test_point_9_given_a_case_that_is_followed_when_somebody_comments_then_it_is_shown(
    mailgate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    _then(monkeypatch, ["case", "comment", "SUP-1", "Vi ser på det"])
    answer = mailgate("case", "show", "SUP-1", "--follow")
    assert answer.code == 130
    lines = answer.out.splitlines()
    kinds = [line.split("  ")[1] for line in lines if line.endswith("  eva")]
    assert sorted(kinds) == ["case_created", "comment", "comment_added"]
    assert "  Vi ser på det" in lines


def test_given_things_of_one_moment_when_a_case_is_followed_then_cause_comes_before_effect(
    mailgate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    mailgate("case", "do", "SUP-1", "start")
    mailgate("case", "comment", "SUP-1", "Prøv nå")
    whole = mailgate("case", "show", "SUP-1", "--json").objects[0]
    same = [{**one, "at": whole["updated_at"]} for one in (*whole["comments"], *whole["events"])]
    found = {"comments": [one for one in same if "text" in one], "events": [one for one in same if "text" not in one]}
    shown = list[str]()
    monkeypatch.setattr(view, "_print_followed", lambda one, _json: shown.append(one["kind"]))
    _then(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        view.follow(lambda: found, as_json=False)
    assert shown == ["case_created", "status_changed", "comment", "comment_added"]
