"""What surrounds a command is bad: no room for its output, closed streams, a folder that may not be entered. One line says so."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mailgate import config
from mailgate.cli import main
from mailgate.cli.processes import run

PROGRAM = (sys.executable, "-c", "import sys; from mailgate.cli import main; sys.exit(main())")


def _shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = " ".join(f"'{word}'" for word in PROGRAM)
    return subprocess.run(
        ["sh", "-c", line.replace("mailgate", command)], capture_output=True, text=True, timeout=60, check=False, cwd=folder
    )


@pytest.mark.parametrize("words", ["--help", "policy schema", "--version"])
def test_given_a_full_disk_under_the_output_when_called_then_one_line_says_so(words: str, tmp_path: Path) -> None:
    done = _shell(f"mailgate {words} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(r"mailgate: what was to be written cannot be: No space left on device; [^\n]+\n", done.stderr), done.stderr


@pytest.mark.parametrize("words", ["--version", "--help", "policy schema"])
def test_given_a_reader_that_has_left_when_called_then_nothing_is_said_of_it(words: str, tmp_path: Path) -> None:
    (tmp_path / "mailgate.toml").write_text("")
    done = _shell(f"{{ mailgate {words}; echo $? >code; }} | true", tmp_path)
    assert done.stderr == ""
    assert (tmp_path / "code").read_text() == "1\n"


@pytest.mark.parametrize("words", ["db check", "backup kept", "db copy --to sqlite:///copy.db"])
def test_given_no_database_when_it_is_looked_at_then_none_is_made(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mailgate.toml").write_text("")
    assert main(words.split()) == 2
    assert f"there is no database {tmp_path}/var/mailgate.db yet; mailgate db upgrade makes it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.name != "var"] == ["mailgate.toml"]
    assert not (tmp_path / "var" / "mailgate.db").exists()


def test_given_a_database_that_cannot_be_used_when_called_then_the_message_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(tmp_path / "mailgate.toml")]
    (tmp_path / "mailgate.toml").write_text("")
    (tmp_path / "var").mkdir()
    file = tmp_path / "var" / "mailgate.db"
    file.write_text("garbage" * 100)
    for words in (["ledger"], ["db", "check"], ["backup", str(tmp_path / "kept")]):
        assert main([*words, *config]) == 1
        assert capsys.readouterr().err.startswith(f"mailgate: sqlite:///{file}: the database failed; file is not a database;")
    file.unlink()
    assert main(["db", "upgrade", *config]) == 0
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    capsys.readouterr()
    for words in (["ledger"], ["db", "check"], ["backup", str(tmp_path / "kept")]):
        assert main([*words, *config]) == 2
        assert capsys.readouterr().err.startswith(f"mailgate: sqlite:///{file}: the database has the schema 9999, which")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_given_closed_streams_when_called_then_the_command_does_its_work(closed: str, tmp_path: Path) -> None:
    done = _shell(f"mailgate policy schema {closed}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == (closed == "2>&-")


def test_given_a_full_disk_under_the_output_when_the_gateway_started_then_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        run._say("mailgate listens")
        monkeypatch.undo()


@pytest.mark.parametrize("command", ["ledger", "doctor", "run"])
def test_given_a_folder_that_may_not_be_entered_when_called_then_one_line_names_it(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mailgate.toml").write_text("")
    look = Path.stat

    def refused(path: Path, **more: bool) -> object:
        if "var" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, **more)

    monkeypatch.setattr(Path, "stat", refused)  # root may enter any folder
    assert main([command, "--config", str(tmp_path / "mailgate.toml")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"mailgate: {tmp_path}/var/secrets.toml: cannot be looked at: Permission denied; run mailgate as the user")


def test_given_a_shell_in_a_folder_that_is_gone_when_called_then_one_line_says_so(tmp_path: Path) -> None:
    done = _shell("mkdir gone; cd gone; rmdir ../gone; mailgate ledger", tmp_path)
    said = "mailgate: the folder that this shell is in cannot be used: No such file or directory; go to another one\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_given_a_shell_in_a_folder_of_others_when_settings_are_looked_for_then_the_system_s_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc.toml").write_text("")
    look = Path.stat

    def refused(path: Path, **more: bool) -> object:
        if "root" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, **more)

    monkeypatch.setattr(Path, "stat", refused)  # root may enter any folder
    monkeypatch.setattr(Path, "cwd", lambda: Path("/root"))
    assert main(["init", str(tmp_path / "new"), "--domain", "firma.example"]) == 0
    monkeypatch.setattr(config, "SYSTEM_FILE", tmp_path / "etc.toml")
    assert config.find({}, Path("/root")) == tmp_path / "etc.toml"


@pytest.mark.parametrize("words", [["journal", "show", ""], ["journal", "release", "-"], ["outbox", "cancel", ""], ["outbox", "retry", ""]])
def test_given_an_empty_id_when_named_then_nothing_is_taken_for_it(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mailgate.toml").write_text("")
    assert main(["db", "upgrade", "--config", str(tmp_path / "mailgate.toml")]) == 0
    capsys.readouterr()
    assert main([*words, "--config", str(tmp_path / "mailgate.toml")]) == 2
    assert capsys.readouterr().err == "mailgate: the id is empty; the first column of a list shows the ids\n"


def test_given_a_database_that_is_none_when_examined_then_the_reason_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mailgate.toml").write_text('[web]\nlisten = []\n[metrics]\nlisten = []\n[smtp]\nlisten = ["127.0.0.1:0"]\n')
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "mailgate.db").write_text("garbage" * 100)
    assert main(["doctor", "--config", str(tmp_path / "mailgate.toml")]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "the database failed; file is not a database -> correct database.url" in said
    assert "policy not known while the database cannot be used" in said
    assert "no version yet" not in said


def test_given_a_certificate_of_the_pages_that_is_not_there_when_served_then_one_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mailgate.toml").write_text('[web]\ntls_cert = "no.crt"\ntls_key = "no.key"\n')
    assert main(["web", "--config", str(tmp_path / "mailgate.toml")]) == 2
    assert capsys.readouterr().err.startswith(f"mailgate: {tmp_path}/no.crt: cannot read the TLS files: No such file or directory")
