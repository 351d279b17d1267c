"""The command line as a whole: fast, quiet, one line per error, the right exit code."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from mailgate import __version__, cli
from mailgate.cli import COMMANDS, main
from mailgate.errors import ConfigError, MailgateError, NotAllowed, SchemaMismatch, StoreUnavailable, UsageError
from tools.command_tree import Command, tree, walk

PROGRAM = (sys.executable, "-c", "import sys; from mailgate.cli import main; sys.exit(main())")


def _run(*words: str, folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False, cwd=folder, **more)  # type: ignore[call-overload, no-any-return]


def test_given_version_when_asked_then_it_is_notified(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mailgate {__version__}\n"


def test_given_nothing_when_called_then_help_is_shown_and_it_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "wording"),
    [
        (["pars"], "No such command 'pars'"),
        (["parse"], "Missing argument 'PATH'"),
        (["parse", "--jsn", "x"], "No such option"),
        (["journal"], "Missing command"),
        (["journal", "list", "--state", "lost"], "'lost'"),
        (["journal", "list", "--limit", "0"], "greater than or equal to 1"),
        (["worker", "--processes", "65"], "less than or equal to 64"),
        (["ledger", "extra"], "extra"),
    ],
)
def test_given_a_wrong_call_when_made_then_one_line_says_so(words: list[str], wording: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"mailgate: [^\n]+; see mailgate[^\n]* --help\n", said.err)
    assert wording in said.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("bad", file="f", line=3), 2),
        (UsageError("bad"), 2),
        (SchemaMismatch("bad"), 2),
        (NotAllowed("bad"), 1),
        (StoreUnavailable("bad\nsecond line"), 1),
        (MailgateError("bad"), 1),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
        (typer.Exit(1), 1),
    ],
)
def test_given_an_error_when_a_command_raises_it_then_the_exit_code_is_the_contracts(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import mailgate.cli.ledger as command

    def ledger() -> None:
        raise error

    monkeypatch.setattr(command, "ledger", ledger)
    assert main(["ledger"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == (1 if isinstance(error, MailgateError) else 0)


def test_given_a_database_that_is_away_when_a_command_needs_it_then_the_line_says_where_and_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILGATE_DATABASE__URL", "postgresql+psycopg://u:geheim@127.0.0.1:1/x")
    assert main(["ledger"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("mailgate: postgresql+psycopg://u:***@127.0.0.1:1/x: the database cannot be reached; ")
    assert re.search(r'"127\.0\.0\.1", port 1 .*; mailgate doctor looks at it\n$', said), said
    assert "geheim" not in said


def test_given_an_error_that_nobody_foresaw_when_it_comes_then_the_user_sees_one_line_and_the_rest_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import sys, mailgate.cli as c, mailgate.cli.ledger as l\n"
        "def ledger(): raise ZeroDivisionError('geheim')\n"
        "l.ledger = ledger\nsys.exit(c.main(['ledger']))"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"mailgate: an error that was not foreseen, incident [0-9a-f]{8}; please report it with \S+\n", done.stderr)
    (kept,) = tmp_path.glob("mailgate-*.txt")
    assert "ZeroDivisionError: geheim" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_given_a_reader_that_goes_away_when_output_is_written_then_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    for number in range(300):
        (tmp_path / "mails" / f"{number:03}.eml").write_bytes(b"Subject: x\r\n\r\n" + b"y" * 2_000)
    with subprocess.Popen([*PROGRAM, "parse", "--json", "mails"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(30) == 1


def test_given_parse_when_it_runs_then_neither_database_nor_broker_nor_listener_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys; from mailgate.cli import main; code = main(['parse', '--json', '-'])\n"
        "heavy = ('sqlalchemy', 'dramatiq', 'aiosmtpd', 'jinja2', 'redis')\n"
        "print([m for m in sys.modules if m.split('.')[0] in heavy], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=b"Subject: x\r\n\r\ny\r\n", capture_output=True, timeout=60, check=False)
    assert json.loads(done.stdout)["subject"] == "x"
    assert done.stderr == b"[]\n"


def test_given_the_version_when_asked_for_then_what_only_other_commands_need_is_not_loaded() -> None:
    program = (
        "import sys; from mailgate.cli import main; main(['--version'])\n"
        "print(sorted({'secrets', 'tempfile', 'random', '_hashlib'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert done.stderr == b"[]\n"


def test_given_version_when_measured_then_it_comes_at_once(tmp_path: Path) -> None:
    def once() -> float:
        before = _children_s()
        assert _run("--version", folder=tmp_path).returncode == 0
        return _children_s() - before

    bare = min(_bare_start_s() for _ in range(5))
    assert min(once() for _ in range(5)) < 2 * bare


def _bare_start_s() -> float:
    """What the command line's library costs alone."""
    before = _children_s()
    subprocess.run([sys.executable, "-c", "import typer"], check=True)
    return _children_s() - before


def _children_s() -> float:
    """Processor time of ended children: a busy machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_given_a_command_when_asked_for_help_then_it_tells(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"Usage: mailgate {name}")
    assert shown.err == ""


@pytest.mark.parametrize("noun", [one for one in walk(tree()) if one.verbs], ids=lambda one: " ".join(one.path))
def test_given_a_noun_when_asked_for_help_then_no_line_of_it_is_cut_off(noun: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*noun.path, "--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert listed
    assert not re.search(r"\.\.\.$", listed, re.MULTILINE)


@pytest.mark.parametrize("command", list(walk(tree())), ids=lambda one: " ".join(one.path))
def test_given_a_command_when_asked_for_help_then_values_are_named_by_words(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.path, "--help"]) == 0
    assert not re.search(r"<(str|int|float|bool|path)\b|\blist\[", capsys.readouterr().out)


@pytest.mark.parametrize("locale", ["C", "POSIX", "nb_NO.ISO-8859-1"])
def test_given_a_terminal_without_utf_8_when_letters_are_printed_then_nothing_fails(locale: str, tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes("Subject: Blåbærsyltetøy 🫐\r\n\r\nø\r\n".encode())
    done = subprocess.run(
        [*PROGRAM, "parse", "m.eml"],
        capture_output=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0
    assert "Blåbærsyltetøy 🫐".encode() in done.stdout


def test_given_the_list_of_commands_when_compared_then_every_module_is_there() -> None:
    assert cli.LazyGroup(name="x").list_commands(None) == list(COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "To begin: mailgate init, then mailgate doctor, then mailgate run."),
        (("doctor",), "Exit code 1 when a check fails; a warning leaves it at 0."),
        (("restore",), "as the database that the settings name. Stop the gateway first."),
        (("restore",), "them to secrets.file."),
        (("backup",), "The settings file and the templates are not in it."),
        (("run",), "It stays in the foreground and logs to standard error."),
        (("postfix-config",), "Nothing is changed by it"),
        (("outbox", "retry"), "[ID]..."),
        (("journal", "take-back"), "{ID}..."),
        (("policy", "activate"), "Else MAILGATE_OPERATOR, SUDO_USER, the login name."),
    ],
)
def test_point_13_given_what_a_mail_operator_would_ask_when_helped_then_the_answer_stands_there(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    assert said in " ".join(capsys.readouterr().out.split())
