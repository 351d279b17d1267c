"""LMTP is spoken only with clients that are named, or on a Unix socket."""

from __future__ import annotations

import contextlib
import socket
import stat
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest

from mailgate.inbound.smtp.listener import ListenAddress
from tests.dialogs.driver import Client
from tests.dialogs.server import Server

Serve = Callable[..., Server]


@pytest.mark.parametrize("named", [(), (ip_network("192.0.2.0/24"),)], ids=["nobody", "another"])
def test_point_5_given_an_lmtp_client_that_is_not_named_when_it_connects_then_it_gets_no_word(
    serve: Serve, named: tuple[object, ...]
) -> None:
    server = serve(ListenAddress(port=0, protocol="lmtp"), lmtp_from=named)
    with socket.create_connection(("127.0.0.1", server.port), 5) as client, contextlib.suppress(ConnectionError):
        assert client.recv(100) == b""
    assert ("turned_away", "lmtp_client") in server.events


def test_point_5_given_an_lmtp_client_that_is_named_when_it_connects_then_it_is_served(serve: Serve) -> None:
    server = serve(ListenAddress(port=0, protocol="lmtp"), lmtp_from=(ip_network("127.0.0.1/32"),))
    with Client(server.port) as client:
        client.expect("220 .* LMTP ready")


def test_point_5_given_a_balancer_when_the_client_behind_it_is_not_named_then_it_gets_no_word(serve: Serve) -> None:
    server = serve(
        ListenAddress(port=0, protocol="lmtp", proxy=True), lmtp_from=(ip_network("127.0.0.1/32"),), proxy_from=(ip_network("127.0.0.0/8"),)
    )
    with socket.create_connection(("127.0.0.1", server.port), 5) as client, contextlib.suppress(ConnectionError):
        client.sendall(b"PROXY TCP4 192.0.2.9 192.0.2.1 4000 24\r\n")
        assert client.recv(100) == b""
    assert ("turned_away", "lmtp_client") in server.events


def test_point_5_given_a_unix_socket_when_a_program_of_this_host_connects_then_it_is_served_and_others_may_not_open_it(
    serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "lmtp"
    serve(ListenAddress(protocol="lmtp", unix_path=str(path)), lmtp_from=())
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        client.connect(str(path))
        assert b"LMTP ready" in client.recv(200)
