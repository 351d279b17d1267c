"""What a customer does on a case. Each act: form to command, one use case, back to the page. What was typed is kept when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from mailgate.application.cases import comment as comments
from mailgate.application.cases import create, people
from mailgate.application.cases import edit as edits
from mailgate.application.cases import operate as operations
from mailgate.application.cases.choices import show_choices
from mailgate.application.cases.read import ShowCase
from mailgate.application.links import notices
from mailgate.errors import Conflict, Invalid, NotAllowed
from mailgate.web.pages import keeping
from mailgate.web.pages.forms import Upload
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.portal.case import STALE, WORDS_ASKED, case_page


def comment(request: PageRequest) -> Answer:
    """Add a comment, with or without files; files alone are enough."""
    key, text, files = request.params["key"], request.form.text("text"), new_files(request.form.files("files"))
    if request.form.text("draft") or request.form.text("discard"):
        return kept(request, case_path(key))
    if not text.strip() and files:
        attach = comments.AttachFiles(key, files)
        return _done(request, key, lambda: comments.attach_files(request.app, request.principal, attach), "flash.files_added")
    command = comments.AddComment(key, text, files)
    answer = _done(request, key, lambda: comments.add_comment(request.app, request.principal, command), "flash.commented")
    if isinstance(answer, Redirect):
        keeping.sent(request.app, request.me, case_path(key), request.form)
    return answer


def kept(request: PageRequest, page: str) -> Redirect:
    """Save the draft of this page, or delete it."""
    if request.form.text("discard"):
        keeping.sent(request.app, request.me, page, request.form)
        return Redirect(page, flash="flash.draft_dropped")
    keeping.keep(request.app, request.me, page, request.form)
    return Redirect(page, flash="flash.draft_kept")


def mute(request: PageRequest) -> Answer:
    """Mute the notices of this case, or turn them on again."""
    key, muted = request.params["key"], request.form.text("muted") == "yes"
    notices.mute_case(request.app, request.principal, notices.MuteCase(key, muted))
    return Redirect(case_path(key), flash="flash.muted" if muted else "flash.unmuted")


def operate(request: PageRequest) -> Answer:
    """One operation of the workflow. Refusing and reopening need words: without them nobody knows what is still wrong."""
    key, operation, text = request.params["key"], request.form.text("operation"), request.form.text("reason")
    command = operations.Operate(key, operation, text.strip() and text, request.form.number("version"))

    def run() -> object:
        if operation in WORDS_ASKED and not text.strip():
            raise Invalid("reason", "empty", "say what is still wrong")
        return operations.operate(request.app, request.principal, command)

    return _done(request, key, run, f"flash.operation.{operation}")


def show_edit(request: PageRequest) -> Answer:
    """The form with the case's own fields."""
    return _edit_page(request, typed=dict(request.form.fields))


def edit(request: PageRequest) -> Answer:
    """Change summary, description and other fields of the customer's own case."""
    form = request.form
    command = edits.EditCase(
        request.params["key"], form.text("summary"), form.text("description"), environment=form.text("environment"),
        version=form.number("version"),
    )  # fmt: skip
    try:
        edits.edit_case(request.app, request.principal, command)
    except (Invalid, Conflict, NotAllowed) as error:
        return _edit_page(request, 422 if isinstance(error, Invalid) else 409, as_invalid(error), dict(form.fields))
    return Redirect(case_path(request.params["key"]), flash="flash.edited")


def clone(request: PageRequest) -> Answer:
    """A new case with the same fields."""
    made = create.clone_case(request.app, request.principal, create.CloneCase(request.params["key"]))
    return Redirect(case_path(made.key), flash="flash.cloned")


def add_participant(request: PageRequest) -> Answer:
    """Add a participant."""
    key = request.params["key"]
    command = people.AddParticipant(key, request.form.text("address"))
    return _done(request, key, lambda: people.add_participant(request.app, request.principal, command), "flash.participant_added")


def remove_participant(request: PageRequest) -> Answer:
    """Remove a participant."""
    key = request.params["key"]
    command = people.RemoveParticipant(key, request.form.text("who"))
    return _done(request, key, lambda: people.remove_participant(request.app, request.principal, command), "flash.participant_removed")


def case_path(key: str) -> str:
    """The page of a case."""
    return f"/browse/{quote(key, safe='')}"


def new_files(uploads: list[Upload]) -> tuple[comments.NewFile, ...]:
    """The files of a form for a use case."""
    return tuple(comments.NewFile(one.filename, one.content, one.content_type or "application/octet-stream") for one in uploads)


def as_invalid(error: Invalid | Conflict | NotAllowed) -> tuple[Invalid, ...]:
    """All faults, as a form can show them. A conflict belongs to no field: the page is shown as it is now."""
    return error.all if isinstance(error, Invalid) else (Invalid("main", STALE, str(error)),)


def _done(request: PageRequest, key: str, run: Callable[[], object], flash: str) -> Answer:
    try:
        run()
    except (Invalid, Conflict, NotAllowed) as error:
        status = 422 if isinstance(error, Invalid) else 409
        return case_page(request, key, status=status, errors=as_invalid(error), typed=request.form.fields)
    return Redirect(case_path(key), flash=flash)


def _edit_page(
    request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = (), typed: dict[str, str] | None = None
) -> RenderedPage:
    case = edits.case_to_edit(request.app, request.principal, ShowCase(request.params["key"]))
    choices = show_choices(request.app, request.principal, request.words.language)
    shown = typed or {name: getattr(case, name) for name in ("summary", "description", "environment")}
    return RenderedPage("portal/case_edit.html.j2", {"case": case, "choices": choices, "typed": shown}, status, errors)
