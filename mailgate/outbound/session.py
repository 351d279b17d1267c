"""Opens a session with the smarthost: connect, greeting, EHLO, TLS, AUTH. In: the options. Out: a connection ready for MAIL, or why not.

Where TLS is asked for, nothing goes out without it: a smarthost that stops offering it is treated as one that is not there.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Literal

from mailgate import log
from mailgate.errors import ConfigError, TransientFailure
from mailgate.killpoint import reached
from mailgate.outbound.connection import Connection, LostError, Reply, told

TlsMode = Literal["none", "opportunistic", "starttls", "implicit"]
Step = Literal["connect", "banner", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "dot"]
Fate = Literal["sent", "deferred", "failed", "uncertain", "captured"]

_NO_EHLO = (500, 502, 504)  # RFC 5321 section 3.2: then HELO is worth a try

_log = log.get("smarthost")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each step, the whole reply included. RFC 5321 section 4.5.3.2 gives the least for all but connecting and QUIT."""

    connect_s: float = 30.0
    banner_s: float = 300.0
    command_s: float = 300.0
    data_s: float = 120.0
    block_s: float = 180.0
    dot_s: float = 600.0
    quit_s: float = 2.0


@dataclass(frozen=True, slots=True)
class SmarthostOptions:
    """Where mail is handed on, and how far the connection is trusted.

    `opportunistic` uses TLS when it is offered; `starttls` and `implicit` send nothing without it. `verify` checks chain and name in
    each mode; `ca_file` (PEM) replaces the system's authorities. `user` asks for AUTH, which is done over TLS only. `helo_name` is what
    we call ourselves. A connection is kept for `idle_s` and for `mails_per_connection`.
    """

    host: str
    port: int = 25
    tls: TlsMode = "starttls"
    verify: bool = True
    ca_file: str | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    helo_name: str = "localhost"
    timeouts: Timeouts = field(default_factory=Timeouts)
    mails_per_connection: int = 1000
    idle_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one try. `code` is 0 when no reply came; `lost` when the connection can carry no further mail.

    `session` is true when the trouble was not about this mail (connecting, greeting, TLS, AUTH, 421): others would fare the same.
    """

    fate: Fate
    step: Step
    code: int = 0
    enhanced: str = ""
    text: str = ""
    lost: bool = False
    session: bool = False


class SessionFailure(TransientFailure):
    """No mail can be handed over now: no connection, no TLS that can be trusted, no login, or the smarthost does not want us."""

    def __init__(self, step: Step, why: str | Reply, fate: Fate = "deferred") -> None:
        code, enhanced, text = (0, "", why) if isinstance(why, str) else (why.code, why.enhanced, why.text)
        super().__init__(f"smarthost, {step}: {code or ''} {text}")
        self.answer = Answer(fate, step, code, enhanced, text, lost=True, session=True)


def tls_context(options: SmarthostOptions) -> ssl.SSLContext:
    """The client's TLS settings: chain and name are verified unless that is switched off, which is logged.

    Raises ConfigError for a `ca_file` that cannot be used, and for a password that would go out in the clear.
    """
    if options.user and options.tls == "none":
        raise ConfigError(
            "the smarthost has a user but no TLS", hint="set its TLS to starttls or implicit: a password is never sent in the clear"
        )
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
    except OSError as error:
        raise ConfigError(
            "the smarthost's CA file cannot be used", file=options.ca_file or "", hint="it must be a readable PEM file"
        ) from error
    if not options.verify:
        _log.warning("tls_not_verified", host=options.host, hint="anyone on the way can read and change our mail")
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def open_session(options: SmarthostOptions, context: ssl.SSLContext) -> Connection:
    """A connection ready for MAIL. Raises SessionFailure.

    A 5yz greeting or EHLO is the answer to the mail at hand (`failed`); trouble with TLS or AUTH is ours to set right: mail waits for it.
    """
    connection = _connected(options, context)
    step: Step = "banner"
    try:
        _expect(step, connection.read(options.timeouts.banner_s))
        step = "EHLO"
        _greet(connection, options)
        step = "STARTTLS"
        _secure(connection, options, context)
        step = "AUTH"
        _log_in(connection, options)
    except SessionFailure:
        connection.drop()
        raise
    except LostError as error:
        connection.drop()
        raise SessionFailure(step, str(error)) from error
    return connection


def _connected(options: SmarthostOptions, context: ssl.SSLContext) -> Connection:
    reached("before_smtp_connect")
    timeout_s = options.timeouts.connect_s
    try:
        connection = Connection(socket.create_connection((options.host, options.port), timeout_s), encrypted=False)
    except OSError as error:
        raise SessionFailure("connect", told(error, "while connecting")) from error
    if options.tls == "implicit":  # RFC 8314 section 3.3
        try:
            connection.secure(context, options.host, timeout_s)
        except LostError as error:
            connection.drop()
            raise SessionFailure("connect", str(error)) from error
    return connection


def _expect(step: Step, reply: Reply) -> None:
    if reply.code // 100 != 2:
        raise SessionFailure(step, reply, "failed" if reply.code // 100 == 5 and step in ("banner", "EHLO") else "deferred")


def _greet(connection: Connection, options: SmarthostOptions) -> None:
    reply = connection.command(f"EHLO {options.helo_name}", options.timeouts.command_s)
    if reply.code in _NO_EHLO:
        reply = connection.command(f"HELO {options.helo_name}", options.timeouts.command_s)
    _expect("EHLO", reply)
    words = (line.strip().partition(" ") for line in reply.lines[1:])
    connection.features = {name.lower(): parameters for name, _, parameters in words}


def _secure(connection: Connection, options: SmarthostOptions, context: ssl.SSLContext) -> None:
    """STARTTLS where it is asked for (RFC 3207). Fails closed."""
    if options.tls in ("none", "implicit"):
        return
    if "starttls" not in connection.features:
        if options.tls == "opportunistic":
            return
        raise SessionFailure("STARTTLS", "TLS is demanded, and the smarthost does not offer it")
    _expect("STARTTLS", connection.command("STARTTLS", options.timeouts.command_s))
    connection.secure(context, options.host, options.timeouts.command_s)
    _greet(connection, options)


def _log_in(connection: Connection, options: SmarthostOptions) -> None:
    """AUTH PLAIN (RFC 4616) or LOGIN, over TLS alone. Credentials are UTF-8."""
    if not options.user:
        return
    offered = connection.features.get("auth", "").upper().split()
    if not connection.encrypted:
        raise SessionFailure("AUTH", "the smarthost offers no TLS, and a password is not sent without")
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
