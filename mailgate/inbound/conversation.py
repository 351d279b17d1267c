"""Accept stage: one session's talk, from the first command to the last reply. In: a `Wire`. Out: submissions to the journal, replies.

`run` reads lines and asks `smtp_dialogue` what they mean; `_receive` takes a message (`smtp_data`); `_submit` journals it. Replies are
collected and written when there is nothing left to read (RFC 2920 section 3.2). It must never say 250 before the commit, nor 5yz for a
fault of ours.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Protocol

from mailgate import killpoint, log
from mailgate.errors import Rejected, StoreUnavailable
from mailgate.inbound import smtp_replies as replies
from mailgate.inbound.deadlines import Deadline, Phase
from mailgate.inbound.endpoint import Place
from mailgate.inbound.smtp_data import DataReader
from mailgate.inbound.smtp_dialogue import END_OF_GROUP, REFUSED_RECIPIENT, Dialogue, Step, Transaction
from mailgate.inbound.smtp_lines import LineBuffer
from mailgate.inbound.submission import Receipt, Submission

COMMAND_READ_BYTES = 16 * 1024
DATA_READ_BYTES = 256 * 1024

_LOG = log.get("listener")
_GO_AHEAD = replies.wire(replies.R354_GO_AHEAD)
_START_TLS = replies.wire(replies.R220_START_TLS)
_BYE = replies.wire(replies.R221_BYE)
OUT_OF_TURN = Rejected(replies.R554_OUT_OF_TURN, "out_of_turn", close=True)


class Wire(Protocol):
    """The connection under a conversation. All raise ConnectionError when the client is gone."""

    client_address: str
    deadline: Deadline

    async def read(self, most_bytes: int) -> bytes:
        """What has come, at least one byte; b"" at the end of the input."""

    def unread(self) -> bool:
        """True when bytes have come that `read` has not given yet."""

    async def write(self, replies: bytes) -> None:
        """Send; wait while the client leaves too much unread."""

    async def start_tls(self) -> None:
        """Put TLS between the client and us; forget what came before it."""

    def end_output(self) -> bool:
        """Tell the client that nothing more comes. False when only closing does that."""


class Conversation:
    """One session. `run` until it is over; `say_last` may be called from outside at any time."""

    def __init__(self, wire: Wire, place: Place) -> None:
        self._wire, self._place = wire, place
        self.dialogue = Dialogue(place.setup, self._admit)
        self._lines = LineBuffer(place.limits.command_line_bytes, place.limits.mail_line_extra_bytes)
        self._replies: list[bytes] = []
        self._over = False
        self._held_bytes = 0

    async def run(self) -> None:
        """Greeting, then lines to commands to replies until one side ends it."""
        deadline, now_s = self._wire.deadline, self._place.loop.time
        self._replies.append(self._place.banner)
        while not self._over:
            try:
                line = self._lines.next()
                if line is None:
                    if not await self._read_more():
                        return
                    continue
                deadline.since_s = now_s()
                if (self._lines.pending or self._wire.unread()) and line[:4].upper() in END_OF_GROUP:
                    raise OUT_OF_TURN
                answer = self.dialogue.command(line)
                if isinstance(answer, bytes):
                    self._replies.append(answer)
                else:
                    await self._do(answer)
            except Rejected as refusal:
                await self.refuse(refusal)

    async def refuse(self, refusal: Rejected) -> None:
        """Answer what is not allowed; end the session when the refusal says so."""
        refusal = self.dialogue.escalate(refusal)
        self._note(refusal)
        if refusal.reason in REFUSED_RECIPIENT:
            self._place.admission.accounting.refused_recipient(self._wire.client_address, self._place.loop.time())
            await self._wait(self.dialogue.delay_s())
        self._replies.append(replies.wire(refusal.reply))
        if refusal.close:
            await self._hang_up()

    def incident(self, error: Exception) -> bytes:
        """What a client hears of a fault of ours: 451 and a number that the log has too."""
        incident_id = secrets.token_hex(6)
        self._place.observe("fault", type(error).__name__)
        _LOG.error("fault", incident_id=incident_id, client_address=self._wire.client_address, error=type(error).__name__, **_where(error))
        return replies.fault(incident_id)

    def take_unsaid(self) -> bytes:
        """Replies that were not written yet; they are taken off."""
        unsaid = b"".join(self._replies)
        self._replies.clear()
        return unsaid

    # Commands.

    async def _read_more(self) -> bool:
        """Write what is to be said, wait for input. False at the end of it."""
        if self._place.is_stopping():
            await self.refuse(Rejected(replies.R421_STOPPING, "stopping", close=True))
            return False
        await self._flush()
        chunk = await self._wire.read(COMMAND_READ_BYTES)
        self._lines.feed(chunk)
        return bool(chunk)

    async def _do(self, step: Step) -> None:
        if step is Step.DATA:
            await self._receive()
        elif step is Step.START_TLS:
            self._replies.append(_START_TLS)
            await self._flush()
            self._lines.clear()
            await self._wire.start_tls()
            self.dialogue.tls_started()
        elif step is Step.QUIT:
            self._replies.append(_BYE)
            await self._flush()
            self._over = True
        else:
            self._place.turned_away("not_smtp", self._wire.client_address)
            self._over = True

    async def _wait(self, delay_s: float) -> None:
        if delay_s:
            await self._flush()
            await asyncio.sleep(delay_s)

    async def _hang_up(self) -> None:
        """Say the last word and give the client time to read it: closing with input unread would reset the connection under it."""
        self._over = True
        await self._flush()
        self._wire.deadline.linger(self._place.loop.time())
        left_bytes = self._place.limits.data_slack_bytes if self._wire.end_output() else 0
        while left_bytes > 0:
            chunk = await self._wire.read(DATA_READ_BYTES)
            if not chunk:
                return
            left_bytes -= len(chunk)

    # A message.

    async def _receive(self) -> None:
        """DATA: from the go-ahead to the last reply."""
        transaction = self.dialogue.transaction
        assert transaction is not None
        budget = self._place.admission.budget
        budget.open()
        try:
            reader = await self._read_message()
            if reader.discarding:
                self._refuse_message(transaction, _TOO_LARGE if reader.too_large else _BACK_PRESSURE)
            else:
                await self._submit(transaction, reader)
        except Rejected as refusal:  # half-way through: nothing that follows is a command
            self._refuse_message(transaction, refusal)
            await self._hang_up()
        finally:
            budget.close(self._held_bytes)
            self._held_bytes = 0
            self.dialogue.delivered()
            if not self._over:
                self._enter(Phase.COMMAND)

    async def _read_message(self) -> DataReader:
        """Read up to the end of the message. Raises Rejected when it must not go on, ConnectionResetError when the client is gone."""
        limits = self._place.limits
        reader = DataReader(limits.message_bytes, limits.data_slack_bytes)
        self._replies.append(_GO_AHEAD)
        await self._flush()
        self._enter(Phase.DATA)
        rest = None
        while rest is None:
            chunk = await self._wire.read(DATA_READ_BYTES)
            if not chunk:
                raise ConnectionResetError("client left in DATA")
            rest = reader.feed(chunk)
            self._wire.deadline.received(len(chunk))
            self._hold(reader)
        self._lines.feed(rest)
        return reader

    def _hold(self, reader: DataReader) -> None:
        """Account for the memory the message takes; give the message up when all of them together take too much."""
        budget = self._place.admission.budget
        fits = budget.hold(reader.stored_bytes - self._held_bytes)
        self._held_bytes = reader.stored_bytes
        if not fits:
            reader.give_up()
            budget.hold(-self._held_bytes)
            self._held_bytes = 0

    async def _submit(self, transaction: Transaction, reader: DataReader) -> None:
        """Journal the message and answer. A fault of ours is 4yz whatever it is."""
        self._enter(Phase.APPEND)
        submission = self._submission(transaction, reader)
        try:
            receipt = await self._place.journal.append(submission)
        except StoreUnavailable as error:
            self._refuse_message(transaction, _STORE_FULL if error.full else _STORE_DOWN)
        except Exception as error:  # noqa: BLE001 - the door of the accept stage; the message was read to its end, so the session can go on
            self._say_to_all(transaction, self.incident(error))
        else:
            killpoint.reached("after_commit_before_250")
            self._say_to_all(transaction, replies.queued(receipt.journal_id))
            self._report(submission, receipt)

    def _submission(self, transaction: Transaction, reader: DataReader) -> Submission:
        content = reader.content()
        return Submission(
            envelope=transaction.envelope(),
            raw=content,
            client_address=self._wire.client_address,
            helo=self.dialogue.helo,
            protocol=self._place.endpoint.protocol,
            tls=self.dialogue.tls,
            smtp_utf8=transaction.smtp_utf8,
            notes=reader.notes(content, declared_8bit=transaction.declared_8bit),
        )

    def _report(self, submission: Submission, receipt: Receipt) -> None:
        event = "duplicate" if receipt.duplicate else "accepted"
        self._place.observe(event, submission.protocol)
        _LOG.info(
            event,
            journal_id=receipt.journal_id,
            client_address=submission.client_address,
            recipients=len(submission.envelope.recipients),
            size_bytes=len(submission.raw),
            notes=submission.notes,
        )

    def _refuse_message(self, transaction: Transaction, refusal: Rejected) -> None:
        """Refuse a message after its end."""
        self._note(refusal)
        self._say_to_all(transaction, replies.wire(refusal.reply))

    def _say_to_all(self, transaction: Transaction, reply: bytes) -> None:
        """LMTP answers once for each accepted RCPT (RFC 2033 section 4.2), SMTP once."""
        self._replies.append(reply * len(transaction.accepted) if self._place.setup.lmtp else reply)

    # Plumbing.

    def _admit(self, declared_bytes: int) -> None:
        self._place.admission.mail(self._wire.client_address, declared_bytes, self._wire.deadline.since_s)

    def _note(self, refusal: Rejected) -> None:
        self._place.observe("refused", refusal.reason)
        _LOG.info("refused", reason=refusal.reason, code=refusal.reply.code, client_address=self._wire.client_address)

    def _enter(self, phase: Phase) -> None:
        self._wire.deadline.enter(phase, self._place.loop.time())

    async def _flush(self) -> None:
        if self._replies:
            await self._wire.write(self.take_unsaid())


_TOO_LARGE = Rejected(replies.R552_TOO_LARGE, "too_large")
_BACK_PRESSURE = Rejected(replies.R452_BACK_PRESSURE, "data_budget")
_STORE_FULL = Rejected(replies.R452_FULL, "store_full")
_STORE_DOWN = Rejected(replies.R451_FAULT, "store_unavailable")


def _where(error: Exception) -> dict[str, Any]:
    """For the log: what the error says, and file, line and function of the innermost frame."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return {"because": str(error)}
    code = frame.tb_frame.f_code
    return {"because": str(error), "where": f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno} {code.co_name}"}
