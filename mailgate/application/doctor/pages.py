"""The part of `mailgate doctor` that looks at the pages: how they are reached, their certificate, whether they answer. Changes nothing."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.application.doctor.own_certificate import own_certificate
from mailgate.config import Endpoint, Settings

TIMEOUT_S = 3.0
_RENEW = "renew it, then send SIGHUP (systemctl reload mailgate-web)"
_HOWTO = "see docs/howto/web.md"


def pages(found: Settings, now: datetime | None = None) -> Iterator[Finding]:
    """Whether customers reach the pages over https, and whether they are served here. `now` is for tests."""
    if not found.web.listen:
        yield ok("pages", "not served by this host: web.listen is empty")
        return
    yield _transport(found)
    if found.web.tls_cert:
        host = urlsplit(found.service.portal_url).hostname or ""
        yield own_certificate("pages certificate", found.web.tls_cert, host, now or datetime.now(UTC), _RENEW)
    yield _answer(found.web.listen[0], with_tls=found.web.tls_cert is not None)


def _transport(found: Settings) -> Finding:
    """Passwords and cookies must not travel in plain text, and a proxy that is not named hides who asks."""
    web, address = found.web, found.service.portal_url
    plain = urlsplit(address).scheme == "http" and not _is_local(urlsplit(address).hostname or "")
    if plain:
        return fail("pages", f"service.portal_url is {address}: passwords travel in plain text", "put https in front, " + _HOWTO)
    if web.tls_cert or web.trusted_proxies or urlsplit(address).scheme == "http":
        return ok("pages", f"{address}, served on {web.listen[0]}")
    text = f"{address} is https, but web.trusted_proxies names nobody: cookies are not Secure, and all visitors count as one"
    return warn("pages", text, "name the proxy in web.trusted_proxies, or set web.tls_cert and web.tls_key")


def _answer(address: Endpoint, *, with_tls: bool) -> Finding:
    """Whether something that calls itself healthy answers there now."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)
    connection = http.client.HTTPConnection(host, address.port, timeout=TIMEOUT_S)
    if with_tls:
        connection = http.client.HTTPSConnection(host, address.port, timeout=TIMEOUT_S, context=_unverified())
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        text = answer.read(200).decode("ascii", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return warn(
            "pages answer",
            f"nothing answers on {address}: {getattr(error, 'strerror', None) or type(error).__name__}",
            "start mailgate run or mailgate web",
        )
    finally:
        connection.close()
    if answer.status != 200:
        return fail("pages answer", f"{address}: {answer.status} {text}", "look at the log of mailgate web")
    return ok("pages answer", f"{address} is ready")


def _unverified() -> ssl.SSLContext:
    """It is this host that is asked, by whatever address it listens on; the certificate is looked at by itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _is_local(host: str) -> bool:
    """A name or address that leads to this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
