"""Reads mail in a process of its own that can be killed: no mail costs more time or memory than its share (design, section 11).

In: raw bytes and envelopes. Out: a `Mail` for each, always. A mail that takes more processor time than its share is *degraded* at once: it
is known by its header section alone, with a defect that says so, which holds it for a person. A mail on which the reader dies (memory, a
library that never comes back) is read once more in a fresh reader, then degraded. The bytes stay in the journal as they came.

The reader is this module run as a program: requests on its standard input, answers on its standard output, each a length and a pickle. A
request goes on with the length of the mail and its bytes, an answer with length and bytes of each large file; these are never copied more
than a pipe needs.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import io
import math
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, Literal, TypeVar, cast

from mailgate import gc_tuning, log
from mailgate.clock import monotonic_s
from mailgate.errors import TransientFailure
from mailgate.mail.limits import DEFAULT_LIMITS, DEGRADED, Ours, ReadLimits
from mailgate.mail.model import Attachment, Envelope, Mail

MIB = 1024 * 1024
HEADER_BYTES = 64 * 1024
JOINED_BYTES = 64 * 1024
PIPE_BYTES = 256 * 1024
READY = b"ready"
NEAR_BYTES = 256 * 1024
START_S = 30.0
"""For a fresh reader to say that it is there; importing takes a second on a busy machine."""
WARM_UP = (
    b"Subject: =?utf-8?q?=C3=A5?=\r\nFrom: =?utf-8?q?=C3=A5?= <a@b.example>\r\nContent-Type: text/html\r\n\r\n<p>x",
    b"Subject: Undelivered mail\r\nFrom: MAILER-DAEMON@b.example\r\n\r\nDelivery failed: <a@b.example>\r\n",
)
"""Mails that make the reader import what it imports late, before its time counts."""
_LENGTH = struct.Struct(">I")
_HTML: Literal["html"] = "html"
_Asked = Envelope | Literal["html"]
"""What a request asks of the bytes that follow: the mail that came in this envelope, or its HTML to be looked at."""
_Made = TypeVar("_Made")

_log = log.get("reading")


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What one mail may cost: seconds of processor time, and memory beyond what an idle reader has.

    Processor time, so that a busy machine degrades no mail; `wall_s` limits a reader that hangs without using CPU.
    """

    ours: Ours
    time_s: float = 2.0
    wall_s: float = 60.0
    memory_bytes: int = 512 * MIB
    limits: ReadLimits = DEFAULT_LIMITS


class ReaderProcess:
    """Keeps one reader and asks it. For one thread at a time. A reader that died is replaced when it is needed; it ends with its asker."""

    def __init__(self, options: ReadingOptions) -> None:
        self._options = options
        self._reader: _Reader | None = None

    def read_all(self, mails: Sequence[tuple[bytes, Envelope]]) -> list[Mail]:
        """One `Mail` for each, in order. Never raises for content; TransientFailure when no reader can be started."""
        found: list[Mail] = []
        tried = 0
        while len(found) < len(mails):
            read_before = len(found)
            for at, answer in enumerate(self._answers(mails[read_before:]), read_before):
                found.append(answer or self._degraded(*mails[at]))
            tried = tried + 1 if len(found) == read_before else 1
            if len(found) < len(mails) and tried == 2:
                found.append(self._degraded(*mails[len(found)]))
                tried = 0
        return found

    def html(self, raw: bytes) -> str:
        """The inert HTML of one mail; "" when it has none or takes more than its share."""
        reader = self._running()
        with self._whole(), reader.asked([(raw, _HTML)]):
            answer = reader.answer(self._options.wall_s)
        if isinstance(answer, _Dead):
            self.close()
        return answer if isinstance(answer, str) else ""

    def start(self) -> None:
        """Start a reader unless one runs. Raises TransientFailure when none can be started."""
        self._running()

    def _running(self) -> _Reader:
        if self._reader is None:
            self._reader = _Reader(self._options)
        return self._reader

    def close(self) -> None:
        """End the reader."""
        if self._reader is not None:
            self._reader.end()
            self._reader = None

    def _answers(self, mails: Sequence[tuple[bytes, Envelope]]) -> Iterator[Mail | None]:
        """Answers until all are there or the reader has failed on the next one; then it is gone."""
        reader = self._running()
        with self._whole(), reader.asked(mails):
            for _ in mails:
                answer = reader.answer(self._options.wall_s)
                if isinstance(answer, _Dead):
                    self.close()
                    return
                yield cast("Mail | None", answer)

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """End the reader when something stops the asking: answers that nobody took would be those to the next mails."""
        with contextlib.ExitStack() as unless_whole:
            unless_whole.callback(self.close)
            yield
            unless_whole.pop_all()

    def _degraded(self, raw: bytes, envelope: Envelope) -> Mail:
        from mailgate import (
            metrics,
        )  # imported late, as all that only one side needs: a worker does without readers of mail, a reader without HTTP
        from mailgate.mail.read import read

        metrics.count("degraded")
        _log.error("degraded", size_bytes=len(raw), limit_s=self._options.time_s, limit_bytes=self._options.memory_bytes)
        head = raw[:HEADER_BYTES].partition(b"\r\n\r\n")[0]
        mail = read(head + b"\r\n\r\n", self._options.limits, ours=self._options.ours, envelope=envelope)
        return replace(mail, size_bytes=len(raw), defects=(DEGRADED, *mail.defects))


def read_here(mails: Sequence[tuple[bytes, Envelope]], ours: Ours) -> list[Mail]:
    """The same in this process and without bounds: for mail that an operator names, and for tests."""
    from mailgate.mail.read import read

    return [read(raw, ours=ours, envelope=envelope) for raw, envelope in mails]


def read_near(mails: Sequence[tuple[bytes, Envelope]], process: ReaderProcess, ours: Ours) -> list[Mail]:
    """The same for a person who waits: small mail in this process, which spares starting another one; large mail in the process, with its
    bounds, so that no mail costs more here than where it comes in.
    """
    if sum(len(raw) for raw, _ in mails) > NEAR_BYTES:
        return process.read_all(mails)
    return read_here(mails, ours)


class _Dead:
    """A reader that answers no more."""


class _Reader:
    """One child process."""

    def __init__(self, options: ReadingOptions) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        self._input = cast(BinaryIO, self._child.stdin)
        self._output = cast(BinaryIO, self._child.stdout)
        self._room = _widened(self._input)
        self._ready = select.poll()
        self._ready.register(self._output, select.POLLIN)
        self._ahead, self._unread = bytearray(JOINED_BYTES), b""
        _write(self._input, options)
        if bytes(self._receive(monotonic_s() + START_S) or b"") != READY:
            self.end()
            raise TransientFailure("the process that reads mail does not start")

    @contextlib.contextmanager
    def asked(self, mails: Sequence[tuple[bytes, _Asked]]) -> Iterator[None]:
        """Hand the mails over: at once when the pipe has room for them, since no other is on its way; else from a thread of its own, so
        that neither side waits for the other with full pipes.
        """
        requests = [one for raw, asked in mails for one in (pickle.dumps(asked, pickle.HIGHEST_PROTOCOL), raw)]
        if sum(map(len, requests)) + _LENGTH.size * len(requests) <= self._room:
            self._hand_over([b"".join([part for one in requests for part in (_LENGTH.pack(len(one)), one)])], _write_all)
            yield
            return
        thread = threading.Thread(target=self._hand_over, args=(requests, _write_bytes), name="reading", daemon=True)
        thread.start()
        yield
        thread.join()

    def _hand_over(self, requests: Sequence[bytes], write: Callable[[BinaryIO, bytes], None]) -> None:
        with contextlib.suppress(OSError, ValueError):  # the reader is gone; who waits for the answer sees it
            for request in requests:
                write(self._input, request)

    def answer(self, wall_s: float) -> Mail | str | _Dead | None:
        """The next mail, or its HTML; None when it took too much time; `_Dead` when the reader hangs, or was killed for what it took."""
        due_s = monotonic_s() + wall_s
        found = self._receive(due_s)
        try:
            made = pickle.loads(found, buffers=self._files(due_s)) if found else _Dead()  # noqa: S301  our own child wrote it
        except pickle.UnpicklingError:
            return _Dead()
        return cast("Mail | str | _Dead | None", made)

    def end(self) -> None:
        """Kill it. It holds nothing."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._input, self._output):
            with contextlib.suppress(OSError):
                pipe.close()

    def _receive(self, due_s: float) -> bytearray | None:
        head = self._exactly(_LENGTH.size, due_s)
        return self._exactly(_LENGTH.unpack(head)[0], due_s) if head else None

    def _files(self, due_s: float) -> Iterator[bytes]:
        """The large files that follow an answer, as unpickling asks for them. It fails when one does not come in time."""
        while head := self._exactly(_LENGTH.size, due_s):
            left, file = _LENGTH.unpack(head)[0], io.BytesIO()  # whose value is no copy
            while left and (piece := self._exactly(min(left, PIPE_BYTES), due_s)):
                left -= file.write(piece)
            if left:
                return
            yield file.getvalue()

    def _exactly(self, size: int, due_s: float) -> bytearray | None:
        """The next `size` bytes; what is read beyond them is kept, so that a length and a small answer take one call. None when it is too
        late.
        """
        found = bytearray(size)
        left = memoryview(found)
        known, self._unread = self._unread[:size], self._unread[size:]
        left[: len(known)] = known
        left = left[len(known) :]
        while left:
            wait_s = due_s - monotonic_s()
            if wait_s <= 0 or not self._ready.poll(wait_s * 1000):
                return None
            count = os.readv(self._output.fileno(), [left, self._ahead])
            if not count:
                return None
            self._unread = bytes(self._ahead[: max(0, count - len(left))])
            left = left[count:]
        return found


def _write(pipe: BinaryIO, value: object) -> None:
    _write_bytes(pipe, pickle.dumps(value, pickle.HIGHEST_PROTOCOL))


def _write_bytes(pipe: BinaryIO, content: bytes | memoryview) -> None:
    """A length and so many bytes. Small ones in one call: it is one less for both sides."""
    head = _LENGTH.pack(len(content))
    for part in (head + content,) if len(content) < JOINED_BYTES else (head, content):
        _write_all(pipe, part)


def _write_all(pipe: BinaryIO, content: bytes | memoryview) -> None:
    view = memoryview(content)
    while view:
        view = view[pipe.write(view) :]


def _widened(pipe: BinaryIO) -> int:
    """How many bytes the empty pipe takes without a reader; more than usual where the system allows it."""
    with contextlib.suppress(OSError):  # the user's pipes have their limit (/proc/sys/fs/pipe-user-pages-soft)
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)


def _read_value(pipe: BinaryIO) -> object | None:
    found = _read_bytes(pipe)
    return None if found is None else pickle.loads(found)  # noqa: S301  our own parent wrote it


def _read_bytes(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(_LENGTH.size)
    return pipe.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else None


def _address_space_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """The life of a reader: options, then mails until the other side hangs up. Out of memory ends it, and the mail counts as too much."""
    from mailgate.mail.read import read

    gc_tuning.return_large_blocks()
    signal.signal(signal.SIGPROF, _over_time)
    options = cast(ReadingOptions, _read_value(requests))
    for example in WARM_UP:
        read(example, options.limits)
    gc_tuning.spare_collector()
    bound = _address_space_bytes() + options.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _write_bytes(answers, READY)
    answers.flush()
    while (asked := _read_value(requests)) is not None:
        # No name holds the bytes, and none the mail when it is sent: large ones go as soon as they are not needed.
        made = _made(options, cast(_Asked, asked), _read_bytes(requests) or b"")
        if not isinstance(made, Mail) or made.size_bytes >= gc_tuning.LARGE_BYTES:
            gc.collect()  # parts refer to each other: this cycle would keep their bytes in memory for many more mails
        _answer(answers, made)
        del made


def _answer(answers: BinaryIO, made: Mail | str | None) -> None:
    """Send it. The bytes of large files follow as they are, so that they stand in no pickle on either side."""
    files: list[pickle.PickleBuffer] = []
    if isinstance(made, Mail) and made.size_bytes >= gc_tuning.LARGE_BYTES:
        made = replace(made, attachments=tuple(map(_set_apart, made.attachments)))
    _write_bytes(answers, pickle.dumps(made, pickle.HIGHEST_PROTOCOL, buffer_callback=files.append))
    for file in files:
        _write_bytes(answers, file.raw())
    answers.flush()


def _set_apart(one: Attachment) -> Attachment:
    return replace(one, content=cast(bytes, pickle.PickleBuffer(one.content))) if one.size_bytes >= gc_tuning.LARGE_BYTES else one


def _made(options: ReadingOptions, asked: _Asked, raw: bytes) -> Mail | str | None:
    from mailgate.mail.read import read

    if asked == _HTML:
        from mailgate.mail.html_view import html_of

        return _within(options.time_s, partial(html_of, raw, options.limits))
    return _within(options.time_s, partial(read, raw, options.limits, ours=options.ours, envelope=asked))


def _grant(time_s: float) -> None:
    """So much processor time for the next mail, in whole seconds more; the kernel ends the process that takes more (SIGXCPU)."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + time_s), hard))


class _OverTime(BaseException):
    """The mail has used up its processor time. No Exception, so that no reader of a format takes it for an error of the mail."""


def _over_time(_signal: int, _frame: object) -> None:
    raise _OverTime


def _within(time_s: float, make: Callable[[], _Made]) -> _Made | None:
    """What is made; None when it takes more processor time than that.

    A timer of the process raises in the middle of reading, and again every tenth of a second, should a finalizer have swallowed it. Code
    that never comes back to the interpreter is ended by the kernel a second later (SIGXCPU).
    """
    _grant(time_s + 1)
    try:
        signal.setitimer(signal.ITIMER_PROF, time_s, 0.1)
        try:
            return make()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except _OverTime:
        return None


if __name__ == "__main__":
    with contextlib.suppress(MemoryError, KeyboardInterrupt, BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
