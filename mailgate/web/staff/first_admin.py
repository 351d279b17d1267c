"""The first admin's account, behind the link that `mailgate init` and `mailgate run` print."""

from __future__ import annotations

from mailgate.application.accounts import first_admin as use_cases
from mailgate.application.principal import visitor
from mailgate.errors import Invalid
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage

FIELDS = ("name", "address", "username")


def show(request: PageRequest) -> Answer:
    """The form. Opening the link changes nothing."""
    use_cases.check_first_admin(request.app, visitor(request.words.language), request.params["token"])
    return _page({name: request.form.text(name) for name in FIELDS})


def make(request: PageRequest) -> Answer:
    """Make the account and log in."""
    typed = {name: request.form.text(name) for name in FIELDS}
    command = use_cases.MakeFirstAdmin(request.params["token"], **typed, password=request.form.text("password"), client=request.client)
    try:
        new = use_cases.make_first_admin(request.app, visitor(request.words.language), command)
    except Invalid as error:
        return _page(typed, 422, error.all)
    return Redirect("/desk", flash="flash.welcome", begin=new)


def _page(typed: dict[str, str], status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    return RenderedPage("staff/first_admin.html.j2", {"typed": typed}, status, errors)
