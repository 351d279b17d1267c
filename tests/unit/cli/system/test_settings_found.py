"""Which installation a command means: settings are looked for in three places, and nothing is made up where there are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mailgate import config
from mailgate.cli import COMMANDS
from mailgate.cli.opening import DEFAULTS
from mailgate.cli.processes.run import typed_again
from tests.unit.cli.conftest import Run

OPERATORS = (
    ("ledger",), ("journal", "list"), ("case", "list"), ("outbox", "list"), ("contact", "list"), ("customer", "list"), ("audit",),
    ("suppression", "list"), ("doctor",), ("dkim",), ("db", "check"), ("db", "upgrade"), ("policy", "history"), ("report", "legacy"),
    ("account", "list"), ("postfix-config", "one"), ("todo",), ("backup", "x"), ("restore", "x", "--yes"), ("smtp",), ("worker",), ("web",),
    ("template", "check"), ("person", "export", "kari@kunde.example"), ("person", "erase", "kari@kunde.example"),
)  # fmt: skip


@pytest.mark.parametrize("words", OPERATORS)
def test_point_2_given_no_settings_when_an_operator_asks_then_it_is_refused_and_nothing_is_made(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr(config, "SYSTEM_FILE", tmp_path / "etc" / "mailgate.toml")
    answer = mailgate(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("mailgate: there are no settings: neither --config nor MAILGATE_CONFIG names a file")
    assert "mailgate init makes a new one" in answer.err
    assert list(empty.iterdir()) == []


def test_point_2_given_an_empty_folder_when_a_sample_is_made_then_every_command_there_means_the_same_installation(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mailgate sample` and `mailgate run` are what makes an installation with the defaults; their own child and hints rely on it."""
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr(config, "SYSTEM_FILE", tmp_path / "etc" / "mailgate.toml")
    monkeypatch.setenv("MAILGATE_SERVICE__PORTAL_URL", "http://127.0.0.1:8080")
    assert mailgate("sample").code == 0
    assert (empty / config.FILE_NAME).read_text(encoding="utf-8") == DEFAULTS
    found = mailgate("case", "list")
    assert (found.code, "SUP-1" in found.out) == (0, True)


def test_point_2_given_settings_without_a_database_when_an_operator_asks_then_none_is_made(mailgate: Run, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "var")
    answer = mailgate("ledger")
    assert (answer.code, answer.out) == (2, "")
    assert f"there is no database {tmp_path}/var/mailgate.db yet; mailgate db upgrade makes it, and so does mailgate run" in answer.err
    assert not (tmp_path / "var").exists()
    assert mailgate("db", "upgrade").code == 0
    assert mailgate("ledger").code == 0


def test_point_2_given_the_systems_settings_when_nothing_else_is_named_then_they_count(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "etc" / "mailgate.toml"
    system.parent.mkdir()
    (tmp_path / "mailgate.toml").rename(system)
    system.write_text(system.read_text().replace("sqlite:///var", f"sqlite:///{tmp_path}/var").replace("first-", f"{tmp_path}/first-"))
    monkeypatch.setattr(config, "SYSTEM_FILE", system)
    assert mailgate("ledger").code == 0


def test_point_2_given_three_settings_when_looked_for_then_the_variable_comes_first_and_the_system_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, system = tmp_path / "mailgate.toml", tmp_path / "etc.toml"
    monkeypatch.setattr(config, "SYSTEM_FILE", system)
    assert config.find({}, tmp_path) is None
    system.touch()
    assert config.find({}, tmp_path) == system
    here.touch()
    assert config.find({}, tmp_path) == here
    assert config.find({"MAILGATE_CONFIG": "/x.toml"}, tmp_path) == Path("/x.toml")


def test_given_a_container_when_the_environment_names_the_database_then_no_file_is_needed(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mailgate.toml").unlink()
    monkeypatch.setenv("MAILGATE_DATABASE__URL", f"sqlite:///{tmp_path}/var/mailgate.db")
    assert mailgate("ledger").code == 0


def test_point_2_given_init_when_made_then_operators_can_work_at_once(mailgate: Run, tmp_path: Path) -> None:
    answer = mailgate("init", "gate", "--domain", "firma.test")
    assert answer.code == 0, answer.err
    database = tmp_path / "gate" / "var" / "mailgate.db"
    assert f"{database}\n" in answer.out
    assert database.stat().st_mode & 0o077 == 0
    assert mailgate("customer", "add", "Kunde AS", "--config", "gate/mailgate.toml").code == 0


def test_given_every_command_when_listed_then_those_that_need_no_settings_are_known() -> None:
    need_none = {"sample", "init", "run", "demo", "parse", "explain", "policy", "inject"}
    assert need_none | {words[0] for words in OPERATORS} >= set(COMMANDS)


def test_given_a_gateway_that_runs_when_it_says_what_to_type_then_that_finds_the_installation(mailgate: Run, tmp_path: Path) -> None:
    mailgate("init", "my gate", "--domain", "firma.test")
    named = config.load(tmp_path / "my gate" / "mailgate.toml", {})
    assert typed_again(named, "/opt/x/bin/mailgate") == ("/opt/x/bin/mailgate", f" --config '{tmp_path}/my gate/mailgate.toml'")
    bare = config.load(None, {"MAILGATE_DATABASE__URL": "sqlite:////tmp/x.db"}, make_secrets=False)
    assert typed_again(bare, "-c") == ("MAILGATE_DATABASE__URL=sqlite:////tmp/x.db mailgate", "")
