"""The PROXY protocol, versions 1 and 2: who may say it, what it says, and that it counts for limits."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tests.dialogs.driver import Client
from tests.dialogs.server import LIMITS, LOOPBACK, QUICK, ListenAddress, Server

Serve = Callable[..., Server]
PROXIED = ListenAddress(port=0, proxy=True)
SHORT = replace(LIMITS, timeouts=replace(QUICK, proxy_s=0.4))
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(command: int = 1, family: int = 0x11, body: bytes | None = None, length: int | None = None) -> bytes:
    addresses = socket.inet_aton("192.0.2.7") + socket.inet_aton("127.0.0.1") + struct.pack("!HH", 4711, 25) if body is None else body
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack("!H", len(addresses) if length is None else length) + addresses


def v2_ipv6() -> bytes:
    addresses = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + bytes(16) + struct.pack("!HH", 4711, 25)
    return v2(family=0x21, body=addresses)


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve(PROXIED, limits=SHORT, proxy_from=LOOPBACK)


def mail_through(server: Server, header: bytes) -> str:
    """Send one mail behind this header; the client address that was journaled."""
    with Client(server.port) as client:
        client.send(header)
        client.opens()
        client.exchange("Subject: x\r\n\r\n.", "250 2.0.0 .*")
    return server.journal.submissions[-1].client_address


@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\r\n", v2()])
def test_a41_given_a_header_from_a_source_that_is_not_allowed_then_it_is_closed_without_a_banner(serve: Serve, header: bytes) -> None:
    server = serve(PROXIED, limits=SHORT, proxy_from=(ip_network("192.0.2.0/24"),))
    with Client(server.port) as client:
        client.try_send(header)
        client.closed()
    assert server.counted("turned_away", "proxy_source") == 1


def test_a41_given_an_endpoint_without_proxy_then_the_header_is_no_command(serve: Serve) -> None:
    server = serve()
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("PROXY TCP4 192.0.2.7 127.0.0.1 4711 25", "500 5.5.1 .*")


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\r\n", "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 25\r\n", "2001:db8::7"),
        (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 25\r\n", "192.0.2.7"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "127.0.0.1"),
        (v2(), "192.0.2.7"),
        (v2_ipv6(), "2001:db8::7"),
        (v2(command=0, family=0, body=b""), "127.0.0.1"),
        (v2(command=0), "127.0.0.1"),
        (v2(family=0, body=b""), "127.0.0.1"),
        (v2(body=socket.inet_aton("192.0.2.7") + bytes(8) + b"\x04\0\x03abc"), "192.0.2.7"),
    ],
)
def test_a42_given_a_good_header_then_it_says_who_the_client_is(server: Server, header: bytes, address: str) -> None:
    assert mail_through(server, header) == address


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 " + b"1" * 200 + b"\r\n",
        b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 99999\r\n",
        b"PROXY TCP4 192.0.2.7\r\n",
        b"PROXY TCP4 2001:db8::7 ::1 4711 25\r\n",
        b"PROXY UDP4 192.0.2.7 127.0.0.1 4711 25\r\n",
        b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\n",
        b"PROXYTCP4\r\n",
        b"EHLO x\r\n",
        v2(family=0x91),
        v2(command=5),
        v2(body=b"\xc0\0\x02\x07"),
        SIGNATURE + b"\x31\x11\0\x0c" + bytes(12),
        SIGNATURE[:-1] + b"X" + bytes(16),
    ],
)
def test_a42_given_a_bad_header_then_the_connection_is_closed_without_a_word(server: Server, header: bytes) -> None:
    with Client(server.port) as client:
        client.try_send(header)
        client.closed()
    server.empty()
    assert server.counted("turned_away", "proxy_header") == 1


@pytest.mark.parametrize("header", [b"", b"PROXY TCP4 192", b"PROXY TCP4 " + b"1" * 50, SIGNATURE, v2(length=60_000)])
def test_a42_given_a_header_that_does_not_come_in_time_then_the_connection_is_closed(server: Server, header: bytes) -> None:
    with Client(server.port) as client:
        client.send(header)
        client.closed()
    server.empty()
    assert server.counted("expired", "timeout_proxy") == 1


def test_a42_given_a_header_in_pieces_then_it_is_read(server: Server) -> None:
    with Client(server.port) as client:
        for byte in v2():
            client.send(bytes([byte]))
        client.expect("220 .*")


def test_a42_given_commands_behind_the_header_then_the_client_spoke_too_early(server: Server) -> None:
    with Client(server.port) as client:
        client.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\r\nEHLO x\r\n")
        client.expect("554 5.5.0 .*")
        client.closed()


def test_a43_given_starttls_behind_a_proxy_then_the_client_address_is_kept(serve: Serve, tls_context: ssl.SSLContext) -> None:
    server = serve(PROXIED, proxy_from=LOOPBACK, tls=tls_context)
    with Client(server.port) as client:
        client.send(v2())
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        client.exchange("STARTTLS", "220 .*")
        client.starts_tls()
        client.exchange("EHLO x", "250.*")
        client.begins()
        client.exchange("x\r\n.", "250 2.0.0 .*")
    assert server.journal.submissions[0].client_address == "192.0.2.7"


def test_a43_given_many_clients_behind_one_proxy_then_the_limit_counts_each_client(serve: Serve) -> None:
    server = serve(PROXIED, limits=replace(SHORT, address_connections=1), proxy_from=LOOPBACK)
    with Client(server.port) as one, Client(server.port) as again, Client(server.port) as other:
        one.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 1 25\r\n")
        one.expect("220 .*")
        again.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 2 25\r\n")
        again.expect("421 4.7.0 .*")
        again.closed()
        other.send(b"PROXY TCP4 192.0.2.8 127.0.0.1 3 25\r\n")
        other.expect("220 .*")
        one.exchange("QUIT", "221 .*")
        one.closed()
        with Client(server.port) as after:
            after.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 4 25\r\n")
            after.expect("220 .*")


def test_given_implicit_tls_behind_a_proxy_then_the_header_comes_first_and_in_plain(serve: Serve, tls_context: ssl.SSLContext) -> None:
    server = serve(ListenAddress(port=0, proxy=True, tls="implicit"), proxy_from=LOOPBACK, tls=tls_context)
    with Client(server.port) as client:
        client.send(v2())
        client.starts_tls()
        client.opens()
        client.exchange("x\r\n.", "250 2.0.0 .*")
    assert server.journal.submissions[0].client_address == "192.0.2.7"
