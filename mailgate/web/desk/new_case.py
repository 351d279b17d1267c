"""A new case for a caller, who is found by mail address or becomes a contact with the case."""

from __future__ import annotations

from mailgate.application.cases import create
from mailgate.application.cases.choices import show_choices
from mailgate.application.cases.comment import AttachFiles, attach_files
from mailgate.application.customers.contacts import AddContact, ShowContact, add_contact, show_contact
from mailgate.errors import Invalid, NotFound
from mailgate.web.desk.paths import case_path
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.portal.case_actions import new_files

FIELDS = ("reporter", "name", "case_type", "summary", "environment", "description", "priority", "component")


def show(request: PageRequest) -> Answer:
    """The empty form; the query may hold the caller's mail address."""
    return _page(request, {**dict.fromkeys(FIELDS, ""), "reporter": request.query.get("reporter", "")})


def make(request: PageRequest) -> Answer:
    """Make the case, and the contact when the address has none."""
    typed = {name: request.form.text(name) for name in FIELDS}
    files = new_files(request.form.files("files"))
    try:
        _contact(request, typed["reporter"], typed["name"])
        command = create.CreateCase(
            typed["summary"], typed["reporter"], typed["description"], typed["case_type"], typed["priority"], typed["component"],
            typed["environment"], request.principal.name if request.form.text("take") else "",
        )  # fmt: skip
        made = create.create_case(request.app, request.principal, command)
    except Invalid as error:
        return _page(request, typed, 422, (error,))
    if files:
        attach_files(request.app, request.principal, AttachFiles(made.key, files))
    return Redirect(case_path(made.key), flash="flash.created")


def _contact(request: PageRequest, address: str, name: str) -> None:
    if not address.strip():
        raise Invalid("reporter", "empty", "write the caller's mail address")
    try:
        show_contact(request.app, request.principal, ShowContact(address))
    except NotFound:
        try:
            add_contact(request.app, request.principal, AddContact(address, name))
        except Invalid as error:
            raise Invalid("reporter" if error.field == "address" else error.field, error.code, str(error)) from error


def _page(request: PageRequest, typed: dict[str, str], status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    choices = show_choices(request.app, request.principal, request.words.language)
    return RenderedPage("desk/new.html.j2", {"choices": choices, "typed": typed}, status, errors)
