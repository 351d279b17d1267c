"""A real listener for session tests: on free ports, in a thread with an event loop of its own, in front of a real journal on SQLite."""

from __future__ import annotations

import asyncio
import datetime
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailgate.clock import utc_now
from mailgate.errors import StoreUnavailable
from mailgate.inbound.smtp.admission import DiskSpace
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.limits import ClientTimeouts, SmtpLimits
from mailgate.inbound.smtp.listener import ListenAddress, Listener, ListenerOptions
from mailgate.inbound.smtp.recipients import OwnAddresses, own_recipients
from mailgate.inbound.smtp.submission import Receipt, Settled, Submission
from mailgate.inbound.smtp.tls import server_context
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.harness.kept_work import put_empty_database
from tests.support.waiting import until

OWN = OwnAddresses("firma.test", frozenset({"support@firma.test", "hjelp@firma.test"}), frozenset({"reply.firma.test"}))
QUICK = ClientTimeouts(linger_s=0.3)
LIMITS = SmtpLimits(timeouts=QUICK, stressed=replace(QUICK, command_s=0.3), refusal_delay_s=0.001, connections=400)


@dataclass(slots=True)
class WatchedJournal:
    """The journal, and a note of all that it was given. `instead` stands in for it when set; `gate` holds commits back until it is set."""

    journal: GroupCommitJournal
    submissions: list[Submission] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    instead: Callable[[Submission], Awaitable[Receipt]] | None = None
    gate: threading.Event | None = None
    ill: bool = False
    others: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        return self.journal.healthy and not self.ill

    def submit(self, submission: Submission, settled: Settled) -> None:
        if self.gate is not None or self.instead is not None:
            self.others.append(asyncio.get_running_loop().create_task(self._otherwise(submission, settled)))
        else:
            self.journal.submit(submission, partial(self._note, submission, settled))

    async def _otherwise(self, submission: Submission, settled: Settled) -> None:
        if self.gate is not None:
            await asyncio.to_thread(self.gate.wait, 20)
        if self.instead is None:
            self.journal.submit(submission, partial(self._note, submission, settled))
            return
        try:
            settled(await self.instead(submission))
        except Exception as error:
            settled(error)  # type: ignore[arg-type]

    def _note(self, submission: Submission, settled: Settled, outcome: Receipt | StoreUnavailable) -> None:
        if isinstance(outcome, Receipt):
            self.submissions.append(submission)
            self.receipts.append(outcome)
        settled(outcome)


NewLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPBACK = (ip_network("127.0.0.0/8"),)


class Server:
    """Started by `start`, stopped by `stop`. `ports` are the endpoints' in order; `events` is what the metrics counted."""

    def __init__(self, folder: Path, endpoints: Iterable[ListenAddress], limits: SmtpLimits, new_loop: NewLoop, **options: Any) -> None:
        self.store = Store(open_database(put_empty_database(folder / "journal.db")), utc_now)
        self.journal = WatchedJournal(GroupCommitJournal(self.store, utc_now, lambda: None))
        self.events: list[tuple[str, str]] = []
        self.space: DiskSpace | None = None
        self.look: Callable[[], DiskSpace] | None = None
        self._options = ListenerOptions("mx.firma.test", tuple(endpoints), **{"lmtp_from": LOOPBACK, **options})
        self._limits = limits
        self.loop = new_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self.listener: Listener = None  # type: ignore[assignment]
        self.unforeseen: list[dict[str, Any]] = []

    def start(self) -> Server:
        self.journal.journal.start()
        self._thread.start()
        assert self._ready.wait(10), "the listener did not start"
        return self

    def stop(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(20)
            assert not self._thread.is_alive(), "the listener did not stop"
        self.journal.journal.close()
        self.store.database.close()

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call it in the listener's thread, and wait until it has returned."""

        async def called() -> None:
            function(*arguments)

        asyncio.run_coroutine_threadsafe(called(), self.loop).result(20)

    @property
    def ports(self) -> list[int]:
        return [address[1] for address in self.listener.addresses if not isinstance(address, str)]

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def stored(self) -> list[bytes]:
        """Raw bytes of every entry of the journal, read from the database, oldest first."""
        with self.store.reading() as uow:
            return [uow.journal.raw(entry.id) for entry in reversed(uow.journal.list(limit=None))]

    def counted(self, event: str, reason: str | None = None) -> int:
        """How often the metrics counted it."""
        return sum(1 for name, why in list(self.events) if name == event and reason in (None, why))

    def empty(self) -> None:
        """Wait until every session is gone."""
        until(lambda: self.listener.open_connections == 0, 10, "all sessions are over")

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda loop, context: self.unforeseen.append(context))
        self.loop.run_until_complete(self._run())
        self.loop.close()

    async def _run(self) -> None:
        def observe(event: str, reason: str) -> None:
            self.events.append((event, reason))

        def space() -> DiskSpace:
            return self.look() if self.look else self.space or DiskSpace(1 << 40, 1 << 40)

        recipients = own_recipients(OWN)
        self.listener = Listener(self._options, self._limits, recipients, self.journal, observe, disk_space=space)
        await self.listener.start()
        self._ready.set()
        await self._stop.wait()
        await self.listener.stop()


def certificate(folder: Path) -> Path:
    """A self-signed certificate and its key in one PEM file, for mx.firma.test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.firma.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("mx.firma.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "mx.pem"
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


LOOPBACK = (ip_network("127.0.0.0/8"),)
__all__ = [
    "LIMITS",
    "LOOPBACK",
    "OWN",
    "QUICK",
    "ClientTimeouts",
    "ListenAddress",
    "Server",
    "SmtpLimits",
    "certificate",
    "server_context",
]
