"""One SMTP connection as a client: writes octets, reads whole replies. In: octets and a time to live. Out: replies, or `LostError`.

An own one, since smtplib waits its timeout anew for every octet, keeps reply lines without end, and takes 2.5 times as long for want of
pipelining. Nothing here knows what the commands mean.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from dataclasses import dataclass

from mailgate.clock import monotonic_s

REPLY_MAX_BYTES = 16_384
SHOWN_MAX_CHARS = 400
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]+")


class LostError(Exception):
    """The connection broke, ran out of time or spoke nonsense. The text says which, in one line."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code and the text of each line, code and line end taken off (RFC 5321 section 4.2)."""

    code: int
    lines: tuple[str, ...]

    @property
    def enhanced(self) -> str:
        """The enhanced code (RFC 2034 section 4), "" for none."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found else ""

    @property
    def text(self) -> str:
        """The text as one line without enhanced codes and controls, at most 400 characters."""
        shown = " ".join(_ENHANCED.sub("", line, count=1) if _ENHANCED.match(line) else line for line in self.lines)
        return _CONTROLS.sub(" ", shown)[:SHOWN_MAX_CHARS]


class Connection:
    """A connected socket with what was read ahead. `features` is what EHLO offered: names in lower case to parameters."""

    def __init__(self, connected: socket.socket, *, encrypted: bool) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the final dot must not wait for an acknowledgement
        self._socket: socket.socket | None = connected
        self._unread = b""
        self._timeout_s = 0.0
        self.encrypted = encrypted
        self.features: dict[str, str] = {}
        self.mails = 0

    def write(self, octets: bytes | memoryview, timeout_s: float) -> None:
        """Send all of it within `timeout_s`. Raises LostError."""
        if self._socket is None:
            raise LostError("the connection is closed")
        try:
            self._limit(self._socket, timeout_s)
            self._socket.sendall(octets)
        except OSError as error:
            raise LostError(told(error, "while sending")) from error

    def command(self, line: str | bytes, timeout_s: float) -> Reply:
        """Send one line (without CRLF) and read its reply. Raises LostError."""
        self.write((line.encode() if isinstance(line, str) else line) + b"\r\n", timeout_s)
        return self.read(timeout_s)

    def read(self, timeout_s: float) -> Reply:
        """One whole reply within `timeout_s`, however it trickles in, of at most 16 KiB. Raises LostError."""
        deadline_s = monotonic_s() + timeout_s
        lines: list[str] = []
        size_bytes = 0
        while True:
            octets = self._line(deadline_s)
            size_bytes += len(octets)
            match = _REPLY_LINE.fullmatch(octets)
            if match is None:
                raise LostError("what the smarthost said is no SMTP reply")
            if size_bytes > REPLY_MAX_BYTES:
                raise LostError("the reply of the smarthost does not end")
            lines.append((match[3] or b"").decode("utf-8", "replace"))
            if match[2] != b"-":
                return Reply(int(match[1]), tuple(lines))

    def secure(self, context: ssl.SSLContext, host: str, timeout_s: float) -> None:
        """Go on over TLS (RFC 3207). What was said in the clear no longer counts. Raises LostError, also for a bad certificate."""
        if self._socket is None or self._unread:
            raise LostError("the smarthost sent more behind its answer to STARTTLS: somebody may be on the line")
        self._limit(self._socket, timeout_s)
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except OSError as error:
            raise LostError(told(error, "while TLS was set up")) from error
        self.encrypted, self.features = True, {}

    def quit(self, timeout_s: float) -> None:
        """Leave politely. No answer is needed: what was taken before stays taken."""
        with contextlib.suppress(LostError):
            self.command(b"QUIT", timeout_s)
        self.drop()

    def drop(self) -> None:
        """Close without a word. May be called again."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None

    def _limit(self, connected: socket.socket, timeout_s: float) -> None:
        """Set the socket's own timeout, which is a system call, only where it changes by more than a tenth."""
        if not 0.9 * self._timeout_s <= timeout_s <= self._timeout_s:
            connected.settimeout(timeout_s)
            self._timeout_s = timeout_s

    def _line(self, deadline_s: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > REPLY_MAX_BYTES:
                raise LostError("the reply of the smarthost does not end")
            self._unread += self._receive(deadline_s - monotonic_s())
        line, _, self._unread = self._unread.partition(b"\n")
        return line.removesuffix(b"\r")

    def _receive(self, left_s: float) -> bytes:
        if self._socket is None:
            raise LostError("the connection is closed")
        if left_s <= 0:
            raise LostError("time ran out while waiting for an answer")
        try:
            self._limit(self._socket, left_s)
            octets = self._socket.recv(REPLY_MAX_BYTES)
        except OSError as error:
            raise LostError(told(error, "while waiting for an answer")) from error
        if not octets:
            raise LostError("the smarthost closed the connection")
        return octets


def told(error: OSError, when: str) -> str:
    """An error of the system as one line for the record; what TLS found wrong is said."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the smarthost's certificate cannot be trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"time ran out {when}"
    return f"{error.strerror or type(error).__name__} {when}"
