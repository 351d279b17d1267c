"""The reader's process: what is too much for it is degraded, and the mails around it are read as ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from mailgate.inbound import reading
from mailgate.inbound.reading import ReadingOptions, ReadingRoom
from mailgate.mail.limits import Ours
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from tests.pace import seconds_at_rest

TO_US = Envelope("kari@kunde.example", ("support@firma.example",))


def mail(subject: str, size: int = 10) -> bytes:
    return f"From: Kari <kari@kunde.example>\r\nSubject: {subject}\r\n\r\n{'ord ' * size}\r\n".encode()


@pytest.fixture
def room():
    opened = []

    def open_room(**options: Any) -> ReadingRoom:
        opened.append(ReadingRoom(ReadingOptions(Ours(), **options)))
        return opened[-1]

    yield open_room
    for one in opened:
        one.close()


def test_given_a_batch_when_read_in_the_process_then_it_is_what_reading_here_gives(room):
    raws = [mail("en"), mail("to", 200_000), mail("tre")]
    assert room().read_all([(raw, TO_US) for raw in raws]) == [read(raw, ours=Ours(), envelope=TO_US) for raw in raws]


def test_given_a_reader_that_hangs_when_asked_then_the_mail_is_degraded(room):
    patient, hasty = room(), room(wall_s=0.000_1)
    assert [one.subject for one in patient.read_all([(mail("en"), TO_US)])] == ["en"]
    found = hasty.read_all([(mail("lang", 500_000), TO_US), (mail("lang til", 500_000), TO_US)])
    assert [(one.defects[0], one.subject) for one in found] == [("degraded_over_limits", "lang"), ("degraded_over_limits", "lang til")]


def test_139_given_a_reader_at_work_for_longer_than_is_granted_when_it_goes_on_then_the_kernel_ends_it():
    endless = "from mailgate.inbound.reading import _grant\n_grant(0.2)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", endless], check=False, timeout=60).returncode == -signal.SIGXCPU


def test_139_given_a_mail_that_takes_too_much_memory_when_read_then_it_is_degraded_and_the_next_one_is_read(room):
    narrow = room(memory_bytes=24 * 1024 * 1024, time_s=20.0)
    found = narrow.read_all([(mail("stor", 4_000_000), TO_US), (mail("liten"), TO_US)])
    assert [(one.subject, one.defects[:1]) for one in found] == [("stor", ("degraded_over_limits",)), ("liten", ())]
    assert found[0].size_bytes > 16_000_000


def test_given_a_reader_that_was_killed_when_mail_comes_then_a_fresh_one_reads_it(room):
    one = room()
    one.read_all([(mail("en"), TO_US)])
    os.kill(one._reader._child.pid, signal.SIGKILL)
    assert [found.subject for found in one.read_all([(mail("to"), TO_US)])] == ["to"]


def test_given_a_batch_when_read_then_the_way_to_the_process_costs_little(room):
    one, raw = room(), mail("fart", 500)
    batch = [(raw, TO_US)] * 200
    one.read_all(batch)
    assert seconds_at_rest(lambda: one.read_all(batch), runs=3) / len(batch) < 0.001
    assert reading.START_S > 1
