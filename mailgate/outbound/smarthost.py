"""Hands mail to the smarthost over kept connections. In: one frozen mail at a time. Out: the smarthost's answer, classified.

`smarthost_session.py` opens a connection; this module runs the transaction. It knows whether a connection was lost before or after the
final dot, because only that decides between trying again and `uncertain`. It must never write an octet of a mail that `outgoing_message`
has not checked, nor take input that came before a command for the reply to it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from mailgate import log
from mailgate.clock import monotonic_s
from mailgate.errors import LeaseLost
from mailgate.killpoint import reached
from mailgate.outbound.connection import LostError, ServerReply, SmarthostConnection
from mailgate.outbound.outgoing_message import OutgoingMessage, UnsendableMail, check, commands
from mailgate.outbound.smarthost_session import (
    Fate,
    SessionFailure,
    SmarthostOptions,
    SmarthostTimeouts,
    SmtpStep,
    SubmitResult,
    open_session,
    tls_context,
)

BLOCK_BYTES = 65_536
FINAL_DOT = b".\r\n"
OUT_OF_STEP = "the smarthost sent a reply that no command asked for"

_log = log.get("smarthost")

Confirm = Callable[[], bool]
"""Called right before the final dot: is the mail still leased to us? (fencing)"""


class Smarthost:
    """Sends mails, one at a time per connection, and keeps the connections. Safe to use from several threads."""

    def __init__(self, options: SmarthostOptions) -> None:
        self._options = options
        self._context = tls_context(options)
        if options.tls in ("starttls", "implicit") and not options.verify:
            _log.warning("tls_not_verified", host=options.host, hint="anyone on the path can read and change our mail")
        self._kept: list[tuple[SmarthostConnection, float]] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """`host:port`, for the record of each attempt."""
        return f"{self._options.host}:{self._options.port}"

    def submit(self, message: OutgoingMessage, confirm: Confirm) -> SubmitResult:
        """Try to send one mail. Never raises for what the smarthost does.

        Raises LeaseLost when `confirm` returns false, and whatever `confirm` raises: then no final dot was sent, and no mail was taken.
        """
        try:
            check(message)
        except UnsendableMail as error:
            return SubmitResult("failed", "MAIL", 0, error.enhanced, str(error))
        connection = self._take_kept()
        if connection is not None:
            answer = self._submit_on(connection, message, confirm)
            if not _was_stale(answer):
                return self._keep(connection, answer)
            connection.drop()
        try:
            connection = open_session(self._options, self._context)
        except SessionFailure as error:
            return error.answer
        return self._keep(connection, self._submit_on(connection, message, confirm))

    def close(self) -> None:
        """Send QUIT on all kept connections. The replies do not matter any more."""
        with self._lock:
            kept, self._kept = self._kept, []
        for connection, _ in kept:
            connection.quit(self._options.timeouts.quit_s)

    def trip(self, host: str) -> bool:
        """There is no other host."""
        return False

    def _submit_on(self, connection: SmarthostConnection, message: OutgoingMessage, confirm: Confirm) -> SubmitResult:
        with contextlib.ExitStack() as otherwise:
            otherwise.callback(connection.drop)
            answer = transact(connection, message, confirm, self._options.timeouts)
            otherwise.pop_all()
        return answer

    def _keep(self, connection: SmarthostConnection, answer: SubmitResult) -> SubmitResult:
        """Keep the connection for the next mail if it can carry one."""
        if answer.lost:
            connection.drop()
        elif connection.mails >= self._options.mails_per_connection:
            connection.quit(self._options.timeouts.quit_s)
        else:
            with self._lock:
                self._kept.append((connection, monotonic_s()))
        return answer

    def _take_kept(self) -> SmarthostConnection | None:
        while True:
            with self._lock:
                if not self._kept:
                    return None
                connection, kept_at_s = self._kept.pop()
            if connection.has_input():
                _log.info("connection_dropped", reason="the smarthost closed it, or sent something that no command asked for")
                connection.drop()
            elif monotonic_s() - kept_at_s <= self._options.idle_s:
                return connection
            else:
                connection.quit(self._options.timeouts.quit_s)


class Capture:
    """Sends nothing: mail stays in the database. For development and the embedded default."""

    name = "capture"

    def submit(self, message: OutgoingMessage, confirm: Confirm) -> SubmitResult:
        """`captured`, or `failed` for a mail that could not be sent to any smarthost."""
        try:
            check(message)
        except UnsendableMail as error:
            return SubmitResult("failed", "MAIL", 0, error.enhanced, str(error))
        return SubmitResult("captured", "dot")

    def trip(self, host: str) -> bool:
        """There is no other host."""
        return False

    def close(self) -> None:
        """Nothing to close."""


def _was_stale(answer: SubmitResult) -> bool:
    """True when a kept connection broke, or was out of step, before it took anything: then a fresh connection is tried.

    A final refusal of MAIL is asked for again, too: it may be a late reply that belonged to no command.
    """
    if answer.step == "MAIL" and answer.fate == "failed" and answer.code:
        return True
    return answer.lost and ((answer.step == "MAIL" and answer.code in (0, 421)) or answer.text == OUT_OF_STEP)


def transact(connection: SmarthostConnection, message: OutgoingMessage, confirm: Confirm, timeouts: SmarthostTimeouts) -> SubmitResult:
    """One mail transaction (RFC 5321 section 3.3). Raises LeaseLost when `confirm` returns false; the final dot was not sent then."""
    try:
        mail_line, rcpt_line = commands(message, connection.features)
    except UnsendableMail as error:
        return SubmitResult("failed", "MAIL", 0, error.enhanced, str(error))
    connection.mails += 1
    return (
        _envelope(connection, mail_line, rcpt_line, timeouts)
        or _send_content(connection, message.dot_stuffed, confirm, timeouts)
        or _verdict(connection, timeouts)
    )


def _envelope(connection: SmarthostConnection, mail_line: bytes, rcpt_line: bytes, timeouts: SmarthostTimeouts) -> SubmitResult | None:
    """MAIL, RCPT and DATA, as one group when the smarthost offers PIPELINING (RFC 2920). None when it waits for the content."""
    lines: tuple[tuple[SmtpStep, bytes, int], ...] = (("MAIL", mail_line, 2), ("RCPT", rcpt_line, 2), ("DATA", b"DATA\r\n", 3))
    grouped = "pipelining" in connection.features
    step: SmtpStep = "MAIL"
    trouble: SubmitResult | None = None
    try:
        if grouped:
            connection.write(mail_line + rcpt_line + b"DATA\r\n", timeouts.command_s)
        for step, line, wanted in lines:
            if not grouped and connection.has_input():
                return _out_of_step(step)
            if not grouped:
                connection.write(line, timeouts.command_s)
            reply = connection.read(timeouts.data_s if step == "DATA" else timeouts.command_s)
            if trouble is None:
                trouble = _judged(step, reply, wanted)
            elif step == "DATA" and reply.code // 100 == 2:
                return _out_of_step(step)  # no server says this to DATA: one of the replies was for no command
            elif step == "DATA" and reply.code == 354:
                return _with_loss(trouble)  # it waits for content although there is no recipient: leave instead
            if trouble is not None and (trouble.lost or not grouped):
                break
            if trouble is None and step != "DATA":
                reached(f"after_{step}")
    except LostError as error:
        return _with_loss(trouble) if trouble else SubmitResult("deferred", step, text=str(error), lost=True)
    return None if trouble is None else _reset(connection, trouble, timeouts)


def _judged(step: SmtpStep, reply: ServerReply, wanted: int) -> SubmitResult | None:
    """None when the reply has the wanted class. 421 ends the session at any step (RFC 5321 section 3.8)."""
    if reply.code // 100 == wanted:
        return None
    if reply.code // 100 in (2, 3):
        return _out_of_step(step)
    fate: Fate = "failed" if reply.code // 100 == 5 else "deferred"
    gone = reply.code == 421
    return SubmitResult(fate, step, reply.code, reply.enhanced, reply.text, lost=gone, session=gone)


def _out_of_step(step: SmtpStep) -> SubmitResult:
    """Replies and commands no longer match, so no reply can be trusted. No mail was taken, since no final dot was sent."""
    return SubmitResult("deferred", step, text=OUT_OF_STEP, lost=True)


def _with_loss(answer: SubmitResult) -> SubmitResult:
    return SubmitResult(answer.fate, answer.step, answer.code, answer.enhanced, answer.text, lost=True, session=answer.session)


def _reset(connection: SmarthostConnection, trouble: SubmitResult, timeouts: SmarthostTimeouts) -> SubmitResult:
    """Clear the transaction for the next mail. A connection that cannot do that is not used again."""
    if trouble.lost:
        return trouble
    try:
        code = connection.command(b"RSET", timeouts.command_s).code
    except LostError:
        return _with_loss(trouble)
    if code // 100 == 3:  # the reply to DATA: what was taken for it belonged to no command
        return _out_of_step(trouble.step)
    return trouble if code == 250 else _with_loss(trouble)


def _send_content(connection: SmarthostConnection, content: bytes, confirm: Confirm, timeouts: SmarthostTimeouts) -> SubmitResult | None:
    """Send the content and the final dot. None when all of it went; else no mail can have been taken, since the dot is not complete.

    The dot goes with the end of the content. Nothing blocks between the checks of `_may_end` and the octets that end the mail.
    """
    view, whole = memoryview(content), len(content) // BLOCK_BYTES * BLOCK_BYTES
    try:
        for at in range(0, whole, BLOCK_BYTES):
            connection.write(view[at : at + BLOCK_BYTES], timeouts.block_s)
        unsent, deadline_s = content[whole:] + FINAL_DOT, monotonic_s() + timeouts.block_s
        while unsent:
            if not _may_end(connection, confirm):
                return _out_of_step("dot")
            unsent = unsent[connection.write_some(unsent) :]
            if unsent:
                connection.wait_to_write(deadline_s - monotonic_s())
    except LostError as error:
        return SubmitResult("deferred", "DATA", text=str(error), lost=True)
    return None


def _may_end(connection: SmarthostConnection, confirm: Confirm) -> bool:
    """Whether the mail may be ended now. False when the smarthost has said something before its time; raises LeaseLost."""
    reached("mid_DATA")
    if connection.has_input():
        return False
    if not confirm():
        connection.drop()
        raise LeaseLost("the lease on the mail was lost before its final dot")
    return True


def _verdict(connection: SmarthostConnection, timeouts: SmarthostTimeouts) -> SubmitResult:
    """The reply to the final dot, which may have arrived: a missing reply means `uncertain`."""
    reached("after_final_dot_before_reply")
    try:
        reply = connection.read(timeouts.dot_s)
    except LostError as error:
        return SubmitResult("uncertain", "dot", text=str(error), lost=True)
    if reply.code // 100 == 3:
        return SubmitResult("uncertain", "dot", reply.code, reply.enhanced, reply.text, lost=True)
    refused = _judged("dot", reply, 2)
    return refused or SubmitResult("sent", "dot", reply.code, reply.enhanced, reply.text)
