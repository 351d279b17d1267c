"""Accept stage: the SMTP and LMTP server. In: connections. Out: conversations that end in the journal, or in a refusal.

Path of one message: `Listener._begin` (connection) -> `Session` (PROXY header, TLS) -> `conversation` (commands, DATA) -> the journal.
aiosmtpd gives the session's life cycle, reads the PROXY header and swaps transports for TLS. Its command loop, DATA reader and address
parser are not used: they take what must not be taken, and answer faults of ours with 5yz.

It must never let the text of an exception reach a client. It reads no MIME and asks no DNS.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address

from aiosmtpd.proxy_protocol import ProxyData, get_proxy
from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Session as SmtpSession

from mailgate import log
from mailgate.errors import ConfigError, Rejected
from mailgate.inbound import acceptor, limits
from mailgate.inbound import smtp_replies as replies
from mailgate.inbound.accounting import LOCAL, MINUTE_S, plain_address
from mailgate.inbound.admission import Admission, DiskSpace
from mailgate.inbound.conversation import OUT_OF_TURN, Conversation
from mailgate.inbound.deadlines import SPEAKING, Deadline, Phase
from mailgate.inbound.endpoint import Endpoint, ListenerOptions, Observe, Place
from mailgate.inbound.limits import Limits
from mailgate.inbound.recipients import Recipients
from mailgate.inbound.smtp_dialogue import Setup
from mailgate.inbound.smtp_tls import TlsLayer
from mailgate.inbound.submission import Accepting

__all__ = ["Endpoint", "Listener", "ListenerOptions"]

RECEIVE_BYTES = 64 * 1024
"""Taken off a socket at once. asyncio asks for 256 KiB, for which malloc maps fresh pages: 17 microseconds a call instead of 3."""

UNSENT_MAX_BYTES = 64 * 1024
"""Replies that a client may leave unread before we stop reading from it."""

_LOG = log.get("listener")
for _name in ("mail.log", "mail.debug"):  # aiosmtpd's own: they write what clients say, passwords too
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Session(SMTP):
    """One connection: the `Wire` of a conversation. aiosmtpd runs `_handle_client` as its task; the listener looks at `deadline`.

    The task is never cancelled when the client goes away: it meets the end of the input instead, so a commit that has begun is finished
    and counted.
    """

    client_address: str
    deadline: Deadline
    transport: asyncio.Transport | None

    def __init__(self, place: Place) -> None:
        """A template for `begin`: `super().__init__` looks through all methods and handlers, too slow to do for every connection."""
        super().__init__(_NoHandler(), loop=place.loop, hostname=place.setup.hostname)
        self._place = place

    def begin(self, connection: socket.socket, address: str, *, counted: bool) -> Session:
        """A session for `connection`: this template with a reader and a state of its own. `counted`: `address` is in the accounts."""
        session = type(self).__new__(type(self))
        session.__dict__.update(self.__dict__)
        reader = asyncio.StreamReader(limit=UNSENT_MAX_BYTES, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(session, reader, session._cb_client_connected, self.loop)
        session._start(connection, address, counted)
        return session

    def _start(self, connection: socket.socket, address: str, counted: bool) -> None:
        place = self._place
        self.client_address, self._counted = address, counted
        self._socket: socket.socket | None = connection
        self.deadline = Deadline(Phase.PROXY if place.endpoint.proxy else Phase.COMMAND, place.loop.time())
        self._conversation = Conversation(self, place)
        self._ended = self._lost = False

    # Life cycle. asyncio's transports call these.

    def _create_session(self) -> SmtpSession:
        """A new one is made after STARTTLS too. What the PROXY header said stays true then."""
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
        """No timer per session: the listener looks at `deadline`."""

    def data_received(self, data: bytes) -> None:
        """To the conversation when it can take it; else the reader keeps it, and stops the transport when it has enough."""
        if self._conversation.idle:
            self._conversation.feed(data)
        else:
            self._reader.feed_data(data)

    def eof_received(self) -> bool:
        """The client has said its last word. It may still read ours (half-close); inside TLS there is no such thing."""
        self._reader.feed_eof()
        self._conversation.ended()
        return self._tls_protocol is None

    def connection_lost(self, error: Exception | None) -> None:
        """Whatever the cause, the task sees the end of its input. aiosmtpd would cancel it here."""
        if self._original_transport is not None:
            self._original_transport.close()
        asyncio.StreamReaderProtocol.connection_lost(self, None)
        self._client_connected_cb = None  # a bound method of ours: without it the session is freed at once, not at the next collection
        self.transport = None
        self._lost = True
        self._conversation.ended()
        self._ended = self._ended or self._handler_coroutine is None
        self._leave()

    async def _handle_client(self) -> None:
        """The session's task, and the door at which nothing unforeseen gets out (guarantee 2)."""
        try:
            if await self._prepare():
                await self._conversation.run()
        except (ConnectionError, EOFError, ssl.SSLError):
            pass  # the client is gone, or speaks no TLS; `_leave` counts it
        except Exception as error:  # noqa: BLE001
            self._say(self._conversation.incident(error))
        else:
            self._say(self._conversation.take_unsaid())
        finally:
            self._finish()

    async def handle_exception(self, error: Exception) -> str:
        """Where aiosmtpd would answer 500 with the exception's text, ours is 451 and says nothing."""
        return self._conversation.incident(error).decode("ascii").rstrip()

    def _finish(self) -> None:
        self._ended = True
        self._handler_coroutine = None
        if self.transport is not None:
            self.deadline.linger(self.loop.time())
            self.transport.close()
        self._leave()

    def _leave(self) -> None:
        """Gone for good when both the connection and the task are: a commit may outlive the connection."""
        if self._ended and self._lost and self in self._place.sessions:
            self._place.sessions.discard(self)
            if self._counted:
                self._place.admission.accounting.closed(self.client_address)
            self._place.observe("disconnected", "")

    # Before the first command.

    async def _prepare(self) -> bool:
        """PROXY header, TLS, a client that waits for its turn. False when the session ends before it began."""
        place, connection = self._place, self._socket
        self._socket = None
        if place.endpoint.proxy and not await self._read_proxy_header():
            return False
        if place.endpoint.tls == "implicit":
            # What came in one piece with the PROXY header is the client's half of the handshake.
            await self._handshake(bytes(self._reader._buffer))  # type: ignore[attr-defined]
            self._conversation.dialogue.tls_started()
            return True
        if place.options.banner_delay_s:
            await asyncio.sleep(place.options.banner_delay_s)
        if _has_data(connection) or self.unread():
            await self._conversation.refuse(OUT_OF_TURN)
            return False
        return True

    async def _read_proxy_header(self) -> bool:
        proxy = await get_proxy(self._reader)
        assert self.session is not None
        self.session.proxy_data = proxy
        if not proxy.valid:
            self._place.turned_away("proxy_header", self.client_address)
            return False
        self.client_address = _proxied_address(proxy) or self.client_address
        self.deadline.enter(Phase.COMMAND, self.loop.time())
        refusal = self._place.admission.accounting.connected(self.client_address, self.deadline.since_s)
        self._counted = refusal is None
        if refusal is None:
            return True
        self._place.turned_away("address", self.client_address)
        if self._place.endpoint.tls != "implicit":
            self._say(replies.wire(refusal))
        return False

    # What a conversation needs of its wire.

    async def read(self, most_bytes: int) -> bytes:
        """See `Wire`."""
        return await self._reader.read(most_bytes)

    def unread(self) -> bool:
        """See `Wire`. The reader has no public way to ask; aiosmtpd looks there too."""
        return bool(self._reader._buffer)  # type: ignore[attr-defined]

    def at_end(self) -> bool:
        """See `Wire`."""
        return bool(self._reader.at_eof())

    def write(self, replies: bytes) -> bool:
        """See `Wire`."""
        transport = self.transport
        if transport is None:
            raise ConnectionResetError("client left")
        transport.write(replies)
        return transport.get_write_buffer_size() <= UNSENT_MAX_BYTES

    async def drain(self) -> None:
        """See `Wire`."""
        await self._writer.drain()

    async def start_tls(self) -> None:
        """See `Wire`. When TLS is up, aiosmtpd's `connection_made` drops what was left unread and begins a new session state.

        The listener ends a handshake that takes too long. Raises ssl.SSLError or ConnectionError when it fails.
        """
        await self._handshake(b"")

    async def _handshake(self, read_before: bytes) -> None:
        plain, context = self.transport, self._place.options.tls
        if plain is None or context is None:
            raise ConnectionResetError("client left")
        self.deadline.enter(Phase.HANDSHAKE, self.loop.time())
        done = self.loop.create_future()
        self._tls_protocol = TlsLayer(self.loop, self, context, done)
        self._original_transport = plain
        plain.set_protocol(self._tls_protocol)
        self._tls_protocol.connection_made(plain)
        self._tls_protocol.give(read_before)
        try:
            await done
        except (ssl.SSLError, OSError):
            self.connection_lost(None)  # the TLS layer tells only a protocol that it was told of
            raise
        self.deadline.enter(Phase.COMMAND, self.loop.time())

    def end_output(self) -> bool:
        """See `Wire`."""
        if self.transport is None or not self.transport.can_write_eof():
            return False
        try:
            self.transport.write_eof()
        except OSError:  # reset a moment ago; the transport does not know it yet
            return False
        return True

    # What the listener does to a session.

    def expire(self, refusal: Rejected) -> None:
        """End the session with `refusal`, or without a word where no reply is expected or none is read."""
        if self.deadline.phase not in SPEAKING or self.transport is None:
            self.abort()
            return
        self._say(self._conversation.take_unsaid() + replies.wire(refusal.reply))
        self.deadline.linger(self.loop.time())
        self.transport.close()

    def stop(self) -> None:
        """End the session if it waits for a command; else it ends after what it does."""
        if self.deadline.phase not in (Phase.DATA, Phase.APPEND, Phase.WRITE):
            self.expire(Rejected(replies.R421_STOPPING, "stopping", close=True))

    def abort(self) -> None:
        """Close without a word."""
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    def _say(self, reply: bytes) -> None:
        """Write without waiting; nothing when the client is gone."""
        if reply and self.transport is not None and not self.transport.is_closing():
            self.transport.write(reply)


class _NoHandler:
    """aiosmtpd wants a handler object; the session handles everything itself."""


class Listener:
    """All endpoints together. `start` binds them all or none; `stop` lets messages in work finish.

    `observe` hears what happened, for the metrics. `disk_space` is asked before messages are taken (None: no disk of ours is involved).
    Raises ConfigError for an endpoint that needs a certificate when there is none.
    """

    def __init__(
        self,
        options: ListenerOptions,
        bounds: Limits,
        recipients: Recipients,
        journal: Accepting,
        observe: Observe,
        *,
        disk_space: Callable[[], DiskSpace] | None = None,
    ) -> None:
        if options.tls is None and (options.require_tls or any(endpoint.tls == "implicit" for endpoint in options.endpoints)):
            raise ConfigError("TLS is asked for, but there is no certificate", hint="set smtp.tls_certificate and smtp.tls_key")
        self._options, self._recipients, self._journal, self._observe = options, recipients, journal, observe
        self._limits = limits.for_this_process(bounds)
        self.admission = Admission(self._limits, lambda: journal.healthy, disk_space)
        self._sessions: set[Session] = set()
        self._stopping = asyncio.Event()
        self._acceptors: list[acceptor.Acceptor] = []
        self._watch: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> list[tuple[str, int] | str]:
        """What is listened on, in the order of the endpoints: (host, port), or the path of a Unix socket."""
        return [one.address for one in self._acceptors]

    @property
    def open_connections(self) -> int:
        """Sessions now, those that finish a commit after their client left included."""
        return len(self._sessions)

    @property
    def stressed(self) -> bool:
        """True near the cap of connections: then every timeout is short."""
        return len(self._sessions) >= self._limits.stress_share * self._limits.connections

    async def start(self) -> None:
        """Bind and serve. Raises OSError, with nothing bound, when one endpoint cannot be."""
        try:
            for endpoint in self._options.endpoints:
                self._open(endpoint)
        except OSError:
            for one in self._acceptors:
                one.close()
            raise
        for one in self._acceptors:
            one.start()
        self._watch = asyncio.get_running_loop().create_task(self._watch_sessions())

    async def stop(self) -> None:
        """Take no more, end idle sessions with 421, give messages in work `stop_grace_s`, then close what is left."""
        for one in self._acceptors:
            one.close()
        self._stopping.set()
        for session in list(self._sessions):
            session.stop()
        await self._wait_empty(self._options.stop_grace_s)
        for session in list(self._sessions):
            session.abort()
        await self._wait_empty(1.0)
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def _wait_empty(self, grace_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._sessions:
                    await asyncio.sleep(0.01)

    def _open(self, endpoint: Endpoint) -> None:
        place = self._place(endpoint)
        template = Session(place)
        if endpoint.unix_path:
            sockets = [acceptor.listen_at(endpoint.unix_path)]
        else:
            sockets = acceptor.listen_on(endpoint.host, endpoint.port, reuse_port=self._options.reuse_port)

        def begin(connection: socket.socket, peer: str) -> Session | bytes:
            return self._begin(template, place, connection, plain_address(peer) if peer else LOCAL)

        self._acceptors += [acceptor.Acceptor(one, begin, self._accept_failed) for one in sockets]

    def _place(self, endpoint: Endpoint) -> Place:
        options, loop = self._options, asyncio.get_running_loop()
        setup = Setup(
            hostname=options.hostname,
            lmtp=endpoint.protocol == "lmtp",
            limits=self._limits,
            recipients=self._recipients,
            tls_offered=options.tls is not None and endpoint.tls == "starttls",
            tls_required=options.require_tls,
            senders=options.senders,
        )
        return Place(
            endpoint,
            options,
            self._limits,
            setup,
            self.admission,
            self._journal,
            self._observe,
            loop,
            self._sessions,
            self._stopping.is_set,
        )

    def _begin(self, template: Session, place: Place, connection: socket.socket, address: str) -> Session | bytes:
        """A session for a new connection, or what to say to one that is turned away."""
        if place.endpoint.proxy and not self._may_proxy(address):
            place.turned_away("proxy_source", address)
            return b""
        counted = not place.endpoint.proxy
        if self._stopping.is_set() or len(self._sessions) >= self._limits.connections:
            refusal, reason = (replies.R421_STOPPING, "stopping") if self._stopping.is_set() else (replies.R421_BUSY, "connections")
        else:
            too_much = self.admission.accounting.connected(address, place.loop.time()) if counted else None
            if too_much is None:
                session = template.begin(connection, address, counted=counted)
                self._sessions.add(session)
                self._observe("connected", place.endpoint.protocol)
                return session
            refusal, reason = too_much, "address"
        place.turned_away(reason, address)
        speaks_first = place.endpoint.tls != "implicit" and not place.endpoint.proxy
        return replies.wire(refusal) if speaks_first else b""

    def _may_proxy(self, address: str) -> bool:
        if address == LOCAL:
            return True
        parsed = ip_address(address)
        return any(parsed in network for network in self._options.proxy_from)

    def _accept_failed(self, error: OSError) -> None:
        self._observe("fault", "accept")
        _LOG.warning("accept_failed", error=error.strerror, open_connections=len(self._sessions))

    def _expire(self, session: Session, overdue: Rejected) -> None:
        if session.deadline.phase is not Phase.LINGER:  # a client that does not close its end is nothing to tell
            self._observe("expired", overdue.reason)
            _LOG.warning("expired", reason=overdue.reason, client_address=session.client_address)
        session.expire(overdue)

    async def _watch_sessions(self) -> None:
        """Look at every session a few times in its shortest time limit; stress counts for those that are there already."""
        loop, forget_at_s = asyncio.get_running_loop(), 0.0
        while True:
            await asyncio.sleep(_look_every_s(self._limits))
            now_s = loop.time()
            times = self._limits.stressed if self.stressed else self._limits.timeouts
            for session in list(self._sessions):
                overdue = session.deadline.overdue(now_s, times, self._limits.data_min_bytes_s)
                if overdue is not None:
                    self._expire(session, overdue)
            if now_s >= forget_at_s:
                self.admission.accounting.forget_idle(now_s)
                forget_at_s = now_s + MINUTE_S


def _look_every_s(bounds: Limits) -> float:
    times: list[float] = [getattr(group, phase.value) for group in (bounds.timeouts, bounds.stressed) for phase in Phase]
    return max(0.02, min(0.5, min(times) / 4))


def _has_data(connection: socket.socket | None) -> bool:
    """True when the client has spoken before its turn. An end of input counts as nothing said."""
    if connection is None:
        return False
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _proxied_address(proxy: ProxyData) -> str | None:
    """The client's address; None for LOCAL and UNKNOWN, where the header speaks of nobody but the proxy itself (version 2: section 2.2)."""
    if proxy.version == 2 and proxy.command == 0:
        return None
    address = proxy.src_addr
    return plain_address(str(address)) if address is not None and not isinstance(address, bytes | bytearray) else None
