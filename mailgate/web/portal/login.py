"""Log in, log out, choose a language. Unknown names and wrong passwords get the same answer."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from mailgate.application.accounts import log_in as use_cases
from mailgate.application.accounts import sessions
from mailgate.application.accounts.second_factor import SecondStep
from mailgate.application.principal import visitor
from mailgate.errors import Invalid
from mailgate.web.pages import keeping
from mailgate.web.pages.request import Again, Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.pages.words import LANGUAGES

AFTER_LOGIN = ("/browse/", "/cases", "/new", "/me", "/desk")
"""Where a login may lead: only to our own pages."""


def show(request: PageRequest) -> Answer:
    """The form. Visitors who are logged in are redirected."""
    if request.mine:
        return Redirect(next_path(request.query.get("next", "")))
    form = request.form
    return login_page(request, form.text("next") or request.query.get("next", ""), form.text("name"), carried=form.text("carried"))


def log_in(request: PageRequest) -> Answer:
    """Check name and password; a new session on success."""
    name, wanted, carried = request.form.text("name"), request.form.text("next"), request.form.text("carried")
    command = use_cases.LogIn(name, request.form.text("password"), request.client)
    try:
        new = use_cases.log_in(request.app, visitor(request.words.language), command)
    except Invalid as error:
        return login_page(request, wanted, name, 422, error.all, carried)
    mine = sessions.logged_in(request.app, new.token) if carried and isinstance(new, sessions.NewSession) else None
    if mine is not None and (fields := keeping.restored(carried)):
        keeping.keep_fields(request.app, mine, wanted.partition("?")[0], fields)
        return replace(begun(new, next_path(wanted)), flash="flash.kept")
    return begun(new, next_path(wanted))


def begun(new: sessions.NewSession | SecondStep, path: str) -> Redirect:
    """Go on after a password: into the session, or to the page that asks for a code."""
    if isinstance(new, SecondStep):
        return Redirect(f"/login/code?{urlencode({'next': path})}", step=new.token)
    return Redirect(path, begin=new)


def kept_page(request: PageRequest, wanted: str) -> RenderedPage:
    """The login for somebody whose session ended while they wrote on the page `wanted`; their text is kept."""
    carried = keeping.carried(request.form)
    again = Again("/login", (("next", wanted), ("carried", carried)))
    return replace(login_page(request, wanted, status=403, carried=carried), again=again)


def log_out(request: PageRequest) -> Answer:
    """End this session."""
    if request.mine:
        sessions.end_sessions(request.app, request.principal, sessions.EndSessions(request.me, request.me.session.id))
    return Redirect("/login", flash="flash.logged_out", end=True)


def language(request: PageRequest) -> Answer:
    """Remember the language for this browser, and show the page again on which it was chosen, whichever that is."""
    chosen, wanted = request.form.text("language"), request.form.text("next")
    return Redirect(wanted if _is_local(wanted) else "/", language=chosen if chosen in LANGUAGES else "")


def login_page(
    request: PageRequest,
    wanted: str = "",
    name: str = "",
    status: int = 200,
    errors: tuple[Invalid, ...] = (),
    carried: str = "",
) -> RenderedPage:
    """The form, with the button of the company's provider when there is one."""
    openid = request.app.settings.openid
    values = {"name": name, "next": wanted, "provider": openid.label if openid.issuer else "", "carried": carried}
    return RenderedPage("portal/login.html.j2", values, status, errors)


def next_path(wanted: str, otherwise: str = "/") -> str:
    """Where to go: a page of ours that was wanted, else `otherwise`."""
    return wanted if wanted.startswith(AFTER_LOGIN) and _is_local(wanted) else otherwise


def _is_local(wanted: str) -> bool:
    """Whether a browser takes it for an address of this site."""
    return wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
