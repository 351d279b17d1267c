"""The part of `mailgate doctor` that looks at the certificates of listener and pages. In: a file. Out: a finding. Changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.config import Settings

SOON = timedelta(days=14)
_RENEW_SMTP = (
    "renew it, then send SIGHUP (systemctl reload mailgate-smtp); until then senders that verify us (MTA-STS, DANE) keep their mail"
)


def listener_certificate(found: Settings, now: datetime | None = None) -> Finding | None:
    """The certificate of the listener, None without one. One that has ended stops no mail: few senders verify it."""
    if found.smtp.tls_cert is None:
        return None
    return own_certificate("smtp certificate", found.smtp.tls_cert, "", now or datetime.now(UTC), _RENEW_SMTP)


def own_certificate(check: str, file: Path, host: str, now: datetime, renew: str) -> Finding:
    """From when to when it is valid, and whether it is for `host` ("": for any). `renew`: what to do when it ends."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        return fail(check, f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'no PEM certificate'}", "give a PEM file")
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if until <= now:
        return fail(check, f"{file} ended on {until:%Y-%m-%d}", renew)
    if since > now:
        return fail(check, f"{file} begins on {since:%Y-%m-%d}", "check the clock, or use one that is valid now")
    if host and not _is_for(certificate, host):
        return warn(check, f"{file} is not for {host}", "use one for the host of service.portal_url")
    if until - now < SOON:
        return warn(check, f"{file} ends on {until:%Y-%m-%d}", renew)
    return ok(check, f"{f'for {host}' if host else file}, until {until:%Y-%m-%d}")


def _is_for(certificate: x509.Certificate, host: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    listed = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    wildcard = "*." + host.partition(".")[2]
    return host.lower() in listed or wildcard.lower() in listed or host in map(str, names.get_values_for_type(x509.IPAddress))
