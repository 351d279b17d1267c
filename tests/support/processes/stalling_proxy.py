"""A TCP proxy that can go silent: open connections stay open and carry nothing more. New connections work, unless told otherwise."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

CHUNK_BYTES = 65_536


class StallingProxy:
    """Listens on `port` of 127.0.0.1 and forwards to `target_port`. `stall` silences the connections that are open now."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._pairs: list[_Pair] = []
        self._stalls_new = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> StallingProxy:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for pair in self._pairs:
            pair.close()
        for thread in [self._accepting, *(pair.thread for pair in self._pairs)]:
            thread.join(10)

    def stall(self, *, new_ones: bool = False) -> None:
        """From now on the open connections carry nothing; with `new_ones` neither do those that come."""
        self._stalls_new = new_ones
        for pair in self._pairs:
            pair.stalled.set()

    def recover(self) -> None:
        """New connections work again. Those that stalled stay silent."""
        self._stalls_new = False

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                pair = _Pair(client, socket.create_connection(("127.0.0.1", self._target_port)))
                if self._stalls_new:
                    pair.stalled.set()
                self._pairs.append(pair)
                pair.thread.start()


class _Pair:
    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._ends = {client: server, server: client}
        self.stalled, self._closed = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._forward, daemon=True)

    def close(self) -> None:
        self._closed.set()

    def _forward(self) -> None:
        try:
            while not self._closed.is_set() and self._pass_on():
                pass
        finally:
            for end in self._ends:
                end.close()

    def _pass_on(self) -> bool:
        if self.stalled.is_set():
            self._closed.wait()
            return False
        ready, _, _ = select.select(list(self._ends), [], [], 0.02)
        for end in ready:
            if self.stalled.is_set():
                return True
            try:
                chunk = end.recv(CHUNK_BYTES)
            except OSError:
                return False
            if not chunk:
                return False
            self._ends[end].sendall(chunk)
        return True
