"""One SMTP connection, client side: writes octets, reads whole replies. In: octets and a timeout. Out: replies, or `LostError`.

Our own code instead of smtplib, which restarts its timeout for every octet, reads reply lines without a limit, and takes 2.5 times as long
because it does not pipeline (docs/adr/0010). It must never interpret commands: this module does not know what they mean.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
from dataclasses import dataclass

from mailgate.clock import monotonic_s

REPLY_MAX_BYTES = 16_384
SHOWN_MAX_CHARS = 400
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]+")


class LostError(Exception):
    """The connection broke, timed out, or sent something that is not SMTP. The text says which, in one line."""


class HandshakeError(LostError):
    """The TLS handshake failed, a refused certificate included."""


@dataclass(frozen=True, slots=True)
class ServerReply:
    """One reply: its code, and the text of each line without code and line end (RFC 5321 section 4.2)."""

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


class SmarthostConnection:
    """A connected socket and its read buffer.

    `features`: what EHLO offered, lower-case name -> parameters. `mails`: transactions begun. `encrypted`: TLS is up. `verified`: TLS is
    up, and the certificate's chain and name were checked.
    """

    def __init__(self, connected: socket.socket, *, encrypted: bool) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the final dot must not wait for an acknowledgement
        connected.setblocking(False)
        self._socket: socket.socket | None = connected
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._polled = self._awaited = select.POLLIN
        self._unread = b""
        self.encrypted = encrypted
        self.verified = False
        self.features: dict[str, str] = {}
        self.mails = 0

    def write(self, octets: bytes | memoryview, timeout_s: float) -> None:
        """Send all of it within `timeout_s`. Raises LostError."""
        deadline_s, unsent = monotonic_s() + timeout_s, memoryview(octets)
        while unsent:
            unsent = unsent[self.write_some(unsent) :]
            if unsent:
                self.wait_to_write(deadline_s - monotonic_s())

    def write_some(self, octets: bytes | memoryview) -> int:
        """Send what goes without waiting; how many octets that were. Raises LostError: then none of these was sent."""
        self._awaited = select.POLLOUT
        try:
            return self._open().send(octets)
        except _NOT_NOW as error:
            self._note(error)
            return 0
        except OSError as error:
            raise LostError(describe(error, "while sending")) from error

    def wait_to_write(self, left_s: float) -> None:
        """After a `write_some` that did not send all: wait until more can be sent. Raises LostError."""
        if not self._wait(left_s):
            raise LostError("timeout while sending")

    def command(self, line: str | bytes, timeout_s: float) -> ServerReply:
        """Send one line (without CRLF) and read its reply. Raises LostError."""
        self.write((line.encode() if isinstance(line, str) else line) + b"\r\n", timeout_s)
        return self.read(timeout_s)

    def read(self, timeout_s: float) -> ServerReply:
        """One whole reply, at most 16 KiB. `timeout_s` is for all of it, even if it comes octet by octet. Raises LostError."""
        deadline_s = monotonic_s() + timeout_s
        lines: list[str] = []
        size_bytes = 0
        while True:
            octets = self._line(deadline_s)
            size_bytes += len(octets)
            match = _REPLY_LINE.fullmatch(octets)
            if match is None:
                raise LostError("the smarthost sent something that is not an SMTP reply")
            if size_bytes > REPLY_MAX_BYTES:
                raise LostError("the reply of the smarthost does not end")
            lines.append((match[3] or b"").decode("utf-8", "replace"))
            if match[2] != b"-":
                return ServerReply(int(match[1]), tuple(lines))

    def has_input(self) -> bool:
        """Whether the smarthost sent something, or closed, although no reply is due. Does not wait.

        Such input belongs to no command: the next reply would be attributed to the wrong one (RFC 5321 section 4.3.1).
        """
        if self._socket is None or self._unread:
            return True
        self._awaited = select.POLLIN
        if isinstance(self._socket, ssl.SSLSocket):
            return bool(self._socket.pending() or self._wait(0)) and self._has_decrypted_input(self._socket)
        return self._wait(0)

    def _has_decrypted_input(self, connected: ssl.SSLSocket) -> bool:
        """TLS itself may have sent something, such as a session ticket, which is no input."""
        try:
            self._unread += connected.recv(REPLY_MAX_BYTES)
        except _NOT_NOW:
            return False
        except OSError:
            return True
        return True

    def secure(self, context: ssl.SSLContext, host: str, timeout_s: float) -> None:
        """Start TLS (RFC 3207) and forget what was offered before. Raises LostError for unread input, else HandshakeError.

        `context` decides whether the certificate is checked; `host` is the name that it must have.
        """
        if self._socket is None or self._unread:
            raise LostError("the smarthost sent more after its reply to STARTTLS: someone may have injected it")
        self._socket.settimeout(timeout_s)
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except OSError as error:
            raise HandshakeError(describe(error, "in the TLS handshake")) from error
        self._socket.setblocking(False)
        self.encrypted, self.features = True, {}
        self.verified = context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname

    def peer_certificate(self) -> bytes | None:
        """The smarthost's certificate as DER, also an unverified one. None without TLS."""
        return self._socket.getpeercert(binary_form=True) if isinstance(self._socket, ssl.SSLSocket) else None

    def quit(self, timeout_s: float) -> None:
        """Send QUIT and close. The reply does not matter: mail that was taken before stays taken."""
        with contextlib.suppress(LostError):
            self.command(b"QUIT", timeout_s)
        self.drop()

    def drop(self) -> None:
        """Close without QUIT. May be called again."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise LostError("the connection is closed")
        return self._socket

    def _line(self, deadline_s: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > REPLY_MAX_BYTES:
                raise LostError("the reply of the smarthost does not end")
            self._unread += self._receive(deadline_s)
        line, _, self._unread = self._unread.partition(b"\n")
        return line.removesuffix(b"\r")

    def _receive(self, deadline_s: float) -> bytes:
        self._awaited = select.POLLIN
        octets = self._received() if self.encrypted else None  # TLS may have read it already: then the socket has nothing
        while octets is None:
            left_s = deadline_s - monotonic_s()
            if left_s <= 0 or not self._wait(left_s):
                raise LostError("timeout while waiting for a reply")
            octets = self._received()
        if not octets:
            raise LostError("the smarthost closed the connection")
        return octets

    def _received(self) -> bytes | None:
        """What is there, b"" at the end, None for nothing yet."""
        try:
            return self._open().recv(REPLY_MAX_BYTES)
        except _NOT_NOW as error:
            self._note(error)
            return None
        except OSError as error:
            raise LostError(describe(error, "while waiting for a reply")) from error

    def _note(self, error: OSError) -> None:
        """TLS may have to read before it can send, and the other way round."""
        if isinstance(error, ssl.SSLWantReadError):
            self._awaited = select.POLLIN
        elif isinstance(error, ssl.SSLWantWriteError):
            self._awaited = select.POLLOUT

    def _wait(self, left_s: float) -> bool:
        if self._awaited != self._polled:
            self._poll.modify(self._open(), self._awaited)
            self._polled = self._awaited
        return bool(self._poll.poll(max(0.0, left_s) * 1000))


def describe(error: OSError, when: str) -> str:
    """A system or TLS error as one line for the record of the attempt."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the smarthost's certificate cannot be trusted: {error.verify_message}; name its authority in outbound.tls_ca_file"
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return f'the smarthost does not begin with TLS on this port {when}; set outbound.tls = "starttls", or use its port for TLS (465)'
    if isinstance(error, TimeoutError):
        return f"timeout {when}"
    return f"{error.strerror or type(error).__name__} {when}"
