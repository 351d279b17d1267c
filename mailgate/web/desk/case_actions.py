"""What staff do on a case. Each act: form to command, one use case, back to the page. What was typed is kept when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from mailgate.application.cases import comment as comments
from mailgate.application.cases import correct, edit, operate, people, undo
from mailgate.application.desk.texts import ReplyTextName, show_reply_text
from mailgate.errors import Ambiguous, Conflict, Invalid, NotAllowed, NotFound
from mailgate.web.desk.case import STALE, desk_case_page
from mailgate.web.desk.paths import case_path
from mailgate.web.pages import keeping
from mailgate.web.pages.request import Answer, PageRequest, Redirect
from mailgate.web.portal.case_actions import kept, new_files

FIELDS = ("summary", "case_type", "priority", "component", "environment")


def reply(request: PageRequest) -> Answer:
    """Answer or leave a note, with files; with an operation in the same step."""
    form, key = request.form, request.params["key"]
    if form.text("insert"):
        return _with_saved_text(request)
    if form.text("discard"):
        return kept(request, case_path(key))
    text, files, version = form.text("text"), new_files(form.files("files")), form.number("version")
    operation = form.text("operation") if form.text("kind") != "note" else ""
    said = text if text.strip() else ""

    def run() -> object:
        if not said and not files and not operation:
            raise Invalid("text", "nothing", "write something, attach a file or choose an operation")
        if form.text("kind") == "note":
            return comments.add_note(request.app, request.principal, comments.AddComment(key, said, files, version))
        if operation:
            return operate.operate(request.app, request.principal, operate.Operate(key, operation, said, version, files))
        if not said:
            return comments.attach_files(request.app, request.principal, comments.AttachFiles(key, files, version))
        return comments.add_comment(request.app, request.principal, comments.AddComment(key, said, files, version))

    answer = _done(request, run, "flash.noted" if form.text("kind") == "note" else "flash.replied")
    if isinstance(answer, Redirect):
        keeping.sent(request.app, request.me, case_path(key), form)
    return answer


def _with_saved_text(request: PageRequest) -> Answer:
    """The page again with a saved text behind what was typed: what the button does where no script puts it in."""
    language, _, name = request.form.text("saved_text").partition(" ")
    try:
        found = show_reply_text(request.app, request.principal, ReplyTextName(name, language))
    except NotFound as error:
        return _again(request, 422, (Invalid("saved_text", "unknown", str(error)),))
    typed = "\n\n".join(filter(None, (request.form.text("text").strip(), found.text)))
    return desk_case_page(request, request.params["key"], typed={**request.form.fields, "text": typed})


def assign(request: PageRequest) -> Answer:
    """Assign the case to somebody, or take it."""
    name = request.principal.name if request.form.text("take") else request.form.text("assignee")
    command = operate.Assign(request.params["key"], name, request.form.number("version"))
    return _done(request, lambda: operate.assign(request.app, request.principal, command), "flash.assigned")


def set_fields(request: PageRequest) -> Answer:
    """Change the fields that staff sort by."""
    given = {name: request.form.text(name) for name in FIELDS if name in request.form.fields}
    command = edit.EditCase(request.params["key"], **given, version=request.form.number("version"))
    return _done(request, lambda: edit.edit_case(request.app, request.principal, command), "flash.edited")


def add_participant(request: PageRequest) -> Answer:
    """Add a participant."""
    command = people.AddParticipant(request.params["key"], request.form.text("address"))
    return _done(request, lambda: people.add_participant(request.app, request.principal, command), "flash.participant_added")


def remove_participant(request: PageRequest) -> Answer:
    """Remove a participant."""
    command = people.RemoveParticipant(request.params["key"], request.form.text("who"))
    return _done(request, lambda: people.remove_participant(request.app, request.principal, command), "flash.participant_removed")


def decide(request: PageRequest) -> Answer:
    """Approve or refuse a waiting colleague."""
    form = request.form
    command = people.DecideOnParticipant(request.params["key"], form.text("who"), form.text("reason"))
    use_case = people.approve_participant if form.text("decision") == "approve" else people.refuse_participant
    flash = "flash.approved" if form.text("decision") == "approve" else "flash.refused"
    return _done(request, lambda: use_case(request.app, request.principal, command), flash)


def take_back(request: PageRequest) -> Answer:
    """Take back what was done last, while no mail about it has left."""
    command = undo.TakeBack(request.params["key"])
    return _done(request, lambda: undo.take_back(request.app, request.principal, command), "flash.taken_back")


def withdraw(request: PageRequest) -> Answer:
    """Hide a comment from customers."""
    command = undo.WithdrawComment(request.form.text("comment"), request.form.text("reason"))
    return _done(request, lambda: undo.withdraw_comment(request.app, request.principal, command), "flash.withdrawn", field="comment")


def merge(request: PageRequest) -> Answer:
    """Merge this case into another one."""
    into = request.form.text("into").strip()
    command = correct.MergeCase(request.params["key"], into, request.form.text("reason"), request.form.number("version"))

    def run() -> object:
        if not into:
            raise Invalid("into", "empty", "name the case that goes on")
        return correct.merge_case(request.app, request.principal, command)

    return _done(request, run, "flash.merged", field="into", path=case_path(into))


def move_comment(request: PageRequest) -> Answer:
    """Move a comment to the case where it belongs."""
    command = correct.MoveComment(request.form.text("comment"), request.form.text("to").strip(), request.form.text("reason"))

    def run() -> object:
        if not command.to:
            raise Invalid("to", "empty", "name the case where it belongs")
        return correct.move_comment(request.app, request.principal, command)

    return _done(request, run, "flash.moved", field="to")


def _done(request: PageRequest, run: Callable[[], object], flash: str, *, field: str = "", path: str = "") -> Answer:
    """Run an act. When it is refused, show the page again with what was typed; `field`: the field of a name that was not found."""
    key, queue = request.params["key"], request.form.text("queue")
    try:
        run()
    except (Invalid, Conflict, NotAllowed) as error:
        return _again(request, 422 if isinstance(error, Invalid) else 409, _shown(error))
    except (NotFound, Ambiguous) as error:
        if not field and error.kind == "case":
            raise
        return _again(request, 422, (Invalid(field or _field_of(error), "no_such", str(error)),))
    if request.form.text("then") == "next":
        return Redirect(f"/desk/next?{urlencode({'queue': queue or 'mine', 'after': key})}", flash=flash)
    return Redirect((path or case_path(key)) + (f"?{urlencode({'queue': queue})}" if queue else ""), flash=flash)


def _again(request: PageRequest, status: int, errors: tuple[Invalid, ...]) -> Answer:
    return desk_case_page(request, request.params["key"], status=status, errors=errors, typed=request.form.fields)


def _shown(error: Invalid | Conflict | NotAllowed) -> tuple[Invalid, ...]:
    if isinstance(error, Invalid):
        return error.all
    return (Invalid("main", STALE if isinstance(error, Conflict) else "not_allowed", str(error)),)


def _field_of(error: NotFound | Ambiguous) -> str:
    return {"contact": "address", "comment": "comment"}.get(error.kind, "address")
