"""Accept stage: the SMTP and LMTP server. In: connections. Out: sessions that end in the journal, or in a refusal.

Path of one message: `Listener._begin` (accept) -> `SmtpConnection` (PROXY header, TLS) -> `ClientSession` (commands, DATA) -> the journal.
It must never read MIME or ask the DNS.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from mailgate import log
from mailgate.errors import ConfigError, Rejected
from mailgate.inbound.smtp import acceptor, limits
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.accounting import LOCAL, MINUTE_S, is_in, plain_address
from mailgate.inbound.smtp.admission import Admission, DiskSpace
from mailgate.inbound.smtp.commands import SmtpConfig
from mailgate.inbound.smtp.connection import SmtpConnection
from mailgate.inbound.smtp.deadlines import Phase
from mailgate.inbound.smtp.endpoint import EndpointContext, ListenAddress, ListenerOptions, Observe
from mailgate.inbound.smtp.limits import SmtpLimits
from mailgate.inbound.smtp.recipients import Recipients
from mailgate.inbound.smtp.submission import Accepting
from mailgate.inbound.smtp.tls import renew

__all__ = ["ListenAddress", "Listener", "ListenerOptions"]

_log = log.get("listener")


class Listener:
    """All endpoints together. `start` binds all of them or none; `stop` lets messages in progress finish.

    `observe` gets events for the metrics. `disk_space` is called before a message is accepted (None: the database is on another host).
    Raises ConfigError for an endpoint that needs a certificate when there is none.
    """

    def __init__(
        self,
        options: ListenerOptions,
        bounds: SmtpLimits,
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
        self._connections: set[SmtpConnection] = set()
        self._stopping = asyncio.Event()
        self._acceptors: list[acceptor.Acceptor] = []
        self._watch: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> list[tuple[str, int] | str]:
        """The bound addresses, in the order of the endpoints: (host, port), or the path of a Unix socket."""
        return [one.address for one in self._acceptors]

    @property
    def open_connections(self) -> int:
        """Connections now, including those whose client left while a commit runs."""
        return len(self._connections)

    @property
    def stressed(self) -> bool:
        """True near the limit of connections: then every timeout is shorter."""
        return len(self._connections) >= self._limits.stress_share * self._limits.connections

    @property
    def has_tls(self) -> bool:
        """Whether there is a certificate."""
        return self._options.tls is not None

    def use_certificate(self, certificate_file: str, key_file: str) -> None:
        """Show this certificate in handshakes from now on. Raises ConfigError for one that cannot be used: the old one stays."""
        if self._options.tls is not None:
            renew(self._options.tls, certificate_file, key_file)

    async def start(self) -> None:
        """Bind and serve. Raises OSError, with nothing bound, when one endpoint cannot be."""
        try:
            for endpoint in self._options.endpoints:
                self._open(endpoint)
        except OSError as error:
            error.filename = endpoint.unix_path or f"{endpoint.host}:{endpoint.port}"
            for one in self._acceptors:
                one.close()
            raise
        for one in self._acceptors:
            one.start()
        self._watch = asyncio.get_running_loop().create_task(self._watch_connections())

    async def stop(self) -> None:
        """Accept no more, end idle sessions with 421, give messages in progress `stop_grace_s`, then close the rest."""
        for one in self._acceptors:
            one.close()
        self._stopping.set()
        for connection in list(self._connections):
            connection.stop()
        await self._wait_empty(self._options.stop_grace_s)
        for connection in list(self._connections):
            connection.abort()
        await self._wait_empty(1.0)
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def _wait_empty(self, grace_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self._connections:
                    await asyncio.sleep(0.01)

    def _open(self, endpoint: ListenAddress) -> None:
        context = self._context(endpoint)
        template = SmtpConnection(context)
        if endpoint.unix_path:
            sockets = [acceptor.listen_at(endpoint.unix_path)]
        else:
            sockets = acceptor.listen_on(endpoint.host, endpoint.port, reuse_port=self._options.reuse_port)

        def begin(connection: socket.socket, peer: str) -> SmtpConnection | bytes:
            return self._begin(template, context, connection, plain_address(peer) if peer else LOCAL)

        self._acceptors += [acceptor.Acceptor(one, begin, self._accept_failed) for one in sockets]

    def _context(self, endpoint: ListenAddress) -> EndpointContext:
        options, loop = self._options, asyncio.get_running_loop()
        config = SmtpConfig(
            hostname=options.hostname,
            lmtp=endpoint.protocol == "lmtp",
            limits=self._limits,
            recipients=self._recipients,
            tls_offered=options.tls is not None and endpoint.tls == "starttls",
            tls_required=options.require_tls,
            senders=options.senders,
        )
        return EndpointContext(
            endpoint,
            options,
            self._limits,
            config,
            self.admission,
            self._journal,
            self._observe,
            loop,
            self._connections,
            self._stopping.is_set,
        )

    def _begin(self, template: SmtpConnection, context: EndpointContext, connection: socket.socket, address: str) -> SmtpConnection | bytes:
        """The protocol object for a new connection, or the reply for one that is turned away."""
        if context.endpoint.proxy and not self._may_proxy(address):
            context.turned_away("proxy_source", address)
            return b""
        if not context.endpoint.proxy and not context.may_connect(address):
            context.turned_away("lmtp_client", address)
            return b""
        counted = not context.endpoint.proxy
        if self._stopping.is_set() or len(self._connections) >= self._limits.connections:
            refusal, reason = (replies.R421_STOPPING, "stopping") if self._stopping.is_set() else (replies.R421_BUSY, "connections")
        else:
            over_limit = self.admission.accounting.connected(address, context.loop.time()) if counted else None
            if over_limit is None:
                accepted = template.begin(connection, address, counted=counted)
                self._connections.add(accepted)
                self._observe("connected", context.endpoint.protocol)
                return accepted
            refusal, reason = over_limit, "address"
        context.turned_away(reason, address)
        may_reply = context.endpoint.tls != "implicit" and not context.endpoint.proxy
        return replies.encoded(refusal) if may_reply else b""

    def _may_proxy(self, address: str) -> bool:
        return address == LOCAL or is_in(address, self._options.proxy_from)

    def _accept_failed(self, error: OSError) -> None:
        self._observe("fault", "accept")
        _log.warning("accept_failed", error=error.strerror, open_connections=len(self._connections))

    def _expire(self, connection: SmtpConnection, overdue: Rejected) -> None:
        if connection.deadline.phase is not Phase.LINGER:  # a client that does not close its end is normal: not logged
            self._observe("expired", overdue.reason)
            _log.warning("session_expired", reason=overdue.reason, client_address=connection.client_address)
        connection.expire(overdue)

    async def _watch_connections(self) -> None:
        """Check every deadline several times within the shortest limit. Under stress, existing sessions get the shorter limits, too."""
        loop, forget_at_s = asyncio.get_running_loop(), 0.0
        while True:
            await asyncio.sleep(_check_interval_s(self._limits))
            now_s = loop.time()
            times = self._limits.stressed if self.stressed else self._limits.timeouts
            for connection in list(self._connections):
                overdue = connection.deadline.overdue(now_s, times, self._limits.data_min_bytes_s)
                if overdue is not None:
                    self._expire(connection, overdue)
            if now_s >= forget_at_s:
                self.admission.accounting.forget_idle(now_s)
                forget_at_s = now_s + MINUTE_S


def _check_interval_s(bounds: SmtpLimits) -> float:
    times: list[float] = [getattr(group, phase.value) for group in (bounds.timeouts, bounds.stressed) for phase in Phase]
    return max(0.02, min(0.5, min(times) / 4))
