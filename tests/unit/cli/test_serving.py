"""`mailgate run` as a process: what it prints, what it warns of, how it stops, and that a dead log stops nothing."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.gateway import PROGRAM, Gateway
from tests.waiting import free_port, until

STARTS_S = 30


@contextmanager
def _running(folder: Path, *words: str, **streams: object) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "MAILGATE_SMTP__LISTEN": "127.0.0.1:0", "MAILGATE_METRICS__LISTEN": "127.0.0.1:0"}
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    with subprocess.Popen([*PROGRAM, *words], cwd=folder, env=environment, text=True, **given) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_given_run_when_started_then_it_says_how_to_send_a_mail_and_stops_with_0_on_a_signal(tmp_path: Path) -> None:
    with _running(tmp_path, "run") as process:
        assert process.stdout is not None
        port = int(re.search(r"listens on 127\.0\.0\.1:(\d+)", process.stdout.readline()).group(1))  # type: ignore[union-attr]
        snippet = "".join(iter(process.stdout.readline, "  END\n"))
        assert f'smtplib.SMTP("127.0.0.1", {port})' in snippet
        code = snippet.split("<<'END'\n")[1].replace("\n  ", "\n")[2:]
        subprocess.run([sys.executable, "-c", code], check=True, timeout=STARTS_S)
        process.send_signal(signal.SIGINT)
        assert process.wait(STARTS_S) == 0


def test_given_a_port_in_use_when_started_then_one_line_says_so(tmp_path: Path) -> None:
    with Gateway(tmp_path / "first", f"sqlite:///{tmp_path}/m.db") as gateway:
        gateway.start()
        settings = tmp_path / "mailgate.toml"
        settings.write_text(f'[smtp]\nlisten = ["127.0.0.1:{gateway.port}"]\n[metrics]\nlisten = []\n[log]\nlevel = "error"\n')
        done = subprocess.run(
            [*PROGRAM, "run", "--config", str(settings)], capture_output=True, text=True, timeout=STARTS_S, check=False, cwd=tmp_path
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"mailgate: cannot listen: [^\n]+\n", done.stderr), done.stderr


def test_given_a_reader_of_the_log_that_goes_away_when_mail_comes_then_it_is_taken(tmp_path: Path) -> None:
    port = free_port()
    with _running(tmp_path, "run") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        port = int(found.group(1))
        process.stderr.close()
        process.stdout.close()
        for number in range(3):
            with smtplib.SMTP("127.0.0.1", port) as client:
                assert client.sendmail("kari@kunde.example", "support@example.test", f"Subject: {number}\n\nHei") == {}
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0


@pytest.mark.parametrize("command", ["smtp", "worker"])
def test_given_parts_on_sqlite_without_a_bell_when_started_then_the_log_says_what_that_means(tmp_path: Path, command: str) -> None:
    with (tmp_path / "log").open("w") as log, _running(tmp_path, command, stderr=log) as process:
        until(lambda: '"started"' in (tmp_path / "log").read_text(), STARTS_S, "it runs")
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0
    written = (tmp_path / "log").read_text()
    assert "SQLite serves the processes of one host only" in written
    assert "memory:// rings in one process only" in written


def test_given_files_made_by_a_start_when_looked_at_then_they_are_for_our_user_alone(tmp_path: Path) -> None:
    with _running(tmp_path, "run") as process:
        assert process.stdout is not None
        process.stdout.readline()
        made = [path for path in (tmp_path / "var").iterdir() if path.is_file()]
        assert {path.name for path in made} >= {"mailgate.db", "secrets.toml"}
        assert [path for path in made if path.stat().st_mode & 0o077] == []
        process.send_signal(signal.SIGTERM)
        process.wait(STARTS_S)


def test_given_a_stop_when_nothing_is_in_hand_then_it_is_quick(tmp_path: Path) -> None:
    with _running(tmp_path, "run") as process:
        assert process.stdout is not None
        process.stdout.readline()
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(STARTS_S)
        assert time.monotonic() - start < 10
