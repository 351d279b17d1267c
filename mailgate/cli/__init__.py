"""The command line: one module per noun, each loaded when it is called. Errors end here as one line on standard error and an exit code.

Exit codes: 0 done, 1 the answer is no (or nobody reads our output any more), 2 usage or configuration, 130 interrupted.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import TracebackType
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from mailgate import __version__
from mailgate.errors import ConfigError, MailgateError, SchemaMismatch, StoreUnavailable, UsageError, underlying

COMMANDS: Mapping[str, str] = {
    "init": "write mailgate.toml and fresh secrets into a folder",
    "run": "all parts in one process",
    "smtp": "the listener alone",
    "worker": "intake, notices and sending alone",
    "demo": "play the whole story on sample mail, then end",
    "parse": "read mail and show what was understood",
    "explain": "show what would happen to a mail, and why",
    "policy": "the operators' policy: check, test, schema, backtest, activate, history, show, diff, rollback",
    "inject": "put mail into the journal as SMTP would",
    "journal": "accepted mail: list, show, raw, release, discard, replay, audit",
    "outbox": "outgoing mail: list, show, raw, retry, cancel",
    "case": "cases: new, list, show, comment, do, assign, participant",
    "contact": "people: add, list, show, set",
    "customer": "companies: add, list, show, set",
    "suppression": "addresses that get no mail: list, add, remove",
    "report": "figures over time: legacy",
    "ledger": "prove that no accepted mail is missing",
    "dkim": "keys that sign our mail, and their DNS records",
    "doctor": "check what the gateway stands on, and say what to do",
    "db": "the database's schema: upgrade, check",
}
_USAGE_ERRORS = (UsageError, ConfigError, SchemaMismatch)


class LazyGroup(typer.core.TyperGroup):
    """Imports the module of a command when it is called, so that `mailgate parse` does not wait for the database's drivers."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the manual."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a module: its `app` for a noun with verbs, else its function of the same name; None when unknown."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"mailgate.cli.{cmd_name}")
        group = getattr(module, "app", None)
        if isinstance(group, typer.Typer):
            return typer.main.get_command(group)
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(cmd_name)(getattr(module, cmd_name))
        return typer.main.get_command(single)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list for --help, without importing them all."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(name="mailgate", cls=LazyGroup, add_completion=False, rich_markup_mode=None)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"mailgate {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """A mail gateway between customers' mailboxes and a company's case system."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Shows no traceback to anyone."""
    sys.excepthook = _unforeseen
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(encoding="utf-8", errors="backslashreplace")
    command = typer.main.get_command(app)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(args=given or ["--help"], prog_name="mailgate", standalone_mode=False)
        sys.stdout.flush()
        return (code if isinstance(code, int) else 0) if given else 2
    except typer.TyperException as error:
        return _refuse(_usage(error), 2)
    except StoreUnavailable as error:
        return _refuse("; ".join(filter(None, (str(error), underlying(error), "mailgate doctor looks at it"))), 1)
    except MailgateError as error:
        return _refuse(str(error), 2 if isinstance(error, _USAGE_ERRORS) else 1)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        # Whatever is still buffered would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _refuse(text: str, code: int) -> int:
    line = " ".join(text.split()) or "refused"
    print(f"mailgate: {line}", file=sys.stderr)
    return code


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "mailgate"
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return f"{text.strip().rstrip('.')}; see {path} --help"


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One line for the user; the traceback goes to a file that only they can read."""
    incident = secrets.token_hex(4)
    handle, path = tempfile.mkstemp(prefix=f"mailgate-{incident}-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        traceback.print_exception(kind, error, trace, file=file)
    print(f"mailgate: an error that was not foreseen, incident {incident}; please report it with {path}", file=sys.stderr)
