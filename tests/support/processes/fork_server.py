"""Programs that start at once: a process that has loaded all of mailgate forks one for each command that a test runs.

Loading takes a second of processor time, and the fault tests start some hundred programs. What is forked is a program like any other: a
process and process group of its own, its own environment and folder, killed and waited for by its number. It starts from the first line of
`main`. The fork_server opens nothing and runs no thread, so that nothing of it lives on in a child. Tests about starting use real starts.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import pkgutil
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NoReturn

import mailgate

REQUEST_BYTES = 1 << 20
LATE = (
    "alembic.command", "holidays.countries", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg", "structlog",
    "uvloop",
)  # fmt: skip
"""What the modules of mailgate load when they need it."""
NO_LIBRARY = ("mailgate.__main__", "mailgate.store.migrations.")
"""Modules that run when they are loaded."""
SLICE_S = 0.1  # how long one thread that waits keeps others from asking
_NUMBER = struct.Struct("i")


class Forked:
    """A program that the fork_server started; what tests use of `subprocess.Popen`."""

    def __init__(self, life: socket.socket) -> None:
        self._life, self._asking = life, threading.Lock()
        self.returncode: int | None = None
        self.pid: int = _NUMBER.unpack(life.recv(_NUMBER.size))[0]

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """The same when it has ended. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("mailgate", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """A signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM, unless it has ended."""
        self.send_signal(signal.SIGTERM)

    def _ended(self, timeout_s: float | None) -> int | None:
        end_s = float("inf") if timeout_s is None else time.monotonic() + timeout_s
        while not self._received(max(0.0, min(SLICE_S, end_s - time.monotonic()))):
            if time.monotonic() >= end_s:
                return None
        return self.returncode

    def _received(self, timeout_s: float) -> bool:
        """Whether the end is known; several threads may ask."""
        with self._asking:
            if self.returncode is None and select.select([self._life], [], [], timeout_s)[0]:
                said = self._life.recv(_NUMBER.size)
                self.returncode = _NUMBER.unpack(said)[0] if said else -signal.SIGKILL
                self._life.close()
            return self.returncode is not None


class ForkServer:
    """The side of the tests: one fork_server for each process of pytest."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.support.processes.fork_server", str(theirs.fileno())]
            self._process = subprocess.Popen(command, cwd=Path(__file__).parents[3], pass_fds=[theirs.fileno()], start_new_session=True)
        atexit.register(self.close)

    def start(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], files: Sequence[IO[bytes]]) -> Forked:
        """Start `mailgate <arguments>` there; `files` are its standard input, output and error."""
        ours, theirs = socket.socketpair()
        with theirs:
            request = json.dumps({"arguments": arguments, "folder": str(folder), "environment": dict(environment)}).encode()
            socket.send_fds(self._requests, [request], [*(file.fileno() for file in files), theirs.fileno()])
        return Forked(ours)

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: bytes = b"", timeout_s: float = 60.0
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `mailgate <arguments>` there to its end."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            code = self.start(arguments, folder, environment, (given, out, err)).wait(timeout_s)
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(arguments, code, out.read(), err.read())

    def close(self) -> None:
        """Let it end; what it started lives on."""
        self._requests.close()
        self._process.wait(10)


@lru_cache(maxsize=1)
def fork_server() -> ForkServer:
    """The one of this process."""
    return ForkServer()


def _preload() -> None:
    from mailgate.cli import COMMANDS, LazyGroup

    for command in COMMANDS:
        LazyGroup().get_command(None, command)
    for module in pkgutil.walk_packages(mailgate.__path__, "mailgate."):
        if not module.name.startswith(NO_LIBRARY):
            import_module(module.name)
    for name in LATE:
        with contextlib.suppress(ImportError):  # uvloop is not installed everywhere
            import_module(name)
    _read_texts()
    gc.freeze()


def _read_texts() -> None:
    """The templates of mails and pages, and the policy: each program would read them at its start."""
    from mailgate.outbound.render import Renderer, Wording
    from mailgate.rules.document.loader import load
    from mailgate.web.pages.jinja import Templates
    from tests.support.desks.policies import unhurried
    from tests.support.harness.kept_work import keep_read_texts

    keep_read_texts()
    Renderer(Wording())
    Templates({})
    load(unhurried().encode())


def _serve(channel: socket.socket) -> Any:
    """In the fork_server: never returns. In a child: what it is to run."""
    lives: dict[int, socket.socket] = {}
    wake, waker = socket.socketpair()
    waker.setblocking(False)
    wake.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    chooser = selectors.DefaultSelector()
    chooser.register(channel, selectors.EVENT_READ)
    chooser.register(wake, selectors.EVENT_READ)
    while True:
        for key, _ in chooser.select():
            if key.fileobj is wake:
                _bury(wake, lives)
                continue
            said, fds, _, _ = socket.recv_fds(channel, REQUEST_BYTES, 4)
            if not said:
                os._exit(0)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for one in (channel, wake, waker, *lives.values()):
                    one.close()
                chooser.close()
                return json.loads(said), fds
            for fd in fds[:3]:
                os.close(fd)
            lives[pid] = socket.socket(fileno=fds[3])
            lives[pid].send(_NUMBER.pack(pid))


def _bury(wake: socket.socket, lives: dict[int, socket.socket]) -> None:
    """Tell of each child that has ended."""
    with contextlib.suppress(BlockingIOError):
        wake.recv(4096)
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with lives.pop(ended[0]) as life, contextlib.suppress(OSError):
                life.send(_NUMBER.pack(os.waitstatus_to_exitcode(ended[1])))


def _become(request: dict[str, Any], fds: Sequence[int]) -> None:
    """Be the program that was asked for: its folder, files and environment."""
    os.setsid()
    for target, fd in enumerate(fds[:3]):
        os.dup2(fd, target)
    for fd in fds:
        os.close(fd)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = ["mailgate", *request["arguments"]]


def _leave(code: int) -> NoReturn:
    """What Python does at the end, but for taking down all modules one by one: that takes longer than most commands."""
    threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 120
    os._exit(code)


if __name__ == "__main__":
    _preload()
    _become(*_serve(socket.socket(fileno=int(sys.argv[1]))))
    from mailgate.cli import main

    _leave(main())
