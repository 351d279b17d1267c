"""Accept stage: handles each command in each state (RFC 5321 section 4; LMTP: RFC 2033). In: one line. Out: a reply or a step.

No I/O, no clock: the session reads lines, calls `command`, and does what needs the connection (`SessionStep`). A refusal is raised as
`Rejected`; `escalate` turns it into a 421 when there were too many. It must never log arguments: they may be passwords sent to a server
without AUTH.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mailgate.errors import Rejected
from mailgate.inbound.guards.sender_gate import Senders, everyone
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.arguments import read_forward_path, read_parameters, read_reverse_path
from mailgate.inbound.smtp.limits import SmtpLimits
from mailgate.inbound.smtp.recipients import Recipients
from mailgate.mail.model import Envelope

MAX_HELO_CHARS = 255
HTTP_VERBS = frozenset({b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE", b"PATCH", b"PRI"})
"""A browser or an HTTP proxy was pointed at this port (cross-protocol attack): the connection is dropped."""

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_DIGITS = re.compile(r"[0-9]{1,20}")
REFUSED_RECIPIENT = frozenset({"unknown_recipient", "relay_denied"})
_WRONG_COMMAND = frozenset({500, 501, 502, 503, 504, 530, 553, 554, 555})
_PATIENCE = 4
"""Refused recipients without a delay: a typing error, an old address book."""


class SessionStep(enum.Enum):
    """What the session has to do, because it needs the connection."""

    DATA = enum.auto()
    START_TLS = enum.auto()
    QUIT = enum.auto()
    DROP = enum.auto()


@dataclass(frozen=True)
class SmtpConfig:
    """What all sessions of one endpoint share."""

    hostname: str
    lmtp: bool
    limits: SmtpLimits
    recipients: Recipients
    tls_offered: bool = False
    tls_required: bool = False
    senders: Senders = everyone

    @cached_property
    def ehlo(self) -> bytes:
        """The reply to EHLO and LHLO, STARTTLS left out."""
        return self._offering()

    @cached_property
    def ehlo_with_starttls(self) -> bytes:
        """The same with STARTTLS."""
        return self._offering("STARTTLS")

    def _offering(self, *more: str) -> bytes:
        lines = [self.hostname, "PIPELINING", f"SIZE {self.limits.message_bytes}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", *more]
        return ("".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n").encode("ascii")


@dataclass(slots=True)
class Transaction:
    """One mail transaction (RFC 5321 section 3.3). `accepted` has one entry per accepted RCPT, repeated ones too."""

    reverse_path: str | None
    declared_bytes: int = 0
    declared_8bit: bool = False
    smtp_utf8: bool = False
    accepted: list[str] = field(default_factory=list)
    commands: int = 0

    def envelope(self) -> Envelope:
        """The envelope, each recipient once."""
        return Envelope(self.reverse_path, tuple(dict.fromkeys(self.accepted)))


class CommandHandler:
    """One session's state. Call `command` for each line; `transaction` is set from MAIL on; `helo` is "" before a greeting.

    `admit` is called at MAIL with the declared size in bytes; it raises Rejected when no message can be accepted now.
    """

    __slots__ = ("_admit", "_config", "_errors", "_extended", "_idle", "helo", "messages", "refused_recipients", "tls", "transaction")

    def __init__(self, config: SmtpConfig, admit: Callable[[int], None]) -> None:
        self._config, self._admit = config, admit
        self._errors = self._idle = self.messages = self.refused_recipients = 0
        self._extended = self.tls = False
        self.helo = ""
        self.transaction: Transaction | None = None

    def command(self, line: bytes) -> bytes | SessionStep:
        """`line` without CRLF -> the reply with CRLF, or the step to do. Raises Rejected."""
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        handler = _HANDLERS.get(verb)
        if handler is None:
            return self._unknown(verb)
        if _CONTROL.search(line):
            raise Rejected(replies.R501_CHARACTERS, "bad_characters")
        if self._config.tls_required and not self.tls and verb not in _BEFORE_TLS:
            raise Rejected(replies.R530_TLS_FIRST, "tls_required")
        return handler(self, argument.strip())

    def escalate(self, refusal: Rejected) -> Rejected:
        """Count `refusal`; returns it, or a 421 that replaces it when there were too many."""
        limits = self._config.limits
        if refusal.reason in REFUSED_RECIPIENT:
            self.refused_recipients += 1
            if self.refused_recipients > limits.refused_recipients:
                return Rejected(replies.R421_TOO_MANY_REFUSED, "too_many_refused_recipients", close=True)
        elif refusal.reply.code in _WRONG_COMMAND:
            self._errors += 1
            if self._errors >= limits.errors and not refusal.close:
                return Rejected(replies.R421_TOO_MANY_ERRORS, "too_many_errors", close=True)
        return refusal

    def delay_s(self) -> float:
        """Seconds to wait before a recipient is refused. It grows, to slow down guessing of addresses."""
        limits = self._config.limits
        return min(limits.refusal_delay_max_s, limits.refusal_delay_s * max(0, self.refused_recipients - _PATIENCE))

    def delivered(self) -> None:
        """A message was read: the transaction is over, and the count of idle commands starts again."""
        self.transaction = None
        self._idle = 0

    def tls_started(self) -> None:
        """Forget what was said before TLS (RFC 3207 section 4.2)."""
        self.tls, self.helo, self._extended, self.transaction = True, "", False, None

    def _unknown(self, verb: bytes) -> SessionStep:
        if verb in HTTP_VERBS:
            return SessionStep.DROP
        raise Rejected(replies.R500_UNKNOWN, "unknown_command")

    def _count_idle(self) -> None:
        self._idle += 1
        if self._idle > self._config.limits.idle_commands:
            raise Rejected(replies.R421_TOO_MANY_COMMANDS, "idle_commands", close=True)

    # Commands. Each gets its argument without surrounding space.

    def _helo(self, argument: bytes) -> bytes:
        self._greet(argument)
        self._extended = False
        return b"250 %s\r\n" % self._config.hostname.encode("ascii")

    def _ehlo(self, argument: bytes) -> bytes:
        self._greet(argument)
        self._extended = True
        config = self._config
        return config.ehlo_with_starttls if config.tls_offered and not self.tls else config.ehlo

    def _greet(self, argument: bytes) -> None:
        if not argument:
            raise Rejected(replies.R501_NAME, "bad_greeting")
        if self.helo:
            self._count_idle()
        self.helo = argument.decode("utf-8", "replace")[:MAX_HELO_CHARS]
        self.transaction = None

    def _mail(self, argument: bytes) -> bytes:
        if not self.helo:
            raise Rejected(replies.R503_GREETING, "out_of_order")
        if self.transaction is not None:
            raise Rejected(replies.R503_NESTED_MAIL, "out_of_order")
        if argument[:5].upper() != b"FROM:":
            raise Rejected(replies.R501_MAIL_SYNTAX, "bad_syntax")
        if self.messages >= self._config.limits.messages_per_session:
            raise Rejected(replies.R421_MESSAGES_PER_SESSION, "messages_per_session", close=True)
        path, rest = read_reverse_path(argument[5:].lstrip())
        transaction = Transaction(None if path is None else str(path))
        if rest:
            self._mail_parameters(transaction, rest)
        if transaction.reverse_path and not transaction.smtp_utf8 and not transaction.reverse_path.isascii():
            raise Rejected(replies.R553_NEEDS_SMTPUTF8, "needs_smtputf8")
        self._admit(transaction.declared_bytes)
        self.messages += 1
        self.transaction = transaction
        return _SENDER_OK

    def _mail_parameters(self, transaction: Transaction, text: bytes) -> None:
        """SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531). Raises Rejected for others and for bad values."""
        parameters = read_parameters(text)
        if parameters and not self._extended:
            raise Rejected(replies.R555_PARAMETER, "unknown_parameter")
        for keyword, value in parameters.items():
            if keyword == "SIZE":
                transaction.declared_bytes = self._size(value)
            elif keyword == "BODY":
                transaction.declared_8bit = _body(value)
            elif keyword == "SMTPUTF8" and value is None:
                transaction.smtp_utf8 = True
            else:
                known = keyword == "SMTPUTF8"
                raise Rejected(
                    replies.R501_PARAMETER if known else replies.R555_PARAMETER, "bad_parameter" if known else "unknown_parameter"
                )

    def _size(self, value: str | None) -> int:
        if value is None or not _DIGITS.fullmatch(value):
            raise Rejected(replies.R501_PARAMETER, "bad_parameter")
        if int(value) > self._config.limits.message_bytes:
            raise Rejected(replies.R552_TOO_LARGE, "too_large")
        return int(value)

    def _rcpt(self, argument: bytes) -> bytes:
        transaction = self.transaction
        if transaction is None:
            raise Rejected(replies.R503_NEED_MAIL if self.helo else replies.R503_GREETING, "out_of_order")
        if argument[:3].upper() != b"TO:":
            raise Rejected(replies.R501_RCPT_SYNTAX, "bad_syntax")
        limits = self._config.limits
        transaction.commands += 1
        if transaction.commands > limits.recipient_commands:
            raise Rejected(replies.R421_TOO_MANY_COMMANDS, "recipient_commands", close=True)
        if len(transaction.accepted) >= limits.recipients:
            raise Rejected(replies.R452_RECIPIENTS, "too_many_recipients")
        path, rest = read_forward_path(argument[3:].lstrip())
        if rest and read_parameters(rest):
            raise Rejected(replies.R555_PARAMETER, "unknown_parameter")
        recipient = self._config.recipients(path)
        self._config.senders(transaction.reverse_path, recipient)
        transaction.accepted.append(recipient)
        return _RECIPIENT_OK

    def _data(self, argument: bytes) -> SessionStep:
        transaction = self.transaction
        if argument:
            raise Rejected(replies.R501_NO_ARGUMENT, "bad_syntax")
        if transaction is None:
            raise Rejected(replies.R503_NEED_MAIL if self.helo else replies.R503_GREETING, "out_of_order")
        if not transaction.accepted:
            raise Rejected(replies.R554_NO_RECIPIENTS if transaction.commands else replies.R503_NEED_RCPT, "out_of_order")
        return SessionStep.DATA

    def _rset(self, argument: bytes) -> bytes:
        if argument:
            raise Rejected(replies.R501_NO_ARGUMENT, "bad_syntax")
        self._count_idle()
        self.transaction = None
        return _OK

    def _noop(self, argument: bytes) -> bytes:
        self._count_idle()
        return _OK

    def _vrfy(self, argument: bytes) -> bytes:
        if not argument:
            raise Rejected(replies.R501_RCPT_SYNTAX, "bad_syntax")
        self._count_idle()
        return replies.encoded(replies.R252_NOT_VERIFIED)

    def _help(self, argument: bytes) -> bytes:
        self._count_idle()
        return replies.encoded(replies.R214_HELP_LMTP if self._config.lmtp else replies.R214_HELP)

    def _quit(self, argument: bytes) -> SessionStep:
        if argument:
            raise Rejected(replies.R501_NO_ARGUMENT, "bad_syntax")
        return SessionStep.QUIT

    def _starttls(self, argument: bytes) -> SessionStep:
        if argument:
            raise Rejected(replies.R501_NO_ARGUMENT, "bad_syntax")
        if self.tls:
            raise Rejected(replies.R503_TLS_ACTIVE, "out_of_order")
        if not self._config.tls_offered:
            raise Rejected(replies.R502_NOT_IMPLEMENTED, "not_implemented")
        if not self.helo:
            raise Rejected(replies.R503_GREETING, "out_of_order")
        return SessionStep.START_TLS

    def _refuse(self, argument: bytes) -> bytes:
        """AUTH, EXPN, TURN: known, not offered. A password may follow; it is neither read nor kept."""
        raise Rejected(replies.R502_NOT_IMPLEMENTED, "not_implemented")

    def _smtp_helo(self, argument: bytes) -> bytes:
        if self._config.lmtp:  # RFC 2033 section 4.1: LMTP has no HELO and EHLO
            raise Rejected(replies.R500_UNKNOWN, "unknown_command")
        return self._helo(argument)

    def _smtp_ehlo(self, argument: bytes) -> bytes:
        if self._config.lmtp:
            raise Rejected(replies.R500_UNKNOWN, "unknown_command")
        return self._ehlo(argument)

    def _lhlo(self, argument: bytes) -> bytes:
        if not self._config.lmtp:
            raise Rejected(replies.R500_UNKNOWN, "unknown_command")
        return self._ehlo(argument)


def _body(value: str | None) -> bool:
    if value is None or value.upper() not in ("7BIT", "8BITMIME"):
        raise Rejected(replies.R501_PARAMETER, "bad_parameter")
    return value.upper() == "8BITMIME"


_OK = replies.encoded(replies.R250_OK)
_SENDER_OK = replies.encoded(replies.R250_SENDER)
_RECIPIENT_OK = replies.encoded(replies.R250_RECIPIENT)
_BEFORE_TLS = frozenset({b"EHLO", b"LHLO", b"STARTTLS", b"NOOP", b"QUIT"})  # RFC 3207 section 4
_HANDLERS: Mapping[bytes, Callable[[CommandHandler, bytes], bytes | SessionStep]] = {
    b"HELO": CommandHandler._smtp_helo,
    b"EHLO": CommandHandler._smtp_ehlo,
    b"LHLO": CommandHandler._lhlo,
    b"MAIL": CommandHandler._mail,
    b"RCPT": CommandHandler._rcpt,
    b"DATA": CommandHandler._data,
    b"RSET": CommandHandler._rset,
    b"NOOP": CommandHandler._noop,
    b"VRFY": CommandHandler._vrfy,
    b"HELP": CommandHandler._help,
    b"QUIT": CommandHandler._quit,
    b"STARTTLS": CommandHandler._starttls,
    b"AUTH": CommandHandler._refuse,
    b"EXPN": CommandHandler._refuse,
    b"TURN": CommandHandler._refuse,
}
END_OF_GROUP = frozenset({b"EHLO", b"HELO", b"LHLO", b"DATA"})
"""A client must wait for the reply to these (RFC 2920 section 3.1): input that comes together with them was sent out of turn."""
