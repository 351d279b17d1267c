"""STARTTLS and TLS from the first byte: what was said in plain counts no more, and a bad handshake costs nothing."""

from __future__ import annotations

import ssl
import struct
import warnings
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.dialogs.driver import Client, tls_client
from tests.dialogs.server import LIMITS, QUICK, ListenAddress, Server

Serve = Callable[..., Server]
SHORT = replace(LIMITS, timeouts=replace(QUICK, handshake_s=0.4))


@pytest.fixture
def server(serve: Serve, tls_context: ssl.SSLContext) -> Server:
    return serve(tls=tls_context, limits=SHORT)


def greeted(server: Server) -> Client:
    client = Client(server.port)
    client.expect("220 .*")
    client.exchange("EHLO x", "250-.*250 STARTTLS")
    return client


def test_a16_given_commands_behind_starttls_in_one_segment_then_they_are_dropped(server: Server) -> None:
    with greeted(server) as client:
        client.send(b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<x@evil.test>\r\nRCPT TO:<support@firma.test>\r\n")
        client.expect("220 2.0.0 .*")
        client.starts_tls()
        client.silent(0.2)
        client.exchange("MAIL FROM:<a@kunde.test>", "503 5.5.1 .*")
        client.exchange("EHLO y", "250-.*250 ENHANCEDSTATUSCODES")
        client.exchange("RCPT TO:<support@firma.test>", "503 5.5.1 .*")
        client.exchange("QUIT", "221 .*")
    server.empty()
    assert server.stored == []


def test_a17_given_a_client_that_closes_before_the_handshake_then_the_session_ends(server: Server) -> None:
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
    server.empty()


def test_a17_given_a_handshake_of_garbage_then_the_connection_is_closed_without_a_word(server: Server) -> None:
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
        client.try_send(b"EHLO this is not TLS\r\n" * 10)
        assert b"250" not in client.rest()
    server.empty()
    assert server.counted("fault") == 0


def test_a17_given_silence_instead_of_a_handshake_then_its_time_limit_ends_it(server: Server) -> None:
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
        client.closed()
    server.empty()
    assert server.counted("expired", "timeout_handshake") == 1


def test_a18_given_a_transaction_before_starttls_then_it_is_gone_afterwards(server: Server) -> None:
    with greeted(server) as client:
        client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")
        client.exchange("STARTTLS", "220 .*")
        client.starts_tls()
        client.exchange("RCPT TO:<support@firma.test>", "503 5.5.1 .*")
        client.exchange("EHLO x", "250.*")
        client.exchange("RCPT TO:<support@firma.test>", "503 5.5.1 .*")


def test_a19_given_tls_is_active_then_starttls_is_neither_offered_nor_taken(server: Server) -> None:
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
        client.starts_tls()
        assert "STARTTLS" not in client.exchange("EHLO x", "250.*")
        client.exchange("STARTTLS", "503 5.5.1 .*")


def test_a20_given_tls_1_1_then_the_handshake_fails(server: Server) -> None:
    context = tls_client()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            client.starts_tls(context)
    server.empty()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a20_given_tls_1_2_or_1_3_without_sni_then_mail_goes_through_and_is_marked(server: Server, version: ssl.TLSVersion) -> None:
    context = tls_client()
    context.minimum_version = context.maximum_version = version
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
        client.socket = context.wrap_socket(client.socket)
        client.exchange("EHLO x", "250.*")
        client.begins()
        client.exchange("Subject: x\r\n\r\n.x\r\n.", "250 2.0.0 .*")
    assert server.journal.submissions[0].tls
    assert server.journal.submissions[0].raw == b"Subject: x\r\n\r\nx\r\n"


def test_a20_given_an_export_cipher_then_the_handshake_fails(server: Server) -> None:
    hello = (
        bytes.fromhex("0303") + bytes(32) + b"\0" + struct.pack("!H", 2) + bytes.fromhex("0003") + b"\x01\0"
    )  # RSA_EXPORT_WITH_RC4_40_MD5
    record = b"\x16\x03\x01" + struct.pack("!H", len(hello) + 4) + b"\x01" + struct.pack("!I", len(hello))[1:] + hello
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
        client.send(record)
        assert client.rest()[:1] in (b"", b"\x15"), "an alert, if anything"
    server.empty()


def test_given_implicit_tls_then_the_greeting_is_inside(serve: Serve, tls_context: ssl.SSLContext) -> None:
    server = serve(ListenAddress(port=0, tls="implicit"), tls=tls_context)
    with Client(server.port) as client:
        client.starts_tls()
        client.expect("220 .*")
        assert "STARTTLS" not in client.exchange("EHLO x", "250.*")
        client.begins()
        client.exchange("x\r\n.", "250 2.0.0 .*")
        client.exchange("QUIT", "221 .*")
    assert server.journal.submissions[0].tls


def test_given_tls_is_required_then_mail_waits_for_it(serve: Serve, tls_context: ssl.SSLContext) -> None:
    server = serve(tls=tls_context, require_tls=True)
    with greeted(server) as client:
        client.exchange("MAIL FROM:<a@kunde.test>", "530 5.7.0 .*")
        client.exchange("NOOP", "250 .*")
        client.exchange("STARTTLS", "220 .*")
        client.starts_tls()
        client.exchange("EHLO x", "250.*")
        client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")


def test_given_a_large_message_inside_tls_then_it_is_kept_whole(server: Server) -> None:
    body = b"".join(b"%06d %s\r\n" % (number, b"x" * 70) for number in range(20_000))
    with greeted(server) as client:
        client.exchange("STARTTLS", "220 .*")
        client.starts_tls()
        client.exchange("EHLO x", "250.*")
        client.begins()
        client.exchange(body + b".", "250 2.0.0 .*")
    assert server.stored == [body]
