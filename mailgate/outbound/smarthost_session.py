"""Opens a session with the smarthost: connect, greeting, EHLO, TLS, AUTH. In: the options. Out: a connection ready for MAIL.

Where TLS is required, nothing is sent without it: a smarthost that stops offering it counts as unreachable. A password is sent only over
TLS with a verified certificate, unless a setting allows an unverified one. It must never send a password in the clear.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from mailgate import log
from mailgate.errors import ConfigError, TransientFailure
from mailgate.killpoint import reached
from mailgate.outbound import oauth
from mailgate.outbound.connection import HandshakeError, LostError, ServerReply, SmarthostConnection, describe
from mailgate.outbound.oauth import TokenRefused, TokenSource

TlsMode = Literal["none", "opportunistic", "starttls", "implicit"]
SmtpStep = Literal["connect", "banner", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "dot"]
Fate = Literal["sent", "deferred", "failed", "uncertain", "captured"]

_NO_EHLO = (500, 502, 504)  # RFC 5321 section 3.2: then HELO is tried

_log = log.get("smarthost")


@dataclass(frozen=True, slots=True)
class SmarthostTimeouts:
    """Seconds for each step, including its whole reply. RFC 5321 section 4.5.3.2 sets the minimum for all but connecting and QUIT."""

    connect_s: float = 30.0
    banner_s: float = 300.0
    command_s: float = 300.0
    data_s: float = 120.0
    block_s: float = 180.0
    dot_s: float = 600.0
    quit_s: float = 2.0


@dataclass(frozen=True, slots=True)
class SmarthostOptions:
    """The next hop, and how far the connection is trusted.

    `tls`: `opportunistic` encrypts when STARTTLS is offered, authenticates nobody, and goes on in plain text when the handshake fails
    (RFC 7435; Postfix: `may`); `starttls` and `implicit` send nothing without TLS. `verify`: `starttls` and `implicit` check the
    certificate's chain and name. `ca_file` (PEM) replaces the system's authorities. `user` asks for AUTH, by
    `tokens` (XOAUTH2) or the password; either goes only over a verified channel, or with `allow_unverified_auth` over any TLS.
    `helo_name` is our name in EHLO. A connection is kept for `idle_s` seconds and `mails_per_connection` mails.
    """

    host: str
    port: int = 25
    tls: TlsMode = "starttls"
    verify: bool = True
    ca_file: str | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    tokens: TokenSource | None = field(default=None, repr=False)
    allow_unverified_auth: bool = False
    helo_name: str = "localhost"
    timeouts: SmarthostTimeouts = field(default_factory=SmarthostTimeouts)
    mails_per_connection: int = 1000
    idle_s: float = 30.0

    @property
    def verifies(self) -> bool:
        """Whether the certificate must be good. With `opportunistic` only when a password is at stake."""
        if self.tls == "opportunistic":
            return bool(self.user) and not self.allow_unverified_auth
        return self.verify and self.tls != "none"

    @property
    def may_fall_back(self) -> bool:
        """Whether mail may go in plain text when TLS does not come up."""
        return self.tls == "opportunistic" and not self.user


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """The result of one try. `code` is 0 when no reply came; `lost` when the connection cannot be used for another mail.

    `session` is true when the failure is not about this mail (connecting, greeting, TLS, AUTH, 421): other mails would fail, too. `host`:
    who answered, where there are several.
    """

    fate: Fate
    step: SmtpStep
    code: int = 0
    enhanced: str = ""
    text: str = ""
    lost: bool = False
    session: bool = False
    host: str = ""


class SessionFailure(TransientFailure):
    """No mail can be handed over now: no connection, no trusted TLS, no login, or the smarthost refuses us."""

    def __init__(self, step: SmtpStep, why: str | ServerReply, fate: Fate = "deferred") -> None:
        code, enhanced, text = (0, "", why) if isinstance(why, str) else (why.code, why.enhanced, why.text)
        super().__init__(f"smarthost, {step}: {f'{code} ' if code else ''}{text}")
        self.answer = SubmitResult(fate, step, code, enhanced, text, lost=True, session=True)


def tls_context(options: SmarthostOptions) -> ssl.SSLContext:
    """The client's TLS settings. Raises ConfigError for a `ca_file` that cannot be used, and for a password that would go unprotected."""
    if options.user and options.tls == "none":
        raise ConfigError(
            "the smarthost has a user but no TLS", hint="set outbound.tls to starttls or implicit: a password is never sent in the clear"
        )
    if options.user and not options.verifies and not options.allow_unverified_auth:
        raise ConfigError(
            "the smarthost has a user, but its certificate is not checked",
            hint="set outbound.tls_verify = true, or accept the risk with outbound.allow_unverified_auth = true",
        )
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
    except OSError as error:
        raise ConfigError(
            "the smarthost's CA file cannot be used", file=options.ca_file or "", hint="it must be a readable PEM file"
        ) from error
    if not options.verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def open_session(options: SmarthostOptions, context: ssl.SSLContext) -> SmarthostConnection:
    """A connection ready for MAIL. Raises SessionFailure.

    A 5yz greeting or EHLO reply applies to the mail at hand (`failed`). Trouble with TLS or AUTH is for the operator to fix: mail is
    deferred. With `opportunistic`, a failed handshake leads to a second connection in plain text.
    """
    try:
        return _opened(options, context)
    except SessionFailure as failure:
        if not (options.may_fall_back and isinstance(failure.__cause__, HandshakeError)):
            raise
        _log.warning("tls_handshake_failed", host=options.host, reason=failure.answer.text, then="plain text")
    return _opened(replace(options, tls="none"), context)


def _opened(options: SmarthostOptions, context: ssl.SSLContext) -> SmarthostConnection:
    connection = _connected(options, context)
    steps: tuple[tuple[SmtpStep, Callable[[], None]], ...] = (
        ("banner", lambda: _expect("banner", connection.read(options.timeouts.banner_s))),
        ("EHLO", lambda: _greet(connection, options)),
        ("STARTTLS", lambda: _secure(connection, options, context)),
        ("AUTH", lambda: _log_in(connection, options)),
    )
    for step, perform in steps:
        try:
            perform()
        except SessionFailure:
            connection.drop()
            raise
        except LostError as error:
            connection.drop()
            raise SessionFailure(step, str(error)) from error
    return connection


def _connected(options: SmarthostOptions, context: ssl.SSLContext) -> SmarthostConnection:
    reached("before_smtp_connect")
    timeout_s = options.timeouts.connect_s
    try:
        connection = SmarthostConnection(socket.create_connection((options.host, options.port), timeout_s), encrypted=False)
    except OSError as error:
        raise SessionFailure("connect", describe(error, "while connecting")) from error
    if options.tls == "implicit":  # RFC 8314 section 3.3
        try:
            connection.secure(context, options.host, timeout_s)
        except LostError as error:
            connection.drop()
            raise SessionFailure("connect", str(error)) from error
    return connection


def _expect(step: SmtpStep, reply: ServerReply) -> None:
    if reply.code // 100 != 2:
        raise SessionFailure(step, reply, "failed" if reply.code // 100 == 5 and step in ("banner", "EHLO") else "deferred")


def _greet(connection: SmarthostConnection, options: SmarthostOptions) -> None:
    reply = connection.command(f"EHLO {options.helo_name}", options.timeouts.command_s)
    if reply.code in _NO_EHLO:
        reply = connection.command(f"HELO {options.helo_name}", options.timeouts.command_s)
    _expect("EHLO", reply)
    words = (line.strip().partition(" ") for line in reply.lines[1:])
    connection.features = {name.lower(): parameters for name, _, parameters in words}


def _secure(connection: SmarthostConnection, options: SmarthostOptions, context: ssl.SSLContext) -> None:
    """STARTTLS as `options.tls` asks for it (RFC 3207). Without TLS it goes on only with `opportunistic`; `_log_in` guards the password."""
    if options.tls in ("none", "implicit"):
        return
    opportunistic = options.tls == "opportunistic"
    if "starttls" not in connection.features:
        if opportunistic:
            return
        raise SessionFailure("STARTTLS", "TLS is required, and the smarthost does not offer it")
    reply = connection.command("STARTTLS", options.timeouts.command_s)
    if reply.code // 100 in (4, 5) and reply.code != 421 and options.may_fall_back:
        return
    _expect("STARTTLS", reply)
    connection.secure(context, options.host, options.timeouts.command_s)
    try:
        _greet(connection, options)
    except LostError as error:  # in TLS 1.3 the server's verdict on the handshake comes with its first reply
        raise HandshakeError(str(error)) from error


def _log_in(connection: SmarthostConnection, options: SmarthostOptions) -> None:
    """AUTH XOAUTH2, PLAIN (RFC 4616) or LOGIN, over TLS only. User and password are sent as UTF-8."""
    if not options.user:
        return
    if not connection.encrypted:
        raise SessionFailure("AUTH", "the smarthost offers no TLS, and a password is never sent in the clear")
    if not connection.verified and not options.allow_unverified_auth:
        raise SessionFailure("AUTH", "the smarthost's certificate is not verified, so the password is not sent")
    offered = connection.features.get("auth", "").upper().split()
    if options.tokens is not None:
        _log_in_by_token(connection, options, options.tokens, offered)
        return
    if not {"PLAIN", "LOGIN"} & set(offered):
        raise SessionFailure("AUTH", "the smarthost offers neither AUTH PLAIN nor AUTH LOGIN")
    user, password = options.user.encode(), options.password.encode()
    plain = (b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + password),)
    lines = plain if "PLAIN" in offered else (b"AUTH LOGIN", b64encode(user), b64encode(password))
    for line in lines:
        reply = connection.command(line, options.timeouts.command_s)
        if reply.code != 334 or line is lines[-1]:
            _expect("AUTH", reply)
            return


def _log_in_by_token(connection: SmarthostConnection, options: SmarthostOptions, tokens: TokenSource, offered: list[str]) -> None:
    """AUTH XOAUTH2. A token that is refused is forgotten, and another one tried once: it may have been revoked before its end."""
    if "XOAUTH2" not in offered:
        raise SessionFailure("AUTH", "the smarthost does not offer AUTH XOAUTH2")
    for attempt in (1, 2):
        try:
            token = tokens.token()
        except TokenRefused as error:
            raise SessionFailure("AUTH", str(error)) from error
        reply = connection.command(b"AUTH XOAUTH2 " + oauth.initial_response(options.user, token), options.timeouts.command_s)
        if reply.code == 334:  # the reason stands in a challenge; an empty answer ends the exchange
            reply = connection.command(b"", options.timeouts.command_s)
        if reply.code == 235:
            return
        tokens.forget(token)
        if attempt == 2 or reply.code // 100 != 5:
            _expect("AUTH", reply)
