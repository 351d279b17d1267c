"""Forgotten password: ask for a link, choose a new one behind it."""

from __future__ import annotations

from dataclasses import replace

from mailgate.application.accounts import reset as use_cases
from mailgate.application.principal import visitor
from mailgate.errors import Invalid
from mailgate.web.pages.request import Answer, PageRequest, RenderedPage
from mailgate.web.portal.login import begun


def show(request: PageRequest) -> Answer:
    """The empty form."""
    return RenderedPage("portal/password.html.j2", {"name": request.form.text("name")})


def ask(request: PageRequest) -> Answer:
    """Mail the link; the page says the same whether there is such an account."""
    name = request.form.text("name")
    command = use_cases.AskForReset(name, request.words.language, request.client)
    try:
        use_cases.ask_for_reset(request.app, visitor(request.words.language), command)
    except Invalid as error:
        return RenderedPage("portal/password.html.j2", {"name": name}, 422, error.all)
    return RenderedPage("portal/password_sent.html.j2", {})


def show_finish(request: PageRequest) -> Answer:
    """Choose the new password. Opening the link changes nothing."""
    username = use_cases.reset_account(request.app, visitor(request.words.language), request.params["token"])
    return RenderedPage("portal/password_finish.html.j2", {"username": username})


def finish(request: PageRequest) -> Answer:
    """Set the password, end all sessions, log in."""
    who, token = visitor(request.words.language), request.params["token"]
    try:
        new = use_cases.finish_reset(request.app, who, use_cases.FinishReset(token, request.form.text("password"), request.client))
    except Invalid as error:
        username = use_cases.reset_account(request.app, who, token)
        return RenderedPage("portal/password_finish.html.j2", {"username": username}, 422, error.all)
    return replace(begun(new, "/"), flash="flash.password_set")
