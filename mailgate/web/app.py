"""The ASGI app: one answer per request of the route table. In: an `App` and how the site is reached. Out: a Starlette application.

Page functions are plain functions and run in threads of their own number; nothing here decides who may do what.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from urllib.parse import quote
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route as Path

from mailgate import log
from mailgate.application.accounts.limits import charge_change
from mailgate.application.accounts.passwords import AT_ONCE
from mailgate.application.accounts.sessions import Client, LoggedIn, logged_in
from mailgate.application.app import App
from mailgate.application.health import is_ready
from mailgate.application.once import once
from mailgate.application.principal import Principal
from mailgate.errors import MailgateError, Repeated
from mailgate.web.gate import gate
from mailgate.web.http import client, cookies, live, openid
from mailgate.web.http.access_log import AccessLog, shown_path
from mailgate.web.http.body import BodyTooLarge, BodyTooSlow, BodyUnreadable, read_form
from mailgate.web.http.download import download
from mailgate.web.http.errors import NotOurs, error_page, retry_after_s
from mailgate.web.http.origin import SAFE_METHODS, origin_of, same_origin
from mailgate.web.http.security import framed_headers, page_headers
from mailgate.web.http.static import Static
from mailgate.web.pages import again, forms, keeping
from mailgate.web.pages.forms import Form
from mailgate.web.pages.jinja import Templates
from mailgate.web.pages.request import Answer, Data, Download, Framed, Live, NoContent, PageRequest, Redirect, RenderedPage
from mailgate.web.pages.when import Calendar
from mailgate.web.pages.words import FLASHES, LANGUAGES, NAMES, Words, choose, flash_text, words
from mailgate.web.portal import login
from mailgate.web.routes import ROUTES, Route
from mailgate.web.shown_at import asked_for, come_back, page_at, page_of

GZIP_FROM_BYTES, GZIP_LEVEL = 1024, 4
MAX_UPLOAD_SLACK_BYTES = 4 * 1024 * 1024
VISITOR_BODY_BYTES, LARGE_BODY_BYTES = 64 * 1024, 256 * 1024
LOCATION_SIGNS = "/?=&#%+:@!$'()*,;~"
BODIES_AT_ONCE, BODIES_PER_ACCOUNT = 8, 2
NO_SUCH_METHOD = 405

Result = TypeVar("Result")

_log = log.get("web")


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How the site is reached. `trusted`: proxies whose X-Forwarded-For and -Proto are believed. `threads`: page functions at a time."""

    trusted: tuple[client.Network, ...] = ()
    threads: int = 8


class Site:
    """What all requests share. Made once; read only."""

    def __init__(self, app: App, options: WebOptions) -> None:
        self.app, self.options, self.static = app, options, Static()
        service = app.settings.service
        shared = {
            "static": self.static.url, "company": service.company, "languages": LANGUAGES, "language_names": NAMES,
            "most_bytes": app.settings.smtp.max_message_bytes,
        }  # fmt: skip
        self.templates = Templates(shared)
        self._first_zone = app.policies.peek().zone
        self.own_origin = origin_of(service.portal_url)
        self.provider_origin = origin_of(app.settings.openid.issuer) if app.settings.openid.issuer else ""
        self.streams = live.Streams()
        sizes = options.threads, AT_ONCE, openid.AT_ONCE
        self.limiter, self.password_limiter, self.provider_limiter = map(anyio.CapacityLimiter, sizes)
        self.bodies = anyio.Semaphore(BODIES_AT_ONCE)
        self._bodies_of: WeakValueDictionary[str, anyio.Semaphore] = WeakValueDictionary()
        for language in LANGUAGES:
            words(language)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the policy that this process read last: error pages need it while the database is away."""
        policy = self.app.policies.last_read
        return ZoneInfo(policy.zone if policy else self._first_zone)

    def bodies_of(self, account_id: str) -> anyio.Semaphore:
        """Limits how many bodies of one account are read at a time."""
        found = self._bodies_of.get(account_id)
        if found is None:
            found = self._bodies_of[account_id] = anyio.Semaphore(BODIES_PER_ACCOUNT)
        return found

    def is_secure(self, request: Request) -> bool:
        """Whether the browser reached us over https, as far as the connection or a proxy that is believed says."""
        peer = request.client.host if request.client else ""
        scheme = client.forwarded_scheme(peer, request.headers.getlist("x-forwarded-proto"), self.options.trusted)
        return (scheme or request.scope["scheme"]) == "https"

    def client_of(self, request: Request) -> Client:
        """Who sends the request."""
        peer = request.client.host if request.client else ""
        address = client.client_address(peer, request.headers.getlist("x-forwarded-for"), self.options.trusted)
        return Client(address or peer, request.headers.get("user-agent", ""))

    def origins(self, request: Request) -> frozenset[str]:
        """Origins whose pages are ours: the public address, and the one the request was sent to."""
        scheme = "https" if self.is_secure(request) else "http"
        return frozenset({self.own_origin, f"{scheme}://{request.headers.get('host', '').lower()}"})


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request with what its cookies say. `secret`: what the tokens of its forms are made with."""

    request: Request
    jar: cookies.Jar
    words: Words
    mine: LoggedIn | None
    session: str
    visitor: str
    flash: str

    @property
    def secret(self) -> str:
        return self.session if self.mine else self.visitor


def make_app(app: App, options: WebOptions | None = None) -> Starlette:
    """The application, ready to be served."""
    site = Site(app, options or WebOptions())
    paths = [
        Path("/health", _health, methods=["GET"]),
        Path("/ready", partial(_ready, site), methods=["GET"]),
        Path("/static/{hash}/{name}", partial(_static, site), methods=["GET"]),
    ]
    paths += [Path(one.path, _endpoint(site, one), methods=[one.method]) for one in ROUTES]
    made = Starlette(
        routes=paths,
        middleware=[
            Middleware(AccessLog, trusted=site.options.trusted),
            Middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL),
        ],
        exception_handlers={404: partial(_no_page, site), 405: partial(_no_page, site), Exception: partial(_fault, site)},
    )
    made.router.redirect_slashes = False  # it would build an address from the Host header
    return made


def _endpoint(site: Site, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await _respond(site, route, request)

    return endpoint


async def _respond(site: Site, route: Route, request: Request) -> Response:
    """Read, check, call the page function, answer; each error becomes its page."""
    visit = await _visit(site, request, by_person=route.by_person)
    try:
        if elsewhere := gate(site.app, route, visit.mine, request.path_params, asked_for(request)):
            return _answered(site, route, visit, await _with_words(site, route, visit, elsewhere))
        if request.method in SAFE_METHODS:
            return _answered(site, route, visit, await _in_thread(site, partial(_run, site, route, visit, Form())))
        form = await _form(site, route, visit)
        if language := again.language_of(form):
            return await _in_language(site, visit, form, language)
        answer = await _in_thread(site, partial(_run, site, route, visit, form), _limiter(site, route))
        answer = again.shown_again(form, answer, asked_for(request))
    except (MailgateError, NotOurs, BodyTooLarge, BodyUnreadable, BodyTooSlow) as error:
        answer = error_page(error)
        response = _answered(site, route, visit, answer)
        if isinstance(error, BodyTooLarge | BodyTooSlow):
            response.headers["Connection"] = "close"  # the rest of the body must not be read as the next request
        if wait_s := retry_after_s(error):
            response.headers["Retry-After"] = str(wait_s)
        return response
    return _answered(site, route, visit, answer)


async def _in_language(site: Site, visit: _Visit, form: Form, language: str) -> Response:
    """The page on which a form stands, in another language, with what was typed and what was wrong; nothing is done."""
    route, page = page_of(visit.request)
    asked = replace(visit, request=page, words=words(language))
    answer = again.with_faults(form, await _in_thread(site, partial(_run, site, route, asked, form)))
    response = _answered(site, route, asked, again.shown_again(form, answer, asked_for(visit.request)))
    visit.jar.write(response, "language", language, cookies.LANGUAGE_S)
    return response


async def _visit(site: Site, request: Request, *, by_person: bool = True) -> _Visit:
    jar = cookies.Jar(site.is_secure(request))
    session = jar.read(request, "session")
    try:
        mine = await _in_thread(site, partial(logged_in, site.app, session, by_person=by_person)) if session else None
    except MailgateError:
        mine = None  # the database is away: the page says so when it needs it
    asked = jar.read(request, "language") or (mine.account.language if mine else "")
    language = choose(asked, request.headers.get("accept-language", ""), site.app.settings.service.default_language)
    return _Visit(
        request, jar, words(language), mine, session, cookies.visitor_secret(jar.read(request, "visitor")), jar.read(request, "flash")
    )  # fmt: skip


async def _with_words(site: Site, route: Route, visit: _Visit, elsewhere: Redirect) -> Answer:
    """Where to go instead. Text typed into a form whose session has ended is carried through the login."""
    if visit.mine or not route.keeps or not same_origin(visit.request.headers, site.origins(visit.request)):
        return elsewhere
    asked = _page_request(site, visit, await _read(site, visit))
    return await _in_thread(site, partial(login.kept_page, asked, _page_of(route, visit.request)))


def _page_of(route: Route, request: Request) -> str:
    """The page on which the form of a route stands."""
    return route.keeps.format_map(request.path_params) if route.keeps else request.scope["path"]


async def _form(site: Site, route: Route, visit: _Visit) -> Form:
    """The form of an unsafe request that came from a page of ours. Raises NotOurs, BodyTooLarge, BodyUnreadable."""
    request, page = visit.request, _page_of(route, visit.request)
    if route.one_click:
        form = await _read(site, visit)
        if forms.is_one_click(form):
            return form
    if not same_origin(request.headers, site.origins(request)):
        raise NotOurs(page)
    if not route.one_click:
        form = await _read(site, visit)
    if forms.is_own_token(visit.secret, form.text(forms.TOKEN_FIELD)):
        return form
    if route.keeps and visit.mine:
        await _in_thread(site, partial(keeping.keep, site.app, visit.mine, page, form))
        raise NotOurs(page, kept=True)
    raise NotOurs(page)


async def _read(site: Site, visit: _Visit) -> Form:
    """The body: a small one from visitors; from accounts as large as a mail, few at a time, since each is held in memory."""
    if visit.mine is None:
        return await read_form(visit.request, VISITOR_BODY_BYTES)
    most = site.app.settings.smtp.max_message_bytes + MAX_UPLOAD_SLACK_BYTES
    declared = visit.request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) <= LARGE_BODY_BYTES:
        return await read_form(visit.request, most)
    async with site.bodies_of(visit.mine.account.id), site.bodies:
        return await read_form(visit.request, most)


def _limiter(site: Site, route: Route) -> anyio.CapacityLimiter:
    """Whose threads a page function takes: hashing passwords and waiting for other programs have some of their own, so no page waits."""
    slow = site.password_limiter if route.method == "POST" and route.cache == "no-store" else site.limiter
    return site.provider_limiter if route.elsewhere else slow


def _run(site: Site, route: Route, visit: _Visit, form: Form) -> Answer:
    """Call the page function; a form sent twice leads to the result of the first submission."""
    page_request = _page_request(site, visit, form)
    if route.method == "POST" and route.charged and visit.mine and visit.mine.account.kind == "contact":
        charge_change(site.app, visit.mine.account.id, form.chars, sum(len(one.content) for one in form.uploads))
    if route.method == "GET" or not route.once:
        return route.handler(page_request)
    try:
        with once(f"{visit.secret} {visit.request.scope['path']} {form.submission()}") as submission:
            submission.refuse_known(site.app.store)
            answer = route.handler(page_request)
            if isinstance(answer, Redirect):
                submission.leads_to(site.app.store, answer.path)
            return answer
    except Repeated as error:
        return Redirect(error.result or "/", flash="flash.sent_once")


def _page_request(site: Site, visit: _Visit, form: Form) -> PageRequest:
    request = visit.request
    return PageRequest(
        app=site.app, path=request.scope["path"], params=dict(request.path_params), query=dict(request.query_params), form=form,
        client=site.client_of(request), words=visit.words, calendar=Calendar(visit.words.language, site.zone, site.app.now()),
        mine=visit.mine, step=visit.jar.read(request, "step"),
    )  # fmt: skip


def _answered(site: Site, route: Route, visit: _Visit, answer: Answer) -> Response:
    if isinstance(answer, Download):
        return download(answer.content, answer.filename, answer.content_type, route.cache)
    if isinstance(answer, NoContent):
        return Response(status_code=204, headers=page_headers("no-store", secure=visit.jar.secure))
    if isinstance(answer, Redirect):
        return _redirected(visit, answer)
    if isinstance(answer, Framed):
        return HTMLResponse(answer.html, headers=framed_headers())
    if isinstance(answer, Live):
        headers = page_headers("no-store", secure=visit.jar.secure)
        who = partial(_in_thread, site, partial(_who_may, site, route, visit))
        opened_by, key = visit.mine.principal if visit.mine else None, f"{visit.session} {route.path}"
        return live.stream(site.streams, answer, live.Source(lambda: _in_thread(site, answer.ask), who, key, opened_by), headers)
    if isinstance(answer, Data):
        return JSONResponse(dict(answer.values), headers=page_headers("no-store", secure=visit.jar.secure))
    headers = page_headers(answer.cache or route.cache, secure=visit.jar.secure, form_to=site.provider_origin)
    response = Response(_html(site, visit, answer), answer.status, headers | {"Content-Type": "text/html; charset=utf-8"})
    if visit.flash:
        visit.jar.drop(response, "flash")
    if not visit.mine and visit.jar.read(visit.request, "visitor") != visit.visitor:
        visit.jar.write(response, "visitor", visit.visitor, cookies.VISITOR_S)
    return response


def _who_may(site: Site, route: Route, visit: _Visit) -> Principal | None:
    """Who is logged in now in the session of a stream, with current rights; None when nobody is, or they may no longer see the page."""
    mine = logged_in(site.app, visit.session, by_person=False)
    if mine is None or gate(site.app, route, mine, visit.request.path_params, asked_for(visit.request)) is not None:
        return None
    return mine.principal


def _html(site: Site, visit: _Visit, page: RenderedPage) -> str:
    calendar = Calendar(visit.words.language, site.zone, site.app.now())
    values: Mapping[str, object] = {
        "t": visit.words, "when": calendar, "language": visit.words.language, "mine": visit.mine, "path": visit.request.scope["path"],
        "here": come_back(visit.request), "again": page.again, "shown_in": again.SHOWN_IN,
        "flash": flash_text(visit.words, visit.flash), "errors": page.errors,
        "form_token": forms.form_token(visit.secret), "token_field": forms.TOKEN_FIELD, **page.values,
    }  # fmt: skip
    return site.templates.render(page.template, values)


def _redirected(visit: _Visit, answer: Redirect) -> Response:
    response = Response(
        status_code=303, headers={**page_headers("no-store", secure=visit.jar.secure), "Location": quote(answer.path, safe=LOCATION_SIGNS)}
    )
    if answer.flash:
        untold = visit.flash if visit.request.method in SAFE_METHODS else ""
        visit.jar.write(response, "flash", FLASHES.join(filter(None, (untold, answer.flash))), cookies.FLASH_S)
    if answer.language:
        visit.jar.write(response, "language", answer.language, cookies.LANGUAGE_S)
    if answer.begin:
        seconds = int((answer.begin.ends_at - answer.begin.begins_at).total_seconds())
        visit.jar.write(response, "session", answer.begin.token, seconds)
        visit.jar.drop(response, "visitor")
        visit.jar.drop(response, "step")
    if answer.step:
        visit.jar.write(response, "step", answer.step, cookies.STEP_S)
    if answer.end:
        visit.jar.drop(response, "session")
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def _in_thread(site: Site, work: Callable[[], Result], limiter: anyio.CapacityLimiter | None = None) -> Result:
    return await anyio.to_thread.run_sync(work, limiter=limiter or site.limiter)


async def _no_page(site: Site, request: Request, error: Exception) -> Response:
    """Nothing stands at this path. Where only forms are sent, somebody reloads or bookmarked a form that was refused: they get its page."""
    visit, status = await _visit(site, request), getattr(error, "status_code", 404)
    if status == NO_SUCH_METHOD and request.method in ("GET", "HEAD"):
        return _redirected(visit, Redirect(page_at(request.scope["path"])))
    page = RenderedPage("layout/error.html.j2", {"kind": "not_found", "values": {}}, status, cache="no-store")
    headers = page_headers("no-store", secure=visit.jar.secure) | {"Content-Type": "text/html; charset=utf-8"}
    return Response(_html(site, visit, page), page.status, headers)


async def _fault(site: Site, request: Request, error: Exception) -> Response:
    """A bug of ours: logged with its location, shown without details."""
    trace = traceback.extract_tb(error.__traceback__)[-1]
    _log.error("page_failed", path=shown_path(request.scope), error=type(error).__name__, at=f"{trace.filename}:{trace.lineno}")
    jar = cookies.Jar(site.is_secure(request))
    known = words(choose("", request.headers.get("accept-language", ""), site.app.settings.service.default_language))
    page, visit = error_page(error), _Visit(request, jar, known, None, "", "", "")
    headers = page_headers("no-store", secure=jar.secure) | {"Content-Type": "text/html; charset=utf-8"}
    return Response(_html(site, visit, page), page.status, headers)


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _ready(site: Site, _request: Request) -> Response:
    ready = await _in_thread(site, partial(is_ready, site.app))
    return PlainTextResponse("ready\n" if ready else "the database does not answer\n", 200 if ready else 503)


async def _static(site: Site, request: Request) -> Response:
    params = request.path_params
    accepts = request.headers.get("accept-encoding", "")
    found = site.static.answer(params["hash"], params["name"], accepts, secure=site.is_secure(request))
    return found or PlainTextResponse("no such file\n", 404)
