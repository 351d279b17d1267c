"""`mailgate case`: make cases, show them, comment on them and move them, as an operator. In: arguments. Out: NDJSON or text.

Parses, calls the use case, prints. Exit code 1 when the workflow does not allow what is asked.
"""

from __future__ import annotations

import mimetypes
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.cases import choices, correct, create, edit, operate, people, read
from mailgate.application.cases import comment as comments
from mailgate.application.cases.comment import NewFile
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.words import MAX_TEXT_CHARS
from mailgate.cli.case import view
from mailgate.cli.following import FollowOption
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, acting, open_app
from mailgate.cli.output import note as say
from mailgate.cli.output import show, show_one
from mailgate.errors import UsageError

app = noun("Cases: make them, show them, change them. Participants are notified by mail unless the help says otherwise.")

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The case's key, such as SUP-123, or its id.")]
_NAMES_A_CASE = re.compile(r"[A-Za-z]{1,10}-[0-9]+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
FilesOption = Annotated[list[Path] | None, typer.Option("--file", metavar="PATH", help="A file to attach; may be given again.")]
EnvironmentOption = Annotated[str, typer.Option("--environment", help="Where the problem is seen; some case types ask for it.")]


@app.command()
def new(
    reporter: Annotated[str, typer.Option(metavar="ADDRESS", help="Mail address of the contact whose case it is.")],
    summary: Annotated[str, typer.Option(help="What it is about, in one line.")],
    description: Annotated[str, typer.Option(help="The whole matter; - reads standard input.")] = "",
    case_type: Annotated[str, typer.Option("--type", help="A case type of the policy; default: the one it names.")] = "",
    priority: Annotated[str, typer.Option(help="A priority of the policy; default: the one it names.")] = "",
    component: Annotated[str, typer.Option(help="Part of the product.")] = "",
    environment: EnvironmentOption = "",
    assignee: Annotated[str, typer.Option(metavar="NAME", help="Who is responsible.")] = "",
    participant: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="A contact who takes part; may be given again.")] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a case; its reporter and participants are notified."""
    command = create.CreateCase(
        summary=summary,
        reporter=reporter,
        description=given_text(description),
        case_type=case_type,
        priority=priority,
        component=component,
        environment=environment,
        assignee=assignee,
        participants=tuple(participant or ()),
    )
    with open_app(config) as opened:
        made = create.create_case(opened, acting(operator), command)
        types = choices.show_choices(opened, acting(operator), "en").types
    answer(made, as_json)
    if not environment and any("environment" in one.asks for one in types if one.key == made.type):
        say(f"a {made.type} asks for the environment; mailgate case edit {made.key} --environment …")


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only cases in this status, such as waiting_customer.")] = None,
    contact: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only cases in which this contact takes part.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="NAME", help="Only cases of this customer (name, domain or id).")] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", metavar="NAME", help="Only cases of this person; empty: nobody's.")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only cases that are neither solved nor closed.")] = False,
    unanswered: Annotated[bool, typer.Option("--unanswered", help="Only cases that wait for an answer of ours.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only cases whose answer was due before now.")] = False,
    text: Annotated[str, typer.Option(metavar="WORDS", help="Only cases with all of these words, a key or a number.")] = "",
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List cases, the newest first."""
    command = read.ListCases(
        status, contact, customer, limit, text=text, assignee=assignee, open=open_, unanswered=unanswered, overdue=overdue
    )
    with open_app(config) as opened:
        found = read.list_cases(opened, acting(None), command)
    show([asdict(row) for row in found.rows], ("key", "status", "assignee", "updated_at", "reporter", "summary"), as_json, none="no cases")


@app.command("show")
def show_(
    key: KeyArgument,
    whole: Annotated[bool, typer.Option("--whole", help="Also show the signatures and quoted mails that were cut off.")] = False,
    follow: FollowOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one case: participants, comments, events, and what can be done from here."""
    with open_app(config) as opened:
        if follow:
            view.follow(lambda: asdict(read.show_case(opened, acting(None), read.ShowCase(key))), as_json)
        found = asdict(read.show_case(opened, acting(None), read.ShowCase(key)))
        short = correct.short_comment_ids(opened, acting(None), [one["id"] for one in found["comments"]])
    if as_json:
        show_one(found, as_json=True)
    else:
        said = [{**one, "id": short.get(one["id"], one["id"])} for one in found["comments"]]
        view.print_whole({**found, "comments": said}, whole)


@app.command()
def comment(
    key: KeyArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads standard input.")],
    note: Annotated[bool, typer.Option("--note", help="For operators only: nobody is notified.")] = False,
    file: FilesOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Comment on a case; its participants are notified, unless it is a note."""
    command = comments.AddComment(key, given_text(text), files_of(file or ()))
    with open_app(config) as opened:
        add = comments.add_note if note else comments.add_comment
        answer(add(opened, acting(operator), command), as_json)


@app.command()
def attach(
    key: KeyArgument,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files to attach.")],
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Attach files without a comment; participants are notified of their names."""
    command = comments.AttachFiles(key, files_of(paths))
    with open_app(config) as opened:
        answer(comments.attach_files(opened, acting(operator), command), as_json)


@app.command("do")
def do_(
    key: KeyArgument,
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="An operation of the workflow, such as ask_customer.")],
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="A comment that goes with it; - reads standard input.")] = "",
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do one operation of the workflow; participants are notified of the new status."""
    if _NAMES_A_CASE.fullmatch(operation) and not _NAMES_A_CASE.fullmatch(key):  # in earlier releases the operation came first
        operation, key = key, operation
    command = operate.Operate(key, operation, given_text(comment))
    with open_app(config) as opened:
        answer(operate.operate(opened, acting(operator), command), as_json)


@app.command()
def assign(
    key: KeyArgument,
    assignee: Annotated[str, typer.Argument(metavar="NAME", help="Who is responsible from now on.")] = "",
    nobody: Annotated[bool, typer.Option("--nobody", help="Take the case from everyone.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make someone responsible for a case; participants are notified."""
    if bool(assignee) == nobody:
        raise UsageError(f"who? mailgate case assign {key} NAME, or mailgate case assign {key} --nobody")
    with open_app(config) as opened:
        answer(operate.assign(opened, acting(operator), operate.Assign(key, assignee)), as_json)


@app.command("edit")
def edit_(
    key: KeyArgument,
    summary: Annotated[str | None, typer.Option("--summary", help="What it is about, in one line.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="The whole matter; - reads standard input.")] = None,
    case_type: Annotated[str | None, typer.Option("--type", help="A case type of the policy.")] = None,
    priority: Annotated[str | None, typer.Option("--priority", help="A priority of the policy.")] = None,
    component: Annotated[str | None, typer.Option("--component", help="Part of the product; empty: none.")] = None,
    environment: Annotated[str | None, typer.Option("--environment", help="Where the problem is seen; empty: not stated.")] = None,
    version: Annotated[int | None, typer.Option("--if-version", help="Only when the case is still at this version.")] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the fields that are given; nobody is notified."""
    text = given_text(description) if description is not None else None
    command = edit.EditCase(key, summary, text, case_type, priority, component, environment, version)
    with open_app(config) as opened:
        answer(edit.edit_case(opened, acting(operator), command), as_json)


@app.command()
def clone(key: KeyArgument, operator: OperatorOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Make a new case with the fields and people of another, without its comments; they are notified."""
    with open_app(config) as opened:
        answer(create.clone_case(opened, acting(operator), create.CloneCase(key)), as_json)


@app.command()
def participant(
    key: KeyArgument,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The contact's mail address.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove the participant.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a participant to a case, or approve one who waits; --remove removes one."""
    with open_app(config) as opened:
        who = acting(operator)
        if remove:
            answer(people.remove_participant(opened, who, people.RemoveParticipant(key, address)), as_json)
        else:
            answer(people.add_participant(opened, who, people.AddParticipant(key, address)), as_json)


def given_text(text: str) -> str:
    """The text, or standard input when it is `-`."""
    return sys.stdin.buffer.read(4 * MAX_TEXT_CHARS + 1).decode("utf-8", "replace") if text == "-" else text


def files_of(paths: Sequence[Path]) -> tuple[NewFile, ...]:
    """The files with their bytes and a type guessed by name. Raises UsageError for one that cannot be read."""
    return tuple(_file(path) for path in paths)


def _file(path: Path) -> NewFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    return NewFile(path.name, content, mimetypes.guess_type(path.name)[0] or "application/octet-stream")


def answer(row: CaseRow | ContactCaseRow, as_json: bool) -> None:
    """What a command that changed a case answers: the case as it is now."""
    if as_json:
        show_one(asdict(row), as_json=True)
    else:
        print(f"{row.key}  {row.status_label}  {row.summary}")
