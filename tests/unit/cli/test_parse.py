"""`mailgate parse`: files, folders, mbox and standard input; a bad path is one line and exit code 2, after the others."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes.fork_server import fork_server

FIELDS = [
    "path", "size_bytes", "defects", "message_id", "in_reply_to", "references", "date", "author", "reply_to", "to", "cc", "subject",
    "kind", "kind_reasons", "language",
    "text", "reply", "attachments", "bounce",
]  # fmt: skip
MAIL = "From: Kari <kari@example.com>\nSubject: Blåbær\nContent-Type: text/plain; charset=utf-8\n\nHei på deg\n".encode()


def parse(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return fork_server().run(["parse", *map(str, arguments)], Path.cwd(), os.environ, stdin)


def objects(run: subprocess.CompletedProcess[bytes]) -> list[dict]:
    return [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]


@pytest.fixture
def eml(tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(MAIL)
    return path


def test_given_a_mail_when_parsed_then_the_object_has_the_fields_of_the_contract_in_order(eml):
    run = parse("--json", eml)
    assert run.returncode == 0
    (found,) = objects(run)
    assert list(found) == FIELDS
    assert list(found["reply"]) == ["text", "signature", "quoted", "thanks_only", "forwarded"]
    assert (found["path"], found["subject"], found["text"]) == (str(eml), "Blåbær", "Hei på deg\n")


def test_given_a_bad_path_among_good_ones_when_parsed_then_the_good_ones_are_printed_and_the_exit_code_is_2(eml, tmp_path):
    run = parse("--json", tmp_path / "missing.eml", eml)
    assert run.returncode == 2
    assert len(objects(run)) == 1
    lines = run.stderr.decode().splitlines()
    assert len(lines) == 1
    assert "missing.eml" in lines[0]


def test_given_a_folder_when_parsed_then_its_mails_come_in_order(eml, tmp_path):
    (tmp_path / "b.eml").write_bytes(MAIL)
    (tmp_path / "note.txt").write_bytes(b"no mail")
    assert [found["path"][-5:] for found in objects(parse("--json", tmp_path))] == ["a.eml", "b.eml"]


def test_given_a_folder_without_mail_when_parsed_then_it_is_said(tmp_path):
    run = parse(tmp_path)
    assert run.returncode == 2
    assert b"no mail in this folder" in run.stderr


def test_given_an_mbox_when_parsed_then_every_mail_is_notified_with_its_number(tmp_path):
    path = tmp_path / "box"
    path.write_bytes(
        b"From a@b Wed Mar  3 10:20:00 2027\n"
        + MAIL
        + b"\nFrom here on it is text? no:\n\n"
        + b"From a@b Wed Mar  3 10:20:00 2027\n"
        + MAIL
    )
    assert [found["path"] for found in objects(parse("--json", "--mbox", path))] == [f"{path}#1", f"{path}#2"]


def test_given_a_single_mail_with_mbox_when_parsed_then_it_is_said_what_to_do(eml):
    run = parse("--mbox", eml)
    assert run.returncode == 2
    assert b"leave --mbox away" in run.stderr


def test_given_standard_input_when_parsed_then_it_is_read():
    (found,) = objects(parse("--json", "-", stdin=MAIL))
    assert found["path"] == "-"


def test_given_no_json_when_parsed_then_a_person_can_read_it(eml):
    shown = parse(eml).stdout.decode("utf-8")
    assert "from     Kari <kari@example.com>" in shown
    assert "kind     human" in shown
    assert "| Hei på deg" in shown


def test_given_no_path_when_parsed_then_it_is_a_usage_error():
    run = parse()
    assert run.returncode == 2
    assert b"Traceback" not in run.stderr


def test_given_a_terminal_when_a_folder_is_parsed_then_progress_is_shown_beside_the_json(tmp_path):
    (tmp_path / "a.eml").write_bytes(MAIL)
    ours, theirs = pty.openpty()
    code = "import sys; from mailgate.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "parse", "--json", str(tmp_path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=False, timeout=60)
    shown = os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, json.loads(done.stdout)["reply"]["text"]) == (0, "Hei på deg")
    assert b"1 mails" in shown
