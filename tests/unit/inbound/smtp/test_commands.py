"""Cutting command lines, and what a command means without any connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.errors import Rejected, SmtpReply
from mailgate.inbound.smtp import replies
from mailgate.inbound.smtp.commands import CommandHandler, SessionStep, SmtpConfig
from mailgate.inbound.smtp.limits import SmtpLimits
from mailgate.inbound.smtp.lines import LineBuffer
from mailgate.inbound.smtp.recipients import OwnAddresses, own_recipients


def cut(chunks: list[bytes]) -> list[bytes | str]:
    """Lines and refusals, in order."""
    lines, found = LineBuffer(20, 10), []
    for chunk in chunks:
        lines.feed(chunk)
        while True:
            try:
                line = lines.next()
            except Rejected as refusal:
                found.append(refusal.reason)
                if refusal.close:
                    return found
                continue
            if line is None:
                break
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("wire", "found"),
    [
        (b"A\r\nB\r\n\r\nC", [b"A", b"B", b""]),
        (b"A\nB\r\n", ["bad_line_end", b"B"]),
        (b"A\rB\r\n", ["bad_line_end", b"B"]),
        (b"A\r\r\nB\r\n", ["bad_line_end", b"", b"B"]),
        (b"A\rB", ["bad_line_end"]),
        (b"x" * 18 + b"\r\n", [b"x" * 18]),
        (b"x" * 19 + b"\r\n", ["line_too_long"]),
        (b"MAIL" + b"x" * 24 + b"\r\n", [b"MAIL" + b"x" * 24]),
        (b"x" * 41, ["line_too_long"]),
        (b"x" * 39 + b"\r\nA\r\n", ["line_too_long"]),
        (b"x" * 38 + b"\r\nA\r\n", ["line_too_long", b"A"]),
    ],
)
def test_given_bytes_then_only_crlf_ends_a_line(wire: bytes, found: list[bytes | str]) -> None:
    assert cut([wire]) == found


@given(st.lists(st.binary(max_size=10).filter(lambda line: b"\r" not in line and b"\n" not in line), max_size=8), st.integers(1, 7))
def test_given_good_lines_in_any_pieces_then_they_come_out(given_lines: list[bytes], size: int) -> None:
    wire = b"".join(line + b"\r\n" for line in given_lines)
    assert cut([wire[at : at + size] for at in range(0, len(wire), size)]) == given_lines


def handler(**limits: int) -> CommandHandler:
    own = own_recipients(OwnAddresses("firma.test", frozenset({"support@firma.test"})))
    return CommandHandler(SmtpConfig("mx.firma.test", lmtp=False, limits=SmtpLimits(**limits), recipients=own), lambda declared_bytes: None)


def say(talk: CommandHandler, line: bytes) -> str:
    try:
        answer = talk.command(line)
    except Rejected as refusal:
        return str(talk.escalate(refusal).reply)
    return answer.decode().rstrip() if isinstance(answer, bytes) else answer.name


def test_given_a_mail_then_each_command_leads_to_the_next() -> None:
    talk = handler()
    said = [say(talk, line)[:9] for line in (b"EHLO x", b"MAIL FROM:<a@b.test> SIZE=5", b"RCPT TO:<support@firma.test>", b"data", b"QUIT")]
    assert said == ["250-mx.fi", "250 2.1.0", "250 2.1.5", SessionStep.DATA.name, SessionStep.QUIT.name]
    assert talk.transaction is not None
    assert talk.transaction.declared_bytes == 5


def test_given_refused_recipients_then_only_they_count_as_such_and_delays_grow() -> None:
    talk = handler(refused_recipients=10)
    for line in (b"EHLO x", b"MAIL FROM:<a@b.test>"):
        say(talk, line)
    delays = []
    for number in range(10):
        assert say(talk, b"RCPT TO:<u%d@firma.test>" % number).startswith("550 5.1.1")
        delays.append(talk.delay_s())
    assert delays[:4] == [0.0] * 4
    assert delays == sorted(delays)
    assert 0 < delays[-1] <= 2
    assert say(talk, b"RCPT TO:<support@firma.test>").startswith("250")
    assert say(talk, b"RCPT TO:<u@firma.test>").startswith("421 4.7.0")


def test_given_wrong_commands_between_right_ones_then_the_fifth_wrong_one_is_the_last() -> None:
    talk = handler()
    said = []
    for _ in range(5):
        said += [say(talk, b"XYZZY")[:3], say(talk, b"NOOP")[:3]]
    assert said == ["500", "250"] * 4 + ["421", "250"]


def all_replies() -> list[SmtpReply]:
    return [value for name, value in vars(replies).items() if name.startswith("R") and isinstance(value, SmtpReply)]


@pytest.mark.parametrize("reply", all_replies(), ids=str)
def test_given_a_named_reply_then_its_name_and_codes_agree(reply: SmtpReply) -> None:
    name = next(name for name, value in vars(replies).items() if value is reply)
    assert name.startswith(f"R{reply.code}_")
    assert reply.enhanced == "" or reply.enhanced[0] == str(reply.code)[0]
    assert replies.encoded(reply).isascii()
    assert len(replies.encoded(reply)) <= 512
