"""`mailgate policy edit`: what an editor leaves is checked, shown, and activated when the person says so. Nothing typed is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import typer

from mailgate.cli import main
from tests.unit.cli.conftest import Run

MODELINE = "# yaml-language-server: $schema=policy.schema.json\n"
HOLD = "rules: [{name: hold_all, when: always, then: hold}]\n"


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An editor that puts the text of new.yaml in place, and does what `then` says; it keeps what it was given."""
    script = tmp_path / "editor"
    script.write_text(
        f'#!/bin/sh\ncp "$1" {tmp_path}/given.yaml\n[ -e {tmp_path}/new.yaml ] && cp {tmp_path}/new.yaml "$1"\n'
        f"[ -e {tmp_path}/then ] && . {tmp_path}/then\nexit 0\n"
    )
    script.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(script))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("editor")
def test_point_15_given_a_change_when_agreed_to_then_it_is_in_force_without_the_line_for_the_editor(mailgate: Run, tmp_path: Path) -> None:
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
def test_point_15_given_no_agreement_when_edited_then_nothing_is_activated_and_the_file_is_named(
    mailgate: Run, tmp_path: Path, text: str, answers: bytes, said: str
) -> None:
    (tmp_path / "one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    (tmp_path / "new.yaml").write_text(text)
    answer = mailgate("policy", "edit", "--comment", "x", stdin=answers)
    assert answer.code == 1
    assert said in answer.err
    assert "policy.yaml has what you wrote" in answer.err
    assert _left(tmp_path) == [text.encode()]
    assert len(mailgate("policy", "history", "--json").objects) == 1


@pytest.mark.usefixtures("editor")
@pytest.mark.parametrize(
    ("then", "options", "answers", "code"),
    [
        ("kill -INT $PPID", (), b"", 1),  # Ctrl-C in the editor is the editor's; then nobody answers
        ("exit 3", (), b"", 1),
        ("kill -INT $$", (), b"", 1),
        ("true", (), b"y\n", 130),  # no answer to why
        ("true", ("--comment", " "), b"y\n", 2),
    ],
)
def test_point_15_given_something_that_ends_it_when_edited_then_what_was_typed_is_there_and_named(
    mailgate: Run, tmp_path: Path, then: str, options: tuple[str, ...], answers: bytes, code: int
) -> None:
    (tmp_path / "one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    (tmp_path / "then").write_text(then + "\n")
    (tmp_path / "new.yaml").write_text(HOLD.replace("then: hold", "then: note"))
    answer = mailgate("policy", "edit", *options, stdin=answers)
    assert answer.code == code, answer.err
    assert "policy.yaml has what you wrote" in answer.err
    assert _left(tmp_path) == [HOLD.replace("then: hold", "then: note").encode()]
    assert len(mailgate("policy", "history", "--json").objects) == 1


@pytest.mark.usefixtures("editor")
def test_point_15_given_bytes_that_are_not_utf8_when_edited_then_they_are_refused_and_stay_as_they_are(
    mailgate: Run, tmp_path: Path
) -> None:
    (tmp_path / "one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    wrong = "# blåbær\n".encode("latin-1") + HOLD.encode()
    (tmp_path / "new.yaml").write_bytes(wrong)
    answer = mailgate("policy", "edit", "--comment", "x", stdin=b"n\n")
    assert answer.code == 1
    assert "the file is not UTF-8" in answer.out
    assert _left(tmp_path) == [wrong]


@pytest.mark.usefixtures("editor")
def test_point_15_given_another_who_activates_meanwhile_when_edited_then_theirs_stays_in_force(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    (tmp_path / "new.yaml").write_text(HOLD.replace("then: hold", "then: note"))
    theirs = tmp_path / "theirs.yaml"
    theirs.write_text(HOLD + "# theirs\n")

    def answered(*_: object, **__: object) -> bool:
        assert main(["policy", "activate", str(theirs), "--comment", "theirs"]) == 0
        return True

    monkeypatch.setattr(typer, "confirm", answered)
    answer = mailgate("policy", "edit", "--comment", "mine")
    assert answer.code == 1
    assert "version 2 came into force while you edited version 1; nothing was activated: mailgate policy diff 2 FILE" in answer.err
    assert "policy.yaml has what you wrote" in answer.err
    assert mailgate("policy", "show").out == HOLD + "# theirs\n"


@pytest.mark.usefixtures("editor")
def test_point_15_given_a_version_that_names_a_schema_itself_when_edited_then_its_line_stays(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(MODELINE + HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    assert mailgate("policy", "edit").err == "nothing was changed\n"
    assert (tmp_path / "given.yaml").read_text() == MODELINE + HOLD
    (tmp_path / "new.yaml").write_text(MODELINE + HOLD + "# more\n")
    assert mailgate("policy", "edit", "--comment", "x", stdin=b"y\n").code == 0
    assert mailgate("policy", "show").out == MODELINE + HOLD + "# more\n"


@pytest.mark.usefixtures("editor")
def test_point_15_given_a_document_that_is_activated_or_untouched_when_edited_then_no_copy_of_it_is_left(
    mailgate: Run, tmp_path: Path
) -> None:
    (tmp_path / "one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    mailgate("policy", "edit")
    (tmp_path / "new.yaml").write_text(HOLD.replace("then: hold", "then: note"))
    assert mailgate("policy", "edit", "--comment", "x", stdin=b"y\n").code == 0
    assert _left(tmp_path) == []


def _left(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("mailgate-policy-*/policy.yaml")]


def test_point_15_given_an_editor_that_is_not_there_when_edited_then_it_says_what_to_set(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "no-such-editor")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Path("one.yaml").write_text(HOLD)
    mailgate("policy", "activate", "one.yaml", "--comment", "first")
    assert "set VISUAL or EDITOR" in mailgate("policy", "edit").err
    assert _left(tmp_path) == []
