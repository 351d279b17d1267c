"""The second factor: the code at login, and the page on which staff set it up and turn it off."""

from __future__ import annotations

from mailgate.application.accounts import second_factor as use_cases
from mailgate.application.principal import visitor
from mailgate.errors import Invalid, NotFound
from mailgate.web.pages.qr import qr_svg
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.portal.login import next_path


def show_code(request: PageRequest) -> Answer:
    """Ask for the code; without a first step, for the password."""
    return _code_page(request.query.get("next", "")) if request.step else Redirect("/login")


def give_code(request: PageRequest) -> Answer:
    """Check the code and begin the session."""
    wanted = request.form.text("next")
    command = use_cases.GiveCode(request.step, request.form.text("code"), request.client)
    try:
        new = use_cases.give_code(request.app, visitor(request.words.language), command)
    except NotFound:
        return Redirect("/login", flash="flash.log_in_again")
    except Invalid as error:
        return _code_page(wanted, 422, error.all)
    return Redirect(next_path(wanted), begin=new)


def show(request: PageRequest) -> Answer:
    """The page of the second factor; with its QR code while it is set up."""
    return _page(request)


def begin(request: PageRequest) -> Answer:
    """Make a new secret; in place of one that is on, by a code of that."""
    try:
        use_cases.begin_set_up(request.app, request.principal, use_cases.UseCode(request.me, request.form.text("old_code")))
    except Invalid as error:
        return _page(request, 422, (Invalid("old_code", error.code, str(error)),))
    return Redirect("/me/second-factor")


def confirm(request: PageRequest) -> Answer:
    """Turn it on by a code, and show the recovery codes this once."""
    command = use_cases.UseCode(request.me, request.form.text("code"))
    try:
        fresh = use_cases.confirm_set_up(request.app, request.principal, command)
    except Invalid as error:
        return _page(request, 422, error.all)
    return RenderedPage("staff/recovery_codes.html.j2", {"codes": fresh}, cache="no-store")


def turn_off(request: PageRequest) -> Answer:
    """Turn it off, with a last code."""
    command = use_cases.UseCode(request.me, request.form.text("code"))
    try:
        use_cases.turn_off(request.app, request.principal, command)
    except Invalid as error:
        return _page(request, 422, error.all)
    return Redirect("/me/second-factor", flash="flash.second_factor_off")


def _code_page(wanted: str, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    return RenderedPage("staff/code.html.j2", {"next": wanted}, status, errors)


def _page(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    factor = use_cases.show_second_factor(request.app, request.principal, request.me)
    picture = qr_svg(factor.link) if factor.link else ""
    return RenderedPage("staff/second_factor.html.j2", {"factor": factor, "picture": picture}, status, errors)
