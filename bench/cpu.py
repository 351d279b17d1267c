"""What one mail costs in CPU: reading it, taking it in, telling of it, signing it.

Counted are CPU seconds of the process and of its reader, so that waiting for a disk costs nothing.

A reply of 12 KB (multipart/alternative with quoted history) to a case of its own. Intake is the whole stage: claim, read, decide, commit.
Telling is both outbound stages: render and freeze, then hand to a sink in another process. The database is SQLite, whose work counts as
ours; the client's share of PostgreSQL is given beside it. Signing is what DKIM adds to a notification of 12 KB with keys that are held
parsed, as the freezer holds them; the median of a few passes.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bench import servers
from bench.mails import Correspondent, templates
from bench.places import BUILD, ROOT, folder
from bench.scale import Scale, main
from bench.seed import planted
from bench.table import Row, in_turn
from mailgate import log
from mailgate.clock import monotonic_s, utc_now
from mailgate.config import load
from mailgate.gc_tuning import spare_collector
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.auth.dkim_sign import SigningKey, signed
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from mailgate.runtime import bootstrap
from mailgate.runtime.worker import Stage
from tests.support.processes.servers import PrivatePostgres
from tests.support.waiting import answers, free_port, until

MAILS = 1000
READ_TIMES = 5
SIGN_PASSES, SIGN_TIMES = 9, 100
RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU milliseconds per mail."""

    intake_ms: float
    notices_ms: float


def rows(scale: Scale) -> list[Row]:
    """The costs."""
    log.configure("warning", "json")
    spare_collector()
    read_ms = reading_ms(scale.of(300))
    with folder("cpu") as home, _sink() as sink_port:
        ours = _costs(home, f"sqlite:///{home}/mailgate.db", sink_port, scale.of(MAILS))
        with PrivatePostgres(Path(tempfile.mkdtemp(prefix="bench-pg-", dir=BUILD))) as postgres:
            client = _costs(home / "pg", postgres.url, sink_port, scale.of(MAILS))
        per_s = draining_per_s(home / "drain", sink_port, scale.of(MAILS))
    rsa_ms, both_ms = signing_ms(scale.of(SIGN_TIMES))
    return [
        Row("reading a 12 KB reply, CPU", read_ms, 1.0, at_most=True, unit="ms"),
        Row(
            "intake of a 12 KB reply, CPU",
            ours.intake_ms,
            1.2,
            at_most=True,
            unit="ms",
            detail=f"client of PostgreSQL {client.intake_ms:.2f} ms",
        ),
        Row(
            "one notification rendered, frozen, sent, CPU",
            ours.notices_ms,
            0.7,
            at_most=True,
            unit="ms",
            detail=f"client of PostgreSQL {client.notices_ms:.2f} ms",
        ),
        Row(
            "DKIM signature, RSA-2048, CPU",
            rsa_ms,
            0.5,
            at_most=True,
            unit="ms",
            detail=f"with Ed25519 beside it, as we sign, {both_ms:.2f} ms",
        ),
        Row(
            "queue of notifications drained by one process",
            per_s,
            None,
            unit="mails/s",
            detail="composed, signed with RSA-2048 and Ed25519, and sent; SQLite, wall time",
        ),
    ]


def reading_ms(mails: int) -> float:
    """CPU milliseconds to read a 12 KB mail, the best of a few passes."""
    raw = [
        template.content(Correspondent("kari@kunde.example", "support@firma.test"), str(n))
        for n, template in enumerate(templates(("alt",)))
    ]
    best_s = min(_cpu_s(lambda: [read(raw[n % len(raw)]) for n in range(mails)]) for _ in range(READ_TIMES))
    return best_s / mails * 1e3


def signing_ms(mails: int) -> tuple[float, float]:
    """CPU milliseconds to sign a 12 KB mail with RSA-2048, and with RSA-2048 and Ed25519 together; the median of passes taking turns."""
    raw = templates(("alt",))[0].content(Correspondent("kari@kunde.example", "support@firma.test"), "1")
    rsa, ed25519 = SigningKey("s", generate_private_key(65537, RSA_BITS)), SigningKey("s-ed25519", Ed25519PrivateKey.generate())
    sides = {
        name: lambda keys=keys: _own_cpu_s(lambda: [signed(raw, "firma.test", keys, 0) for _ in range(mails)])
        for name, keys in (("rsa", (rsa,)), ("both", (rsa, ed25519)))
    }
    medians = in_turn(sides, SIGN_PASSES)
    return medians["rsa"] / mails * 1e3, medians["both"] / mails * 1e3


@contextlib.contextmanager
def _sink() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.support.processes.sink", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until(lambda: answers(port), 20.0, "the sink listens")
        yield port
    finally:
        process.kill()
        process.wait()


def _costs(home: Path, url: str, sink_port: int, mails: int) -> Costs:
    with servers.gateway(home, url, smarthost=f"smtp://127.0.0.1:{sink_port}") as ours:
        people = planted(ours, mails)
        settings = load(ours.config, ours.environment)
        store = bootstrap.open_store(settings)
        policies = bootstrap.make_active_policy(settings, store)
        policies.begin()
        stages = bootstrap.make_stages(settings, store, policies, lambda _: None)
        journal = GroupCommitJournal(store, utc_now, lambda: None)
        _accept(journal, people[:1])
        _ran(stages["intake"], 1)  # what is started once is started
        _accept(journal, people[1:])
        intake_s = _cpu_s(lambda: _ran(stages["intake"], mails - 1))
        notices_s = _cpu_s(lambda: _ran(stages["notices"], mails)) + _cpu_s(lambda: _ran(stages["send"], mails))
        assert ours.ledger()["commented"] == mails
        store.database.close()
    return Costs(intake_s / (mails - 1) * 1e3, notices_s / mails * 1e3)


def draining_per_s(home: Path, sink_port: int, mails: int) -> float:
    """Notifications per second of wall time that one process composes, signs with RSA-2048 and Ed25519, and sends from a full queue."""
    home.mkdir()
    with servers.gateway(home, f"sqlite:///{home}/mailgate.db", smarthost=f"smtp://127.0.0.1:{sink_port}") as ours:
        people = planted(ours, mails)
        servers.sign(ours, home)
        settings = load(ours.config, ours.environment)
        store = bootstrap.open_store(settings)
        policies = bootstrap.make_active_policy(settings, store)
        policies.begin()
        stages = bootstrap.make_stages(settings, store, policies, lambda _: None)
        _accept(GroupCommitJournal(store, utc_now, lambda: None), people)
        _ran(stages["intake"], mails)
        began_s = monotonic_s()
        _ran(stages["notices"], mails)
        _ran(stages["send"], mails)
        took_s = monotonic_s() - began_s
        store.database.close()
    return mails / took_s


def _accept(journal: GroupCommitJournal, people: tuple[Correspondent, ...]) -> None:
    mixed = templates(("alt",))
    journal.append_many(
        Submission(
            Envelope(to.author, (to.address,)), mixed[n % len(mixed)].content(to, str(n)), "192.0.2.1", "mx.example", "smtp", True, False
        )
        for n, to in enumerate(people)
    )


def _ran(stage: Stage, mails: int) -> None:
    """Run the stage until nothing is due."""
    taken = stage.run(lambda: False)
    assert taken >= mails, f"{taken} of {mails}"


def _cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this process and of its readers, which are children."""
    began_s = _spent_s()
    work()
    return _spent_s() - began_s


def _own_cpu_s(work: Callable[[], object]) -> float:
    """The same of this process alone: to look for children takes longer than to sign."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def _spent_s() -> float:
    processes = [child for child in psutil.Process().children(recursive=True) if "reader_process" in " ".join(child.cmdline())]
    return time.process_time() + sum(sum(child.cpu_times()[:2]) for child in processes)


if __name__ == "__main__":
    main(__doc__, "CPU per mail", rows)
