"""Versions of the policy: `mailgate policy activate`, `history`, `show`. In: documents and numbers. Out: rows, or what is wrong."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate import bootstrap
from mailgate.cli import output
from mailgate.cli.desk import login_name, one_line
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, settings
from mailgate.cli.policy_document import checked, document_bytes, passing
from mailgate.config import Settings
from mailgate.errors import NotAllowed, UsageError
from mailgate.rules.document import load
from mailgate.rules.document_file import policy_of
from mailgate.rules.examples import left_out
from mailgate.store.opening import open_store
from mailgate.store.rows import PolicyActivation, PolicyVersion
from mailgate.store.unit_of_work import Store

AuthorOption = Annotated[
    str | None, typer.Option("--author", "--as", metavar="NAME", help="Who does this, for the record. Default: the login name.")
]
COLUMNS = ("at", "version", "what", "author", "comment", "hash", "active")
WHAT = {"first": "began with", "activated": "activated", "rolled_back": "rolled back to"}


def activate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy document.")],
    comment: Annotated[str, typer.Option("--comment", metavar="WHY", help="Why; stays with the version.")],
    author: AuthorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a document as the next version and put it in force, when it has no problem and passes its own tests."""
    name, why = who(author), one_line(comment, "the comment")
    with opened(config) as (found, store):
        raw = document_bytes(file)
        policy = checked(raw, file, bootstrap.own_addresses(found).mailboxes, as_json=as_json)
        passing(policy, file, as_json=as_json)
        text = raw.decode("utf-8")
        with store.transaction() as uow:
            active = uow.policies.active()
            before = uow.policies.get(active) if active else None
            version = before if before and before.text == text else uow.policies.add(text, name, why, store.now())
        if as_json:
            print(output.json_line({**described(version), "active": True, "changed": version is not before}))
        elif version is before:
            print(f"version {version.number} is in force already, with this text; nothing was changed")
        else:
            print(f"version {version.number} ({version.sha256[:8]}) is in force" + (f"; before it, version {active}" if active else ""))


def rollback(
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="Number of a version; else the one before the one in force.")] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="WHY", help="Why; stays in the history.")] = "",
    author: AuthorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an earlier version in force again. What was in force meanwhile stays in the history."""
    name = who(author)
    with opened(config) as (found, store):
        with store.reading() as uow:
            record = uow.policies.history()
            version = uow.policies.get(number if number is not None else _before(record))
        if record and record[0].number == version.number:
            raise NotAllowed(f"version {version.number} is in force already")
        own = bootstrap.own_addresses(found).mailboxes
        policy = policy_of(version.text, own, f"version {version.number}", tested=True)
        why = one_line(comment, "the comment") if comment else f"back from version {record[0].number}"
        with store.transaction() as uow:
            uow.policies.roll_back(version.number, name, why, store.now())
    if as_json:
        print(output.json_line({**described(version), "active": True, "before": record[0].number, "tests_left_out": left_out(policy)}))
    else:
        print(f"version {version.number} ({version.sha256[:8]}) is in force again; before it, version {record[0].number}")
        _say_left_out(left_out(policy))


def _before(record: Sequence[PolicyActivation]) -> int:
    """What was in force when the version now in force was made live: each rollback goes one step further back, never forth.

    Raises NotAllowed when there was nothing before.
    """
    made = next((at for at, one in enumerate(record) if one.number == record[0].number and one.what != "rolled_back"), None)
    if made is None or made + 1 == len(record):
        raise NotAllowed("there is no version before the one in force" if record else "no version of the policy is in force yet")
    return record[made + 1].number


def history(limit: LimitOption = 50, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show what was in force since when, by whom and why, the newest first."""
    with opened(config) as (_, store), store.reading() as uow:
        found = uow.policies.history(limit)
    rows = [_line(activation, active=at == 0) for at, activation in enumerate(found)]
    if not as_json:
        rows = [{**row, "what": WHAT[row["what"]], "hash": row["hash"][:8], "active": "*" if row["active"] else ""} for row in rows]
    output.show(rows, COLUMNS, as_json, none="no version yet: the first start makes one")


def show(
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="Number of a version; else the one in force.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the text of a version to standard output as it was given; who made it, to standard error."""
    with opened(config) as (found, store), store.reading() as uow:
        active = uow.policies.active()
        wanted = number if number is not None else active
        if wanted is None:
            raise UsageError("no version of the policy yet: the first start makes one, or mailgate policy activate")
        version = uow.policies.get(wanted)
    document = load(version.text.encode(), bootstrap.own_addresses(found).mailboxes)
    untold = left_out(document.policy) if document.policy else 0  # none: another mailgate's document is shown all the same
    if as_json:
        print(output.json_line({**described(version), "active": wanted == active, "tests_left_out": untold, "text": version.text}))
        return
    made = f"{version.created_at:%Y-%m-%d %H:%M} UTC by {version.author}: {version.comment}"
    print(f"# version {version.number}{', in force' if wanted == active else ''}, made {made}", file=sys.stderr)
    _say_left_out(untold)
    sys.stdout.flush()
    sys.stdout.buffer.write(version.text.encode())


def _say_left_out(count: int) -> None:
    if count:
        print(f"# {count} of its tests read a mail file; they were run when it was activated, and cannot be run from here", file=sys.stderr)


def who(author: str | None) -> str:
    """The name for the record. Raises UsageError for one that is empty or too long."""
    return one_line(author, "the author's name") if author is not None else login_name()


@contextlib.contextmanager
def opened(config: Path | None) -> Iterator[tuple[Settings, Store]]:
    """Settings, and the store that they name, closed at the end. Raises ConfigError, SchemaMismatch, StoreUnavailable."""
    found = settings(config)
    store = open_store(found.database.url, pool_size=found.database.pool_size)
    try:
        yield found, store
    finally:
        store.database.close()


def described(version: PolicyVersion) -> dict[str, Any]:
    """A version without its text, as JSON shows it."""
    return {
        "version": version.number,
        "hash": version.sha256,
        "author": version.author,
        "comment": version.comment,
        "created_at": version.created_at,
    }


def _line(activation: PolicyActivation, *, active: bool) -> dict[str, Any]:
    return {
        "version": activation.number,
        "what": activation.what,
        "at": activation.at,
        "author": activation.author,
        "comment": activation.comment,
        "hash": activation.sha256,
        "active": active,
    }


VERBS: tuple[Callable[..., None], ...] = (activate, history, show, rollback)
"""In the order of the manual."""
