"""Accept stage: one client's connection, between aiosmtpd and our session.

In: bytes off a socket. Out: replies, a `ClientSession` that is fed.

It reads the PROXY header, does the TLS handshake, sets the deadlines that the listener watches, and closes. aiosmtpd gives the life cycle,
reads the PROXY header and swaps transports for TLS. Its command loop, DATA reader and address parser are not used: they accept what must
not be accepted, and answer faults of ours with 5yz (docs/adr/0013). It must never let the text of an exception reach a client.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl

from aiosmtpd.proxy_protocol import ProxyData, get_proxy
from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Session as SmtpSession

from mailgate.errors import Rejected
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.accounting import plain_address
from mailgate.inbound.smtp.deadlines import REPLY_PHASES, Deadline, Phase
from mailgate.inbound.smtp.endpoint import EndpointContext
from mailgate.inbound.smtp.session import OUT_OF_TURN, ClientSession
from mailgate.inbound.smtp.tls import TlsLayer

RECEIVE_BYTES = 64 * 1024
"""Read from a socket at once. asyncio asks for 256 KiB, for which malloc maps fresh pages: 17 microseconds a call instead of 3."""

UNSENT_MAX_BYTES = 64 * 1024
"""Replies that a client may leave unread before we stop reading from it."""

for _name in ("mail.log", "mail.debug"):  # aiosmtpd's own loggers: they write what clients say, passwords included
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class SmtpConnection(SMTP):
    """One connection; its `ClientSession` uses it as `ClientConnection`.

    aiosmtpd runs `_handle_client` as a task; the listener watches `deadline`.

    The task is never cancelled when the client goes away: it sees the end of the input instead, so a commit that has begun is finished
    and counted.
    """

    client_address: str
    deadline: Deadline
    transport: asyncio.Transport | None
    _original_transport: asyncio.Transport | None

    def __init__(self, context: EndpointContext) -> None:
        """Makes a template for `begin`: `super().__init__` inspects all methods and handlers, which is too slow for every connection."""
        super().__init__(_NoHandler(), loop=context.loop, hostname=context.config.hostname)
        self._context = context

    def begin(self, connection: socket.socket, address: str, *, counted: bool) -> SmtpConnection:
        """A copy of this template for `connection`, with its own reader and state. `counted`: `Accounting` counts it for `address`."""
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__)
        reader = asyncio.StreamReader(limit=UNSENT_MAX_BYTES, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(copy, reader, copy._cb_client_connected, self.loop)
        copy._start(connection, address, counted)
        return copy

    def _start(self, connection: socket.socket, address: str, counted: bool) -> None:
        context = self._context
        self.client_address, self._counted = address, counted
        self._socket: socket.socket | None = connection
        self.deadline = Deadline(Phase.PROXY if context.endpoint.proxy else Phase.COMMAND, context.loop.time())
        self._session = ClientSession(self, context)
        self._ended = self._lost = False

    # Life cycle. asyncio's transports call these.

    def _create_session(self) -> SmtpSession:
        """Also called after STARTTLS. The PROXY header's data is kept."""
        session = SmtpSession(self.loop)
        if self.session is not None:
            session.proxy_data = self.session.proxy_data
        return session

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Also called when TLS has come up over the same connection."""
        if hasattr(transport, "max_size"):
            transport.max_size = RECEIVE_BYTES
        super().connection_made(transport)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """No timer per session: the listener watches `deadline`."""

    def data_received(self, data: bytes) -> None:
        """Feed the session when it is idle; else the reader buffers, and pauses the transport when its buffer is full."""
        if self._session.idle:
            self._session.feed(data)
        else:
            self._reader.feed_data(data)

    def eof_received(self) -> bool:
        """The client sends nothing else. It may still read replies (half-close), except inside TLS."""
        self._reader.feed_eof()
        self._session.ended()
        return self._tls_protocol is None

    def connection_lost(self, error: Exception | None) -> None:
        """Give the task the end of its input, whatever the cause. aiosmtpd would cancel it here."""
        if self._original_transport is not None:
            self._original_transport.close()
        asyncio.StreamReaderProtocol.connection_lost(self, None)
        self._client_connected_cb = None  # breaks a reference cycle, so that the object is freed at once
        self.transport = None
        self._lost = True
        self._session.ended()
        self._ended = self._ended or self._handler_coroutine is None
        self._leave()

    async def _handle_client(self) -> None:
        """The session's task. Any unexpected exception ends here as a 451 (guarantee 2)."""
        try:
            if await self._prepare():
                await self._session.run()
        except (ConnectionError, EOFError, ssl.SSLError):
            pass  # the client left, or does not speak TLS; `_leave` counts it
        except Exception as error:  # noqa: BLE001 - outermost handler of SMTP, per session
            self._send_now(self._session.incident(error))
        else:
            self._send_now(self._session.take_unsent())
        finally:
            self._finish()

    async def handle_exception(self, error: Exception) -> str:
        """The reply to an exception inside aiosmtpd, which would send 500 with its text: 451 with an incident id."""
        return self._session.incident(error).decode("ascii").rstrip()

    def _finish(self) -> None:
        self._ended = True
        self._handler_coroutine = None
        if self.transport is not None:
            self.deadline.linger(self.loop.time())
            self.transport.close()
        self._leave()

    def _leave(self) -> None:
        """Forget the connection when both it and its task have ended: a commit may outlive the connection."""
        if self._ended and self._lost and self in self._context.connections:
            self._context.connections.discard(self)
            if self._counted:
                self._context.admission.accounting.closed(self.client_address)
            self._context.observe("disconnected", "")

    # Before the first command.

    async def _prepare(self) -> bool:
        """PROXY header, TLS, and the check that the client waits for the banner. False when the session must not begin."""
        context, connection = self._context, self._socket
        self._socket = None
        if context.endpoint.proxy and not await self._read_proxy_header():
            return False
        if context.endpoint.tls == "implicit":
            # Bytes that came together with the PROXY header are the beginning of the handshake.
            await self._handshake(bytes(self._reader._buffer))  # type: ignore[attr-defined]
            self._session.commands.tls_started()
            return True
        if context.options.banner_delay_s:
            await asyncio.sleep(context.options.banner_delay_s)
        if _has_data(connection) or self.unread():
            await self._session.refuse(OUT_OF_TURN)
            return False
        return True

    async def _read_proxy_header(self) -> bool:
        proxy = await get_proxy(self._reader)
        assert self.session is not None
        self.session.proxy_data = proxy
        if not proxy.valid:
            self._context.turned_away("proxy_header", self.client_address)
            return False
        self.client_address = _proxied_address(proxy) or self.client_address
        if not self._context.may_connect(self.client_address):
            self._context.turned_away("lmtp_client", self.client_address)
            return False
        self.deadline.enter(Phase.COMMAND, self.loop.time())
        refusal = self._context.admission.accounting.connected(self.client_address, self.deadline.since_s)
        self._counted = refusal is None
        if refusal is None:
            return True
        self._context.turned_away("address", self.client_address)
        if self._context.endpoint.tls != "implicit":
            self._send_now(replies.encoded(refusal))
        return False

    # `Connection`, for the session.

    async def read(self, most_bytes: int) -> bytes:
        """See `Connection`."""
        return await self._reader.read(most_bytes)

    def unread(self) -> bool:
        """See `Connection`. The reader has no public way to ask; aiosmtpd reads this attribute, too."""
        return bool(self._reader._buffer)  # type: ignore[attr-defined]

    def at_end(self) -> bool:
        """See `Connection`."""
        return bool(self._reader.at_eof())

    def write(self, replies: bytes) -> bool:
        """See `Connection`."""
        transport = self.transport
        if transport is None:
            raise ConnectionResetError("client left")
        transport.write(replies)
        return transport.get_write_buffer_size() <= UNSENT_MAX_BYTES

    async def drain(self) -> None:
        """See `Connection`."""
        await self._writer.drain()

    async def start_tls(self) -> None:
        """See `Connection`. When TLS is up, aiosmtpd's `connection_made` drops unread input and makes a new session state.

        The listener ends a handshake that takes too long. Raises ssl.SSLError or ConnectionError when it fails.
        """
        await self._handshake(b"")

    async def _handshake(self, read_before: bytes) -> None:
        plain, tls = self.transport, self._context.options.tls
        if plain is None or tls is None:
            raise ConnectionResetError("client left")
        self.deadline.enter(Phase.HANDSHAKE, self.loop.time())
        done = self.loop.create_future()
        self._tls_protocol = TlsLayer(self.loop, self, tls, done)
        self._original_transport = plain
        plain.set_protocol(self._tls_protocol)
        self._tls_protocol.connection_made(plain)
        self._tls_protocol.give(read_before)
        try:
            await done
        except (ssl.SSLError, OSError):
            self.connection_lost(None)  # the TLS layer does not call this when the handshake fails
            raise
        self.deadline.enter(Phase.COMMAND, self.loop.time())

    def end_output(self) -> bool:
        """See `Connection`."""
        if self.transport is None or not self.transport.can_write_eof():
            return False
        try:
            self.transport.write_eof()
        except OSError:  # the client has just reset the connection
            return False
        return True

    # Called by the listener.

    def expire(self, refusal: Rejected) -> None:
        """End the session with `refusal`, or without a reply in phases where the client would not read one."""
        if self.deadline.phase not in REPLY_PHASES or self.transport is None:
            self.abort()
            return
        self._send_now(self._session.take_unsent() + replies.encoded(refusal.reply))
        self.deadline.linger(self.loop.time())
        self.transport.close()

    def stop(self) -> None:
        """End the session now if it waits for a command, else after its current step."""
        if self.deadline.phase not in (Phase.DATA, Phase.APPEND, Phase.WRITE):
            self.expire(Rejected(replies.R421_STOPPING, "stopping", close=True))

    def abort(self) -> None:
        """Close without a reply."""
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                transport.abort()

    def _send_now(self, reply: bytes) -> None:
        """Write without waiting; does nothing when the client is gone."""
        if reply and self.transport is not None and not self.transport.is_closing():
            self.transport.write(reply)


class _NoHandler:
    """aiosmtpd requires a handler object; ours handles nothing."""


def _has_data(connection: socket.socket | None) -> bool:
    """True when the client sent something before the banner. An end of input does not count."""
    if connection is None:
        return False
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _proxied_address(proxy: ProxyData) -> str | None:
    """The client's address; None for LOCAL and UNKNOWN: then the proxy itself is the client (PROXY protocol section 2.2)."""
    if proxy.version == 2 and proxy.command == 0:
        return None
    address = proxy.src_addr
    return plain_address(str(address)) if address is not None and not isinstance(address, bytes | bytearray) else None
