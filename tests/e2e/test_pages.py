"""`mailgate web` as a process: health, an access log without tokens, a stop that lets requests in hand end, https of its own."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes.gateway import Gateway, Part
from tests.support.processes.sink import certificate
from tests.support.waiting import answers, free_port, until

TOKEN = "nWqk3yTzB0fXc7hJ2mRdV9sLpEaUuGgYi1oHx5tKj4Q"
HALF = (
    b"POST /password HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 9\r\n\r\nname="
)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """An installation whose database has its tables."""
    with Gateway(tmp_path, f"sqlite:///{tmp_path}/mailgate.db", preloaded=True) as installed:
        yield installed


def started(gateway: Gateway, **environment: str) -> tuple[Part, int]:
    port = free_port()
    part = gateway.start("web", wait=False, MAILGATE_WEB__LISTEN=f"127.0.0.1:{port}", **environment)
    until(lambda: answers(port), 60, "the pages are served", detail=part.log)
    return part, port


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    found = connection.getresponse().status
    connection.close()
    return found


def test_given_the_pages_when_asked_then_health_and_readiness_answer_and_the_log_has_no_token(gateway: Gateway) -> None:
    part, port = started(gateway)
    assert [status(port, path) for path in ("/health", "/ready", f"/password/{TOKEN}")] == [200, 200, 404]
    assert part.stop() == 0
    logged = [json.loads(line) for line in part.log().splitlines() if '"request"' in line]
    assert [(one["path"], one["status"]) for one in logged] == [("/password/…", 404)]
    assert TOKEN not in part.log()


def test_given_a_request_in_hand_when_told_to_stop_then_it_is_answered_first(gateway: Gateway) -> None:
    part, port = started(gateway)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(HALF)
        until(lambda: status(port, "/health") == 200, 30, "the half request has been read")
        part.process.terminate()
        until(lambda: not answers(port), 30, "nobody new is let in")
        client.sendall(b"kari")
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 403")  # its form is of no page of ours: answered, not dropped
    assert part.wait_dead() == 0


def test_given_a_certificate_when_there_is_no_proxy_then_the_pages_speak_https(gateway: Gateway, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    _, port = started(gateway, MAILGATE_WEB__TLS_CERT=str(cert), MAILGATE_WEB__TLS_KEY=str(key))
    trusts = ssl.create_default_context(cafile=str(cert))
    with urllib.request.urlopen(f"https://localhost:{port}/login", context=trusts, timeout=30) as answer:
        assert answer.headers["Strict-Transport-Security"]
        assert all(one.startswith("__Host-") for one in answer.headers.get_all("Set-Cookie"))
