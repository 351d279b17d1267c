"""`mailgate policy activate|history|show|rollback`: versions of the policy. In: documents and numbers. Out: rows, or what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.app import App
from mailgate.application.policies import compare, versions
from mailgate.application.policies.documents import PolicyDocument
from mailgate.application.policies.versions import Activate, Rollback, Tried
from mailgate.application.principal import Principal
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, acting, open_app
from mailgate.cli.policy.diff import show_differences
from mailgate.cli.policy.documents import document_of, show_faults, shown_when_refused
from mailgate.errors import UsageError

AuthorOption = Annotated[
    str | None,
    typer.Option(
        "--author", "--as", metavar="NAME", help="The operator's name in the history. Else MAILGATE_OPERATOR, SUDO_USER, the login name."
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Activate it although cases or customers have a status or agreement that it lacks.")]
COLUMNS = ("at", "version", "what", "author", "comment", "hash", "active")
WHAT = {"first": "began with", "activated": "activated", "rolled_back": "rolled back to"}


def activate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy document.")],
    comment: Annotated[
        str | None, typer.Option("--comment", metavar="WHY", help="Why; stays with the version. Needed, except with --dry-run.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it, and say what it would change and leave behind.")] = False,
    yes: YesOption = False,
    author: AuthorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a policy document as the next version and make it the active one, if it has no problems and passes its own tests."""
    principal = acting(author)
    with open_app(config) as app, shown_when_refused(as_json):
        if dry_run:
            _try(app, principal, document_of(file), as_json)
            return
        if comment is None:
            raise UsageError("say why it is activated, with --comment; it stays in the history")
        done = versions.activate(app, principal, Activate(document_of(file), comment, yes))
        if done.checked is not None:
            show_faults(done.checked, as_json)
        for sentence in done.unknown:
            output.note(f"not known: {sentence}")
    version = done.version
    if as_json:
        print(output.json_line({**asdict(version), "active": True, "changed": done.changed}))
    elif not done.changed:
        print(f"version {version.version} is in force already, with this text; nothing was changed")
    else:
        print(
            f"version {version.version} ({version.hash[:8]}) is in force" + (f"; before it, version {done.before}" if done.before else "")
        )


def _try(app: App, principal: Principal, document: PolicyDocument, as_json: bool) -> None:
    """What activating would change and leave behind. Raises PolicyRefused for a document that cannot be activated."""
    tried = versions.try_out(app, principal, document)
    compared = compare.compare(app, principal, compare.ComparePolicies(None, document))
    show_faults(tried.checked, as_json)
    if as_json:
        stranded = [asdict(one) for one in tried.left]
        print(output.json_line({"changed": not compared.same_text, "stranded": stranded, "unknown": tried.unknown}))
        return
    show_differences(compared.differences)
    if not compared.differences:
        print("nothing would change in meaning")
    show_consequences(tried)
    output.note("nothing has changed: this was a dry run")


def show_consequences(tried: Tried) -> None:
    """What a document leaves behind, and what its rules name that nobody has."""
    for one in tried.left:
        print(f"left behind: {one}")
    for sentence in tried.unknown:
        print(f"not known: {sentence}")


def rollback(
    number: Annotated[
        int | None, typer.Argument(metavar="N", help="Number of a version. Default: the one before the one in force.")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="WHY", help="Why; stays in the history.")] = "",
    yes: YesOption = False,
    author: AuthorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an earlier version in force again. The history keeps what was in force meanwhile."""
    principal = acting(author)
    with open_app(config) as app:
        done = versions.rollback(app, principal, Rollback(number, comment, yes))
    if as_json:
        print(output.json_line({**asdict(done.version), "active": True, "before": done.before, "tests_left_out": done.tests_left_out}))
    else:
        print(f"version {done.version.version} ({done.version.hash[:8]}) is in force again; before it, version {done.before}")
        _note_left_out(done.tests_left_out)


def history(limit: LimitOption = 50, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show which version was in force since when, by whom and why, the newest first."""
    with open_app(config) as app:
        rows = [asdict(one) for one in versions.history(app, acting(None), limit)]
    if not as_json:
        rows = [{**row, "what": WHAT[row["what"]], "hash": row["hash"][:8], "active": "*" if row["active"] else ""} for row in rows]
    output.show(rows, COLUMNS, as_json, none="no version yet: the first start makes one")


def show(
    number: Annotated[int | None, typer.Argument(metavar="N", help="Number of a version. Default: the one in force.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the text of a version to standard output, byte for byte; who made it, to standard error."""
    with open_app(config) as app:
        found = versions.show_version(app, acting(None), number)
    version = found.version
    if as_json:
        more = {"active": found.active, "tests_left_out": found.tests_left_out, "text": found.text}
        print(output.json_line({**asdict(version), **more}))
        return
    made = f"{output.one_line(version.created_at)} by {version.author}: {version.comment}"
    print(f"# version {version.version}{', in force' if found.active else ''}, made {made}", file=sys.stderr)
    _note_left_out(found.tests_left_out)
    sys.stdout.flush()
    sys.stdout.buffer.write(found.text.encode())


def _note_left_out(count: int) -> None:
    if count:
        print(f"# {count} of its tests read a mail file; they were run when it was activated, and cannot be run from here", file=sys.stderr)


VERBS: tuple[Callable[..., None], ...] = (activate, history, show, rollback)
"""In the order of the manual."""
