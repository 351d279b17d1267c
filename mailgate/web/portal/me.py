"""The customer's own account: password, notices, sessions, a copy of their data."""

from __future__ import annotations

from dataclasses import replace

from mailgate.application import my_data
from mailgate.application.accounts import identities, reset, sessions
from mailgate.application.links import notices
from mailgate.errors import Invalid
from mailgate.web.pages.request import Answer, Download, PageRequest, Redirect, RenderedPage
from mailgate.web.portal.login import begun


def show(request: PageRequest) -> Answer:
    """The page."""
    return page(request)


def change_password(request: PageRequest) -> Answer:
    """Set a new password; all other sessions of the account end."""
    form = request.form
    command = reset.ChangePassword(request.me, form.text("old"), form.text("new"), request.client)
    try:
        new = reset.change_password(request.app, request.principal, command)
    except Invalid as error:
        return page(request, 422, error.all)
    return replace(begun(new, "/me"), flash="flash.password_set")


def end_sessions(request: PageRequest) -> Answer:
    """End one session, or all of them."""
    wanted = request.form.text("session") or None
    sessions.end_sessions(request.app, request.principal, sessions.EndSessions(request.me, wanted))
    gone = wanted in (None, request.me.session.id)
    return Redirect("/login" if gone else "/me", flash="flash.logged_out", end=gone)


def choose_notices(request: PageRequest) -> Answer:
    """Choose which notices come by mail."""
    try:
        command = notices.ChooseNotices(request.form.text("wants"), request.form.text("hour"))
        notices.choose_notices(request.app, request.principal, command)
    except Invalid as error:
        return page(request, 422, error.all)
    return Redirect("/me", flash="flash.notices_set")


def data(request: PageRequest) -> Answer:
    """A copy of all data of the customer."""
    content = my_data.export_my_data(request.app, request.principal, request.me)
    return Download(content, f"{request.me.account.username}.json", "application/json")


def ask_for_deletion(request: PageRequest) -> Answer:
    """Staff get a case and decide."""
    t = request.words
    command = my_data.AskForDeletion(request.form.text("sure") == "yes", t("me.deletion_summary"), t("me.deletion_text"))
    try:
        made = my_data.ask_for_deletion(request.app, request.principal, command)
    except Invalid as error:
        return page(request, 422, error.all)
    return Redirect(f"/browse/{made.key}", flash="flash.created")


def page(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    """The page, with what is wrong in one of its forms."""
    found = sessions.list_sessions(request.app, request.principal, request.me)
    openid = request.app.settings.openid
    provider = openid.label if openid.issuer and request.principal.is_staff else ""
    linked = bool(provider) and identities.is_linked(request.app, request.principal, request.me)
    chosen = notices.my_notices(request.app, request.principal, None) if request.principal.kind == "contact" else None
    values = {
        "account": request.me.account,
        "sessions": found,
        "provider": provider,
        "linked": linked,
        "chosen": chosen,
        "wishes": notices.WISHES,
        "hours": notices.HOURS,
    }
    return RenderedPage("portal/me.html.j2", values, status, errors)
