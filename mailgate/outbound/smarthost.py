"""The kept connection to the smarthost. In: one frozen mail at a time. Out: what the smarthost said of it, by what it means for us.

`session.py` opens a connection; here is the transaction. It knows on which side of the final dot a connection was lost, because that alone
decides between trying again and `uncertain`. No octet of a mail is written before `parcel` has checked it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from mailgate.clock import monotonic_s
from mailgate.errors import LeaseLost
from mailgate.killpoint import reached
from mailgate.outbound import parcel as parcels
from mailgate.outbound.connection import Connection, LostError, Reply
from mailgate.outbound.parcel import Parcel, Refusal
from mailgate.outbound.session import Answer, Fate, SessionFailure, SmarthostOptions, Step, Timeouts, open_session, tls_context

BLOCK_BYTES = 65_536

Confirm = Callable[[], bool]
"""Asked right before the final dot: is the mail still ours to send? (fencing)"""


class Smarthost:
    """Hands mails over, one at a time per connection, and keeps the connections. Safe to use from several threads."""

    def __init__(self, options: SmarthostOptions) -> None:
        self._options = options
        self._context = tls_context(options)
        self._kept: list[tuple[Connection, float]] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """`host:port`, for the record of each attempt."""
        return f"{self._options.host}:{self._options.port}"

    def submit(self, parcel: Parcel, confirm: Confirm) -> Answer:
        """Try to hand over one mail. Never raises for what the smarthost does.

        Raises LeaseLost when `confirm` says no, and what `confirm` raises: then no final dot was sent, and nothing can have been taken.
        """
        try:
            parcels.check(parcel)
        except Refusal as error:
            return Answer("failed", "MAIL", 0, error.enhanced, str(error))
        connection = self._take_kept()
        if connection is not None:
            answer = self._submit_on(connection, parcel, confirm)
            if not _was_stale(answer):
                return answer
        try:
            connection = open_session(self._options, self._context)
        except SessionFailure as error:
            return error.answer
        return self._submit_on(connection, parcel, confirm)

    def close(self) -> None:
        """Say QUIT on all kept connections. What the smarthost answers to that no longer matters."""
        with self._lock:
            kept, self._kept = self._kept, []
        for connection, _ in kept:
            connection.quit(self._options.timeouts.quit_s)

    def _submit_on(self, connection: Connection, parcel: Parcel, confirm: Confirm) -> Answer:
        try:
            answer = transact(connection, parcel, confirm, self._options.timeouts)
        except BaseException:
            connection.drop()
            raise
        if answer.lost:
            connection.drop()
        elif connection.mails >= self._options.mails_per_connection:
            connection.quit(self._options.timeouts.quit_s)
        else:
            with self._lock:
                self._kept.append((connection, monotonic_s()))
        return answer

    def _take_kept(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._kept:
                    return None
                connection, kept_at_s = self._kept.pop()
            if monotonic_s() - kept_at_s <= self._options.idle_s:
                return connection
            connection.quit(self._options.timeouts.quit_s)


class Capture:
    """Takes every mail that could be sent and sends none: it stays in the database, for development and the embedded default."""

    name = "capture"

    def submit(self, parcel: Parcel, confirm: Confirm) -> Answer:
        """`captured`, or `failed` for a mail that no smarthost could be given."""
        try:
            parcels.check(parcel)
        except Refusal as error:
            return Answer("failed", "MAIL", 0, error.enhanced, str(error))
        return Answer("captured", "dot")

    def close(self) -> None:
        """Nothing to close."""


def _was_stale(answer: Answer) -> bool:
    """True when a kept connection turned out to be gone before it took anything: a fresh one may do."""
    return answer.lost and answer.step == "MAIL" and answer.code in (0, 421)


def transact(connection: Connection, parcel: Parcel, confirm: Confirm, timeouts: Timeouts) -> Answer:
    """One mail transaction (RFC 5321 section 3.3). Raises LeaseLost, with the content sent but no final dot, when `confirm` says no."""
    try:
        mail_line, rcpt_line = parcels.commands(parcel, connection.features)
    except Refusal as error:
        return Answer("failed", "MAIL", 0, error.enhanced, str(error))
    connection.mails += 1
    refused = _envelope(connection, mail_line, rcpt_line, timeouts)
    if refused is not None:
        return refused
    try:
        _send_content(connection, parcels.stuffed(parcel.raw), timeouts)
    except LostError as error:
        return Answer("deferred", "DATA", text=str(error), lost=True)  # no dot was sent, so no mail can have been taken
    reached("mid_DATA")
    if not confirm():
        connection.drop()
        raise LeaseLost("the lease on the mail was lost before its final dot")
    return _final_dot(connection, timeouts)


def _envelope(connection: Connection, mail_line: bytes, rcpt_line: bytes, timeouts: Timeouts) -> Answer | None:
    """MAIL, RCPT and DATA, as one group when the smarthost takes that (RFC 2920). None when it waits for the content."""
    lines: tuple[tuple[Step, bytes, int], ...] = (("MAIL", mail_line, 2), ("RCPT", rcpt_line, 2), ("DATA", b"DATA\r\n", 3))
    grouped = "pipelining" in connection.features
    step: Step = "MAIL"
    trouble: Answer | None = None
    try:
        if grouped:
            connection.write(mail_line + rcpt_line + b"DATA\r\n", timeouts.command_s)
        for step, line, wanted in lines:
            if not grouped:
                connection.write(line, timeouts.command_s)
            reply = connection.read(timeouts.data_s if step == "DATA" else timeouts.command_s)
            if trouble is None:
                trouble = _judged(step, reply, wanted)
            elif step == "DATA" and reply.code == 354:
                return _with_loss(trouble)  # it waits for a content that has no recipient: leave instead
            if trouble is not None and (trouble.lost or not grouped):
                break
            if trouble is None and step != "DATA":
                reached(f"after_{step}")
    except LostError as error:
        return _with_loss(trouble) if trouble else Answer("deferred", step, text=str(error), lost=True)
    return None if trouble is None else _reset(connection, trouble, timeouts)


def _judged(step: Step, reply: Reply, wanted: int) -> Answer | None:
    """None when the reply is of the wanted class. 421 ends the session wherever it comes (RFC 5321 section 3.8)."""
    if reply.code // 100 == wanted:
        return None
    fate: Fate = "failed" if reply.code // 100 == 5 else "deferred"
    strange = reply.code // 100 in (2, 3)
    gone = reply.code == 421 or strange
    return Answer(fate, step, reply.code, reply.enhanced, reply.text, lost=gone, session=reply.code == 421)


def _with_loss(answer: Answer) -> Answer:
    return Answer(answer.fate, answer.step, answer.code, answer.enhanced, answer.text, lost=True, session=answer.session)


def _reset(connection: Connection, trouble: Answer, timeouts: Timeouts) -> Answer:
    """Clear the transaction for the next mail; a connection that cannot do that is not used again."""
    if trouble.lost:
        return trouble
    try:
        fine = connection.command(b"RSET", timeouts.command_s).code == 250
    except LostError:
        fine = False
    return trouble if fine else _with_loss(trouble)


def _send_content(connection: Connection, content: bytes, timeouts: Timeouts) -> None:
    view = memoryview(content)
    for at in range(0, len(content), BLOCK_BYTES):
        connection.write(view[at : at + BLOCK_BYTES], timeouts.block_s)


def _final_dot(connection: Connection, timeouts: Timeouts) -> Answer:
    """End the content and read the verdict. From the first octet of the dot on, no reply means that nobody knows (`uncertain`)."""
    try:
        connection.write(b".\r\n", timeouts.block_s)
        reached("after_final_dot_before_reply")
        reply = connection.read(timeouts.dot_s)
    except LostError as error:
        return Answer("uncertain", "dot", text=str(error), lost=True)
    if reply.code // 100 == 3:
        return Answer("uncertain", "dot", reply.code, reply.enhanced, reply.text, lost=True)
    refused = _judged("dot", reply, 2)
    return refused or Answer("sent", "dot", reply.code, reply.enhanced, reply.text)
