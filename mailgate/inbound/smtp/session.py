"""Accept stage: one SMTP session, from banner to last reply. In: a `ClientConnection`, chunks. Out: submissions to the journal, replies.

`feed` processes input at once, without the event loop between a command and its reply: `commands` handles lines, `data` reads messages.
The journal calls back (`_settled`). Whatever else has to wait (TLS, a delay, a client that does not read) becomes an action for `run`, the
session's task. Until either is done, input waits in the reader. It must never reply 250 before the commit, nor 5yz for a fault of ours.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from mailgate import killpoint, log
from mailgate.errors import Rejected, StoreUnavailable
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.client_connection import ClientConnection
from mailgate.inbound.smtp.commands import END_OF_GROUP, REFUSED_RECIPIENT, CommandHandler, SessionStep, Transaction
from mailgate.inbound.smtp.data import DataReader
from mailgate.inbound.smtp.deadlines import Phase
from mailgate.inbound.smtp.endpoint import EndpointContext
from mailgate.inbound.smtp.lines import LineBuffer
from mailgate.inbound.smtp.submission import Receipt, Submission

READ_BYTES = 256 * 1024

_log = log.get("listener")
_GO_AHEAD = replies.encoded(replies.R354_GO_AHEAD)
_START_TLS = replies.encoded(replies.R220_START_TLS)
_BYE = replies.encoded(replies.R221_BYE)
OUT_OF_TURN = Rejected(replies.R554_OUT_OF_TURN, "out_of_turn", close=True)
_STOPPING = Rejected(replies.R421_STOPPING, "stopping", close=True)
_TOO_LARGE = Rejected(replies.R552_TOO_LARGE, "too_large")
_BACK_PRESSURE = Rejected(replies.R452_BACK_PRESSURE, "data_budget")
_STORE_FULL = Rejected(replies.R452_FULL, "store_full")
_STORE_DOWN = Rejected(replies.R451_FAULT, "store_unavailable")

Action = Callable[[], Awaitable[None]]


class ClientSession:
    """One session. The task calls `run`; the connection calls `feed` while `idle` is true, and `ended` at the end of the input."""

    def __init__(self, connection: ClientConnection, context: EndpointContext) -> None:
        self._connection, self._context = connection, context
        self.commands = CommandHandler(context.config, self._admit)
        self._lines = LineBuffer(context.limits.command_line_bytes, context.limits.mail_line_extra_bytes)
        self._replies: list[bytes] = []
        self._message: DataReader | None = None
        self._held_bytes = 0
        self._client = ""
        self._action: Action | None = None
        self._appending = False
        self._parked: asyncio.Future[None] | None = None
        self._over = False

    @property
    def idle(self) -> bool:
        """True when input may be fed."""
        return self._parked is not None and not self._parked.done() and self._action is None and not self._appending

    async def run(self) -> None:
        """Send the banner, then run one action after the other until one side ends the session. Raises ConnectionError."""
        self._replies.append(self._context.banner)
        try:
            while not self._over:
                action = await self._next_action()
                await action()
            await self._flush()
        finally:
            self._drop_message()

    def feed(self, chunk: bytes) -> None:
        """Process input. Never raises."""
        self._guarded(self._take, chunk)

    def _take(self, chunk: bytes) -> None:
        if self._message is not None:
            self._feed_message(self._message, chunk)
        else:
            self._lines.feed(chunk)
            self._process_lines()

    def _guarded(self, work: Callable[..., None], *given: Any) -> None:
        """Do what the event loop or the journal asks for; an exception becomes an action, so that `run` raises it."""
        try:
            work(*given)
        except Exception as error:  # noqa: BLE001 - here the event loop would close without a reply; `run` raises it in the session's task
            self._act(partial(_fail, error))

    def ended(self) -> None:
        """The input is over."""
        if self.idle:
            self._act(self._end)

    async def refuse(self, refusal: Rejected) -> None:
        """Refuse something before the first command, and end."""
        self._refuse(refusal)
        if self._action is not None:
            await self._action()

    def incident(self, error: Exception) -> bytes:
        """The reply to a fault of ours: 451 with an id that is also in the log."""
        incident_id = secrets.token_hex(6)
        self._context.observe("fault", type(error).__name__)
        client = self._connection.client_address
        _log.error("fault", incident_id=incident_id, client_address=client, error=type(error).__name__, **_where(error))
        return replies.fault(incident_id)

    def take_unsent(self) -> bytes:
        """Remove and return the replies that were not written yet."""
        unsent = b"".join(self._replies)
        self._replies.clear()
        return unsent

    # The task's side.

    async def _next_action(self) -> Action:
        """Process input that came during the last action, then wait until `feed` sets an action."""
        self.feed(b"")
        while self._action is None:
            if self._appending:
                await self._park()
            elif self._connection.unread():
                self.feed(await self._connection.read(READ_BYTES))
            elif self._connection.at_end():
                return self._end
            elif self._context.is_stopping() and self._message is None:
                self._refuse(_STOPPING)
            else:
                await self._park()
        action, self._action = self._action, None
        return action

    async def _park(self) -> None:
        self._parked = self._context.loop.create_future()
        try:
            await self._parked
        finally:
            self._parked = None

    def _act(self, action: Action) -> None:
        self._action = action
        self._wake()

    def _wake(self) -> None:
        """Wake the task, which looks for what there is to do."""
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(None)

    async def _end(self) -> None:
        self._over = True

    async def _flush(self) -> None:
        """Write pending replies, and wait while the client leaves too much unread."""
        if self._replies and not self._connection.write(self.take_unsent()):
            await self._drain()

    async def _drain(self) -> None:
        self._enter(Phase.WRITE)
        await self._connection.drain()
        self._enter(Phase.COMMAND)

    # Commands.

    def _process_lines(self) -> None:
        """Process lines until none is complete, or something needs the task."""
        deadline, now_s = self._connection.deadline, self._context.loop.time
        while self._action is None and self._message is None:
            try:
                line = self._lines.next()
                if line is None:
                    break
                deadline.since_s = now_s()
                if line[:4].upper() in END_OF_GROUP and (self._lines.pending or self._connection.unread()):
                    raise OUT_OF_TURN
                answer = self.commands.command(line)
                if isinstance(answer, bytes):
                    self._replies.append(answer)
                else:
                    self._do(answer)
            except Rejected as refusal:
                self._refuse(refusal)
        if self._action is None and self._replies and not self._connection.write(self.take_unsent()):
            self._act(self._drain)

    def _do(self, step: SessionStep) -> None:
        if step is SessionStep.DATA:
            self._begin_message()
        elif step is SessionStep.START_TLS:
            self._act(self._start_tls)
        elif step is SessionStep.QUIT:
            self._replies.append(_BYE)
            self._act(self._end)
        else:
            self._context.turned_away("not_smtp", self._connection.client_address)
            self._replies.clear()
            self._act(self._end)

    async def _start_tls(self) -> None:
        self._replies.append(_START_TLS)
        await self._flush()
        self._lines.clear()
        await self._connection.start_tls()
        self.commands.tls_started()

    def _refuse(self, refusal: Rejected) -> None:
        """Reply with the refusal; end the session when it says so."""
        refusal = self.commands.escalate(refusal)
        self._count(refusal)
        delay_s = 0.0
        if refusal.reason in REFUSED_RECIPIENT:
            self._context.admission.accounting.refused_recipient(self._connection.client_address, self._context.loop.time())
            delay_s = self.commands.delay_s()
        if delay_s or refusal.close:
            self._act(partial(self._refuse_later, refusal, delay_s))
        else:
            self._replies.append(replies.encoded(refusal.reply))

    async def _refuse_later(self, refusal: Rejected, delay_s: float) -> None:
        if delay_s:
            await self._flush()
            await asyncio.sleep(delay_s)
        self._replies.append(replies.encoded(refusal.reply))
        await (self._hang_up() if refusal.close else self._flush())

    async def _hang_up(self) -> None:
        """Send the last reply and give the client time to read it: closing with unread input would reset the connection."""
        self._over = True
        await self._flush()
        self._connection.deadline.linger(self._context.loop.time())
        left_bytes = self._context.limits.data_slack_bytes if self._connection.end_output() else 0
        while left_bytes > 0:
            chunk = await self._connection.read(READ_BYTES)
            if not chunk:
                return
            left_bytes -= len(chunk)

    # A message.

    def _begin_message(self) -> None:
        limits = self._context.limits
        self._message = DataReader(limits.message_bytes, limits.data_slack_bytes)
        self._client = self._context.admission.accounting.client(self._connection.client_address)
        self._context.admission.budget.open(self._client)
        self._replies.append(_GO_AHEAD)
        self._enter(Phase.DATA)

    def _feed_message(self, message: DataReader, chunk: bytes) -> None:
        try:
            rest = message.feed(chunk)
        except Rejected as refusal:
            self._act(partial(self._break_off, refusal))
            return
        self._connection.deadline.received(len(chunk))
        self._hold(message)
        if rest is not None:
            self._lines.feed(rest)
            self._end_message(message)

    def _hold(self, message: DataReader) -> None:
        """Count the message's memory; discard the message when all messages together, or this client's, take too much."""
        budget = self._context.admission.budget
        fits = budget.hold(self._client, message.stored_bytes - self._held_bytes)
        self._held_bytes = message.stored_bytes
        if not fits:
            message.discard()
            budget.hold(self._client, -self._held_bytes)
            self._held_bytes = 0

    def _end_message(self, message: DataReader) -> None:
        transaction = self._transaction()
        if message.discarding:
            self._refuse_message(transaction, _TOO_LARGE if message.too_large else _BACK_PRESSURE)
            self._go_on()
        else:
            self._submit(transaction, message)

    def _go_on(self) -> None:
        """The message is answered: go on with commands, of which some may already wait."""
        self._drop_message()
        self._enter(Phase.COMMAND)
        self._process_lines()

    async def _break_off(self, refusal: Rejected) -> None:
        """Refuse a message before its end and close: what follows is not a command."""
        self._refuse_message(self._transaction(), refusal)
        self._drop_message()
        await self._hang_up()

    def _drop_message(self) -> None:
        if self._message is not None:
            self._message = None
            self._context.admission.budget.close(self._client, self._held_bytes)
            self._held_bytes = 0
            self.commands.delivered()

    def _submit(self, transaction: Transaction, message: DataReader) -> None:
        """Hand the message to the journal, which calls `_settled`."""
        self._enter(Phase.APPEND)
        submission = self._submission(transaction, message)
        try:
            self._context.journal.submit(submission, partial(self._settled, transaction, submission))
        except Exception as error:  # noqa: BLE001 - outermost handler of SMTP, per message: LMTP needs one reply per recipient
            self._not_durable(transaction, error)
            self._go_on()
        else:
            self._appending = True

    def _settled(self, transaction: Transaction, submission: Submission, outcome: Receipt | Exception) -> None:
        """The journal's answer. Never raises, for the sake of the others of its group."""
        self._appending = False
        self._guarded(self._answer, transaction, submission, outcome)
        if self._connection.unread() or self._connection.at_end() or self._context.is_stopping():
            self._wake()  # these are for the task

    def _answer(self, transaction: Transaction, submission: Submission, outcome: Receipt | Exception) -> None:
        """Reply to a message, and go on."""
        if isinstance(outcome, Receipt):
            killpoint.reached("after_commit_before_250")
            self._reply_to_all(transaction, replies.queued(outcome.journal_id))
            self._report(submission, outcome)
        else:
            self._not_durable(transaction, outcome)
        self._go_on()

    def _not_durable(self, transaction: Transaction, error: Exception) -> None:
        """Any fault of ours is 4yz."""
        if isinstance(error, StoreUnavailable):
            self._refuse_message(transaction, _STORE_FULL if error.full else _STORE_DOWN)
        else:
            self._reply_to_all(transaction, self.incident(error))

    def _submission(self, transaction: Transaction, reader: DataReader) -> Submission:
        content = reader.content()
        return Submission(
            envelope=transaction.envelope(),
            raw=content,
            client_address=self._connection.client_address,
            helo=self.commands.helo,
            protocol=self._context.endpoint.protocol,
            tls=self.commands.tls,
            smtp_utf8=transaction.smtp_utf8,
            notes=reader.notes(content, declared_8bit=transaction.declared_8bit),
        )

    def _report(self, submission: Submission, receipt: Receipt) -> None:
        event = "duplicate" if receipt.duplicate else "accepted"
        self._context.observe(event, submission.protocol)
        _log.info(
            event,
            journal_id=receipt.journal_id,
            client_address=submission.client_address,
            recipients=len(submission.envelope.recipients),
            size_bytes=len(submission.raw),
            notes=submission.notes,
        )

    def _refuse_message(self, transaction: Transaction, refusal: Rejected) -> None:
        """Refuse a message after its end."""
        self._count(refusal)
        self._reply_to_all(transaction, replies.encoded(refusal.reply))

    def _reply_to_all(self, transaction: Transaction, reply: bytes) -> None:
        """LMTP replies once per accepted RCPT (RFC 2033 section 4.2), SMTP once."""
        self._replies.append(reply * len(transaction.accepted) if self._context.config.lmtp else reply)

    # Internal.

    def _admit(self, declared_bytes: int) -> None:
        self._context.admission.mail(self._connection.client_address, declared_bytes, self._connection.deadline.since_s)

    def _count(self, refusal: Rejected) -> None:
        self._context.observe("refused", refusal.reason)
        _log.info("refused", reason=refusal.reason, code=refusal.reply.code, client_address=self._connection.client_address)

    def _enter(self, phase: Phase) -> None:
        self._connection.deadline.enter(phase, self._context.loop.time())

    def _transaction(self) -> Transaction:
        assert self.commands.transaction is not None, "DATA is accepted only inside a transaction"
        return self.commands.transaction


async def _fail(error: Exception) -> None:
    raise error


def _where(error: Exception) -> dict[str, Any]:
    """For the log: the error's text, and file, line and function of the innermost frame."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return {"because": str(error)}
    code = frame.tb_frame.f_code
    return {"because": str(error), "where": f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno} {code.co_name}"}
