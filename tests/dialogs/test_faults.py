"""Faults of ours, and clients that leave at the worst moment: 4yz, nothing lost after 250, nothing twice."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from mailgate.errors import StoreUnavailable
from mailgate.inbound.smtp.admission import DiskSpace
from mailgate.inbound.smtp.submission import Receipt, Submission
from tests.dialogs.driver import Client
from tests.dialogs.server import LIMITS, ListenAddress, Server
from tests.support.waiting import until

Serve = Callable[..., Server]
SECRET = "password=hunter2 at /srv/x"


def failing(error: Exception) -> Callable[[Submission], object]:
    async def append(submission: Submission) -> Receipt:
        raise error

    return append


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (StoreUnavailable(SECRET), r"451 4\.3\.0 Local error, try again later"),
        (StoreUnavailable(SECRET, full=True), r"452 4\.3\.1 .*"),
        (RuntimeError(SECRET), r"451 4\.3\.0 .*\(incident [0-9a-f]{12}\)"),
        (KeyError(SECRET), r"451 4\.3\.0 .*\(incident [0-9a-f]{12}\)"),
        (MemoryError(), r"451 4\.3\.0 .*"),
        (OSError(28, SECRET), r"451 4\.3\.0 .*"),
        (ConnectionError(SECRET), r"451 4\.3\.0 .*"),
        (TimeoutError(SECRET), r"451 4\.3\.0 .*"),
    ],
)
def test_given_a_fault_of_ours_then_it_is_4yz_without_its_text_and_the_session_goes_on(serve: Serve, error: Exception, reply: str) -> None:
    server = serve()
    server.journal.instead = failing(error)
    with Client(server.port) as client:
        client.opens()
        got = client.exchange("x\r\n.", reply)
        assert "hunter2" not in got
        server.journal.instead = None
        client.begins()
        client.exchange("x\r\n.", "250 2.0.0 .*")
    assert len(server.stored) == 1


def test_given_a_fault_in_a_command_then_it_is_451_and_the_session_ends(serve: Serve) -> None:
    server = serve()

    def broken() -> DiskSpace:
        raise ZeroDivisionError(SECRET)

    server.look = broken
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        got = client.exchange("MAIL FROM:<a@kunde.test>", r"451 4\.3\.0 .*\(incident [0-9a-f]{12}\)")
        assert "hunter2" not in got
        client.closed()
    assert server.counted("fault", "ZeroDivisionError") == 1
    server.look = None
    with Client(server.port) as client:
        client.opens()


def test_given_an_unhealthy_journal_then_mail_is_deferred_before_its_data(serve: Serve) -> None:
    server = serve()
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        server.journal.ill = True
        client.exchange("MAIL FROM:<a@kunde.test>", "451 4.3.0 .*")
        server.journal.ill = False
        client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")


@pytest.mark.parametrize("space", [DiskSpace(30 << 20, 1 << 30), DiskSpace(40 << 30, 1 << 40)])
def test_given_little_free_disk_then_mail_is_deferred_early_and_taken_again_later(serve: Serve, space: DiskSpace) -> None:
    server = serve()
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("EHLO x", "250.*")
        server.space = space
        client.exchange("MAIL FROM:<a@kunde.test>", "452 4.3.1 .*")
        server.space = None

        def accepted() -> bool:
            client.send(b"MAIL FROM:<a@kunde.test>\r\n")
            return client.reply().startswith("250")

        until(accepted, 5, "the disk is looked at again", poll_s=0.2)


def test_given_more_in_work_than_memory_allows_then_the_next_message_is_deferred(serve: Serve) -> None:
    server = serve(limits=replace(LIMITS, data_budget_bytes=100_000))
    server.journal.gate = threading.Event()
    with Client(server.port) as one, Client(server.port) as two:
        one.opens()
        one.send(b"x" * 90_000 + b"\r\n.\r\n")
        until(lambda: server.listener.admission.budget.held_bytes > 90_000, 5, "the first is in work")
        two.expect("220 .*")
        two.exchange("EHLO x", "250.*")
        two.exchange("MAIL FROM:<a@kunde.test> SIZE=50000", "452 4.3.2 .*")
        two.begins()
        two.send(b"y" * 50_000 + b"\r\n.\r\n")
        two.expect("452 4.3.2 .*")
        server.journal.gate.set()
        one.expect("250 2.0.0 .*")
        two.begins()
        two.exchange("y\r\n.", "250 2.0.0 .*")
    until(lambda: server.listener.admission.budget.held_bytes == 0, 5, "all memory is given back")
    assert server.listener.admission.budget.messages == 0


def test_a52_given_a_client_that_leaves_during_the_commit_then_it_is_finished_and_a_resend_gets_the_same_id(serve: Serve) -> None:
    server = serve()
    server.journal.gate = threading.Event()
    with Client(server.port) as client:
        client.opens()
        client.send(b"Message-ID: <1@kunde.test>\r\n\r\nx\r\n.\r\n")
        until(lambda: server.listener.admission.budget.messages == 1 and server.listener.open_connections == 1, 5, "in work")
        client.reset()
    server.journal.gate.set()
    server.empty()
    assert len(server.stored) == 1
    with Client(server.port) as client:
        client.opens()
        got = client.exchange(b"Message-ID: <1@kunde.test>\r\n\r\nx\r\n.", "250 2.0.0 Ok: queued as .*")
    assert got.endswith(server.journal.receipts[0].journal_id)
    assert [receipt.duplicate for receipt in server.journal.receipts] == [False, True]
    assert len(server.stored) == 1
    assert server.counted("duplicate", "smtp") == 1


DIALOGUE = (
    b"EHLO klient.test\r\n",
    b"MAIL FROM:<a@kunde.test>\r\n",
    b"RCPT TO:<support@firma.test>\r\n",
    b"DATA\r\n",
    b"Message-ID: <%d@kunde.test>\r\n\r\nhei\r\n..x\r\n.\r\n",
    b"QUIT\r\n",
)


def cut(server: Server, number: int, at: int, *, reset: bool) -> bool:
    """Speak up to the byte `at` of the session, then leave. True when 250 was seen for the message."""
    accepted = False
    with Client(server.port, "127.0.0.2") as client:
        client.expect("220 .*")
        for line in DIALOGUE:
            line = line % number if b"%d" in line else line
            client.send(line[:at])
            at -= len(line)
            if at < 0:
                break
            accepted = accepted or "queued" in client.reply()
        if reset:
            client.reset()
    return accepted


def test_a52_given_300_sessions_cut_anywhere_then_nothing_is_lost_and_nothing_is_twice(serve: Serve) -> None:
    limits = replace(LIMITS, address_connections_minute=10_000, address_messages_minute=10_000)
    server = serve(limits=limits)
    rng = random.Random(52)
    length = sum(map(len, DIALOGUE))
    promised = {number for number in range(300) if cut(server, number, rng.randrange(length + 20), reset=rng.random() < 0.5)}
    server.empty()
    first = {int(re.findall(rb"<(\d+)@", raw)[0]) for raw in server.stored}
    assert promised <= first, "a promise was broken"
    assert len(first) == len(server.stored)
    for number in range(300):
        assert cut(server, number, length, reset=False)
    kept = [int(re.findall(rb"<(\d+)@", raw)[0]) for raw in server.stored]
    assert sorted(kept) == list(range(300))
    assert sum(receipt.duplicate for receipt in server.journal.receipts) == len(first)
    assert server.listener.admission.budget.messages == 0


def test_a33_given_the_null_reverse_path_then_the_envelope_has_none(serve: Serve) -> None:
    server = serve()
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("HELO x", "250 .*")
        client.exchange("MAIL FROM:<>", "250 .*")
        client.exchange("RCPT TO:<Support@firma.test>", "250 .*")
        client.exchange("RCPT TO:<support@FIRMA.test>", "250 .*")
        client.exchange("RCPT TO:<postmaster>", "250 .*")
        client.exchange("DATA", "354 .*")
        client.exchange("x\r\n.", "250 .*")
    submission = server.journal.submissions[0]
    assert submission.envelope.reverse_path is None
    assert submission.envelope.recipients == ("support@firma.test", "postmaster@firma.test")
    assert (submission.helo, submission.client_address, submission.protocol, submission.tls) == ("x", "127.0.0.1", "smtp", False)


@pytest.fixture
def lmtp(serve: Serve) -> Server:
    return serve(ListenAddress(port=0, protocol="lmtp"), limits=replace(LIMITS, message_bytes=1000, data_slack_bytes=1000))


def lmtp_client(server: Server, recipients: int = 2) -> Client:
    client = Client(server.port)
    client.expect("220 .* LMTP .*")
    client.exchange("LHLO x", "250-.*")
    client.exchange("MAIL FROM:<a@kunde.test>", "250 .*")
    for _ in range(recipients):
        client.exchange("RCPT TO:<support@firma.test>", "250 .*")
    client.exchange("RCPT TO:<nobody@firma.test>", "550 5.1.1 .*")
    client.exchange("DATA", "354 .*")
    return client


def test_given_lmtp_then_each_accepted_recipient_has_a_reply_after_the_dot(lmtp: Server) -> None:
    with lmtp_client(lmtp, 3) as client:
        client.send(b"x\r\n.\r\n")
        said = {client.expect("250 2.0.0 Ok: queued as .*") for _ in range(3)}
        client.silent(0.2)
        client.exchange("QUIT", "221 .*")
    assert len(said) == 1
    assert [one.protocol for one in lmtp.journal.submissions] == ["lmtp"]


def test_given_lmtp_and_a_fault_then_each_recipient_hears_of_it(lmtp: Server) -> None:
    lmtp.journal.instead = failing(RuntimeError(SECRET))
    with lmtp_client(lmtp) as client:
        client.send(b"x\r\n.\r\n")
        client.expect("451 4.3.0 .*")
        client.expect("451 4.3.0 .*")
        client.silent(0.2)


def test_given_lmtp_and_a_message_too_large_then_each_recipient_hears_of_it(lmtp: Server) -> None:
    with lmtp_client(lmtp) as client:
        client.send(b"x" * 1500 + b"\r\n.\r\n")
        client.expect("552 5.3.4 .*")
        client.expect("552 5.3.4 .*")
        client.exchange("NOOP", "250 .*")


def test_given_lmtp_then_helo_and_ehlo_are_no_commands_and_lhlo_is_none_in_smtp(lmtp: Server, serve: Serve) -> None:
    with Client(lmtp.port) as client:
        client.expect("220 .*")
        client.exchange("HELO x", "500 5.5.1 .*")
        client.exchange("EHLO x", "500 5.5.1 .*")
    with Client(serve().port) as client:
        client.expect("220 .* ESMTP .*")
        client.exchange("LHLO x", "500 5.5.1 .*")
