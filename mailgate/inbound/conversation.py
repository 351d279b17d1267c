"""Accept stage: one session's talk, from the greeting to the last reply. In: a `Wire`, chunks. Out: submissions to the journal, replies.

`feed` takes what comes and answers at once, without the event loop between a command and its reply: `smtp_dialogue` says what lines mean,
`smtp_data` reads messages. What takes time (the journal, TLS, a delay, a client that does not read) becomes an action for `run`, the
session's task; until it is done, input waits in the reader. It must never say 250 before the commit, nor 5yz for a fault of ours.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
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

READ_BYTES = 256 * 1024

_LOG = log.get("listener")
_GO_AHEAD = replies.wire(replies.R354_GO_AHEAD)
_START_TLS = replies.wire(replies.R220_START_TLS)
_BYE = replies.wire(replies.R221_BYE)
OUT_OF_TURN = Rejected(replies.R554_OUT_OF_TURN, "out_of_turn", close=True)
_STOPPING = Rejected(replies.R421_STOPPING, "stopping", close=True)
_TOO_LARGE = Rejected(replies.R552_TOO_LARGE, "too_large")
_BACK_PRESSURE = Rejected(replies.R452_BACK_PRESSURE, "data_budget")
_STORE_FULL = Rejected(replies.R452_FULL, "store_full")
_STORE_DOWN = Rejected(replies.R451_FAULT, "store_unavailable")

Action = Callable[[], Awaitable[None]]


class Wire(Protocol):
    """The connection under a conversation."""

    client_address: str
    deadline: Deadline

    async def read(self, most_bytes: int) -> bytes:
        """What came while the conversation was busy, or what comes next; b"" at the end of the input."""

    def unread(self) -> bool:
        """True when bytes have come that neither `read` nor `feed` has given yet."""

    def at_end(self) -> bool:
        """True when all has been given and nothing more will come."""

    def write(self, replies: bytes) -> bool:
        """Send. False when the client leaves too much unread: then `drain`. Raises ConnectionError when it is gone."""

    async def drain(self) -> None:
        """Wait until the client has read. Raises ConnectionError when it is gone."""

    async def start_tls(self) -> None:
        """Put TLS between the client and us; forget what came before it. Raises ssl.SSLError or ConnectionError."""

    def end_output(self) -> bool:
        """Tell the client that nothing more comes. False when only closing does that."""


class Conversation:
    """One session. The task calls `run`; the wire calls `feed` while `idle` is true, and `ended` when the input is over."""

    def __init__(self, wire: Wire, place: Place) -> None:
        self._wire, self._place = wire, place
        self.dialogue = Dialogue(place.setup, self._admit)
        self._lines = LineBuffer(place.limits.command_line_bytes, place.limits.mail_line_extra_bytes)
        self._replies: list[bytes] = []
        self._message: DataReader | None = None
        self._held_bytes = 0
        self._action: Action | None = None
        self._parked: asyncio.Future[None] | None = None
        self._over = False

    @property
    def idle(self) -> bool:
        """True when input may be fed."""
        return self._parked is not None and self._action is None

    async def run(self) -> None:
        """Greeting, then one action after the other until one side ends it. Raises ConnectionError when the client is gone."""
        self._replies.append(self._place.banner)
        try:
            while not self._over:
                action = await self._next_action()
                await action()
            await self._flush()
        finally:
            self._drop_message()

    def feed(self, chunk: bytes) -> None:
        """Take what has come, and answer. Never raises: what goes wrong is for `run` to meet."""
        try:
            if self._message is not None:
                self._feed_message(self._message, chunk)
            else:
                self._lines.feed(chunk)
                self._pump()
        except Exception as error:  # noqa: BLE001 - raised again by `run`, at the door of the accept stage
            self._act(partial(_fail, error))

    def ended(self) -> None:
        """The input is over."""
        if self.idle:
            self._act(self._end)

    async def refuse(self, refusal: Rejected) -> None:
        """Answer what is not allowed before the first command, and end."""
        self._refuse(refusal)
        if self._action is not None:
            await self._action()

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

    # The task's side.

    async def _next_action(self) -> Action:
        """Go on with what came while the last action ran, then wait for the wire to feed one."""
        self.feed(b"")
        while self._action is None:
            if self._wire.unread():
                self.feed(await self._wire.read(READ_BYTES))
            elif self._wire.at_end():
                return self._end
            elif self._place.is_stopping() and self._message is None:
                self._refuse(_STOPPING)
            else:
                await self._park()
        action, self._action = self._action, None
        return action

    async def _park(self) -> None:
        self._parked = self._place.loop.create_future()
        try:
            await self._parked
        finally:
            self._parked = None

    def _act(self, action: Action) -> None:
        self._action = action
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(None)

    async def _end(self) -> None:
        self._over = True

    async def _flush(self) -> None:
        """Write what is to be said, and wait while the client leaves too much of it unread."""
        if self._replies and not self._wire.write(self.take_unsaid()):
            await self._drain()

    async def _drain(self) -> None:
        self._enter(Phase.WRITE)
        await self._wire.drain()
        self._enter(Phase.COMMAND)

    # Commands.

    def _pump(self) -> None:
        """Lines to commands to replies, until there is no whole line or something needs the task."""
        deadline, now_s = self._wire.deadline, self._place.loop.time
        while self._action is None and self._message is None:
            try:
                line = self._lines.next()
                if line is None:
                    break
                deadline.since_s = now_s()
                if (self._lines.pending or self._wire.unread()) and line[:4].upper() in END_OF_GROUP:
                    raise OUT_OF_TURN
                answer = self.dialogue.command(line)
                if isinstance(answer, bytes):
                    self._replies.append(answer)
                else:
                    self._do(answer)
            except Rejected as refusal:
                self._refuse(refusal)
        if self._action is None and self._replies and not self._wire.write(self.take_unsaid()):
            self._act(self._drain)

    def _do(self, step: Step) -> None:
        if step is Step.DATA:
            self._begin_message()
        elif step is Step.START_TLS:
            self._act(self._start_tls)
        elif step is Step.QUIT:
            self._replies.append(_BYE)
            self._act(self._end)
        else:
            self._place.turned_away("not_smtp", self._wire.client_address)
            self._replies.clear()
            self._act(self._end)

    async def _start_tls(self) -> None:
        self._replies.append(_START_TLS)
        await self._flush()
        self._lines.clear()
        await self._wire.start_tls()
        self.dialogue.tls_started()

    def _refuse(self, refusal: Rejected) -> None:
        """Answer what is not allowed; end the session when the refusal says so."""
        refusal = self.dialogue.escalate(refusal)
        self._note(refusal)
        delay_s = 0.0
        if refusal.reason in REFUSED_RECIPIENT:
            self._place.admission.accounting.refused_recipient(self._wire.client_address, self._place.loop.time())
            delay_s = self.dialogue.delay_s()
        if delay_s or refusal.close:
            self._act(partial(self._refuse_later, refusal, delay_s))
        else:
            self._replies.append(replies.wire(refusal.reply))

    async def _refuse_later(self, refusal: Rejected, delay_s: float) -> None:
        if delay_s:
            await self._flush()
            await asyncio.sleep(delay_s)
        self._replies.append(replies.wire(refusal.reply))
        await (self._hang_up() if refusal.close else self._flush())

    async def _hang_up(self) -> None:
        """Say the last word and give the client time to read it: closing with input unread would reset the connection under it."""
        self._over = True
        await self._flush()
        self._wire.deadline.linger(self._place.loop.time())
        left_bytes = self._place.limits.data_slack_bytes if self._wire.end_output() else 0
        while left_bytes > 0:
            chunk = await self._wire.read(READ_BYTES)
            if not chunk:
                return
            left_bytes -= len(chunk)

    # A message.

    def _begin_message(self) -> None:
        limits = self._place.limits
        self._message = DataReader(limits.message_bytes, limits.data_slack_bytes)
        self._place.admission.budget.open()
        self._replies.append(_GO_AHEAD)
        self._enter(Phase.DATA)

    def _feed_message(self, message: DataReader, chunk: bytes) -> None:
        try:
            rest = message.feed(chunk)
        except Rejected as refusal:
            self._act(partial(self._break_off, refusal))
            return
        self._wire.deadline.received(len(chunk))
        self._hold(message)
        if rest is not None:
            self._lines.feed(rest)
            self._act(partial(self._end_message, message))

    def _hold(self, message: DataReader) -> None:
        """Account for the memory the message takes; give the message up when all of them together take too much."""
        budget = self._place.admission.budget
        fits = budget.hold(message.stored_bytes - self._held_bytes)
        self._held_bytes = message.stored_bytes
        if not fits:
            message.give_up()
            budget.hold(-self._held_bytes)
            self._held_bytes = 0

    async def _end_message(self, message: DataReader) -> None:
        transaction = self._transaction()
        if message.discarding:
            self._refuse_message(transaction, _TOO_LARGE if message.too_large else _BACK_PRESSURE)
        else:
            await self._submit(transaction, message)
        self._drop_message()
        self._enter(Phase.COMMAND)

    async def _break_off(self, refusal: Rejected) -> None:
        """Half-way through: nothing that follows is a command."""
        self._refuse_message(self._transaction(), refusal)
        self._drop_message()
        await self._hang_up()

    def _drop_message(self) -> None:
        if self._message is not None:
            self._message = None
            self._place.admission.budget.close(self._held_bytes)
            self._held_bytes = 0
            self.dialogue.delivered()

    async def _submit(self, transaction: Transaction, message: DataReader) -> None:
        """Journal the message and answer. A fault of ours is 4yz whatever it is."""
        self._enter(Phase.APPEND)
        submission = self._submission(transaction, message)
        try:
            receipt = await self._place.journal.append(submission)
        except StoreUnavailable as error:
            self._refuse_message(transaction, _STORE_FULL if error.full else _STORE_DOWN)
        except Exception as error:  # noqa: BLE001 - the same door; the message was read to its end, so the session can go on
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

    def _transaction(self) -> Transaction:
        assert self.dialogue.transaction is not None, "DATA is taken only inside a transaction"
        return self.dialogue.transaction


async def _fail(error: Exception) -> None:
    raise error


def _where(error: Exception) -> dict[str, Any]:
    """For the log: what the error says, and file, line and function of the innermost frame."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return {"because": str(error)}
    code = frame.tb_frame.f_code
    return {"because": str(error), "where": f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno} {code.co_name}"}
