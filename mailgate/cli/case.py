"""`mailgate case`: make cases, show them, comment on them and move them, as an operator. In: arguments. Out: NDJSON or text.

Every change makes events, and notices to the case's participants. Exit code 1 when the workflow does not allow what is asked.
"""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.cases import changes
from mailgate.cases.changes import Draft, NewCase, Stamp
from mailgate.cases.model import Case, Change, Contact, StoredFile
from mailgate.cli import case_view
from mailgate.cli.desk import Desk, contact_of, customer_of, mail_address, one_line, one_of, open_desk, whole_text
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption
from mailgate.cli.output import show, show_one
from mailgate.errors import UsageError
from mailgate.rules.facts import DEFAULT_AGREEMENT

if TYPE_CHECKING:
    from mailgate.store.unit_of_work import UnitOfWork

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Cases.")

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The case's key, such as SUP-123, or its id.")]


@app.command()
def new(
    reporter: Annotated[str, typer.Option(help="Mail address of the contact whose case it is.")],
    summary: Annotated[str, typer.Option(help="What it is about, in one line.")],
    description: Annotated[str, typer.Option(help="The whole matter; - reads standard input.")] = "",
    case_type: Annotated[str, typer.Option("--type", help="problem, forbedring, driftsproblem or spørsmål.")] = "problem",
    priority: Annotated[str, typer.Option(help="critical, high, normal or low.")] = "normal",
    component: Annotated[str, typer.Option(help="Part of the product.")] = "",
    assignee: Annotated[str, typer.Option(help="Who is responsible.")] = "",
    participant: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="A contact who takes part; may be given again.")] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a case; its reporter and participants are told."""
    with open_desk(config, operator) as desk:
        wanted: dict[str, Any] = {
            "summary": one_line(summary, "the summary"),
            "description": whole_text(description, "the description") if description else "",
            "case_type": one_of(case_type, [choice.key for choice in desk.policy.case_types], "case type"),
            "priority": one_of(priority, [choice.key for choice in desk.policy.priorities], "priority"),
            "component": one_line(component, "the component") if component else "",
            "assignee": one_line(assignee, "the assignee") if assignee else "",
        }
        _show_case(desk, _create(desk, reporter, participant or [], wanted), as_json)


def _create(desk: Desk, reporter: str, participants: list[str], wanted: dict[str, Any]) -> Case:
    with desk.store.transaction() as uow:
        people = [contact_of(uow, address) for address in (reporter, *participants)]
        company = uow.customers.get({people[0].customer_id}).get(people[0].customer_id) if people[0].customer_id else None
        wanted = {**wanted, "agreement": company.agreement if company else DEFAULT_AGREEMENT}
        number = uow.cases.next_number()
        key = f"{desk.settings.service.case_prefix}-{number}"
        fresh = NewCase(number=number, key=key, reporter=people[0], participants=tuple(people[1:]), **wanted)
        change = changes.create_case(fresh, desk.stamp(uow, people))
        uow.cases.write([change])
    return change.case


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="Only cases in this status (its key, such as waiting_customer).")] = None,
    contact: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only cases in which this contact takes part.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="NAME", help="Only cases of this customer (name, domain or id).")] = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List cases, the newest first."""
    with open_desk(config) as desk:
        if status is not None:
            one_of(status, [known.key for known in desk.policy.workflow.statuses], "status")
        with desk.store.reading() as uow:
            contact_id = contact_of(uow, contact).id if contact else None
            customer_id = customer_of(uow, customer).id if customer else None
            found = uow.cases.list(limit, status=status, contact_id=contact_id, customer_id=customer_id)
        rows = [case_view.summary(desk, case) for case in found]
        show(rows, ("key", "status", "assignee", "updated_at", "reporter", "summary"), as_json, none="no cases")


@app.command("show")
def show_(key: KeyArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one case: participants, conversation, events, and what can be done from here."""
    with open_desk(config) as desk:
        with desk.store.reading() as uow:
            case = uow.cases.get(key)
            view = case_view.whole(desk, uow, case)
        if as_json:
            show_one(view, as_json=True)
        else:
            case_view.print_whole(view)


@app.command()
def comment(
    key: KeyArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads standard input.")],
    note: Annotated[bool, typer.Option("--note", help="For operators only: told to nobody.")] = False,
    file: Annotated[list[Path] | None, typer.Option(metavar="PATH", help="A file to attach; may be given again.")] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Comment on a case; its participants are told, unless it is a note."""
    with open_desk(config, operator) as desk:
        contents = [_content(path, desk.settings.smtp.max_message_bytes) for path in file or []]
        draft = Draft(whole_text(text, "the comment"), tuple(stored for stored, _ in contents))
        add = changes.add_note if note else changes.add_comment

        def make(uow: UnitOfWork, case: Case, stamp: Stamp) -> Change:
            uow.blobs.put([(stored.sha256, content) for stored, content in contents])
            return add(case, draft, stamp)

        _show_case(desk, desk.change(key, make), as_json)


def _content(path: Path, max_bytes: int) -> tuple[StoredFile, bytes]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > max_bytes:
        raise UsageError(f"{path}: {len(content)} bytes are too many; {max_bytes} are the most")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StoredFile(hashlib.sha256(content).hexdigest(), one_line(path.name, "the file's name"), kind, len(content)), content


@app.command("do")
def do_(
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="An operation of the workflow, such as ask_customer.")],
    key: KeyArgument,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do one operation of the workflow; participants are told of the new status."""
    with open_desk(config, operator) as desk:
        _show_case(desk, desk.change(key, lambda _, case, stamp: changes.operate(case, operation, stamp)), as_json)


@app.command()
def assign(
    key: KeyArgument,
    assignee: Annotated[str, typer.Argument(metavar="[NAME]", help="Who is responsible from now on.")] = "",
    nobody: Annotated[bool, typer.Option("--nobody", help="Take the case from everyone.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make someone responsible for a case; participants are told."""
    if bool(assignee) == nobody:
        raise UsageError("name one person, or say --nobody")
    name = "" if nobody else one_line(assignee, "the name")
    with open_desk(config, operator) as desk:
        _show_case(desk, desk.change(key, lambda _, case, stamp: changes.assign(case, name, stamp)), as_json)


@app.command()
def participant(
    key: KeyArgument,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The contact's mail address.")],
    remove: Annotated[bool, typer.Option("--remove", help="End the contact's part.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a contact take part in a case, or approve one who waits for it."""
    with open_desk(config, operator) as desk:

        def make(uow: UnitOfWork, case: Case, stamp: Stamp) -> Change:
            who: Contact = contact_of(uow, mail_address(address))
            return changes.remove_participant(case, who.address, stamp) if remove else changes.add_participant(case, who, stamp)

        _show_case(desk, desk.change(key, make), as_json)


def _show_case(desk: Desk, case: Case, as_json: bool) -> None:
    """What a command that changed a case answers: the case as it is now."""
    view: dict[str, Any] = case_view.summary(desk, case)
    if as_json:
        show_one(view, as_json=True)
    else:
        print(f"{view['key']}  {view['status_label']}  {view['summary']}")
