"""`mailgate policy edit`: what an editor leaves is checked, shown, and activated when the person says so. Nothing typed is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

HOLD = "rules: [{name: hold_all, when: always, then: hold}]\n"


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An editor that puts the text of new.yaml in place; it keeps what it was given."""
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/given.yaml\n[ -e {tmp_path}/new.yaml ] && cp {tmp_path}/new.yaml "$1"\nexit 0\n')
    script.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(script))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.mark.usefixtures("editor")
def test_given_a_change_when_agreed_to_then_it_is_in_force_without_the_line_for_the_editor(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    assert mailgate("policy", "edit").err == "nothing was changed\n"
    given = (tmp_path / "given.yaml").read_text()
    assert given == "# yaml-language-server: $schema=policy.schema.json\n" + HOLD
    (tmp_path / "new.yaml").write_text(given.replace("then: hold", "then: note"))
    done = mailgate("policy", "edit", "--comment", "quiet", stdin=b"y\n")
    assert (done.code, "version 2" in done.out) == (0, True), done.err
    assert mailgate("policy", "show").out == HOLD.replace("then: hold", "then: note")


@pytest.mark.usefixtures("editor")
@pytest.mark.parametrize(
    ("text", "answers", "said"),
    [
        (HOLD.replace("always", "alway"), b"n\n", "has 1 problem"),
        (HOLD.replace("then: hold", "then: note"), b"n\n", "not activated"),
        (HOLD.replace("then: hold", "then: note"), b"", "nobody answered"),
    ],
)
def test_given_no_agreement_when_edited_then_nothing_is_activated_and_the_file_is_named(
    mailgate: Run, tmp_path: Path, text: str, answers: bytes, said: str
) -> None:
    (tmp_path / "one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    (tmp_path / "new.yaml").write_text(text)
    answer = mailgate("policy", "edit", "--comment", "x", stdin=answers)
    assert answer.code == 1
    assert said in answer.err
    assert "policy.yaml has what you wrote" in answer.err
    assert len(mailgate("policy", "history", "--json").objects) == 1


def test_given_an_editor_that_is_not_there_when_edited_then_it_says_what_to_set(mailgate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "no-such-editor")
    Path("one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    assert "set VISUAL or EDITOR" in mailgate("policy", "edit").err
