"""The disk fails: a flush that errors (71), no space for the journal (72), for a commit (73), no inodes (75), read-only (76)."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ledger_check import Tables, broken, journal_count
from tests.support.mails import messages
from tests.support.processes.gateway import Gateway
from tests.support.processes.smtp_client import MailServer, SampleMail
from tests.support.waiting import until

pytestmark = [pytest.mark.packages]  # strace, and mounts that need root
MEBIBYTE = 1024 * 1024


@contextlib.contextmanager
def _mounted(folder: Path, options: str) -> Iterator[None]:
    """A file system of its own, small enough to be filled. Needs root, as the rest of these tests does."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _large(number: int, size_bytes: int) -> SampleMail:
    return messages.legacy(number, words="\n".join(["x" * 76] * (size_bytes // 77)))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """64 MB for the database and nothing else."""
    with _mounted(tmp_path / "disk", "size=64m"):
        yield tmp_path / "disk"


def _gateway(tmp_path: Path, disk: Path, percent: int) -> Gateway:
    smtp = {"min_free_disk_percent": percent, "max_message_bytes": MEBIBYTE}
    return Gateway(tmp_path / "mailgate", f"sqlite:///{disk}/mailgate.db", settings={"smtp": smtp}, preloaded=True)


def test_072_given_little_free_disk_when_mail_comes_then_it_is_refused_early_with_452_and_taken_again_without_a_restart(
    tmp_path: Path, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    with _gateway(tmp_path, small_disk, 5) as gateway:
        gateway.start()
        server = MailServer(gateway.port)
        server.send(messages.legacy(1))
        ballast.write_bytes(bytes(_free_bytes(small_disk) - 3_000_000))
        numbers = iter(range(2, 1000))
        refused = until(lambda: _refused(server, messages.legacy(next(numbers))), 10, "the low disk is seen, once a second", poll_s=0.2)
        assert re.match(r"452 4\.3\.1 ", refused), refused
        gateway.settled()
        ballast.unlink()
        server.send(messages.legacy(1000))
        gateway.settled()
        _sound(gateway, server, len([delivery for delivery in server.deliveries if delivery.accepted]))


def test_073_given_the_disk_fills_up_while_mail_is_written_then_452_and_the_database_stays_whole(tmp_path: Path, small_disk: Path) -> None:
    with _gateway(tmp_path, small_disk, 0) as gateway:
        gateway.start()
        server = MailServer(gateway.port)
        ballast = small_disk / "ballast"
        answers = []
        for number in range(5):  # the ballast comes between the look at the free space, once a second, and the commit
            answers.append(_tried(server, messages.legacy(number)))
            with contextlib.suppress(OSError):
                ballast.write_bytes(bytes(_free_bytes(small_disk)))
            answers.append(_tried(server, _large(10 + number, 300_000)))
            ballast.unlink()
            time.sleep(1)  # the look after the next one must see a free disk again
        assert any(answer.startswith("250") for answer in answers)
        full = [answer for answer in answers if not answer.startswith("250")]
        assert full, "the disk never filled"
        assert all(re.match(r"45[12] 4\.3\.\d ", answer) for answer in full), full
        server.send(messages.legacy(99))
        gateway.settled()
        _sound(gateway, server, sum(answer.startswith("250") for answer in answers) + 1)


def test_075_given_no_inodes_are_left_when_mail_comes_then_it_is_taken_or_put_off_and_never_refused(tmp_path: Path) -> None:
    with _mounted(tmp_path / "disk", "size=24m,nr_inodes=16"), _gateway(tmp_path, tmp_path / "disk", 0) as gateway:
        gateway.start()
        server = MailServer(gateway.port)
        number = 0
        with contextlib.suppress(OSError):
            for number in range(20):
                (tmp_path / "disk" / f"ballast{number}").touch()
        answers = [_tried(server, messages.legacy(n)) for n in range(4)]
        assert all(answer.startswith(("250", "45")) for answer in answers), answers
        for n in range(number):
            (tmp_path / "disk" / f"ballast{n}").unlink(missing_ok=True)
        server.send(messages.legacy(9))
        gateway.settled()
        _sound(gateway, server, sum(answer.startswith("250") for answer in answers) + 1)


def test_076_given_a_read_only_disk_when_the_gateway_starts_then_it_says_so_and_nothing_is_lost(tmp_path: Path, small_disk: Path) -> None:
    with _gateway(tmp_path, small_disk, 0) as gateway:
        part = gateway.start()
        server = MailServer(gateway.port)
        server.send(messages.legacy(1))
        gateway.settled()
        part.kill()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        again = gateway.start(wait=False)
        assert again.process.wait(30) == 1
        assert re.fullmatch(r"mailgate: .*cannot be written.*\n", again.log()), again.log()
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        gateway.start()
        server.send(messages.legacy(2))
        gateway.settled()
        _sound(gateway, server, 2)


def test_071_given_a_flush_fails_when_mail_comes_then_451_and_nothing_is_accepted_until_a_restart(tmp_path: Path) -> None:
    with Gateway(tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", preloaded=True) as gateway:
        part = gateway.start()
        server = MailServer(gateway.port)
        server.send(messages.legacy(1))
        gateway.settled()
        inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"]
        tracer = subprocess.Popen([*inject, "-p", str(part.process.pid)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: "TracerPid:\t0" not in _status(part.process.pid), 10, "strace is attached")
            first = _deferred_once(server, messages.legacy(2))
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(10)
        second = _deferred_once(server, messages.legacy(3))
        assert first.startswith("451 4.3.0"), first
        assert second.startswith(("451 4.3.0", "421 4.3.")), second
        assert part.health_status("/ready") == 503
        part.kill()
        gateway.start()
        server.send(messages.legacy(4))
        gateway.settled()
        tables = Tables(gateway.database_url)
        promised = {delivery.journal_id for delivery in server.deliveries if delivery.accepted}
        assert promised <= {row.id for row in tables.journal}
        assert [line for line in broken(tables) if "orphan" in line] == []
        assert gateway.ledger()["balanced"]


def _status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _tried(server: MailServer, mail: SampleMail) -> str:
    """One try; the answer."""
    delivery = server.begun(mail)
    server.try_once(delivery)
    return (delivery.accepted + delivery.refused + delivery.deferred)[-1]


def _refused(server: MailServer, mail: SampleMail) -> str:
    """The answer when it was not 250."""
    answer = _tried(server, mail)
    return "" if answer.startswith("250") else answer


def _deferred_once(server: MailServer, mail: SampleMail) -> str:
    answer = _tried(server, mail)
    assert answer.startswith("4"), answer
    server.deliveries.pop()
    return answer


def _sound(gateway: Gateway, server: MailServer, count: int) -> None:
    tables = Tables(gateway.database_url)
    assert journal_count(gateway.database_url) == count
    assert broken(tables, server.deliveries) == []
    assert gateway.ledger()["balanced"]
