"""Ask for an account, and finish it behind the mailed link."""

from __future__ import annotations

from mailgate.application.accounts import register as use_cases
from mailgate.application.principal import visitor
from mailgate.errors import Invalid
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage

FIELDS = ("name", "company", "address", "username")


def show(request: PageRequest) -> Answer:
    """The empty form."""
    return RenderedPage("portal/register.html.j2", {"typed": {name: request.form.text(name) for name in FIELDS}})


def ask(request: PageRequest) -> Answer:
    """Check the form and mail the link; the page is the same for known and unknown addresses."""
    typed = {name: request.form.text(name) for name in FIELDS}
    command = use_cases.AskForAccount(**typed, language=request.words.language, client=request.client)
    try:
        use_cases.ask_for_account(request.app, visitor(request.words.language), command)
    except Invalid as error:
        return RenderedPage("portal/register.html.j2", {"typed": typed}, 422, error.all)
    return RenderedPage("portal/register_sent.html.j2", {"address": typed["address"].strip()})


def show_finish(request: PageRequest) -> Answer:
    """Choose a password. Opening the link changes nothing."""
    asked = use_cases.asked_account(request.app, visitor(request.words.language), request.params["token"])
    return _finish_page(asked, request.form.text("username") or asked.username, name=request.form.text("name"))


def finish(request: PageRequest) -> Answer:
    """Make the account and log in."""
    who, token = visitor(request.words.language), request.params["token"]
    username = request.form.text("username")
    name, asked = request.form.text("name"), use_cases.asked_account(request.app, who, token)
    command = use_cases.FinishAccount(token, username, request.form.text("password"), request.client, name)
    try:
        new = use_cases.finish_account(request.app, who, command)
    except Invalid as error:
        return _finish_page(asked, username, 422, error.all, name)
    return Redirect(f"/new?mail={asked.mail}" if asked.mail else "/cases", flash="flash.welcome", begin=new)


def _finish_page(
    asked: use_cases.PendingRegistration, username: str, status: int = 200, errors: tuple[Invalid, ...] = (), name: str = ""
) -> RenderedPage:
    return RenderedPage("portal/register_finish.html.j2", {"asked": asked, "username": username, "name": name}, status, errors)
