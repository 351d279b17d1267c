"""A scriptable smarthost on 127.0.0.1 for tests and benchmarks: real sockets, own thread, keeps every mail with its time.

As a fixture: `with Sink() as sink: ... sink.on("RCPT", "450 4.2.0 later"); sink.wait_for(1)`.
Steps: banner, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, DOT, QUIT. Each step answers well unless told otherwise.

As a program: `python -m tests.support.processes.sink PORT` prints what it took when it is told to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import datetime as dt
import json
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

DEFAULTS = {
    "banner": "220 sink.example ESMTP",
    "STARTTLS": "220 2.0.0 go ahead",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "DATA": "354 end with a dot",
    "DOT": "250 2.0.0 taken",
    "QUIT": "221 2.0.0 bye",
}
_KEY = re.compile(rb"^X-Mailgate-Key:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Hang:
    """Say nothing more on this connection, and keep it open."""


@dataclass(frozen=True)
class Close:
    """Close in good order, without a reply."""


@dataclass(frozen=True)
class Reset:
    """Tear the connection down with RST."""


@dataclass(frozen=True)
class Garbage:
    """Send these bytes instead of a reply."""

    octets: bytes = b"\x00\xff\xfe garbage without a code\r\n"


@dataclass(frozen=True)
class Trickle:
    """Send the reply one byte at a time."""

    reply: str = "250 2.0.0 slow"
    byte_every_s: float = 1.0


@dataclass(frozen=True)
class ThenClose:
    """Send this reply, then close: what a 421 does."""

    reply: str = "421 4.3.2 shutting down"


@dataclass(frozen=True)
class WithTail:
    """Send the reply and these bytes behind it in one segment."""

    reply: str
    tail: bytes


Action = str | Hang | Close | Reset | Garbage | Trickle | ThenClose | WithTail


@dataclass(frozen=True)
class Taken:
    """One mail that was given its 2yz. `raw` is dot-unstuffed, CRLF line ends."""

    at: float
    reverse_path: str
    recipients: tuple[str, ...]
    raw: bytes
    session: int
    tls: bool
    user: str
    mail_command: str

    @property
    def key(self) -> str:
        found = _KEY.search(self.raw)
        return found.group(1).decode() if found else ""


@dataclass
class Rules:
    """What was scripted for a step: actions used once each, then one for always."""

    once: deque[tuple[str, Action]] = field(default_factory=deque)
    always: list[tuple[str, Action]] = field(default_factory=list)

    def take(self, argument: str) -> Action | None:
        for index, (match, action) in enumerate(self.once):
            if match in argument:
                del self.once[index]
                return action
        return next((action for match, action in self.always if match in argument), None)


class Sink:
    """The server. `port` is set after `start`; every list here may be read from any thread at any time."""

    def __init__(
        self,
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        login: tuple[str, str] | None = None,
        tokens: Callable[[str, str], bool] | None = None,
        keep: bool = True,
    ) -> None:
        self.port, self.tls, self.implicit_tls, self.login, self.keep = port, tls, implicit_tls, login, keep
        self.tokens = tokens
        self.extensions = ["PIPELINING", "8BITMIME", "SIZE 26214400", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        self.mails: list[Taken] = []
        self.keys: Counter[str] = Counter()
        self.partial: list[bytes] = []
        self.commands: list[str] = []
        self.sessions = self.octets = self.count = 0
        self.first_at = self.last_at = 0.0
        self.takes_data_without_recipients = False
        self._rules: defaultdict[str, Rules] = defaultdict(Rules)
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._open: set[_Session] = set()
        self._thread = threading.Thread(target=self._serve, name="sink", daemon=True)
        self._started = threading.Event()
        self._error: BaseException | None = None

    def on(self, step: str, *actions: Action, match: str = "") -> None:
        """Answer the next times `step` happens (with `match` in its line) with these, one each."""
        self._rules[step].once.extend((match, action) for action in actions)

    def always(self, step: str, action: Action, match: str = "") -> None:
        """Answer `step` like this from now on, after what `on` has queued."""
        self._rules[step].always.insert(0, (match, action))

    def well(self) -> None:
        """Forget the script: all steps answer well again."""
        self._rules.clear()

    def __enter__(self) -> Sink:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Sink:
        self._thread.start()
        self._started.wait(10)
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def wait_for(self, count: int, timeout_s: float = 10.0) -> list[Taken]:
        """Block until `count` mails were taken; fails the test when they do not come."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.count >= count, timeout_s):
                raise AssertionError(f"{self.count} mails came, {count} were awaited")
        return list(self.mails)

    def action(self, step: str, argument: str) -> Action:
        found = self._rules[step].take(argument) if step in self._rules else None
        return found if found is not None else self._default(step)

    def _default(self, step: str) -> str:
        return "\r\n".join(self.greeting(False)) if step == "EHLO" else DEFAULTS.get(step, "250 2.0.0 ok")

    def greeting(self, encrypted: bool) -> list[str]:
        words = ["sink.example", *self.extensions]
        if self.tls and not self.implicit_tls and not encrypted:
            words.append("STARTTLS")
        if self.login and (encrypted or not self.tls):
            words.append("AUTH PLAIN LOGIN")
        if self.tokens and (encrypted or not self.tls):
            words.append("AUTH XOAUTH2")
        return [f"250{' ' if i == len(words) - 1 else '-'}{word}" for i, word in enumerate(words)]

    def took(self, mail: Taken) -> None:
        with self._changed:
            self.count += 1
            self.octets += len(mail.raw)
            self.first_at, self.last_at = self.first_at or mail.at, mail.at
            self.keys[mail.key] += 1
            if self.keep:
                self.mails.append(mail)
            self._changed.notify_all()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            context = self.tls if self.implicit_tls else None
            listen = self._loop.create_server(lambda: _Session(self), "127.0.0.1", self.port, ssl=context, backlog=1024)
            server = self._loop.run_until_complete(listen)
        except OSError as error:
            self._error = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        for session in list(self._open):
            session.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()


class _Session(asyncio.Protocol):
    """One connection: reads commands as they come, pipelined or not."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = bytearray()
        self.mute = self.in_data = self.encrypted = False
        self.user, self.reverse_path, self.mail_command = "", "", ""
        self.expect: list[str] = []
        self.recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        first = not hasattr(self, "transport")
        self.transport = transport
        if not first:
            return
        self.sink._open.add(self)
        self.sink.sessions += 1
        self.number = self.sink.sessions
        self.encrypted = transport.get_extra_info("sslcontext") is not None
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.perform("banner", "")

    def connection_lost(self, exc: Exception | None) -> None:
        self.sink._open.discard(self)
        if self.in_data and self.buffer:
            self.sink.partial.append(bytes(self.buffer))

    def abort(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while not self.mute and (self._end_of_data() if self.in_data else self._command()):
            pass

    def _command(self) -> bool:
        line, found, rest = bytes(self.buffer).partition(b"\r\n")
        if not found:
            return False
        self.buffer = bytearray(rest)
        text = line.decode("utf-8", "replace")
        if self.sink.keep:
            self.sink.commands.append(text)
        if self.expect:
            self._credential(text)
            return True
        verb, _, argument = text.partition(" ")
        handler = getattr(self, f"_{verb.lower()}", None) if verb.isalpha() else None
        if handler is None:
            self.reply("500 5.5.2 unknown")
        else:
            handler(argument)
        return True

    def _ehlo(self, argument: str) -> None:
        if self.sink._rules["EHLO"].once or self.sink._rules["EHLO"].always:
            self.perform("EHLO", argument)
        else:
            self.reply("\r\n".join(self.sink.greeting(self.encrypted)))

    def _helo(self, argument: str) -> None:
        self.perform("HELO", argument)

    def _noop(self, argument: str) -> None:
        self.perform("NOOP", argument)

    def _rset(self, argument: str) -> None:
        self.recipients = []
        self.perform("RSET", argument)

    def _starttls(self, argument: str) -> None:
        self.transport.pause_reading()  # the client's first TLS octets are for the handshake
        if self.perform("STARTTLS", argument).startswith("220") and self.sink.tls is not None:
            self.mute = True
            self.buffer.clear()
            self._upgrade = asyncio.get_event_loop().create_task(self._start_tls())
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    async def _start_tls(self) -> None:
        try:
            transport = await asyncio.get_event_loop().start_tls(self.transport, self, self.sink.tls, server_side=True)  # type: ignore[arg-type]
        except (OSError, ssl.SSLError):
            self.transport.abort()
            return
        if transport is not None:
            self.transport, self.encrypted, self.mute = transport, True, False
            self.data_received(b"")  # what came while the handshake was being told of

    def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism == "PLAIN" and initial:
            _, user, password = base64.b64decode(initial).decode().split("\0")
            self._judge(user, password)
        elif mechanism == "XOAUTH2" and self.sink.tokens:
            self._judge_token(base64.b64decode(initial).decode())
        elif mechanism == "LOGIN":
            self.expect = ["user", "password"]
            self.reply("334 VXNlcm5hbWU6")
        else:
            self.reply("504 5.5.4 unknown mechanism")

    def _judge_token(self, response: str) -> None:
        user, _, rest = response.removeprefix("user=").partition("\x01auth=Bearer ")
        assert self.sink.tokens is not None
        if not self.sink.tokens(user, rest.removesuffix("\x01\x01")):
            self.expect = ["reason"]
            self.reply("334 " + base64.b64encode(b'{"status":"401"}').decode())
        elif self.perform("AUTH", user).startswith("2"):
            self.user = user

    def _credential(self, text: str) -> None:
        if self.expect[0] == "reason":
            self.expect.clear()
            self.reply("535 5.7.3 Authentication unsuccessful")
            return
        if self.expect.pop(0) == "user":
            self.claimed = base64.b64decode(text).decode()
            self.reply("334 UGFzc3dvcmQ6")
        else:
            self._judge(self.claimed, base64.b64decode(text).decode())

    def _judge(self, user: str, password: str) -> None:
        if (user, password) != self.sink.login:
            self.reply("535 5.7.8 wrong credentials")
        elif self.perform("AUTH", user).startswith("2"):
            self.user = user

    def _mail(self, argument: str) -> None:
        if self.perform("MAIL", argument).startswith("2"):
            self.reverse_path = argument.partition("<")[2].partition(">")[0]
            self.mail_command, self.recipients = f"MAIL {argument}", []

    def _rcpt(self, argument: str) -> None:
        if self.perform("RCPT", argument).startswith("2"):
            self.recipients.append(argument.partition("<")[2].partition(">")[0])

    def _data(self, argument: str) -> None:
        if not self.recipients and not self.sink.takes_data_without_recipients:
            self.reply("554 5.5.1 no valid recipients")
        elif self.perform("DATA", argument).startswith("354"):
            self.in_data = True

    def _end_of_data(self) -> bool:
        if self.buffer.startswith(b".\r\n"):
            raw, rest = b"", bytes(self.buffer[3:])
        else:
            end = self.buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            raw, rest = bytes(self.buffer[: end + 2]), bytes(self.buffer[end + 5 :])
        self.buffer, self.in_data = bytearray(rest), False
        if b"\r\n.." in raw or raw.startswith(b".."):
            raw = re.sub(rb"(?m)^\.\.", b".", raw)
        self._dot(raw)
        return True

    def _dot(self, raw: bytes) -> None:
        action = self.sink.action("DOT", f"{self.reverse_path} {' '.join(self.recipients)}")
        text = action if isinstance(action, str) else action.reply if isinstance(action, ThenClose | Trickle | WithTail) else ""
        # A server that takes a mail and then dies before its reply: scripted by Close, Reset and Hang. The mail counts as taken.
        if text.startswith("2") or isinstance(action, Close | Reset | Hang):
            taken = (time.time(), self.reverse_path, tuple(self.recipients), raw, self.number, self.encrypted, self.user, self.mail_command)
            self.sink.took(Taken(*taken))
        self.act(action)

    def _quit(self, argument: str) -> None:
        self.perform("QUIT", argument)
        if not self.mute:
            self.transport.close()

    def perform(self, step: str, argument: str) -> str:
        """Do what the script says for the step; gives the reply sent, "" for none."""
        return self.act(self.sink.action(step, argument))

    def act(self, action: Action) -> str:
        if isinstance(action, str):
            self.reply(action)
            return action
        if isinstance(action, Close | Reset | Hang):
            self._stop_answering(action)
        elif isinstance(action, Garbage):
            self.transport.write(action.octets)
        elif isinstance(action, WithTail):
            self.transport.write(action.reply.encode() + b"\r\n" + action.tail)
            return action.reply
        elif isinstance(action, Trickle):
            self._trickle(action.reply.encode() + b"\r\n", action.byte_every_s)
        else:
            self.reply(action.reply)
            self.mute = True
            self.transport.close()
        return ""

    def _stop_answering(self, action: Close | Reset | Hang) -> None:
        self.mute = True
        if isinstance(action, Reset):
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        elif isinstance(action, Close):
            self.transport.close()

    def _trickle(self, octets: bytes, every_s: float) -> None:
        if octets and not self.transport.is_closing():
            self.transport.write(octets[:1])
            asyncio.get_event_loop().call_later(every_s, self._trickle, octets[1:], every_s)

    def reply(self, text: str) -> None:
        self.transport.write(text.encode("utf-8") + b"\r\n")


def certificate(folder: Path, names: Iterable[str] = ("127.0.0.1", "localhost"), *, days: int = 2) -> tuple[Path, Path]:
    """A fresh self-signed certificate for these names (its own authority) and its key, as PEM files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sink")])
    now = dt.datetime.now(dt.UTC)
    shown = [_general_name(name) for name in names]
    built = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(shown), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert_file, key_file = folder / "sink.crt", folder / "sink.key"
    cert_file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.write_bytes(key.private_bytes(*form))
    return cert_file, key_file


def _general_name(name: str):
    import ipaddress

    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def server_context(cert_file: Path, key_file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    return context


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="tests.support.processes.sink", description="Take mail on 127.0.0.1 and count it; prints one JSON object when stopped."
    )
    parser.add_argument("port", type=int)
    parser.add_argument("--keep", metavar="FOLDER", help="write each mail there as NUMBER.eml")
    arguments = parser.parse_args()
    sink = Sink(arguments.port, keep=bool(arguments.keep)).start()
    print(f"listening on 127.0.0.1:{sink.port}", flush=True)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    sink.stop()
    for number, mail in enumerate(sink.mails, 1):
        Path(arguments.keep).mkdir(parents=True, exist_ok=True)
        Path(arguments.keep, f"{number}.eml").write_bytes(mail.raw)
    elapsed_s = max(sink.last_at - sink.first_at, 1e-9)
    duplicates = sum(times - 1 for key, times in sink.keys.items() if key)
    report = {
        "mails": sink.count,
        "octets": sink.octets,
        "sessions": sink.sessions,
        "duplicates": duplicates,
        "per_s": round(sink.count / elapsed_s),
    }
    json.dump(report, sys.stdout)
    print()


if __name__ == "__main__":
    main()
