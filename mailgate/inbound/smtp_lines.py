"""Accept stage: cuts command lines out of what a client sends (RFC 5321 sections 2.3.8 and 4.5.3.1.4). In: chunks. Out: lines, no CRLF.

A line ends in CRLF and in nothing else. What ends in a bare LF or has a bare CR is taken off the buffer and refused, never read as a
command: two servers that disagree about line ends is what smuggling lives on. No I/O.
"""

from __future__ import annotations

from mailgate.errors import Rejected
from mailgate.inbound import smtp_replies as replies


class LineBuffer:
    """Bytes that were read and not yet understood. A line may have `limit_bytes` with its end, MAIL and RCPT `extra_bytes` more."""

    __slots__ = ("_at", "_data", "_extra_bytes", "_limit_bytes")

    def __init__(self, limit_bytes: int, extra_bytes: int) -> None:
        self._data, self._at = b"", 0
        self._limit_bytes, self._extra_bytes = limit_bytes, extra_bytes

    @property
    def pending(self) -> bool:
        """True when more has come than was taken."""
        return self._at < len(self._data)

    def feed(self, chunk: bytes) -> None:
        """Add what was read."""
        self._data = self._data[self._at :] + chunk if self._at < len(self._data) else chunk
        self._at = 0

    def clear(self) -> None:
        """Forget everything that is left."""
        self._data, self._at = b"", 0

    def next(self) -> bytes | None:
        """The next line; None when it is not all there yet. Raises Rejected for a bad line and takes it off; closes at twice the length."""
        data, at = self._data, self._at
        end = data.find(b"\n", at)
        if end < 0:
            self._check_unfinished()
            return None
        line = data[at : end + 1]
        if line.find(b"\r") != len(line) - 2:
            raise self._bad_end(line)
        self._at = end + 1
        if len(line) > self._limit_bytes:
            self._check_length(line)
        return line[:-2]

    def _check_unfinished(self) -> None:
        rest = self._data[self._at :]
        if b"\r" in rest[:-1]:
            raise self._bad_end(rest)
        if len(rest) > 2 * self._allowed_bytes(rest):
            raise Rejected(replies.R500_TOO_LONG, "line_too_long", close=True)

    def _bad_end(self, line: bytes) -> Rejected:
        """Take off the line up to its first bare CR or LF."""
        ends = [at for at in (line.find(b"\r"), line.find(b"\n")) if at >= 0]
        self._at += min(ends) + 1
        return Rejected(replies.R500_LINE_END, "bad_line_end")

    def _check_length(self, line: bytes) -> None:
        allowed_bytes = self._allowed_bytes(line)
        if len(line) > allowed_bytes:
            raise Rejected(replies.R500_TOO_LONG, "line_too_long", close=len(line) > 2 * allowed_bytes)

    def _allowed_bytes(self, line: bytes) -> int:
        return self._limit_bytes + (self._extra_bytes if line[:4].upper() in (b"MAIL", b"RCPT") else 0)
