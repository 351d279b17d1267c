"""Canonical forms that we sign, beside those of dkimpy; what it and opendkim say of signatures stands in `inbound/auth/peers`."""

from __future__ import annotations

from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgate.mail.auth.dkim_sign import relaxed_body, relaxed_head

lines = st.lists(st.text("a. \t", max_size=5).map(str.encode), max_size=8)


@given(lines)
@settings(max_examples=400, deadline=None)
def test_given_any_body_when_made_canonical_then_dkimpy_finds_the_same(written):
    body = b"".join(line + b"\r\n" for line in written)
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@given(lines)
@settings(max_examples=200, deadline=None)
def test_given_any_value_of_a_field_when_made_canonical_then_dkimpy_finds_the_same(written):
    value = b" x" + b"".join(b"\r\n " + line + b"y" for line in written)
    ((name, found),) = relaxed_head(b"Subject:" + value)
    assert [(name, found + b"\r\n")] == Relaxed.canonicalize_headers([(b"Subject", value + b"\r\n")])
