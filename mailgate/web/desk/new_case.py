"""A new case for a caller, who is found by mail address or becomes a contact with the case."""

from __future__ import annotations

from dataclasses import replace

from mailgate.application.cases import create
from mailgate.application.cases.choices import show_choices
from mailgate.application.cases.comment import AttachFiles, NewFile, attach_files
from mailgate.application.customers.contacts import AddContact, ShowContact, add_contact, show_contact
from mailgate.application.drafts import FormDraft, NamedDraft, read_draft
from mailgate.application.faults import Faults
from mailgate.application.words import mail_address
from mailgate.errors import Invalid, NotFound
from mailgate.web.desk.paths import case_path
from mailgate.web.pages import keeping
from mailgate.web.pages.forms import named
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.portal.case_actions import kept, new_files

PAGE = "/desk/new"
FIELDS = ("reporter", "name", "case_type", "summary", "environment", "description", "priority", "component")


def show(request: PageRequest) -> Answer:
    """The form: with what was kept, else empty; the query may hold the caller's mail address."""
    if request.form.fields:
        return _page(request, {name: request.form.text(name) for name in FIELDS} | {"take": request.form.text("take") or "no"})
    empty, reporter = {**dict.fromkeys(FIELDS, ""), "take": ""}, request.query.get("reporter", "")
    draft = read_draft(request.app, request.principal, NamedDraft(request.me, PAGE))
    if reporter and reporter != draft.fields.get("reporter"):
        return _page(request, {**empty, "reporter": reporter})
    return _page(request, {**empty, **{name: text for name, text in draft.fields.items() if name in FIELDS}}, draft=draft)


def make(request: PageRequest) -> Answer:
    """Make the case, and the contact when the address has none."""
    if request.form.text("discard"):
        return kept(request, PAGE)
    typed = {name: request.form.text(name) for name in FIELDS} | {"take": request.form.text("take") or "no"}
    files = new_files(request.form.files("files"))
    try:
        command = create.CreateCase(
            typed["summary"], typed["reporter"], typed["description"], typed["case_type"], typed["priority"], typed["component"],
            typed["environment"], request.principal.name if request.form.text("take") else "",
        )  # fmt: skip
        _check(request, command, files)
        _contact(request, typed["reporter"], typed["name"])
        made = create.create_case(request.app, request.principal, command)
    except Invalid as error:
        return _page(request, typed, 422, error.all)
    keeping.sent(request.app, request.me, PAGE, request.form)
    if files:
        attach_files(request.app, request.principal, AttachFiles(made.key, files))
    return Redirect(case_path(made.key), flash="flash.created")


def _check(request: PageRequest, command: create.CreateCase, files: tuple[NewFile, ...]) -> None:
    """Raises Invalid with all that is wrong, before there is a new contact."""
    faults = Faults()
    faults.check(lambda: _refuse_no_caller(command.reporter), None)
    faults.check(lambda: create.check_case(request.app, request.principal, replace(command, files=files)), None)
    faults.refuse()


def _refuse_no_caller(address: str) -> None:
    if not address.strip():
        raise Invalid("reporter", "empty", "write the caller's mail address")
    mail_address(address, "reporter")


def _contact(request: PageRequest, address: str, name: str) -> None:
    try:
        show_contact(request.app, request.principal, ShowContact(address))
    except NotFound:
        try:
            add_contact(request.app, request.principal, AddContact(address, name))
        except Invalid as error:
            first, *others = named(error.all, {"address": "reporter"})
            raise first.along_with(others) from error


def _page(
    request: PageRequest, typed: dict[str, str], status: int = 200, errors: tuple[Invalid, ...] = (), draft: FormDraft | None = None
) -> RenderedPage:  # fmt: skip
    choices = show_choices(request.app, request.principal, request.words.language)
    return RenderedPage("desk/new.html.j2", {"choices": choices, "typed": typed, "draft": draft or FormDraft()}, status, errors)
