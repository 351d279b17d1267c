"""Accept stage: cuts command lines out of what a client sends (RFC 5321 sections 2.3.8 and 4.5.3.1.4). In: chunks. Out: lines, no CRLF.

A line ends in CRLF only. A line with a bare LF or CR is removed from the buffer and refused, and must never be read as a command: SMTP
smuggling exploits servers that disagree about line ends. No I/O.
"""

from __future__ import annotations

from mailgate.errors import Rejected
from mailgate.inbound.smtp import replies as replies


class LineBuffer:
    """Input that is not processed yet. A line may have `limit_bytes` including CRLF, MAIL and RCPT `extra_bytes` more."""

    __slots__ = ("_at", "_data", "_extra_bytes", "_limit_bytes")

    def __init__(self, limit_bytes: int, extra_bytes: int) -> None:
        self._data, self._at = b"", 0
        self._limit_bytes, self._extra_bytes = limit_bytes, extra_bytes

    @property
    def pending(self) -> bool:
        """True when there is unprocessed input."""
        return self._at < len(self._data)

    def feed(self, chunk: bytes) -> None:
        """Add input."""
        self._data = self._data[self._at :] + chunk if self._at < len(self._data) else chunk
        self._at = 0

    def clear(self) -> None:
        """Discard unprocessed input."""
        self._data, self._at = b"", 0

    def next(self) -> bytes | None:
        """The next line; None while it is incomplete. Raises Rejected for a bad line, which is removed; at twice the length it closes."""
        data, at = self._data, self._at
        if at == len(data):  # as after nearly every line
            return None
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
        """Remove the line up to its first bare CR or LF."""
        ends = [at for at in (line.find(b"\r"), line.find(b"\n")) if at >= 0]
        self._at += min(ends) + 1
        return Rejected(replies.R500_LINE_END, "bad_line_end")

    def _check_length(self, line: bytes) -> None:
        allowed_bytes = self._allowed_bytes(line)
        if len(line) > allowed_bytes:
            raise Rejected(replies.R500_TOO_LONG, "line_too_long", close=len(line) > 2 * allowed_bytes)

    def _allowed_bytes(self, line: bytes) -> int:
        return self._limit_bytes + (self._extra_bytes if line[:4].upper() in (b"MAIL", b"RCPT") else 0)
