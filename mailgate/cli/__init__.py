"""The command line: one module or folder per noun, loaded when it is called. Errors end here: one line on standard error and an exit code.

Exit codes: 0 done, 1 refused or a check failed (or the reader of our output is gone), 2 usage or configuration, 130 interrupted.
"""

from __future__ import annotations

import difflib
import errno
import gc
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Annotated, Any, TextIO, cast

import typer
import typer.core
import typer.main

from mailgate import __version__
from mailgate.cli.groups import name_values
from mailgate.cli.terminal import GuardedStream, shown
from mailgate.errors import (
    Ambiguous,
    ConfigError,
    Invalid,
    MailgateError,
    NotFound,
    SchemaMismatch,
    StoreUnavailable,
    UsageError,
    underlying,
)

GROUPS: Mapping[str, Mapping[str, str]] = {
    "Set up": {
        "init": "write mailgate.toml, policy.yaml and fresh secrets into a folder",
        "doctor": "check what the gateway depends on, and say what to do",
        "dkim": "print the DNS records of our signing keys; make keys when there are none",
        "postfix-config": "print the settings of a Postfix in front of mailgate and behind it",
        "db": "the database: check or upgrade its schema, copy it to another one",
        "backup": "copy the database into a folder, while the gateway runs; the keys apart",
        "restore": "put a backup in place; its unfinished mail waits for you",
    },
    "Run": {
        "run": "the listener, all stages and the web pages",
        "smtp": "the SMTP and LMTP listener alone, for several processes or hosts",
        "worker": "the stages alone: intake, notices and sending",
        "web": "the web pages alone, for several processes or hosts",
        "demo": "run a scripted morning on sample mail, check the results, and end",
        "sample": "fill an empty database with a sample desk to look at, and print who to log in as",
    },
    "Try out": {
        "parse": "read mail files and show what was understood",
        "explain": "show what would happen to mail files, and why",
        "inject": "accept mail files as SMTP would",
        "policy": "the operators' policy: check, test, schema, edit, activate, history, show, rollback, diff, backtest",
    },
    "Mail": {
        "todo": "what waits for a person, and what to type next",
        "journal": "accepted mail: list, show, raw, report, release, take-back, discard, replay, audit",
        "outbox": "outgoing mail: list, show, raw, retry, cancel, restored",
        "suppression": "addresses that get no mail: list, add, remove",
        "template": "templates and words of our mails: check, preview",
    },
    "Cases and people": {
        "case": "cases: new, list, show, comment, do, assign, edit, clone, merge and more",
        "contact": "people: add, import, list, show, set, join",
        "customer": "companies: add, import, list, show, set",
        "person": "one person's data: export, erase",
        "account": "who may log in on the web: add, list, disable, reset-link and more",
    },
    "Figures and records": {
        "ledger": "prove that no accepted mail is missing",
        "report": "figures over time; legacy: who still asks for help by mail",
        "audit": "who changed what, when and why",
    },
}
"""The commands as `mailgate --help` shows them: heading, command, what it does."""
COMMANDS: Mapping[str, str] = {name: does for group in GROUPS.values() for name, does in group.items()}
FOLDERS: Mapping[str, str] = {
    **dict.fromkeys(("run", "smtp", "worker", "web"), "processes."),
    **dict.fromkeys(("parse", "explain", "inject"), "mail_files."),
    **dict.fromkeys(("postfix-config", "backup", "restore"), "system."),
}
"""The folder of a command that shares one with its siblings."""
_USAGE_ERRORS = (UsageError, ConfigError, NotFound, Ambiguous, Invalid)
_GARBAGE_THRESHOLDS = (20_000, 20, 50)
"""Of `gc.set_threshold`. Loading modules makes much that stays: looking through it again and again takes a tenth of a short command."""
_UNWRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
KEY = re.compile(r"[A-Za-z]{1,10}-[0-9]+")
"""The form of a case key."""
_ADD = {"contact": "mailgate contact add", "customer": "mailgate customer add"}
"""The command that makes what was not found, by kind."""


def module_of(command: str) -> ModuleType:
    """The module of a command, imported."""
    return import_module(f"mailgate.cli.{FOLDERS.get(command, '')}{function_of(command)}")


def function_of(command: str) -> str:
    """The name of a command's module and function."""
    return command.replace("-", "_")


class LazyGroup(typer.core.TyperGroup):
    """Imports the module of a command when it is called, so that `mailgate parse` does not wait for the database's drivers."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the manual."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a module: its `app` for a noun with verbs, else its function of the same name; None when unknown."""
        if cmd_name not in COMMANDS:
            return None
        module = module_of(cmd_name)
        return _built(cmd_name, getattr(module, "app", None) or getattr(module, function_of(cmd_name)))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list for --help, without importing them all."""
        for heading, commands in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{max(map(len, COMMANDS))}}", does) for name, does in commands.items()])


@cache
def _built(name: str, command: Any) -> Any:
    """What Typer makes of a noun with verbs or of one function. Cached for callers of several: making it takes as long as most commands."""
    if isinstance(command, typer.Typer):
        return name_values(typer.main.get_command(command))
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name)(command)
    return name_values(typer.main.get_command(single))


app = typer.Typer(
    name="mailgate", cls=LazyGroup, add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"mailgate {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """A mail gateway between customers' mailboxes and a company's case system.

    To begin: mailgate init, then mailgate doctor, then mailgate run. Every command has --help.

    Settings are in the file that --config or MAILGATE_CONFIG names, else in ./mailgate.toml, else in /etc/mailgate/mailgate.toml.
    Exit codes: 0 done, 1 refused or a check failed, 2 wrong usage or settings.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Shows no traceback to anyone."""
    sys.excepthook = _unforeseen
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(encoding="utf-8", errors="backslashreplace")
    streams = _there(sys.stdout), _there(sys.stderr)
    sys.stdout, sys.stderr = (cast(TextIO, GuardedStream(stream)) for stream in streams)
    try:
        return _run(arguments)
    finally:
        sys.stdout, sys.stderr = streams
        for stream in streams:
            _give_up_unwritten(stream)


def _run(arguments: Sequence[str] | None) -> int:
    command = typer.main.get_command(app)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        os.getcwd()
    except OSError as error:
        return _refuse(f"the folder that this shell is in cannot be used: {error.strerror}; go to another one", 2)
    try:
        code = command.main(args=given or ["--help"], prog_name="mailgate", standalone_mode=False)
        sys.stdout.flush()
        return (code if isinstance(code, int) else 0) if given else 2
    except typer.TyperException as error:
        return _refuse(_usage(error), 2)
    except StoreUnavailable as error:
        said = "; ".join(filter(None, (str(error), underlying(error), "mailgate doctor looks at it")))
        return _refuse(_placed(error.place, said), 1)
    except SchemaMismatch as error:
        return _refuse(_placed(error.place, str(error)), 2)
    except SystemExit as left:  # how Typer leaves when nobody reads our output any more: it catches the BrokenPipeError
        return left.code if isinstance(left.code, int) else 1
    except MailgateError as error:
        return _refuse(_with_hint(error), 2 if isinstance(error, _USAGE_ERRORS) else 1)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        _give_up_unwritten(sys.stdout)
        return 1
    except OSError as error:
        if error.filename is None and error.errno not in _UNWRITTEN:
            raise
        _give_up_unwritten(sys.stdout)
        return _refuse(_of_the_system(error), 1)


def _placed(place: str, text: str) -> str:
    return f"{place}: {text}" if place else text


def _there(stream: TextIO | None) -> TextIO:
    """The stream, or one that keeps nothing where who started us has closed it (`>&-`)."""
    return stream if stream is not None else open(os.devnull, "w", encoding="utf-8")


def _of_the_system(error: OSError) -> str:
    """A file that cannot be used, or a disk that takes nothing: what, where and what to do."""
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}; check the path, who owns it, and the space on its disk"
    return f"what was to be written cannot be: {error.strerror}; make room on the disk of the output, or write it elsewhere"


def _give_up_unwritten(stream: TextIO) -> None:
    """What nobody takes any more would fail again when the interpreter ends, and make its exit code 120."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _with_hint(error: MailgateError) -> str:
    if isinstance(error, NotFound) and error.kind == "contact" and "@" not in error.name:
        return f"{error}: contacts go by their mail address; mailgate contact list shows them"
    if isinstance(error, NotFound) and error.kind == "customer":
        return f"{error}; mailgate customer list shows them, {_ADD[error.kind]} {_typed(error.name)} makes it"
    if isinstance(error, NotFound) and error.kind in _ADD:
        return f"{error}; {_ADD[error.kind]} {_typed(error.name)}"
    if isinstance(error, NotFound) and error.kind == "case" and not KEY.fullmatch(error.name):
        return f"{error}; keys look like SUP-123, and mailgate case list shows them"
    if isinstance(error, NotFound) and error.kind == "suppression":
        return f"{error}; mailgate suppression list shows who is"
    if isinstance(error, Invalid) and error.code == "exists":
        noun = "contact" if error.field == "address" else "customer"
        return f"{error}; mailgate {noun} set {_typed(str(error.values[error.field]))}"
    return str(error)


def _typed(name: str) -> str:
    """A name as it can be typed again: addresses as they are, names in quotes."""
    return name if "@" in name else repr(name)


def _refuse(text: str, code: int) -> int:
    line = shown(" ".join(text.split())) or "refused"
    print(f"mailgate: {line}", file=sys.stderr)
    return code


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "mailgate"
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    text = text.strip().rstrip(".").replace(": Value error, ", ": ")
    return f"{text}{_meant(text, context)}; see {path} --help"


def _meant(text: str, context: Any) -> str:
    """The command or choice that was meant instead of one that does not exist; "" when none is like it."""
    if choice := re.search(r"'([^']+)' is not one of (.+)$", text):
        near = difflib.get_close_matches(choice.group(1), re.findall(r"'([^']+)'", choice.group(2)), n=1, cutoff=0.5)
        return f"; did you mean {near[0]}?" if near else ""
    found = re.match(r"No such command '(.+)'", text)
    if found is None or context is None:
        return ""
    near = difflib.get_close_matches(found.group(1), context.command.list_commands(context), n=1, cutoff=0.5)
    return f"; did you mean {context.command_path} {near[0]}?" if near and "Did you mean" not in text else ""


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One line for the user; the traceback goes to a file that only they can read."""
    import tempfile  # with `random` and OpenSSL beneath it: a tenth of the start of a short command

    incident = os.urandom(4).hex()
    handle, path = tempfile.mkstemp(prefix=f"mailgate-{incident}-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        traceback.print_exception(kind, error, trace, file=file)
    print(f"mailgate: an error that was not foreseen, incident {incident}; please report it with {path}", file=sys.stderr)
