"""Checks that need more than one key, or the files that keys name. In: checked sections and where they stand. Out: nothing, or ConfigError.

Each check reads at most; none binds, writes or connects.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from mailgate.config import secret_file
from mailgate.config.document import SettingsDocument
from mailgate.config.sections import EXAMPLE_DOMAIN, Sections
from mailgate.config.values import Endpoint
from mailgate.errors import ConfigError
from mailgate.masking import has_password

Check = Callable[[SettingsDocument, Sections], None]
LOGO_MAX_BYTES = 40 * 1024
MIN_KEPT_DAYS = 8  # a resent message is recognised for 7 days


def run(document: SettingsDocument, sections: Sections) -> None:
    """Run every check, in the order of the file. Raises ConfigError for the first that fails."""
    for check in CHECKS:
        check(document, sections)


def _settings_file_is_private(document: SettingsDocument, sections: Sections) -> None:
    for section in ("database", "broker"):
        url = document.values[section].get("url", "")
        if document.file and has_password(url) and (section, "url") not in document.variables:
            try:
                secret_file.check_private(document.file, f"{section}.url holds a password and this file")
            except ConfigError as error:
                document.fail(section, "url", error.what, error.hint)


def _listeners(document: SettingsDocument, sections: Sections) -> None:
    smtp, metrics = sections.smtp, sections.metrics
    if smtp.lmtp_listen and not smtp.trusted_from:
        what = "smtp.lmtp_listen has no clients: nobody is named in smtp.trusted_from"
        document.fail("smtp", "lmtp_listen", what, 'name the mail server in front, such as trusted_from = ["127.0.0.1/32"]')
    if not (smtp.listen or smtp.listen_tls or smtp.lmtp_listen or smtp.lmtp_socket):
        document.fail(
            "smtp",
            "listen",
            "no listener is left",
            "give one of smtp.listen, smtp.listen_tls, smtp.lmtp_listen and smtp.lmtp_socket a value",
        )
    seen: list[tuple[Endpoint, str, str]] = []
    for section, key, endpoints in (
        ("smtp", "listen", smtp.listen),
        ("smtp", "listen_tls", smtp.listen_tls),
        ("smtp", "lmtp_listen", smtp.lmtp_listen),
        ("metrics", "listen", metrics.listen),
        ("web", "listen", sections.web.listen),
    ):
        for endpoint in endpoints:
            for other, other_section, other_key in seen:
                if _meet(endpoint, other):
                    what = f"duplicate listener: {endpoint} stands in {other_section}.{other_key} and in {section}.{key}"
                    document.fail(*_set_one(document, (section, key), (other_section, other_key)), what, "give each its own port")
            seen.append((endpoint, section, key))


def _set_one(document: SettingsDocument, *keys: tuple[str, str]) -> tuple[str, str]:
    """The key that the operator has set, so that the error points at a line of theirs and not at a default."""
    return next((name for name in keys if name[1] in document.values[name[0]]), keys[0])


def _meet(one: Endpoint, other: Endpoint) -> bool:
    """Whether both cannot be bound at once. `0.0.0.0` is all of IPv4, `::` all of IPv6; a name may be either."""
    if one.port != other.port or one.port == 0:
        return False
    return one.host == other.host or _covers(one.host, other.host) or _covers(other.host, one.host)


def _covers(everywhere: str, host: str) -> bool:
    families = {"0.0.0.0": 4, "::": 6}
    if everywhere not in families:
        return False
    try:
        return ip_address(host).version == families[everywhere]
    except ValueError:
        return True


def _memory_for_data(document: SettingsDocument, sections: Sections) -> None:
    largest, budget = sections.smtp.max_message_bytes, sections.smtp.max_data_total_bytes
    if largest > budget:
        what = f"smtp.max_message_bytes {largest} is more than smtp.max_data_total_bytes {budget}"
        where = _set_one(document, ("smtp", "max_message_bytes"), ("smtp", "max_data_total_bytes"))
        document.fail(*where, what, "a message of that size could never come in: raise the total, or lower the largest")


def _logo(document: SettingsDocument, sections: Sections) -> None:
    file = sections.service.logo_file
    raw = _read(document, "logo_file", file, "service") if file else b""
    if file and not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        document.fail("service", "logo_file", f"{file} is no PNG file", "mail clients show PNG everywhere, but not SVG and WebP")
    if len(raw) > LOGO_MAX_BYTES:
        document.fail("service", "logo_file", f"{file} has {len(raw)} bytes; {LOGO_MAX_BYTES} are the most", "every mail carries it")


def _worker_ports(document: SettingsDocument, sections: Sections) -> None:
    for endpoint in sections.metrics.listen:
        if endpoint.port + sections.worker.processes - 1 > 65_535:
            document.fail(
                "metrics",
                "listen",
                f"port {endpoint.port} leaves too few ports for {sections.worker.processes} processes",
                "take a lower port",
            )


def _certificate(document: SettingsDocument, sections: Sections) -> None:
    smtp = sections.smtp
    if smtp.tls_cert is None and smtp.tls_key is None:
        if smtp.listen_tls:
            document.fail("smtp", "listen_tls", "smtp.listen_tls needs a certificate", "set smtp.tls_cert and smtp.tls_key")
        return
    if smtp.tls_cert is None:
        document.fail("smtp", "tls_key", "smtp.tls_key has no certificate", "set smtp.tls_cert")
    if smtp.tls_key is None:
        document.fail("smtp", "tls_cert", "smtp.tls_cert has no key", "set smtp.tls_key")
    _read(document, "tls_cert", smtp.tls_cert)
    _read(document, "tls_key", smtp.tls_key)
    try:
        secret_file.check_private(smtp.tls_key, "the private key")
    except ConfigError as error:
        document.fail("smtp", "tls_key", f"smtp.tls_key {smtp.tls_key}: {error.what}", error.hint)
    _is_certificate(document, smtp.tls_cert)
    _matches(document, smtp.tls_cert, smtp.tls_key)


def _read(document: SettingsDocument, key: str, path: Path, section: str = "smtp") -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        document.fail(section, key, f"{section}.{key} {path} cannot be read: {error.strerror}", "check the path and its permissions")


def _is_certificate(document: SettingsDocument, file: Path) -> None:
    """An expired certificate is accepted here: mail still works with it, and the log and mailgate doctor report it."""
    try:
        certificate_dates(file)
    except ValueError:
        document.fail("smtp", "tls_cert", "smtp.tls_cert holds no PEM certificate", "the file begins with -----BEGIN CERTIFICATE-----")


def certificate_dates(file: Path) -> tuple[datetime, datetime]:
    """From when to when a certificate is valid. Raises OSError, and ValueError for what is no PEM certificate."""
    from cryptography import x509  # OpenSSL takes a while to load: only where a certificate is set

    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _matches(document: SettingsDocument, certificate: Path, key: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a password callback an encrypted key would ask on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            document.fail(
                "smtp", "tls_key", "smtp.tls_key does not belong to smtp.tls_cert", "give the key that the certificate was made for"
            )
        document.fail(
            "smtp", "tls_key", "smtp.tls_key holds no PEM key that can be used without a password", "give the unencrypted PEM key"
        )


def _networks(document: SettingsDocument, sections: Sections) -> None:
    for key, networks in (("proxy_from", sections.smtp.proxy_from), ("trusted_from", sections.smtp.trusted_from)):
        for network in networks:
            if network.prefixlen == 0:
                document.fail(
                    "smtp",
                    key,
                    f"smtp.{key} {network} trusts the whole internet",
                    "name the networks of your own balancers and mail servers",
                )


def _addresses(document: SettingsDocument, sections: Sections) -> None:
    book, own = sections.addresses, sections.addresses.reply_mailbox
    if book.bounce_mailbox == own:
        document.fail("addresses", "bounce_mailbox", f"bounce_mailbox and reply_mailbox are both {own!r}", "give them different words")
    served = {"postmaster", "abuse"}
    if own in served:
        document.fail("addresses", "reply_mailbox", f"reply_mailbox {own!r} is a mailbox that people write to", "take another word")
    taken = {*served, *(address.partition("@")[0] for address in book.support)}
    if book.bounce_mailbox in taken:
        document.fail(
            "addresses", "bounce_mailbox", f"bounce_mailbox {book.bounce_mailbox!r} is a mailbox that people write to", "take another word"
        )


def _one_process_broker(document: SettingsDocument, sections: Sections) -> None:
    if sections.broker.url.startswith("memory:") and sections.worker.processes > 1:
        document.fail(
            "worker",
            "processes",
            f"{sections.worker.processes} processes cannot share memory://",
            "set broker.url to redis:// or amqp://, or worker.processes to 1",
        )


def _delivery(document: SettingsDocument, sections: Sections) -> None:
    out = sections.outbound
    if out.delivery == "smtp" and sections.service.domain == EXAMPLE_DOMAIN:
        document.fail(
            "service",
            "domain",
            f"service.domain is still the example {EXAMPLE_DOMAIN}",
            "mail would go out from a domain that is not yours: set it",
        )
    listeners = (*sections.smtp.listen, *sections.smtp.listen_tls, *sections.smtp.lmtp_listen)
    hops = [("smarthost", out.smarthost, out.smarthost_endpoint)]
    hops += [("fallback_smarthosts", *hop) for hop in zip(out.fallback_smarthosts, out.fallback_endpoints, strict=True)]
    for name, url, hop in hops if out.delivery == "smtp" else ():
        if any(_meet(hop, endpoint) for endpoint in listeners):
            document.fail(
                "outbound", name, f"outbound.{name} {url} is our own listener", "mail would go in a circle: name another host or port"
            )
    if out.username and out.tls == "none":
        what = 'outbound.tls = "none" would send the password in the clear'
        document.fail(*_set_one(document, ("outbound", "tls"), ("outbound", "username")), what, "set outbound.tls to starttls or implicit")
    if out.auth == "xoauth2":
        _token_login(document, sections)
    if out.retry_first_s > out.retry_max_s:
        where = _set_one(document, ("outbound", "retry_first_s"), ("outbound", "retry_max_s"))
        document.fail(*where, "outbound.retry_first_s is longer than retry_max_s", "make the first pause the shorter one")


def _token_login(document: SettingsDocument, sections: Sections) -> None:
    out = sections.outbound
    url = urlsplit(out.oauth_token_url)
    if url.scheme != "https" or not url.hostname or url.username or url.fragment:
        what = f"outbound.oauth_token_url {out.oauth_token_url!r} is no https address"
        hint = "take the token endpoint of your provider, such as https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token"
        document.fail("outbound", "oauth_token_url", what, hint)
    for key, value in (("username", out.username), ("oauth_client_id", out.oauth_client_id)):
        if not value:
            where = _set_one(document, ("outbound", key), ("outbound", "auth"))
            document.fail(*where, f'outbound.auth = "xoauth2" needs outbound.{key}', "name the mailbox or the client that logs in")


def _intake(document: SettingsDocument, sections: Sections) -> None:
    if sections.intake.lease_s <= sections.intake.read_timeout_s:
        document.fail(
            "intake",
            "lease_s",
            f"a lease of {sections.intake.lease_s:g} s ends before one mail is read",
            "make intake.lease_s several times intake.read_timeout_s",
        )


def _resolvers(document: SettingsDocument, sections: Sections) -> None:
    for server in sections.intake.dns_servers:
        try:
            ip_address(server.host)
        except ValueError:
            what = f"intake.dns_servers {server} is no IP address"
            document.fail("intake", "dns_servers", what, "a resolver cannot be looked up: write its address, such as 127.0.0.1:53")


def _signing(document: SettingsDocument, sections: Sections) -> None:
    dkim, service = sections.dkim, sections.service.domain
    if dkim.rsa_key is None and dkim.ed25519_key is None:
        return
    author = (sections.addresses.support or (f"support@{service}",))[0].rpartition("@")[2]
    domain = dkim.domain or service
    if author != domain and not author.endswith(f".{domain}"):
        what = f"signatures of {domain} say nothing of mail from {author}"
        document.fail("dkim", "domain", what, f"set dkim.domain to {author} or a domain above it")
    if dkim.rsa_key is None:
        what = "dkim.ed25519_key alone: most receivers check RSA only"
        document.fail("dkim", "ed25519_key", what, "set dkim.rsa_key, too; mailgate dkim makes one")


def _authorities(document: SettingsDocument, sections: Sections) -> None:
    path = sections.outbound.tls_ca_file
    if path is None:
        return
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        document.fail("outbound", "tls_ca_file", f"outbound.tls_ca_file {path} holds no PEM certificate", "name a file of authorities")
    except OSError as error:
        document.fail("outbound", "tls_ca_file", f"outbound.tls_ca_file {path} cannot be read: {error.strerror}", "check the path")


def _templates(document: SettingsDocument, sections: Sections) -> None:
    folder = sections.outbound.templates_dir
    if folder is not None and not folder.is_dir():
        document.fail("outbound", "templates_dir", f"outbound.templates_dir {folder} is no folder", "make it, or leave the setting out")


def _openid(document: SettingsDocument, sections: Sections) -> None:
    if sections.openid.issuer and not sections.openid.client_id:
        document.fail("openid", "client_id", "openid.client_id is empty", "register mailgate at the provider, and write the id it gives")


def _retention(document: SettingsDocument, sections: Sections) -> None:
    days = sections.retention.raw_days
    if 0 < days < MIN_KEPT_DAYS:
        what = f"retention.raw_days = {days} is too short: a resent mail is recognised for 7 days"
        document.fail("retention", "raw_days", what, f"use {MIN_KEPT_DAYS} or more, or 0")
    for key in ("journal_days", "outbox_days"):
        kept = getattr(sections.retention, key)
        if 0 < kept < max(days, MIN_KEPT_DAYS):
            what = f"retention.{key} = {kept} is shorter than the {days or MIN_KEPT_DAYS} days that bytes are kept"
            document.fail("retention", key, what, f"use {max(days, MIN_KEPT_DAYS)} or more, or 0; or lower retention.raw_days")


CHECKS: tuple[Check, ...] = (
    _settings_file_is_private,
    _listeners,
    _memory_for_data,
    _logo,
    _worker_ports,
    _certificate,
    _networks,
    _addresses,
    _one_process_broker,
    _delivery,
    _intake,
    _resolvers,
    _signing,
    _authorities,
    _templates,
    _openid,
    _retention,
)
