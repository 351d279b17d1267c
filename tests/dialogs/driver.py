"""Speaks SMTP byte for byte, from a script or from a test. Nothing is repaired on the way: what stands there is what is sent.

A script is a text file, one step per line:

    # comment                       set message_bytes=1000      limits (also timeouts.command_s=0.3); before all else
    C: text                         send text and CRLF
    C> text                         send exactly this
    S: regex                        one whole reply must match; lines of it are joined by LF
    opens                           EHLO, MAIL, RCPT, DATA, with their replies, up to 354
    closed                          the server closes; nothing more was said before
    silent 0.2                      nothing comes for so long
    pause 0.1   rst   half-close   connect     what they say
    stored 1                        so many messages are in the journal
    raw bytes   notes a b           of the last message that was taken

In sent and raw text, `\\r \\n \\0 \\xff \\\\` are escapes, and `{bytes*number}` repeats.
"""

from __future__ import annotations

import re
import socket
import ssl
import struct
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from mailgate.inbound.smtp.limits import SmtpLimits
from tests.dialogs.server import Server
from tests.support.waiting import until

ANSWER_S = 8.0
_REPEAT = re.compile(rb"\{(.+?)\*(\d+)\}", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))")
_NAMED = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"t": b"\t", b"\\": b"\\", b"{": b"{"}


def meant(text: str) -> bytes:
    """The bytes that a script's text stands for."""
    found = _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]) if m[1] else _NAMED[m[2]], text.encode())
    return _REPEAT.sub(lambda m: m[1] * int(m[2]), found)


class Client:
    """One connection. Every wait has a deadline; a reply is taken whole."""

    def __init__(self, port: int, source: str = "127.0.0.1", *, timeout_s: float = ANSWER_S, receive_bytes: int = 0) -> None:
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(timeout_s)
        self._got = b""
        try:
            self.socket.bind((source, 0))
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def try_send(self, data: bytes) -> None:
        """As much as the server takes before it closes."""
        try:
            self.socket.sendall(data)
        except OSError:
            return

    def reply(self) -> str:
        """The next reply without its last CRLF. Raises AssertionError when the connection ends first."""
        while not (end := re.search(rb"(?:\A|\r\n)\d{3}(?: [^\r\n]*)?\r\n", self._got)):
            chunk = self._receive()
            assert chunk, f"closed before a reply; got {self._got!r}"
            self._got += chunk
        text, self._got = self._got[: end.end() - 2], self._got[end.end() :]
        return text.decode("ascii").replace("\r\n", "\n")

    def exchange(self, command: str | bytes, expect: str) -> str:
        """Send one line, take one reply that matches."""
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.expect(expect)

    def expect(self, pattern: str) -> str:
        got = self.reply()
        assert re.fullmatch(pattern, got, re.DOTALL), f"expected {pattern!r}, got {got!r}"
        return got

    def opens(self, sender: str = "a@kunde.test", recipient: str = "support@firma.test", hello: str = "EHLO klient.test") -> None:
        """From the banner to 354."""
        self.expect("220 .*")
        self.exchange(hello, "250.*")
        self.begins(sender, recipient)

    def begins(self, sender: str = "a@kunde.test", recipient: str = "support@firma.test") -> None:
        self.exchange(f"MAIL FROM:<{sender}>", "250 2.1.0 .*")
        self.exchange(f"RCPT TO:<{recipient}>", "250 2.1.5 .*")
        self.exchange("DATA", "354 .*")

    def rest(self) -> bytes:
        """All that still comes until the server closes; a reset counts as closing."""
        try:
            while chunk := self._receive():
                self._got += chunk
        except ConnectionError:
            pass
        rest, self._got = self._got, b""
        return rest

    def replies_until_closed(self) -> list[str]:
        return self.rest().decode("ascii").replace("\r\n", "\n").splitlines()

    def closed(self) -> None:
        rest = self.rest()
        assert rest == b"", f"expected nothing but the end, got {rest!r}"

    def silent(self, for_s: float) -> None:
        assert self._got == b"", f"expected silence, got {self._got!r}"
        before = self.socket.gettimeout()
        self.socket.settimeout(for_s)
        try:
            got = self.socket.recv(1000)
        except TimeoutError:
            return
        finally:
            self.socket.settimeout(before)
        raise AssertionError(f"expected silence, got {got!r}")

    def starts_tls(self, context: ssl.SSLContext | None = None) -> None:
        """The handshake, now; the certificate is not checked."""
        self.socket = (context or tls_client()).wrap_socket(self.socket, server_hostname="mx.firma.test")

    def reset(self) -> None:
        """Close so that the server sees RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"no answer in {self.socket.gettimeout()} s; got {self._got!r} so far") from None


def tls_client() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Script:
    """One script file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._steps = [(number, line) for number, line in enumerate(path.read_text().splitlines(), 1) if line and not line.startswith("#")]

    def limits(self, base: SmtpLimits) -> SmtpLimits:
        """`base` with what the script sets."""
        for _, line in self._steps:
            if line.startswith("set "):
                name, _, value = line[4:].partition("=")
                base = _changed(base, name, float(value) if "." in value else int(value))
        return base

    def play(self, server: Server) -> None:
        """Every step in order. Raises AssertionError with the file and line of the one that fails."""
        client = Client(server.port)
        try:
            for number, line in self._steps:
                try:
                    client = self._step(line, client, server)
                except (AssertionError, OSError) as error:
                    raise AssertionError(f"{self.path.name}:{number}: {line}\n{error}") from error
        finally:
            client.close()
        assert server.unforeseen == [], server.unforeseen

    def _step(self, line: str, client: Client, server: Server) -> Client:
        word, _, rest = line.partition(" ")
        match word:
            case "C:":
                client.send(meant(rest) + b"\r\n")
            case "C>":
                client.send(meant(rest))
            case "S:":
                client.expect(rest)
            case "opens":
                client.opens()
            case "closed":
                client.closed()
            case "silent":
                client.silent(float(rest))
            case "pause":
                time.sleep(float(rest))
            case "rst":
                client.reset()
            case "half-close":
                client.half_close()
            case "connect":
                client.close()
                return Client(server.port)
            case "stored":
                until(lambda: len(server.stored) == int(rest), 5, line, detail=lambda: server.stored)
            case "raw":
                assert server.journal.submissions[-1].raw == meant(rest), server.journal.submissions[-1].raw
            case "notes":
                assert server.journal.submissions[-1].notes == tuple(rest.split()), server.journal.submissions[-1].notes
            case "set":
                pass
            case _:
                raise AssertionError("no such step")
        return client


def _changed(limits: SmtpLimits, name: str, value: Any) -> SmtpLimits:
    group, dot, field = name.partition(".")
    if not dot:
        return replace(limits, **{name: value})
    return replace(limits, **{group: replace(getattr(limits, group), **{field: value})})
