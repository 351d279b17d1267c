"""Reading a message out of chunks: the end, the dots, the line ends, the size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.errors import Rejected
from mailgate.inbound.smtp.data import DataReader


def read(wire: bytes, sizes: list[int] | None = None, limit: int = 10_000) -> tuple[DataReader, bytes | None]:
    """Feed `wire` in pieces of these sizes, then the rest; the reader, and what followed the end."""
    reader, at = DataReader(limit, limit), 0
    for size in (*(sizes or ()), len(wire)):
        piece = wire[at : at + size]
        at += len(piece)
        rest = reader.feed(piece)
        if rest is not None:
            return reader, rest + wire[at:]
    return reader, None


def dot_stuffed(content: bytes) -> bytes:
    """As a client sends it (RFC 5321 section 4.5.2)."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


lines = st.lists(
    st.binary(max_size=12).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")) | st.sampled_from([b".", b"..", b".x", b""])
)
contents = lines.map(lambda found: b"".join(line + b"\r\n" for line in found))


@given(contents, st.lists(st.integers(0, 7), max_size=40), st.binary(max_size=20))
def test_given_any_lines_in_any_pieces_then_what_was_sent_comes_out(content: bytes, sizes: list[int], after: bytes) -> None:
    reader, rest = read(dot_stuffed(content) + after, sizes)
    assert reader.content() == content
    assert rest == after


smuggling = st.lists(st.sampled_from([b"a", b".", b"\n", b"\r\n", b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"MAIL FROM:<x>"]), max_size=12).map(
    b"".join
)


@given(smuggling, st.lists(st.integers(0, 5), max_size=20))
def test_given_bare_line_feeds_anywhere_then_only_crlf_dot_crlf_ends_and_only_crlf_is_left(body: bytes, sizes: list[int]) -> None:
    wire = body + b"x\r\n.\r\n"
    end = (b"\r\n" + wire).find(b"\r\n.\r\n")
    reader, rest = read(wire, sizes)
    assert rest == wire[end + 3 :]
    content = reader.content()
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert (b"\n" in wire[:end].replace(b"\r\n", b"")) == ("bare_lf" in reader.notes(content, declared_8bit=True))


@given(st.binary(max_size=200), st.lists(st.integers(0, 9), max_size=20))
def test_given_any_bytes_then_it_is_read_or_refused_for_a_bare_cr_the_same_in_any_pieces(wire: bytes, sizes: list[int]) -> None:
    def outcome(pieces: list[int]) -> object:
        try:
            reader, rest = read(wire, pieces)
        except Rejected as refusal:
            return refusal.reason
        return None if rest is None else (reader.content(), rest)

    whole, cut = outcome([]), outcome(sizes)
    if whole != "bare_cr" and cut != "bare_cr":
        assert whole == cut


@pytest.mark.parametrize("wire", [b"a\rb\r\n", b"\r.\r", b"a\r\r\n", b"\r\n.\r\r\n", b"\r\r"])
def test_given_a_bare_cr_then_it_is_refused_for_good_and_the_session_closes(wire: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read(wire)
    assert str(caught.value.reply).startswith("550 5.6.11")
    assert caught.value.close


def test_given_a_message_at_the_limit_then_it_is_kept_and_one_octet_more_is_not() -> None:
    reader, rest = read(b"x" * 98 + b"\r\n.\r\n", limit=100)
    assert (rest, reader.discarding, len(reader.content())) == (b"", False, 100)
    reader, rest = read(b"x" * 99 + b"\r\n.\r\n", limit=100)
    assert (rest, reader.discarding, reader.too_large, reader.stored_bytes) == (b"", True, True, 0)


def test_given_no_end_within_limit_and_slack_then_it_is_refused_and_closes() -> None:
    reader = DataReader(100, 50)
    assert reader.feed(b"x" * 140) is None
    with pytest.raises(Rejected) as caught:
        reader.feed(b"x" * 20)
    assert (caught.value.reply.code, caught.value.close) == (552, True)


def test_given_it_was_given_up_then_nothing_more_is_kept() -> None:
    reader = DataReader(1000, 1000)
    reader.feed(b"x" * 100)
    reader.discard()
    assert reader.feed(b"y" * 100 + b"\r\n.\r\nrest") == b"rest"
    assert (reader.stored_bytes, reader.too_large) == (0, False)
