"""Paths and parameters of MAIL and RCPT (RFC 5321 section 4.1.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.errors import Rejected
from mailgate.inbound.smtp.arguments import Path, read_forward_path, read_parameters, read_reverse_path


@pytest.mark.parametrize(
    ("text", "local", "domain", "written"),
    [
        ("<a@b.test>", "a", "b.test", "a@b.test"),
        ("<A.b+c=d@B.Test>", "A.b+c=d", "b.test", "A.b+c=d@b.test"),
        ('<"a b"@b.test>', "a b", "b.test", '"a b"@b.test'),
        ('<"a\\"\\\\b"@b.test>', 'a"\\b', "b.test", '"a\\"\\\\b"@b.test'),
        ('<"abc"@b.test>', "abc", "b.test", "abc@b.test"),
        ('<""@b.test>', "", "b.test", '""@b.test'),
        ('<"a@c"@b.test>', "a@c", "b.test", '"a@c"@b.test'),
        ('<">"@b.test>', ">", "b.test", '">"@b.test'),
        ("<a@[192.0.2.1]>", "a", "[192.0.2.1]", "a@[192.0.2.1]"),
        ("<a@[IPv6:2001:DB8::1]>", "a", "[ipv6:2001:db8::1]", "a@[ipv6:2001:db8::1]"),
        ("<a..b.@b.test>", "a..b.", "b.test", "a..b.@b.test"),
        ("<kåre@blåbær.test>", "kåre", "blåbær.test", "kåre@blåbær.test"),
        ("<a@b>", "a", "b", "a@b"),
        ("<a@1.test>", "a", "1.test", "a@1.test"),
        ("<a@under_score.test>", "a", "under_score.test", "a@under_score.test"),
    ],
)
def test_given_a_path_of_the_grammar_then_it_is_read_and_written_back(text: str, local: str, domain: str, written: str) -> None:
    path, rest = read_forward_path(text.encode() + b" SIZE=1")
    assert (path.local, path.domain, path.routed, str(path), rest) == (local, domain, False, written, b" SIZE=1")
    assert read_reverse_path(text.encode()) == (path, b"")


@pytest.mark.parametrize("rest", [b"", b" SIZE=1", b" BODY=8BITMIME SIZE=1"])
@pytest.mark.parametrize(
    "address",
    ["scan@kunde.test", "Kopi.2etg@print.kunde.test", "alarm+ups-1@ny-avdeling.kunde.test", "ups_3@kunde.test"],
)
def test_given_an_address_without_brackets_when_it_is_clear_then_it_is_taken(address: str, rest: bytes) -> None:
    path, left = read_reverse_path(address.encode() + rest)
    assert (str(path), left) == (address, rest)
    assert read_forward_path(address.encode() + rest) == (path, rest)


def test_given_a_source_route_then_it_is_notified_and_dropped() -> None:
    assert read_forward_path(b"<@a.test,@b.test:x@c.test>")[0] == Path("x", "c.test", routed=True)


def test_given_the_null_path_then_it_is_a_sender_and_no_recipient() -> None:
    assert read_reverse_path(b"<> SIZE=1") == (None, b" SIZE=1")
    with pytest.raises(Rejected):
        read_forward_path(b"<>")


@pytest.mark.parametrize("text", [b"<postmaster>", b"<POSTMASTER>", b"postmaster"])
def test_given_the_bare_postmaster_then_it_is_a_recipient_and_no_sender(text: bytes) -> None:
    assert read_forward_path(text)[0] == Path("postmaster", "")
    with pytest.raises(Rejected):
        read_reverse_path(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<",
        b"<>x",
        b"<a>",
        b"<@>",
        b"<a@>",
        b"<@b.test>",
        b"a@b.test>",
        b"a@b.test,c@d.test",
        b"a b@c.test",
        b"Ola a@b.test",
        b"a@b.test;",
        b"@a.test:x@b.test",
        b"a@",
        b"a",
        b"<a@b.test",
        b"<a@b.test>SIZE=1",
        b"<a@b.test>>",
        b"<<a@b.test>>",
        b"<a b@c.test>",
        b"<a@b c.test>",
        b"<a@b..test>",
        b"<a@.test>",
        b"<a@b.test.>",
        b"<a@-b.test>",
        b"<a@b-.test>",
        b"<a(c)@b.test>",
        b"<a@b@c.test>",
        b'<"a"b@c.test>',
        b'<"a@c.test>',
        b"<a@[192.0.2.1>",
        b"<a@192.0.2.1]>",
        b"<\xe6@b.test>",
        b"<a@b.test\x80>",
        b"<a@\xc2\x85.test>",
        b"<a\t@b.test>",
        b"<:a@b.test>",
        b"<@x:@b.test>",
        b"<a@" + b"x" * 256 + b">",
        b"<a@b.test>,<c@d.test>",
        b"<a,b@c.test>",
        b"<a;@b.test>",
    ],
)
def test_given_what_is_no_path_then_it_is_refused_and_not_repaired(text: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read_forward_path(text)
    assert str(caught.value.reply).startswith("501 5.1.3")
    if not text.startswith(b"<>"):
        with pytest.raises(Rejected) as caught:
            read_reverse_path(text)
        assert str(caught.value.reply).startswith("501 5.1.7")


@given(st.binary(max_size=40))
def test_given_any_bytes_then_they_are_a_path_or_refused(text: bytes) -> None:
    try:
        path, rest = read_forward_path(b"<" + text + b"@b.test>")
    except Rejected:
        return
    assert "\r" not in str(path)
    assert "\n" not in str(path)
    again, _ = read_forward_path(f"<{path}>".encode())
    assert (again.local, again.domain) == (path.local, path.domain)
    assert rest == b"" or rest.startswith(b" ")


def test_given_parameters_then_keywords_are_upper_case_and_values_as_sent() -> None:
    assert read_parameters(b"  size=10 BODY=8bitMIME  SMTPUTF8 ") == {"SIZE": "10", "BODY": "8bitMIME", "SMTPUTF8": None}
    assert read_parameters(b"") == {}


@pytest.mark.parametrize("text", [b"SIZE=", b"=1", b"SIZE=1 SIZE=2", b"SIZE=1 size=1", b"-X=1", b"A_B", b"\xff"])
def test_given_bad_parameters_then_they_are_refused(text: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read_parameters(text)
    assert caught.value.reply.code == 501
