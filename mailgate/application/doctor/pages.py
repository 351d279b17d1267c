"""The part of `mailgate doctor` that looks at the pages: how they are reached, their certificate, whether they answer. Changes nothing."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.config import Endpoint, Settings

TIMEOUT_S = 3.0
SOON = timedelta(days=14)
_HOWTO = "see docs/howto/web.md"


def pages(found: Settings, now: datetime | None = None) -> Iterator[Finding]:
    """Whether customers reach the pages over https, and whether they are served here. `now` is for tests."""
    if not found.web.listen:
        yield ok("pages", "not served by this host: web.listen is empty")
        return
    yield _transport(found)
    if found.web.tls_cert:
        yield _certificate(found, now or datetime.now(UTC))
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


def _certificate(found: Settings, now: datetime) -> Finding:
    """The certificate of our own: when it ends, and whether it is for the address in the mails."""
    host = urlsplit(found.service.portal_url).hostname or ""
    try:
        certificate = x509.load_pem_x509_certificate(found.web.tls_cert.read_bytes() if found.web.tls_cert else b"")
    except (OSError, ValueError) as error:
        return fail("pages certificate", f"{found.web.tls_cert}: cannot be read: {type(error).__name__}", "give web.tls_cert a PEM file")
    until = certificate.not_valid_after_utc
    if until <= now:
        return fail("pages certificate", f"{found.web.tls_cert} ended on {until:%Y-%m-%d}", "renew it, then restart mailgate web")
    if not _is_for(certificate, host):
        return warn("pages certificate", f"{found.web.tls_cert} is not for {host}", "use one for the host of service.portal_url")
    if until - now < SOON:
        return warn("pages certificate", f"{found.web.tls_cert} ends on {until:%Y-%m-%d}", "renew it, then restart mailgate web")
    return ok("pages certificate", f"for {host}, until {until:%Y-%m-%d}")


def _is_for(certificate: x509.Certificate, host: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    listed = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    wildcard = "*." + host.partition(".")[2]
    return host.lower() in listed or wildcard.lower() in listed or host in map(str, names.get_values_for_type(x509.IPAddress))


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
