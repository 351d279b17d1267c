"""`mailgate case approve|refuse|merge|move-comment|delete-file`: corrections to a case. In: arguments. Out: NDJSON or text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mailgate.application.app import App
from mailgate.application.cases import correct, people
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.principal import Principal
from mailgate.cli.case.everyday import KeyArgument, answer, app
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption, ReasonOption, acting, open_app

Command = TypeVar("Command")
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="Mail address of the waiting colleague.")]


@app.command()
def approve(
    key: KeyArgument,
    address: AddressArgument,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a waiting colleague take part in a case."""
    _decide(people.approve_participant, people.DecideOnParticipant(key, address, reason or ""), operator, config, as_json)


@app.command()
def refuse(
    key: KeyArgument,
    address: AddressArgument,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn down a waiting colleague; they are not notified."""
    _decide(people.refuse_participant, people.DecideOnParticipant(key, address, reason or ""), operator, config, as_json)


@app.command()
def merge(
    key: KeyArgument,
    into: Annotated[str, typer.Option("--into", metavar="KEY", help="The case to keep.")],
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge a duplicate into another case of the same customer: comments and participants move there, and the duplicate is closed."""
    _decide(correct.merge_case, correct.MergeCase(key, into, reason or ""), operator, config, as_json)


@app.command("move-comment")
def move_comment(
    comment_id: Annotated[str, typer.Argument(metavar="COMMENT", help="Id of the comment, as case show gives it, or its beginning.")],
    to: Annotated[str, typer.Option("--to", metavar="KEY", help="The case it belongs to.")],
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move a comment with its files to another case, and notify the participants there; no status changes."""
    _decide(correct.move_comment, correct.MoveComment(comment_id, to, reason or ""), operator, config, as_json)


@app.command("delete-file")
def delete_file(
    key: KeyArgument,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file's name, or the beginning of its SHA-256.")],
    comment: Annotated[str, typer.Option("--comment", metavar="ID", help="The comment that it is on, when several have such a file.")] = "",
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete one attachment. The mail that it came with keeps it until retention deletes that mail's bytes."""
    _decide(correct.delete_file, correct.DeleteFile(key, file, comment, reason or ""), operator, config, as_json)


def _decide(
    use_case: Callable[[App, Principal, Command], CaseRow | ContactCaseRow],
    command: Command,
    operator: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Run one use case and show the case as it is afterwards."""
    with open_app(config) as opened:
        answer(use_case(opened, acting(operator), command), as_json)
