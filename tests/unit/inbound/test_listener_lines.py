"""Cutting command lines, and what a command means without any connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.errors import Rejected, Reply
from mailgate.inbound import smtp_replies
from mailgate.inbound.limits import Limits
from mailgate.inbound.recipients import OwnAddresses, own_recipients
from mailgate.inbound.smtp_dialogue import Dialogue, Setup, Step
from mailgate.inbound.smtp_lines import LineBuffer


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


def dialogue(**limits: int) -> Dialogue:
    own = own_recipients(OwnAddresses("firma.test", frozenset({"support@firma.test"})))
    return Dialogue(Setup("mx.firma.test", lmtp=False, limits=Limits(**limits), recipients=own), lambda declared_bytes: None)


def say(talk: Dialogue, line: bytes) -> str:
    try:
        answer = talk.command(line)
    except Rejected as refusal:
        return str(talk.escalate(refusal).reply)
    return answer.decode().rstrip() if isinstance(answer, bytes) else answer.name


def test_given_a_mail_then_each_command_leads_to_the_next() -> None:
    talk = dialogue()
    said = [say(talk, line)[:9] for line in (b"EHLO x", b"MAIL FROM:<a@b.test> SIZE=5", b"RCPT TO:<support@firma.test>", b"data", b"QUIT")]
    assert said == ["250-mx.fi", "250 2.1.0", "250 2.1.5", Step.DATA.name, Step.QUIT.name]
    assert talk.transaction is not None
    assert talk.transaction.declared_bytes == 5


def test_given_refused_recipients_then_only_they_count_as_such_and_delays_grow() -> None:
    talk = dialogue(refused_recipients=10)
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
    talk = dialogue()
    said = []
    for _ in range(5):
        said += [say(talk, b"XYZZY")[:3], say(talk, b"NOOP")[:3]]
    assert said == ["500", "250"] * 4 + ["421", "250"]


def replies() -> list[Reply]:
    return [value for name, value in vars(smtp_replies).items() if name.startswith("R") and isinstance(value, Reply)]


@pytest.mark.parametrize("reply", replies(), ids=str)
def test_given_a_named_reply_then_its_name_and_codes_agree(reply: Reply) -> None:
    name = next(name for name, value in vars(smtp_replies).items() if value is reply)
    assert name.startswith(f"R{reply.code}_")
    assert reply.enhanced == "" or reply.enhanced[0] == str(reply.code)[0]
    assert smtp_replies.wire(reply).isascii()
    assert len(smtp_replies.wire(reply)) <= 512
