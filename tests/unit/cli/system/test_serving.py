"""`mailgate run` as a process: what it prints, what it warns of, how it stops, and that a dead log stops nothing."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from mailgate.config import self_signed
from tests.support.processes.fork_server import Forked, fork_server
from tests.support.processes.gateway import PROGRAM, Gateway
from tests.support.waiting import free_port, until

STARTS_S = 30


@contextmanager
def _running(folder: Path, *words: str, more: Mapping[str, str] | None = None, **streams: object) -> Iterator[subprocess.Popen[str]]:
    """A start of its own, for what depends on how Python starts."""
    environment = _environment(folder, more or {})
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    with subprocess.Popen([*PROGRAM, *words], cwd=folder, env=environment, text=True, **given) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _preloaded(folder: Path, *words: str, more: Mapping[str, str] | None = None) -> Iterator[Forked]:
    """The same program out of the fork_server; it writes to the files `out` and `log` of the folder."""
    with (folder / "out").open("wb") as out, (folder / "log").open("wb") as log, Path(os.devnull).open("rb") as nothing:
        process = fork_server().start(words, folder, _environment(folder, more or {}), (nothing, out, log))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(STARTS_S)


def _environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    database = f"sqlite:///{folder}/var/mailgate.db"
    listening = {"MAILGATE_SMTP__LISTEN": "127.0.0.1:0", "MAILGATE_METRICS__LISTEN": "127.0.0.1:0"}
    if not (folder / "mailgate.toml").exists():  # the usual port of pages is that of every other test's gateway, too
        listening["MAILGATE_WEB__LISTEN"] = f"127.0.0.1:{free_port()}"
    return {**os.environ, "MAILGATE_DATABASE__URL": database, **listening, **more}


def _first_line(folder: Path) -> str:
    """What the preloaded program says first: it serves."""
    until(lambda: "\n" in (folder / "out").read_text(), STARTS_S, "it says where it listens", detail=(folder / "log").read_text)
    return (folder / "out").read_text().splitlines()[0]


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


def test_given_run_when_it_is_killed_then_its_pages_end_too(tmp_path: Path) -> None:
    port = free_port()
    with _preloaded(tmp_path, "run", more={"MAILGATE_WEB__LISTEN": f"127.0.0.1:{port}"}) as process:
        until(lambda: _answers(port), STARTS_S, "the pages are served")
        process.send_signal(signal.SIGKILL)
        until(lambda: not _answers(port), STARTS_S, "the pages have ended")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_point_13_given_a_port_in_use_when_started_then_one_line_says_so(tmp_path: Path) -> None:
    with Gateway(tmp_path / "first", f"sqlite:///{tmp_path}/m.db", preloaded=True) as gateway:
        gateway.start()
        settings = tmp_path / "mailgate.toml"
        settings.write_text(f'[smtp]\nlisten = ["127.0.0.1:{gateway.port}"]\n[metrics]\nlisten = []\n[log]\nlevel = "error"\n')
        done = subprocess.run(
            [*PROGRAM, "run", "--config", str(settings)], capture_output=True, text=True, timeout=STARTS_S, check=False, cwd=tmp_path
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"mailgate: cannot listen on 127.0.0.1:{gateway.port}: ")
    assert done.stderr.endswith("find it with ss -ltnp and stop it, or set another smtp.listen\n")


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


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_given_nobody_who_reads_standard_output_when_run_is_started_then_it_serves_and_stops_with_0(
    tmp_path: Path, unbuffered: str
) -> None:
    port, (reading, writing) = free_port(), os.pipe()
    os.close(reading)
    more = {"MAILGATE_SMTP__LISTEN": f"127.0.0.1:{port}", "PYTHONUNBUFFERED": unbuffered}
    with _running(tmp_path, "run", more=more, stdout=writing, stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        for number in range(2):
            until(lambda: _answers(port), STARTS_S, "it listens")
            with smtplib.SMTP("127.0.0.1", port) as client:
                assert client.sendmail("kari@kunde.example", "support@example.test", f"Subject: {number}\n\nHei") == {}
        until(lambda: (tmp_path / "var" / "mailgate.db").exists(), STARTS_S, "it works")
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0


@pytest.mark.parametrize("command", ["smtp", "worker"])
def test_given_parts_on_sqlite_without_wakeups_when_started_then_the_log_says_what_that_means(tmp_path: Path, command: str) -> None:
    with _preloaded(tmp_path, command) as process:
        until(lambda: '"started"' in (tmp_path / "log").read_text(), STARTS_S, "it runs")
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0
    written = (tmp_path / "log").read_text()
    assert "SQLite serves the processes of one host only" in written
    assert "memory:// carries wakeups in one process only" in written


def test_given_files_made_by_a_start_when_looked_at_then_they_are_for_our_user_alone(tmp_path: Path) -> None:
    with _preloaded(tmp_path, "run") as process:
        _first_line(tmp_path)
        made = [path for path in (tmp_path / "var").iterdir() if path.is_file()]
        assert {path.name for path in made} >= {"mailgate.db", "secrets.toml"}
        assert [path for path in made if path.stat().st_mode & 0o077] == []
        process.send_signal(signal.SIGTERM)
        process.wait(STARTS_S)


@pytest.mark.timing
def test_given_a_stop_when_nothing_is_in_hand_then_it_is_quick(tmp_path: Path) -> None:
    with _preloaded(tmp_path, "run") as process:
        _first_line(tmp_path)
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(STARTS_S)
        assert time.monotonic() - start < 10


def test_point_8_given_a_service_manager_when_started_and_stopped_then_it_gets_ready_alive_and_stopping(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(STARTS_S)
        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        with _preloaded(tmp_path, "run", more=variables) as process:
            states = [listener.recv(100)]
            while b"READY=1" not in states or states[-1] != b"WATCHDOG=1" or len(states) < 4:
                states.append(listener.recv(100))
            process.send_signal(signal.SIGTERM)
            while states[-1] != b"STOPPING=1":
                states.append(listener.recv(100))
            assert process.wait(STARTS_S) == 0
    assert set(states) == {b"READY=1", b"WATCHDOG=1", b"STOPPING=1"}


def test_point_8_given_a_renewed_certificate_when_told_to_reload_then_the_next_handshake_shows_it_and_the_log_says_so(
    tmp_path: Path,
) -> None:
    certificate, key, port = tmp_path / "cert.pem", tmp_path / "key.pem", free_port()
    assert self_signed.make(certificate, key, "mx.firma.example")
    tls = {"MAILGATE_SMTP__TLS_CERT": str(certificate), "MAILGATE_SMTP__TLS_KEY": str(key), "MAILGATE_SMTP__LISTEN": f"127.0.0.1:{port}"}
    log = tmp_path / "log"
    with _preloaded(tmp_path, "smtp", more=tls) as process:
        until(lambda: _answers(port), STARTS_S, "it listens", detail=log.read_text)
        before = _shown(port)
        certificate.unlink()
        key.unlink()
        assert self_signed.make(certificate, key, "mx.firma.example")
        process.send_signal(signal.SIGHUP)
        until(lambda: '"reloaded"' in log.read_text(), STARTS_S, "it has reloaded", detail=log.read_text)
        assert _shown(port) not in (before, b"")
        certificate.write_text("broken")
        process.send_signal(signal.SIGHUP)
        until(lambda: '"reload_refused"' in log.read_text(), STARTS_S, "it has refused", detail=log.read_text)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0


def test_point_8_given_pages_with_tls_when_told_to_reload_then_certificate_and_log_level_are_new_and_other_keys_are_named(
    tmp_path: Path,
) -> None:
    certificate, key, port = tmp_path / "cert.pem", tmp_path / "key.pem", free_port()
    settings, log = tmp_path / "mailgate.toml", tmp_path / "log"
    text = f'[web]\nlisten = ["127.0.0.1:{port}"]\ntls_cert = "{certificate}"\ntls_key = "{key}"\n[log]\nlevel = "info"\n'
    settings.write_text(text)
    assert self_signed.make(certificate, key, "desk.firma.example")
    with _preloaded(tmp_path, "web", "--config", str(settings)) as process:
        until(lambda: _answers(port), STARTS_S, "it listens", detail=log.read_text)
        before = _shown_by_pages(port)
        certificate.unlink()
        key.unlink()
        assert self_signed.make(certificate, key, "desk.firma.example")
        settings.write_text(text.replace('"info"', '"error"') + "[outbound]\nhold_back_s = 7\n")
        process.send_signal(signal.SIGHUP)
        until(lambda: _shown_by_pages(port) != before, STARTS_S, "it shows the new one", detail=log.read_text)

        settings.write_text("[web]\nlisten = 7\n")
        process.send_signal(signal.SIGHUP)
        until(lambda: '"reload_refused"' in log.read_text(), STARTS_S, "it has refused", detail=log.read_text)
        settings.write_text(text + "[outbound]\nhold_back_s = 7\n")
        process.send_signal(signal.SIGHUP)
        until(lambda: '"restart_for": ["outbound.hold_back_s"]' in log.read_text(), STARTS_S, "it has reloaded", detail=log.read_text)
        assert log.read_text().count('"reloaded"') == 1, "the level was error at the first time, and is info again"
        assert _shown_by_pages(port) not in (before, b"")
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0


def test_point_8_given_pages_that_start_when_told_to_reload_then_they_do_it_when_they_listen_and_do_not_die_of_it(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    more = {"MAILGATE_WEB__LISTEN": f"127.0.0.1:{port}"}
    with _preloaded(tmp_path, "run", more=more) as process:
        gateway = psutil.Process(process.pid)
        until(lambda: _pages_of(gateway), STARTS_S, "the pages are started")
        (pages,) = _pages_of(gateway)
        pages.send_signal(signal.SIGHUP)
        until(lambda: '"reloaded"' in log.read_text(), STARTS_S, "they have reloaded", detail=log.read_text)
        assert (_answers(port), pages.is_running()) == (True, True)
        assert "pages_not_served" not in log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0


@pytest.mark.parametrize("words", [("smtp",), ("worker",), ("worker", "--processes", "2"), ("run",), ("web",)], ids=" ".join)
def test_point_8_given_a_process_that_starts_when_told_to_reload_then_it_does_so_as_soon_as_it_can(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Its parent blocks the signal until the program itself does: what a test can do about the time in which Python starts."""
    log = tmp_path / "log"
    more = {"MAILGATE_WEB__LISTEN": f"127.0.0.1:{free_port()}", "MAILGATE_BROKER__URL": f"redis://127.0.0.1:{free_port()}/0"}
    streams = {"stderr": log.open("w"), "stdout": subprocess.DEVNULL, "preexec_fn": _block}
    with streams["stderr"], _running(tmp_path, *words, more=more, **streams) as process:
        process.send_signal(signal.SIGHUP)
        until(lambda: '"reloaded"' in log.read_text(), STARTS_S, "it has reloaded", detail=log.read_text)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0
        assert "Traceback" not in log.read_text()


def test_given_a_worker_that_has_reloaded_when_one_of_its_processes_dies_then_the_next_one_reloads_too(tmp_path: Path) -> None:
    settings, log = tmp_path / "mailgate.toml", tmp_path / "log"
    text = f'[broker]\nurl = "redis://127.0.0.1:{free_port()}/0"\n[log]\nlevel = "warning"\n'
    settings.write_text(text)
    words = ("worker", "--processes", "2", "--config", str(settings))
    with _preloaded(tmp_path, *words) as process:
        watch = psutil.Process(process.pid)
        until(lambda: len(watch.children()) == 2, STARTS_S, "both are started", detail=log.read_text)
        settings.write_text(text + "[outbound]\nhold_back_s = 7\n")
        process.send_signal(signal.SIGHUP)
        until(lambda: log.read_text().count('"reloaded"') == 2, STARTS_S, "both have reloaded", detail=log.read_text)
        watch.children()[0].kill()
        until(lambda: log.read_text().count('"reloaded"') == 3, STARTS_S, "the next one has, too", detail=log.read_text)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STARTS_S) == 0


def _block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])


def _pages_of(gateway: psutil.Process) -> list[psutil.Process]:
    return [one for one in gateway.children() if "--with-parent" in one.cmdline()]


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _shown_by_pages(port: int) -> bytes:
    """The certificate of a handshake."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=STARTS_S)
    with plain, _unverified().wrap_socket(plain) as client:
        return client.getpeercert(binary_form=True) or b""


def _shown(port: int) -> bytes:
    """The certificate of a handshake."""
    context = _unverified()
    with smtplib.SMTP("127.0.0.1", port, timeout=STARTS_S) as client:
        client.starttls(context=context)
        assert isinstance(client.sock, ssl.SSLSocket)
        return client.sock.getpeercert(binary_form=True) or b""


def test_point_14_given_a_gateway_that_runs_when_it_is_scraped_then_heartbeat_latency_and_build_are_there(tmp_path: Path) -> None:
    port = free_port()
    with _preloaded(tmp_path, "run", more={"MAILGATE_METRICS__LISTEN": f"127.0.0.1:{port}", "MAILGATE_WEB__LISTEN": ""}):
        listening = int(_first_line(tmp_path).split(" listens on 127.0.0.1:")[1].split(";")[0])
        text = "From: kari@kunde.example\nTo: support@example.test\nSubject: Feil\n\nHei\n"
        with smtplib.SMTP("127.0.0.1", listening) as client:
            client.sendmail("kari@kunde.example", "support@example.test", text)
        until(lambda: "\nmailgate_accept_to_decided_s_count 1.0\n" in _scraped(port), STARTS_S, "the latency is counted")
        scraped = _scraped(port)
    assert 'mailgate_heartbeat_at_s{stage="intake"} ' in scraped
    assert "mailgate_build_info{" in scraped
    assert re.search(r'^mailgate_processed_total\{state="\w+"\} 1\.0$', scraped, re.MULTILINE), scraped


def _scraped(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())
