"""Log in through the company's OpenID provider, or link an account to it. The provider's redirect is the one GET that logs in: RFC 6749."""

from __future__ import annotations

from collections.abc import Callable

from mailgate import log
from mailgate.application.accounts import identities
from mailgate.application.principal import visitor
from mailgate.errors import Invalid, NotFound
from mailgate.web.http.openid import Ask, ProviderAway, address_at_provider, identity_of
from mailgate.web.pages.request import Answer, PageRequest, Redirect
from mailgate.web.portal import me
from mailgate.web.portal.login import login_page, next_path

_log = log.get("web")


def begin(request: PageRequest) -> Answer:
    """Go to the provider to log in."""
    who = visitor(request.words.language)
    return _go(request, next_path(request.form.text("next")), lambda asked: identities.begin_at_provider(request.app, who, asked))


def begin_link(request: PageRequest) -> Answer:
    """Go to the provider to link one's own account, with a code or the password."""
    try:
        return _go(request, "/me", lambda asked: identities.begin_link(request.app, request.principal, asked, _proof(request)))
    except Invalid as error:
        return me.page(request, 422, error.all)


def end_link(request: PageRequest) -> Answer:
    """End the link of one's own account, with a code or the password."""
    try:
        identities.end_link(request.app, request.principal, _proof(request))
    except Invalid as error:
        return me.page(request, 422, error.all)
    return Redirect("/me", flash="flash.unlinked")


def _proof(request: PageRequest) -> identities.OwnerProof:
    typed = request.form.text
    return identities.OwnerProof(request.me, request.client, typed("old_code"), typed("link_password"))


def come_back(request: PageRequest) -> Answer:
    """The browser comes back from the provider: check the answer, then log in or link. Each request is valid once, in this browser."""
    who = visitor(request.words.language)
    try:
        asked = identities.come_back(request.app, who, identities.ComeBack(request.query.get("state", ""), request.step, request.client))
        if request.query.get("iss", request.app.settings.openid.issuer).rstrip("/") != request.app.settings.openid.issuer:
            raise Invalid("openid", "refused", "another provider answers (RFC 9207)")
        if "code" not in request.query:
            raise Invalid("openid", "refused", "the provider sent no code")
        identity = identity_of(request.app, Ask(asked.nonce, asked.verifier), request.query["code"])
        command = identities.ByIdentity(identity, request.client, asked.link_to)
        if asked.link_to:
            identities.link_identity(request.app, request.principal, command)
            return Redirect("/me", flash="flash.linked")
        return Redirect(asked.next, begin=identities.log_in_by_identity(request.app, who, command))
    except NotFound:
        return Redirect("/login", flash="flash.log_in_again")
    except Invalid as error:
        _log.warning("openid_refused", hint=str(error))
        shown = error if error.field == "openid" else Invalid("openid", "unknown", str(error))
        return login_page(request, status=422, errors=(shown,))


def _go(request: PageRequest, path: str, begin: Callable[[identities.BeginAtProvider], identities.Begun]) -> Answer:
    if not request.app.settings.openid.issuer:
        return Redirect("/login")
    ask = Ask.fresh()
    begun = begin(identities.BeginAtProvider(ask.nonce, ask.verifier, path, "", request.client))
    try:
        return Redirect(address_at_provider(request.app, ask, begun.state), step=begun.browser)
    except ProviderAway as error:
        _log.warning("openid_away", hint=str(error))
        return login_page(request, status=503, errors=(Invalid("openid", "away", str(error)),))
