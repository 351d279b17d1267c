"""Accept stage: accepts connections from a listening socket. In: a socket. Out: transports with a protocol on them.

Unlike asyncio's server it can refuse a connection before a transport is built for it, and it survives running out of file descriptors: it
stops accepting for a moment (connections wait in the kernel's queue) and goes on by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from collections.abc import Callable

BACKLOG = 1024
PER_TURN = 64
"""Connections accepted in one turn of the event loop at most, so that a flood does not starve the sessions."""
PAUSE_S = 0.2
UNIX_MODE = 0o660
"""Of a Unix socket: owner and group may connect."""
_OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

Begin = Callable[[socket.socket, str], "asyncio.Protocol | bytes"]
"""Given a connection and the peer's address: the protocol for it, or a reply to send before it is closed."""


def listen_on(host: str, port: int, *, reuse_port: bool = False) -> list[socket.socket]:
    """Listening sockets for every address that `host` has. Raises OSError, with all sockets closed, when one cannot be bound."""
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
            sockets.append(_bound(socket.socket(family, kind, protocol), address, reuse_port))
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets


def listen_at(path: str) -> socket.socket:
    """A listening Unix socket. One left behind by a dead process is replaced. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.stat(path).st_mode):
            os.unlink(path)
    listening = _bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path, False)
    os.chmod(path, UNIX_MODE)
    return listening


def _bound(one: socket.socket, address: object, reuse_port: bool) -> socket.socket:
    try:
        one.setblocking(False)
        if one.family != socket.AF_UNIX:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if one.family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if reuse_port:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(address)  # type: ignore[arg-type]
        one.listen(BACKLOG)
    except OSError:
        one.close()
        raise
    return one


class Acceptor:
    """One listening socket, bound to `address`. `fault` gets every OSError of accept that the client did not cause."""

    def __init__(self, listening: socket.socket, begin: Begin, fault: Callable[[OSError], None]) -> None:
        self._socket = listening
        name = listening.getsockname()
        self.address: tuple[str, int] | str = name if isinstance(name, str) else (name[0], name[1])
        self._begin, self._fault = begin, fault
        self._loop = asyncio.get_running_loop()
        self._adopting: set[asyncio.Task[None]] = set()
        self._resume: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to accept connections."""
        self._resume = None
        self._loop.add_reader(self._socket, self._take)

    def close(self) -> None:
        """Accept no more; existing connections go on."""
        if self._resume is not None:
            self._resume.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _take(self) -> None:
        for _ in range(PER_TURN):
            try:
                connection, peer = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(error)
                return
            self._greet(connection, peer[0] if isinstance(peer, tuple) else "")

    def _pause(self, error: OSError) -> None:
        """Stop watching the socket for a moment: the kernel would report it as ready again at once."""
        self._fault(error)
        if error.errno in _OUT_OF_RESOURCES:
            self._loop.remove_reader(self._socket)
            self._resume = self._loop.call_later(PAUSE_S, self.start)

    def _greet(self, connection: socket.socket, peer: str) -> None:
        connection.setblocking(False)
        begun = self._begin(connection, peer)
        if isinstance(begun, bytes):
            with contextlib.suppress(OSError):
                if begun:
                    connection.send(begun)
            connection.close()
            return
        task = self._loop.create_task(self._adopt(connection, begun))
        self._adopting.add(task)
        task.add_done_callback(self._adopting.discard)

    async def _adopt(self, connection: socket.socket, session: asyncio.Protocol) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: session, connection)
        except OSError:
            connection.close()
            session.connection_lost(None)
