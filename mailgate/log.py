"""The log: one line on standard error for each change of state, as JSON or for people. In: an event name and fields. Out: lines.

It never carries bodies or secrets, lets no value break a line or a terminal, does not repeat one failure without end, and never stops
the service: a closed pipe or a full disk costs lines, nothing else.
"""

from __future__ import annotations

import re
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from mailgate import masking
from mailgate.clock import monotonic_s

if TYPE_CHECKING:  # structlog loads rich and takes as long as a small command: it is imported with the first line
    from structlog.typing import EventDict

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
MAX_VALUE_CHARS = 1_000
MAX_VALUE_ITEMS = 20
SAMPLE_WINDOW_S = 10.0
SAMPLE_BURST = 20
MAX_SAMPLED_EVENTS = 500
HIDDEN = "[hidden]"
_SECRET_KEY = re.compile(r"passw|secret|token|authoriz|credential|cookie|private_key", re.IGNORECASE)
_BODY_KEYS = frozenset({"body", "raw", "text", "html", "content", "data", "quoted", "comment"})
TOKEN_MIN_CHARS = 36
# Base32 of so many characters or more is a reply or bounce token: a reader of the log could use it.
_TOKEN = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z2-7]{{{TOKEN_MIN_CHARS},80}}(?![A-Za-z0-9])", re.ASCII)
# C0, DEL, C1 (terminal commands), line and paragraph separators, bidirectional overrides, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Logger(Protocol):
    """What `get` returns. `event` is a name in snake_case; fields are values with units in their names."""

    def debug(self, event: str, **fields: Any) -> None:
        """Detail for a developer."""

    def info(self, event: str, **fields: Any) -> None:
        """A change of state."""

    def warning(self, event: str, **fields: Any) -> None:
        """Something that mends itself, or costs delay."""

    def error(self, event: str, **fields: Any) -> None:
        """Something that a person should look at."""


class Sampler:
    """Lets a burst of warnings and errors of one name through in each window. The next window's first line says how many were left out."""

    def __init__(self, window_s: float = SAMPLE_WINDOW_S, burst: int = SAMPLE_BURST) -> None:
        self._window_s, self._burst = window_s, burst
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def __call__(self, _logger: object, level: str, entry: EventDict) -> EventDict:
        """Pass the entry on, or raise DropEvent."""
        if level not in ("warning", "error"):
            return entry
        left_out, admitted = self._count((level, str(entry.get("event"))))
        if not admitted:
            from structlog import DropEvent

            raise DropEvent
        return {**entry, "left_out": left_out} if left_out else entry

    def _count(self, key: tuple[str, str]) -> tuple[int, bool]:
        now = monotonic_s()
        with self._lock:
            start, count = self._seen.pop(key, (now, 0))
            left_out = 0
            if now - start >= self._window_s:
                left_out, start, count = max(0, count - self._burst), now, 0
            self._seen[key] = (start, count + 1)
            if len(self._seen) > MAX_SAMPLED_EVENTS:
                self._seen.popitem(last=False)
        return left_out, count < self._burst


class _Stream:
    """Writes lines and survives whatever is behind the stream. `None` is what standard error is at the time of writing."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def msg(self, line: str) -> None:
        with self._lock:
            try:
                stream = self._stream or sys.stderr
                stream.write(line + "\n")
                stream.flush()
            except (OSError, ValueError, AttributeError):
                return  # closed pipe, full disk, no stream at all: the service goes on without this line

    debug = info = warning = error = msg


class _Setup:
    """What `configure` was told. structlog is set up with the first line."""

    def __init__(self, level: str, form: str, stream: _Stream, *, colours: bool) -> None:
        self.threshold = LEVELS[level]
        self._form, self._stream, self._colours = form, stream, colours
        self._parts: dict[str, Any] = {}

    def logger_of(self, part: str) -> Any:
        """The logger of structlog for a part of the program; each is made once."""
        if part not in self._parts:
            self._parts[part] = self._logger.bind(part=part)
        return self._parts[part]

    @cached_property
    def _logger(self) -> Any:
        import structlog

        return structlog.wrap_logger(
            self._stream,
            processors=[Sampler(), _clean, structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"), self._renderer()],
            wrapper_class=structlog.make_filtering_bound_logger(self.threshold),
            cache_logger_on_first_use=False,
        )

    def _renderer(self) -> Any:
        import structlog

        if self._form == "json":
            return structlog.processors.JSONRenderer(ensure_ascii=False)
        return structlog.dev.ConsoleRenderer(colors=self._colours, pad_event_to=24, timestamp_key="at")


class _Log:
    """The log of one part: see `Logger`."""

    def __init__(self, part: str) -> None:
        self._part = part

    def debug(self, event: str, **fields: Any) -> None:
        """See Logger."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """See Logger."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """See Logger."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """See Logger."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        if LEVELS[level] >= _setup.threshold:
            getattr(_setup.logger_of(self._part), level)(event, **fields)


def get(part: str) -> Logger:
    """The log of one part of the program. May be called before `configure`."""
    return _Log(part)


def configure(level: str = "info", form: str = "json", stream: TextIO | None = None, *, colours: bool = True) -> None:
    """Set level, form (json or console) and stream (None: standard error). Until then warnings go to standard error, for people.

    `colours`: console may use them on a terminal.
    """
    global _setup
    _setup = _Setup(level, form, _Stream(stream), colours=colours and _takes_colours(stream or sys.stderr))


def harmless(text: str) -> str:
    """The text on one line: control characters as escapes, passwords of URLs and tokens hidden, at most MAX_VALUE_CHARS long."""
    cut = text if len(text) <= MAX_VALUE_CHARS else text[:MAX_VALUE_CHARS] + "…"
    masked = masking.in_text(cut)
    hidden = _TOKEN.sub(HIDDEN, masked) if len(masked) >= TOKEN_MIN_CHARS else masked
    if hidden.isprintable():  # then nothing is unsafe
        return hidden
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape", "surrogatepass").decode("ascii"), hidden)


def _clean(_logger: object, level: str, entry: EventDict) -> EventDict:
    cleaned = {_harmless_name(key): _value(key, value) for key, value in entry.items() if key != "event"}
    return {"event": _harmless_name(str(entry.get("event"))), "level": level, **cleaned}


_harmless_name = lru_cache(maxsize=1024)(harmless)  # names of events and fields are in the program: there are few


@lru_cache(maxsize=1024)
def _is_hidden(key: str) -> bool:
    return key in _BODY_KEYS or _SECRET_KEY.search(key) is not None


def _value(key: str, value: Any) -> Any:
    if _is_hidden(key):
        return HIDDEN
    if isinstance(value, str):  # first, since almost all are
        return harmless(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(key, item) for item in list(value)[:MAX_VALUE_ITEMS]]
    return harmless(str(value))


def _takes_colours(target: TextIO | None) -> bool:
    """A terminal, unless the command line escapes what goes there."""
    return target is not None and target.isatty() and not hasattr(target, "bare")


_setup: _Setup
configure("warning", "console")
