"""What 250 rests on (68): the system calls of the listening process show a finished flush of the mail's own bytes before its 250."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.mails import messages
from tests.support.processes.gateway import Gateway, Part
from tests.support.processes.smtp_client import MailServer
from tests.support.waiting import until

pytestmark = [pytest.mark.packages]
SAMPLE = 30
_CALLS = "trace=pwrite64,write,fsync,fdatasync,sendto,sendmsg,recvfrom"


@contextmanager
def _traced(part: Part, output: Path) -> Iterator[None]:
    """strace on all threads of a process while the block runs."""
    command = ["strace", "-f", "-yy", "-s", "9000", "-o", str(output), "-e", _CALLS, "-p", str(part.process.pid)]
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        status = Path(f"/proc/{part.process.pid}/status")
        until(lambda: "TracerPid:\t0" not in status.read_text(), 10, "strace is attached")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(20)


def _whole_calls(trace: str) -> list[str]:
    """The calls in the order in which they ended; calls that strace cut in two are joined at their end."""
    begun: dict[str, str] = {}
    calls: list[str] = []
    for line in trace.splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
        elif resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", call):
            calls.append(begun.pop(thread, "") + resumed.group(1))
        else:
            calls.append(call)
    return calls


def _index(calls: list[str], start: int, *wanted: str) -> int:
    """The first call from `start` that has all of these in it; -1 when there is none."""
    return next((i for i in range(start, len(calls)) if all(word in calls[i] for word in wanted)), -1)


def test_068_given_sqlite_when_mail_is_accepted_then_each_250_comes_after_the_flush_of_its_journal_row(tmp_path: Path) -> None:
    with Gateway(tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", "redis://127.0.0.1:1/0", preloaded=True) as gateway:
        part = gateway.start("smtp")
        server = MailServer(gateway.port)
        with _traced(part, tmp_path / "trace"):
            server.send_all((messages.legacy(n) for n in range(SAMPLE)), sessions=4)
        calls = _whole_calls((tmp_path / "trace").read_text("latin-1"))

    for delivery in server.deliveries:
        written = _index(calls, 0, "pwrite64", "mailgate.db-wal", delivery.journal_id)
        answered = _index(calls, 0, f"queued as {delivery.journal_id}")
        flushed = next(
            (i for i in range(written, len(calls)) if re.match(r"(fdatasync|fsync)\(.*mailgate\.db-wal>\s*\)\s+= 0", calls[i])), -1
        )
        assert written >= 0, f"{delivery.journal_id} was not seen being written"
        assert written < flushed < answered, f"{delivery.journal_id}: written {written}, flushed {flushed}, answered {answered}"
    assert len(server.deliveries) == SAMPLE


@pytest.mark.services
def test_068_given_postgresql_when_mail_is_accepted_then_each_250_comes_after_the_answer_to_its_commit(
    tmp_path: Path, postgres_url: str
) -> None:
    with Gateway(tmp_path / "mailgate", postgres_url, "redis://127.0.0.1:1/0", preloaded=True) as gateway:
        part = gateway.start("smtp")
        server = MailServer(gateway.port)
        with _traced(part, tmp_path / "trace"):
            server.send_all((messages.legacy(n) for n in range(SAMPLE)), sessions=4)
        calls = _whole_calls((tmp_path / "trace").read_text("latin-1"))

    for delivery in server.deliveries:
        written = _index(calls, 0, "sendto(", delivery.journal_id)  # a bound parameter; later the statement itself is prepared
        committed = _index(calls, written, "recvfrom(", r'"C\0\0\0\vCOMMIT\0')
        answered = _index(calls, 0, f"queued as {delivery.journal_id}")
        assert 0 <= written < committed < answered, f"{delivery.journal_id}: {written}, {committed}, {answered}"
    assert len(server.deliveries) == SAMPLE
