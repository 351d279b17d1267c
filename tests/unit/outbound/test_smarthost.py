"""Handing mail to the smarthost: over real sockets, against a sink that misbehaves at every step."""

import socket
import ssl
import threading
import time
import warnings
from dataclasses import replace

import pytest

from mailgate.errors import ConfigError, LeaseLost
from mailgate.outbound.connection import SmarthostConnection, describe
from mailgate.outbound.outgoing_message import OutgoingMessage, UnsendableMail, commands, dot_stuffed
from mailgate.outbound.smarthost import Smarthost, transact
from mailgate.outbound.smarthost_session import SmarthostOptions, SmarthostTimeouts
from tests.support.processes.sink import (
    DEFAULTS,
    Close,
    Garbage,
    Hang,
    Reset,
    Sink,
    ThenClose,
    Trickle,
    WithTail,
    certificate,
    server_context,
)

SHORT = SmarthostTimeouts(connect_s=0.4, banner_s=0.4, command_s=0.4, data_s=0.4, block_s=0.4, dot_s=0.4, quit_s=0.2)
PATIENT = SmarthostTimeouts(*(20.0,) * 7)  # machines that run tests are busy
RAW = b"Subject: test\r\nX-Mailgate-Key: k1\r\n\r\n.dot\r\n..\r\nend\r\n"
MESSAGE = OutgoingMessage("kari@kunde.example", "bounce+abc@example.no", RAW)


def yes() -> bool:
    return True


def options(sink: Sink, **changed: object) -> SmarthostOptions:
    given: dict[str, object] = {"host": "127.0.0.1", "port": sink.port, "tls": "none", "timeouts": PATIENT, "helo_name": "gw.example"}
    return SmarthostOptions(**{**given, **changed})  # type: ignore[arg-type]


@pytest.fixture
def sink():
    with Sink() as running:
        yield running


@pytest.fixture
def connect():
    """Makes smarthosts and closes them all."""
    made: list[Smarthost] = []

    def make(sink: Sink, **changed: object) -> Smarthost:
        made.append(Smarthost(options(sink, **changed)))
        return made[-1]

    yield make
    for smarthost in made:
        smarthost.close()


@pytest.fixture
def smarthost(sink, connect):
    return connect(sink)


@pytest.fixture
def impatient(sink, connect):
    return connect(sink, timeouts=SHORT)


def test_given_a_good_smarthost_when_mails_are_submitted_then_they_arrive_unchanged_over_one_connection(sink, smarthost):
    for _ in range(3):
        answer = smarthost.submit(MESSAGE, yes)
        assert (answer.fate, answer.code, answer.enhanced) == ("sent", 250, "2.0.0")
    mails = sink.wait_for(3)
    assert {mail.raw for mail in mails} == {RAW}
    assert {(mail.reverse_path, mail.recipients) for mail in mails} == {("bounce+abc@example.no", ("kari@kunde.example",))}
    assert sink.sessions == 1


def test_given_no_pipelining_when_submitted_then_commands_go_one_by_one(sink, smarthost):
    sink.extensions = ["8BITMIME"]
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert smarthost.submit(OutgoingMessage("a@b.example", None, RAW), yes).fate == "sent"
    assert sink.mails[1].reverse_path == ""


STEPS = ["MAIL", "RCPT", "DATA", "DOT"]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("reply", "fate"), [("450 4.2.0 later", "deferred"), ("550 5.1.1 no", "failed")])
def test_given_a_refusal_at_a_step_when_submitted_then_only_that_mail_is_touched(sink, smarthost, step, reply, fate, pipelining):
    if not pipelining:
        sink.extensions = []
    sink.on(step, reply)
    answer = smarthost.submit(MESSAGE, yes)
    assert (answer.fate, answer.code, answer.enhanced, answer.session) == (fate, int(reply[:3]), reply[4:9], False)
    assert answer.step == step.replace("DOT", "dot")
    assert sink.count == 0
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert [mail.raw for mail in sink.wait_for(1)] == [RAW]


@pytest.mark.parametrize("step", ["banner", "EHLO", *STEPS])
def test_101_given_a_421_at_a_step_when_submitted_then_the_mail_is_deferred_and_the_connection_not_used_again(sink, smarthost, step):
    sink.on(step, ThenClose("421 4.3.2 closing"))
    answer = smarthost.submit(MESSAGE, yes)
    assert (answer.fate, answer.code, answer.lost, answer.session) == ("deferred", 421, True, True)
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert sink.sessions == 2


@pytest.mark.parametrize("step", ["banner", "EHLO"])
@pytest.mark.parametrize(("reply", "fate"), [("450 4.7.0 later", "deferred"), ("554 5.7.1 not you", "failed")])
def test_given_a_refused_greeting_when_submitted_then_the_code_decides_and_it_is_the_sessions_trouble(sink, smarthost, step, reply, fate):
    sink.on(step, reply)
    answer = smarthost.submit(MESSAGE, yes)
    assert (answer.fate, answer.step, answer.session) == (fate, step, True)


@pytest.mark.timing
@pytest.mark.parametrize("action", [Hang(), Close(), Reset(), Garbage(), Trickle(byte_every_s=0.1)], ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("step", ["banner", "EHLO", "MAIL", "RCPT", "DATA"])
def test_given_a_connection_that_breaks_before_the_dot_when_submitted_then_the_mail_is_deferred(sink, impatient, smarthost, step, action):
    sink.on(step, action)
    started = time.monotonic()
    answer = impatient.submit(MESSAGE, yes)
    assert (answer.fate, answer.lost, answer.code) == ("deferred", True, 0)
    assert answer.session == (step in ("banner", "EHLO"))
    assert answer.text
    assert time.monotonic() - started < 10
    assert smarthost.submit(MESSAGE, yes).fate == "sent"


@pytest.mark.parametrize("action", [Hang(), Close(), Reset(), Garbage(), Trickle(byte_every_s=0.1), "354 what"], ids=str)
def test_104_given_no_verdict_after_the_dot_when_submitted_then_the_mail_is_uncertain(sink, impatient, action):
    sink.on("DOT", action)
    answer = impatient.submit(MESSAGE, yes)
    assert (answer.fate, answer.step, answer.lost) == ("uncertain", "dot", True)


def test_given_a_reply_that_never_ends_when_read_then_it_is_given_up(sink, impatient):
    sink.on("MAIL", Garbage(b"250-more\r\n" * 5000))
    assert impatient.submit(MESSAGE, yes).fate == "deferred"
    sink.on("MAIL", Garbage(b"250 " + b"x" * 60_000))
    assert impatient.submit(MESSAGE, yes).fate == "deferred"


def test_given_a_recipient_refused_but_data_accepted_when_pipelined_then_no_content_is_sent(sink, smarthost):
    sink.on("RCPT", "550 5.1.1 no")
    sink.takes_data_without_recipients = True
    assert smarthost.submit(MESSAGE, yes).fate == "failed"
    assert sink.count == 0


def test_given_a_kept_connection_that_has_died_when_submitted_then_a_fresh_one_is_used_at_once(sink, smarthost):
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    sink.on("MAIL", Close())
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert sink.sessions == 2


def test_given_an_idle_connection_when_its_time_is_over_then_it_is_closed_politely(sink, connect):
    smarthost = connect(sink, idle_s=0.0)
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert sink.sessions == 2
    smarthost.close()
    assert "QUIT" in sink.commands


def test_given_a_connection_that_has_carried_its_share_when_submitted_then_the_next_mail_gets_a_new_one(sink, connect):
    smarthost = connect(sink, mails_per_connection=2)
    for _ in range(4):
        assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert sink.sessions == 2


@pytest.mark.parametrize("action", ["500 5.5.1 what", Close(), Hang(), Reset(), ThenClose("421 4.0.0 bye")], ids=str)
def test_107_given_quit_fails_when_the_mail_was_taken_then_it_is_sent(sink, action, connect):
    sink.on("QUIT", action)
    smarthost = connect(sink, mails_per_connection=1, timeouts=SHORT)
    assert smarthost.submit(MESSAGE, yes).fate == "sent"


def test_given_nobody_listens_when_submitted_then_the_mail_is_deferred(sink):
    port = sink.port
    sink.stop()
    answer = Smarthost(SmarthostOptions("127.0.0.1", port, tls="none", timeouts=SHORT)).submit(MESSAGE, yes)
    assert (answer.fate, answer.step, answer.session) == ("deferred", "connect", True)


@pytest.mark.parametrize("lines", [1, 20_000], ids=["one piece", "several pieces"])
def test_given_the_lease_is_lost_when_asked_before_the_dot_then_no_dot_is_sent(sink, smarthost, lines):
    message = OutgoingMessage(MESSAGE.address, MESSAGE.reverse_path, RAW + b"more\r\n" * lines)
    with pytest.raises(LeaseLost):
        smarthost.submit(message, lambda: False)
    assert smarthost.submit(message, yes).fate == "sent"
    assert [mail.raw for mail in sink.wait_for(1)] == [message.raw]
    assert bool(sink.partial) == (lines > 1), "the end of the content goes with the dot"


def test_given_a_smarthost_that_reads_slowly_when_the_content_waits_for_it_then_the_lease_is_asked_again_before_the_dot():
    """The system takes the end of the content only in part, so that the dot stays behind."""
    asked: list[bool] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
        server.accept()[0] as theirs,
    ):
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        theirs.sendall(b"250 ok\r\n250 ok\r\n354 go\r\n")
        connection = SmarthostConnection(ours, encrypted=False)
        connection.features = {"pipelining": ""}

        def confirm() -> bool:
            asked.append(True)
            if len(asked) > 1:
                return False
            reading.start()
            return True

        reading = threading.Thread(target=_read_to_the_end, args=(theirs, received := bytearray()))
        with pytest.raises(LeaseLost):
            transact(connection, OutgoingMessage("a@b.example", None, b"x" * 70 + b"\r\n" + b"y\r\n" * 15_000), confirm, PATIENT)
        reading.join(20)
    assert len(asked) > 1
    assert received
    assert not received.endswith(b".\r\n")


def test_104_given_a_smarthost_that_takes_a_few_octets_now_and_then_when_content_is_sent_then_it_is_given_up():
    """Each of them must not begin the time of the block anew: a worker would wait for days."""
    given_up = threading.Event()
    with socket.socket() as server, socket.socket() as ours:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # before there is a connection, whose window it bounds
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        server.bind(("127.0.0.1", 0))
        server.listen()
        ours.connect(server.getsockname())
        with server.accept()[0] as theirs:
            theirs.sendall(b"250 ok\r\n250 ok\r\n354 go\r\n")
            connection = SmarthostConnection(ours, encrypted=False)
            connection.features = {"pipelining": ""}
            dripping = threading.Thread(target=_drip, args=(theirs, given_up))
            dripping.start()
            answer = transact(connection, OutgoingMessage("a@b.example", None, b"y\r\n" * 20_000), yes, replace(PATIENT, block_s=1.0))
            given_up.set()
            dripping.join(20)
    assert (answer.fate, answer.step, answer.text) == ("deferred", "DATA", "timeout while sending")


def _drip(connected: socket.socket, given_up: threading.Event) -> None:
    while not given_up.wait(0.1) and connected.recv(2048):
        pass


def _read_to_the_end(connected: socket.socket, received: bytearray) -> None:
    while octets := connected.recv(65_536):
        received += octets


@pytest.mark.parametrize(
    ("address", "reverse_path"),
    [
        ("a@b.example>\r\nRCPT TO:<x@y.example", None), ("a@b.example\r\nDATA", None), ("a b@c.example", None),
        ("a@b.example> SIZE=1", None), ("x" * 500 + "@b.example", None), ("", None),
        ("a@b.example", "c@d.example>\r\nRCPT TO:<x@y.example"), ("a@b.example", "kåre@example.no"),
    ],
)  # fmt: skip
def test_given_an_address_that_could_break_a_command_when_submitted_then_no_octet_of_it_is_sent(sink, smarthost, address, reverse_path):
    answer = smarthost.submit(OutgoingMessage(address, reverse_path, RAW), yes)
    assert (answer.fate, answer.enhanced[:2]) == ("failed", "5.")
    assert sink.sessions == 0


@pytest.mark.parametrize(
    "raw", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"a\r\n.\r", b"a\0b\r\n", b"x" * 999 + b"\r\n", b"\n.\nMAIL FROM:<x@y>\r\n"]
)
def test_given_content_that_could_break_the_session_when_submitted_then_nothing_is_sent(sink, smarthost, raw):
    assert smarthost.submit(OutgoingMessage("a@b.example", None, raw), yes).fate == "failed"
    assert sink.sessions == 0


@pytest.mark.parametrize(
    "raw", [b".\r\n", b"..\r\n", b".\r\n.\r\n", b"a\r\n.\r\nb\r\n", b".x\r\n..y\r\n", b"", b"\r\n.\r\n\r\n", b"x" * 998 + b"\r\n"]
)
def test_given_dots_at_line_starts_when_submitted_then_the_same_bytes_arrive(sink, smarthost, raw):
    assert smarthost.submit(OutgoingMessage("a@b.example", None, raw), yes).fate == "sent"
    assert sink.wait_for(1)[0].raw == raw


def test_given_an_address_outside_ascii_when_smtputf8_is_offered_then_it_is_asked_for_and_else_refused(sink, smarthost):
    kare = OutgoingMessage("kåre@blåbær.example", None, RAW)
    assert smarthost.submit(kare, yes).fate == "sent"
    assert "SMTPUTF8" in sink.mails[0].mail_command
    assert sink.mails[0].recipients == ("kåre@xn--blbr-roah.example",)
    smarthost.close()
    sink.extensions = ["PIPELINING"]
    answer = smarthost.submit(kare, yes)
    assert (answer.fate, answer.enhanced) == ("failed", "5.6.7")
    assert smarthost.submit(OutgoingMessage("kare@blåbær.example", None, RAW), yes).fate == "sent"


def test_given_a_size_limit_when_the_mail_is_larger_then_it_is_not_sent():
    with pytest.raises(UnsendableMail) as refused:
        commands(OutgoingMessage("a@b.example", None, RAW), {"size": "10"})
    assert refused.value.enhanced == "5.3.4"
    assert b" SIZE=" in commands(MESSAGE, {"size": ""})[0]
    assert b" SIZE=" in commands(MESSAGE, {"size": "0"})[0]
    with pytest.raises(UnsendableMail):
        commands(OutgoingMessage("a@b.example", None, "æ".encode()), {})


def test_given_a_body_without_a_last_line_end_when_stuffed_then_it_gets_one():
    assert dot_stuffed(b"a") == b"a\r\n"


# TLS


@pytest.fixture
def certified(tmp_path):
    return certificate(tmp_path)


@pytest.mark.parametrize(("mode", "implicit"), [("starttls", False), ("opportunistic", False), ("implicit", True)])
def test_given_a_trusted_certificate_when_submitted_then_the_mail_goes_over_tls(certified, mode, implicit, connect):
    with Sink(tls=server_context(*certified), implicit_tls=implicit, login=("mailgate", "blåbær")) as sink:
        smarthost = connect(sink, tls=mode, ca_file=str(certified[0]), user="mailgate", password="blåbær")
        assert smarthost.submit(MESSAGE, yes).fate == "sent"
        smarthost.close()
        assert (sink.mails[0].tls, sink.mails[0].user) == (True, "mailgate")


@pytest.mark.parametrize(("mode", "implicit"), [("starttls", False), ("implicit", True)])
def test_106_given_an_untrusted_certificate_when_submitted_then_nothing_is_sent(certified, mode, implicit, connect):
    with Sink(tls=server_context(*certified), implicit_tls=implicit) as sink:
        answer = connect(sink, tls=mode).submit(MESSAGE, yes)
        assert (answer.fate, answer.session, sink.count) == ("deferred", True, 0)
        assert "certificate" in answer.text
        assert not any(command.startswith("MAIL") for command in sink.commands)


def test_106_given_a_certificate_for_another_name_when_submitted_then_nothing_is_sent(tmp_path, connect):
    files = certificate(tmp_path, ["other.example"])
    with Sink(tls=server_context(*files)) as sink:
        answer = connect(sink, tls="starttls", ca_file=str(files[0])).submit(MESSAGE, yes)
        assert (answer.fate, sink.count) == ("deferred", 0)
        assert "certificate" in answer.text


def test_given_a_self_signed_certificate_and_opportunistic_tls_when_submitted_then_it_is_encrypted_and_not_verified(certified, connect):
    with Sink(tls=server_context(*certified)) as sink:
        assert connect(sink, tls="opportunistic").submit(MESSAGE, yes).fate == "sent"
        assert sink.mails[0].tls


def test_given_a_failing_handshake_and_opportunistic_tls_when_submitted_then_the_mail_goes_in_plain_text(certified, connect):
    """TLS 1.1 on the other side: no version in common."""
    context = server_context(*certified)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with Sink(tls=context) as sink:
        assert connect(sink, tls="opportunistic").submit(MESSAGE, yes).fate == "sent"
        assert not sink.mails[0].tls
        answer = connect(sink, tls="starttls", verify=False).submit(MESSAGE, yes)
        assert (answer.fate, answer.step) == ("deferred", "STARTTLS")


def test_given_garbage_in_the_handshake_and_opportunistic_tls_when_submitted_then_the_mail_goes_in_plain_text(certified, connect):
    with Sink(tls=server_context(*certified)) as sink:
        sink.on("STARTTLS", Garbage(b"220 go\r\n"))
        assert connect(sink, tls="opportunistic", timeouts=SHORT).submit(MESSAGE, yes).fate == "sent"
        assert not sink.mails[0].tls


@pytest.mark.parametrize("reply", ["454 4.7.0 not now", "501 5.5.4 no"])
def test_given_starttls_is_refused_and_opportunistic_tls_when_submitted_then_the_mail_goes_in_plain_text(certified, reply, connect):
    with Sink(tls=server_context(*certified)) as sink:
        sink.on("STARTTLS", reply)
        assert connect(sink, tls="opportunistic").submit(MESSAGE, yes).fate == "sent"
        assert (sink.mails[0].tls, sink.sessions) == (False, 1)


def test_given_a_password_and_an_unverified_certificate_when_submitted_then_the_password_is_sent_only_if_allowed(certified, connect):
    login = {"user": "mailgate", "password": "secret"}
    with Sink(tls=server_context(*certified), login=("mailgate", "secret")) as sink:
        answer = connect(sink, tls="opportunistic", **login).submit(MESSAGE, yes)
        assert (answer.fate, answer.step, sink.count) == ("deferred", "STARTTLS", 0)
        with pytest.raises(ConfigError, match="not checked"):
            connect(sink, tls="starttls", verify=False, **login)
        assert not any("AUTH" in command for command in sink.commands)
        for mode in ("opportunistic", "starttls"):
            smarthost = connect(sink, tls=mode, verify=False, allow_unverified_auth=True, **login)
            assert smarthost.submit(MESSAGE, yes).fate == "sent"
        assert {mail.user for mail in sink.mails} == {"mailgate"}


def test_given_a_password_and_a_failing_handshake_when_submitted_then_it_does_not_fall_back_to_plain_text(certified, connect):
    with Sink(tls=server_context(*certified), login=("mailgate", "secret")) as sink:
        sink.always("STARTTLS", "454 4.7.0 not now")
        for allowed in (True, False):
            smarthost = connect(sink, tls="opportunistic", user="mailgate", password="secret", allow_unverified_auth=allowed)
            assert smarthost.submit(MESSAGE, yes).fate == "deferred"
        assert sink.count == 0
        assert not any("AUTH" in command for command in sink.commands)


# Input that nobody asked for


@pytest.fixture
def encrypted(certified):
    with Sink(tls=server_context(*certified)) as running:
        yield running


@pytest.mark.parametrize("tail", ["550 5.7.1 unsolicited", "250 2.0.0 unsolicited", "421 4.3.2 closing"])
@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("tls", [True, False])
def test_point_16_given_a_reply_too_many_after_a_mail_when_the_next_is_sent_then_it_goes_over_a_fresh_connection(
    sink, encrypted, connect, tls, pipelining, tail
):
    sink = encrypted if tls else sink
    if not pipelining:
        sink.extensions = []
    sink.on("DOT", WithTail("250 2.0.0 ok", tail.encode() + b"\r\n"))
    smarthost = connect(sink, tls="opportunistic")
    assert [smarthost.submit(MESSAGE, yes).fate for _ in range(3)] == ["sent"] * 3
    assert (sink.count, sink.sessions) == (3, 2)


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("tail", ["550 5.7.1 unsolicited", "250 2.0.0 unsolicited"])
@pytest.mark.parametrize("step", STEPS)
def test_point_16_given_a_reply_too_many_within_a_transaction_when_submitted_then_no_mail_is_failed_or_taken_for_sent(
    sink, smarthost, step, tail, pipelining
):
    if not pipelining:
        sink.extensions = []
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    sink.on(step, WithTail(DEFAULTS[step], tail.encode() + b"\r\n"))
    fates = [smarthost.submit(MESSAGE, yes).fate for _ in range(3)]
    assert set(fates) <= {"sent", "deferred"}
    assert sink.count == 1 + fates.count("sent")
    assert fates[1:] == ["sent", "sent"]


def test_given_verification_is_switched_off_when_started_then_it_is_logged_and_mail_flows(certified, caplog, capsys, connect):
    with Sink(tls=server_context(*certified)) as sink:
        smarthost = connect(sink, tls="starttls", verify=False)
        assert smarthost.submit(MESSAGE, yes).fate == "sent"
    shown = capsys.readouterr()
    assert "tls_not_verified" in shown.out + shown.err + caplog.text


def test_106_given_starttls_is_stripped_when_it_is_demanded_then_the_mail_waits(sink, connect):
    answer = connect(sink, tls="starttls").submit(MESSAGE, yes)
    assert (answer.fate, answer.step, answer.session) == ("deferred", "STARTTLS", True)
    assert sink.count == 0
    assert connect(sink, tls="opportunistic").submit(MESSAGE, yes).fate == "sent"


@pytest.mark.parametrize("reply", ["454 4.7.0 not now", "501 5.5.4 no", "554 5.7.0 never"])
def test_106_given_starttls_is_refused_when_it_is_demanded_then_the_mail_waits(certified, reply, connect):
    with Sink(tls=server_context(*certified)) as sink:
        sink.on("STARTTLS", reply)
        answer = connect(sink, tls="starttls", ca_file=str(certified[0])).submit(MESSAGE, yes)
        assert (answer.fate, answer.step, sink.count) == ("deferred", "STARTTLS", 0)


def test_given_plain_text_behind_the_starttls_reply_when_upgraded_then_it_is_not_believed(certified, connect):
    with Sink(tls=server_context(*certified)) as sink:
        sink.on("STARTTLS", WithTail("220 go", b"250 2.0.0 injected\r\n"))
        answer = connect(sink, tls="starttls", ca_file=str(certified[0])).submit(MESSAGE, yes)
        assert (answer.fate, answer.step, sink.count) == ("deferred", "STARTTLS", 0)


def test_given_wrong_credentials_when_submitted_then_the_mail_waits_and_the_password_is_not_shown(certified, connect):
    with Sink(tls=server_context(*certified), login=("mailgate", "right")) as sink:
        smarthost = connect(sink, tls="starttls", ca_file=str(certified[0]), user="mailgate", password="wrong")
        answer = smarthost.submit(MESSAGE, yes)
        assert (answer.fate, answer.step, answer.code) == ("deferred", "AUTH", 535)
    assert "wrong'" not in repr(options(sink, password="wrong"))


def test_given_a_login_but_no_tls_when_started_then_it_refuses_and_when_stripped_then_the_password_stays_here(sink, connect):
    with pytest.raises(ConfigError, match="in the clear"):
        connect(sink, user="mailgate", password="x")
    answer = connect(sink, tls="opportunistic", user="mailgate", password="x").submit(MESSAGE, yes)
    assert (answer.fate, answer.step) == ("deferred", "AUTH")
    assert not any("AUTH" in command for command in sink.commands)


def test_given_only_auth_login_when_offered_then_it_is_used(certified, connect):
    with Sink(tls=server_context(*certified), login=("mailgate", "secret")) as sink:
        sink.greeting = lambda encrypted: ["250-sink", "250-STARTTLS", "250 AUTH LOGIN"]
        smarthost = connect(sink, tls="starttls", ca_file=str(certified[0]), user="mailgate", password="secret")
        assert smarthost.submit(MESSAGE, yes).fate == "sent"
        assert sink.mails[0].user == "mailgate"


def test_given_a_missing_ca_file_when_started_then_one_line_says_so(sink, tmp_path, connect):
    with pytest.raises(ConfigError, match="CA file"):
        connect(sink, tls="starttls", ca_file=str(tmp_path / "none.pem"))


def test_given_an_old_server_when_ehlo_is_unknown_then_helo_is_used(sink, smarthost):
    sink.on("EHLO", "502 5.5.1 what")
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert any(command.startswith("HELO") for command in sink.commands)


def test_given_several_threads_when_submitting_then_each_has_a_connection_and_none_mixes(sink, smarthost):
    def work(number: int) -> None:
        for _ in range(20):
            raw = b"X-Mailgate-Key: t%d\r\n\r\n%d\r\n" % (number, number)
            assert smarthost.submit(OutgoingMessage(f"u{number}@b.example", None, raw), yes).fate == "sent"

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(sink.keys) == {f"t{number}": 20 for number in range(4)}
    assert all(mail.recipients == (f"u{mail.key[1:]}@b.example",) for mail in sink.mails)
    assert sink.sessions <= 4


def test_given_a_port_that_does_not_begin_with_tls_when_the_handshake_fails_then_the_text_says_what_to_set():
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    assert 'set outbound.tls = "starttls"' in describe(error, "in the TLS handshake")
