"""A large base64 body is decoded in pieces; whoever reads it must not be able to tell."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.mail.mime import transfer

PIECE_BYTES = 16


@pytest.fixture(autouse=True, scope="module")
def small_pieces() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "_PIECE_BYTES", PIECE_BYTES)
        yield


def _whole(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "_PIECE_BYTES", 1 << 30)
        return transfer.decode_body(body, "base64")


@given(st.text("AbZ9+/==\r\n -*", max_size=90))
def test_given_any_body_when_decoded_in_pieces_then_it_is_what_the_whole_is(text: str) -> None:
    body = text.encode()
    assert transfer.decode_body(body, "base64") == _whole(body)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\r\n", b"\r\n\r\n \t" * 8]))
def test_given_a_proper_body_when_decoded_in_pieces_then_it_is_whole_and_has_no_defect(content: bytes, end: bytes) -> None:
    body = base64.encodebytes(content).replace(b"\n", b"\r\n") + end
    assert transfer.decode_body(body, "base64") == (content, ())


def test_given_padding_that_data_follows_when_decoded_in_pieces_then_it_is_broken_as_before() -> None:
    body = base64.b64encode(os.urandom(PIECE_BYTES * 3 + 1)) + base64.b64encode(os.urandom(30))
    assert transfer.decode_body(body, "base64") == _whole(body)
    assert transfer.decode_body(body, "base64")[1] == ("broken_base64",)
