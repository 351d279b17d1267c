"""A new case on one page, empty or filled in from a redirected mail. What is typed stays when something is wrong, and as a draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from mailgate.application.cases import create as use_cases
from mailgate.application.cases.choices import show_choices
from mailgate.application.cases.claimed import MailFile, mail_draft, mail_files
from mailgate.application.cases.similar import similar_cases
from mailgate.application.drafts import FormDraft, NamedDraft, read_draft
from mailgate.application.faults import Faults
from mailgate.errors import Invalid, NotFound, Repeated
from mailgate.web.pages import keeping
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.portal.case_actions import case_path, kept, new_files

FIELDS = ("case_type", "summary", "environment", "description", "priority", "component", "mail")
PAGE = "/new"
FILE = "mail_file_"
"""Begins the name of the box of each file of the mail; its SHA-256 follows."""


def show(request: PageRequest) -> Answer:
    """The form: empty, with what was kept, or with what a mail says. A type may be chosen in the address."""
    form, empty = request.form, dict.fromkeys(FIELDS, "")
    if form.fields:
        chosen = [name.removeprefix(FILE) for name in form.fields if name.startswith(FILE)]
        return _page(request, {**empty, **_known(form.fields)}, files=_boxes(request, form.text("mail"), chosen))
    draft = read_draft(request.app, request.principal, NamedDraft(request.me, PAGE))
    wanted = request.query.get("mail", "")
    if not wanted or draft.fields.get("mail") == wanted:
        typed = {**empty, "case_type": request.query.get("type", ""), **_known(draft.fields)}
        return _page(request, typed, files=_boxes(request, typed["mail"]), draft=draft)
    try:
        found = mail_draft(request.app, request.principal, wanted)
    except Repeated as error:
        return Redirect(error.result)
    typed = {**empty, "summary": found.summary, "description": found.description, "mail": wanted}
    return _page(request, typed, files=[(one, True) for one in found.files], from_mail=True)


def similar(request: PageRequest) -> Answer:
    """The customer's open cases that may be about the same thing, as a part of the page."""
    found = similar_cases(request.app, request.principal, request.query.get("summary", ""))
    return RenderedPage("portal/similar.html.j2", {"similar": found})


def create(request: PageRequest) -> Answer:
    """Make the case with its files, or save a draft."""
    form = request.form
    typed = {name: form.text(name) for name in FIELDS}
    if form.text("draft") or form.text("discard"):
        answer = kept(request, PAGE)
        return Redirect(_path(typed["mail"]), flash=answer.flash)
    uploads, chosen = form.files("files"), [name.removeprefix(FILE) for name in form.fields if name.startswith(FILE)]
    files = new_files(uploads)
    if typed["mail"]:
        files = (*mail_files(request.app, request.principal, typed["mail"], chosen), *files)
    try:
        command = use_cases.CreateCase(
            typed["summary"], description=typed["description"], case_type=typed["case_type"], priority=typed["priority"] or "normal",
            component=typed["component"], environment=typed["environment"], files=files, mail=typed["mail"],
        )  # fmt: skip
        seen = bool(uploads or form.text("similar_seen"))
        alike = () if seen else similar_cases(request.app, request.principal, typed["summary"])
        if alike or not typed["case_type"]:
            _check(request, command)  # the use case does it for a case that is made
        if alike:
            return _page(request, typed, files=_boxes(request, typed["mail"], chosen), similar=alike)
        made = use_cases.create_case(request.app, request.principal, command)
    except Invalid as error:
        return _page(request, typed, 422, error.all, files=_boxes(request, typed["mail"], chosen))
    keeping.sent(request.app, request.me, PAGE, form)
    return Redirect(case_path(made.key), flash="flash.created")


def _check(request: PageRequest, command: use_cases.CreateCase) -> None:
    """Raises Invalid with all that is wrong; the type is chosen here, never left to the policy."""
    faults = Faults()
    faults.check(lambda: _refuse_no_type(command.case_type), None)
    faults.check(lambda: use_cases.check_case(request.app, request.principal, command), None)
    faults.refuse()


def _refuse_no_type(case_type: str) -> None:
    if not case_type:
        raise Invalid("case_type", "empty", "say what it is about")


def _boxes(request: PageRequest, mail: str, chosen: Collection[str] | None = None) -> list[tuple[MailFile, bool]]:
    """The files of the mail, each with whether it is attached: all of them until the customer has chosen."""
    if not mail:
        return []
    try:
        found = mail_draft(request.app, request.principal, mail).files
    except (NotFound, Repeated):  # a draft of long ago
        return []
    return [(one, chosen is None or one.sha256 in chosen) for one in found]


def _known(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if name in FIELDS}


def _path(mail: str) -> str:
    return f"{PAGE}?{urlencode({'mail': mail})}" if mail else PAGE


def _page(
    request: PageRequest, typed: Mapping[str, str], status: int = 200, errors: tuple[Invalid, ...] = (), **more: object
) -> RenderedPage:  # fmt: skip
    choices = show_choices(request.app, request.principal, request.words.language)
    needs_environment = [one.key for one in choices.types if "environment" in one.asks]
    shown = {"files": (), "similar": (), "draft": FormDraft(), "from_mail": False, **more}
    values = {"choices": choices, "typed": typed, "needs_environment": needs_environment, "file_box": FILE, **shown}
    return RenderedPage("portal/new_case.html.j2", values, status, errors)
