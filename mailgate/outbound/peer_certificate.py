"""The certificate that the smarthost shows. In: the options. Out: subject, issuer, expiry, and why it cannot be verified. Sends no mail.

For `mailgate doctor` only: it opens up to two sessions of its own, without AUTH. It must never decide whether mail is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509

from mailgate.outbound.smarthost_session import SessionFailure, SmarthostOptions, TlsMode, open_session, tls_context


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """`subject` and `issuer` as RFC 4514 strings; `problem` is "" when chain and name are good."""

    subject: str
    issuer: str
    expires_at: datetime
    problem: str


def peer_certificate(options: SmarthostOptions) -> PeerCertificate | None:
    """The certificate of the smarthost, None when no TLS comes up. Raises ConfigError for a `ca_file` that cannot be used."""
    if options.tls == "none":
        return None
    tls: TlsMode = "implicit" if options.tls == "implicit" else "starttls"
    probe = replace(options, tls=tls, user="", password="", verify=False)
    try:
        connection = open_session(probe, tls_context(probe))
    except SessionFailure:
        return None
    der = connection.peer_certificate()
    connection.quit(options.timeouts.quit_s)
    if der is None:
        return None
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return None
    names = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    return PeerCertificate(*names, certificate.not_valid_after_utc, _problem(replace(probe, verify=True)))


def _problem(options: SmarthostOptions) -> str:
    try:
        open_session(options, tls_context(options)).quit(options.timeouts.quit_s)
    except SessionFailure as failure:
        return failure.answer.text
    return ""
