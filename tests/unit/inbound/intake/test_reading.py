"""The reader's process: what is too much for it is degraded, and the mails around it are read as ever."""

from __future__ import annotations

import base64
import os
import resource
import signal
import struct
import subprocess
import sys
from typing import Any

import pytest

from mailgate.inbound.intake import reader_process
from mailgate.inbound.intake.reader_process import MIB, ReaderProcess, ReadingOptions
from mailgate.mail.limits import Ours
from mailgate.mail.mime.rtf import rtf_to_text, unpack_rtf
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from tests.support.harness.pace import seconds_at_rest

TO_US = Envelope("kari@kunde.example", ("support@firma.example",))


def mail(subject: str, size: int = 10) -> bytes:
    return f"From: Kari <kari@kunde.example>\r\nSubject: {subject}\r\n\r\n{'ord ' * size}\r\n".encode()


@pytest.fixture
def reader():
    opened = []

    def open_reader(**options: Any) -> ReaderProcess:
        opened.append(ReaderProcess(ReadingOptions(Ours(), **options)))
        return opened[-1]

    yield open_reader
    for one in opened:
        one.close()


def test_given_a_batch_when_read_in_the_process_then_it_is_what_reading_here_gives(reader):
    raws = [mail("en"), mail("to", 200_000), mail("tre")]
    assert reader().read_all([(raw, TO_US) for raw in raws]) == [read(raw, ours=Ours(), envelope=TO_US) for raw in raws]


def test_given_a_reader_that_hangs_when_asked_then_the_mail_is_degraded(reader):
    patient, hasty = reader(), reader(wall_s=0.000_1)
    assert [one.subject for one in patient.read_all([(mail("en"), TO_US)])] == ["en"]
    found = hasty.read_all([(mail("lang", 500_000), TO_US), (mail("lang til", 500_000), TO_US)])
    assert [(one.defects[0], one.subject) for one in found] == [("degraded_over_limits", "lang"), ("degraded_over_limits", "lang til")]


def test_given_an_answer_that_cannot_be_taken_when_it_is_asked_again_then_each_mail_gets_its_own_answer(reader, monkeypatch):
    asked = reader()

    def no_room(_content: bytes, **_more: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(reader_process.pickle, "loads", no_room)
        with pytest.raises(MemoryError):
            asked.read_all([(mail("en"), TO_US), (mail("to"), TO_US)])
        with pytest.raises(MemoryError):
            asked.html(mail("tre"))
    assert [(one.subject, one.defects) for one in asked.read_all([(mail("fire"), TO_US)])] == [("fire", ())]


def test_given_a_process_with_a_thousand_sessions_when_its_reader_is_started_then_mail_is_read(reader):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert [one.subject for one in reader().read_all([(mail("en"), TO_US)])] == ["en"]
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def with_files(*sizes: int) -> bytes:
    """A mail with files of these sizes."""
    parts = [
        b"--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=a.zip\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(os.urandom(size))
        for size in sizes
    ]
    head = b"From: kari@kunde.example\r\nSubject: filer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"--b\r\n\r\nHei.\r\n" + b"".join(parts) + b"--b--\r\n"


def test_given_files_large_and_small_when_read_in_the_process_then_it_is_what_reading_here_gives(reader):
    raws = [mail("en"), with_files(10, 3 * MIB, 0, MIB, 2 * MIB + 1), with_files(MIB - 1), mail("to")]
    found = reader().read_all([(raw, TO_US) for raw in raws])
    assert found == [read(raw, ours=Ours(), envelope=TO_US) for raw in raws]
    assert {type(file.content) for one in found for file in one.attachments} == {bytes}


def test_given_a_file_that_stays_away_when_its_mail_is_read_then_the_mail_is_degraded_and_the_next_one_is_read(reader, monkeypatch):
    whole = reader_process._Reader._exactly

    def cut(self: Any, size: int, due_s: float) -> bytearray | None:
        return None if size == reader_process.PIPE_BYTES else whole(self, size, due_s)

    monkeypatch.setattr(reader_process._Reader, "_exactly", cut)
    found = reader().read_all([(with_files(2 * MIB), TO_US), (mail("to"), TO_US)])
    assert [(one.subject, one.defects[:1]) for one in found] == [("filer", ("degraded_over_limits",)), ("to", ())]


def test_given_a_mail_with_a_large_file_when_read_then_the_reader_holds_it_and_its_file_once(reader):
    one, raw = reader(), with_files(18 * MIB)
    one.read_all([(with_files(10), TO_US)])
    before = peak_bytes(one._reader._child.pid)
    one.read_all([(raw, TO_US)])
    assert peak_bytes(one._reader._child.pid) - before < len(raw) * 2


def peak_bytes(pid: int) -> int:
    """The most that a process has had resident."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


@pytest.mark.parametrize("sizes", [(10,) * 40, (30_000,) * 30, (10, 90_000, 10, 900_000, 10)])
def test_given_mails_of_any_sizes_when_read_in_the_process_then_answers_stand_in_order(reader, sizes):
    raws = [mail(f"nr {number}", size) for number, size in enumerate(sizes)]
    one = reader()
    for _ in range(2):
        assert [found.subject for found in one.read_all([(raw, TO_US) for raw in raws])] == [f"nr {n}" for n in range(len(sizes))]


def test_139_given_a_reader_at_work_for_longer_than_is_granted_when_it_goes_on_then_the_kernel_ends_it():
    endless = "from mailgate.inbound.intake.reader_process import _grant\n_grant(0.2)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", endless], check=False, timeout=60).returncode == -signal.SIGXCPU


def test_139_given_a_mail_that_takes_too_much_memory_when_read_then_it_is_degraded_and_the_next_one_is_read(reader):
    narrow = reader(memory_bytes=24 * 1024 * 1024, time_s=20.0)
    found = narrow.read_all([(mail("stor", 4_000_000), TO_US), (mail("liten"), TO_US)])
    assert [(one.subject, one.defects[:1]) for one in found] == [("stor", ("degraded_over_limits",)), ("liten", ())]
    assert found[0].size_bytes > 16_000_000


def test_given_a_reader_that_was_killed_when_mail_comes_then_a_fresh_one_reads_it(reader):
    one = reader()
    one.read_all([(mail("en"), TO_US)])
    os.kill(one._reader._child.pid, signal.SIGKILL)
    assert [found.subject for found in one.read_all([(mail("to"), TO_US)])] == ["to"]


@pytest.mark.timing
def test_given_a_batch_when_read_then_the_way_to_the_process_costs_little(reader):
    one, raw = reader(), mail("fart", 500)
    batch = [(raw, TO_US)] * 200
    one.read_all(batch)
    assert seconds_at_rest(lambda: one.read_all(batch), runs=3) / len(batch) < 0.001
    assert reader_process.START_S > 1


@pytest.mark.parametrize("work", ["while True: pass", "re.fullmatch('(a+)+b', 'a' * 60)"])
def test_12_15_given_a_mail_that_takes_more_time_than_its_share_when_read_then_it_ends_there_and_the_reader_lives(work):
    program = (
        "import re, signal, time\n"
        "from mailgate.inbound.intake import reader_process as r\n"
        "signal.signal(signal.SIGPROF, r._over_time)\n"
        f"def endless():\n    {work}\n"
        "begun = time.process_time()\n"
        "print(r._within(0.3, endless), time.process_time() - begun < 0.5)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["None", "True"]


def test_12_15_given_a_mail_that_is_too_expensive_when_read_then_it_is_degraded_without_a_new_reader(reader):
    one = reader(time_s=0.01)
    one.read_all([(mail("en"), TO_US)])
    child = one._reader._child.pid
    found = one.read_all([(mail("dyr", 2_000_000), TO_US), (mail("liten"), TO_US)])
    assert [(mail_.subject, mail_.defects[:1]) for mail_ in found] == [("dyr", ("degraded_over_limits",)), ("liten", ())]
    assert one._reader._child.pid == child


def test_given_html_when_asked_for_then_the_reader_makes_it_inert_within_the_bounds_of_a_mail(reader):
    one = reader(time_s=0.5)
    head = b"From: Kari <kari@kunde.example>\r\nContent-Type: text/html\r\n\r\n"
    assert "<b>hei</b>" in one.html(head + b"<b>hei</b><script>x()</script>")
    assert "script" not in one.html(head + b"<b>hei</b><script>x()</script>")
    assert one.html(mail("uten html")) == ""
    child = one._reader._child.pid
    (read,) = one.read_all([(head + b"<b>hei</b>", TO_US)])
    assert (read.has_html, one.read_all([(mail("uten"), TO_US)])[0].has_html) == (True, False)
    assert one._reader._child.pid == child
    tight = reader(time_s=0.001)
    assert tight.html(head + b"<p>x</p>" * 100_000) == ""


def test_12_15_given_packed_rtf_of_the_worst_kind_when_unpacked_and_read_then_it_is_cheap():
    packed = struct.pack("<IIII", 0, 4 << 20, 0x75465A4C, 0) + b"\0{\\rtf1 x" + (b"\0" + b"\\par \\u1") * 500_000
    assert seconds_at_rest(lambda: rtf_to_text(unpack_rtf(packed)), runs=3) < 1.0
