"""No exception escapes the verifiers, whatever the mail and the DNS hold. Short here; `make fuzz` runs longer."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgate.inbound.auth.dkim import chain, signatures
from mailgate.inbound.auth.resolver import Lookups
from mailgate.mail.auth.signed_parts import parts_of
from tests.fuzz.origin import AT, AnyDns, check_origin, seeds

EXAMPLES = int(os.environ.get("MAILGATE_FUZZ_EXAMPLES", "150"))
SHORT = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
PIECES = [
    b"DKIM-Signature: ",
    b"ARC-Seal: ",
    b"ARC-Message-Signature: ",
    b"ARC-Authentication-Results: ",
    b"Authentication-Results: mx.firma.test; ",
    b"v=1;",
    b"a=rsa-sha256;",
    b"a=ed25519-sha256;",
    b"d=kunde.no;",
    b"d=\\.kunde.no;",
    b"s=s;",
    b"s=..;",
    b"h=from:from:;",
    b"h=:;",
    b"bh=;",
    b"b=;",
    b"c=simple/relaxed;",
    b"c=/;",
    b"i=1;",
    b"i=99999999999999999999;",
    b"i=@;",
    b"cv=none;",
    b"cv=pass;",
    b"l=-1;",
    b"l=99999999999;",
    b"t=1;",
    b"x=0;",
    b"q=dns;",
    b"z=;",
    b"\r\n ",
    b"\r\n",
    b"\xff",
    b"\xc3\xb8",
    b"\0",
    b"\0\0",
    b"v=spf1 ",
    b"include:",
    b"redirect=",
    b"exp=",
    b"a:%{",
    b"%{l1r+-/}",
    b"%{p}.",
    b"%%%_%-",
    b"ip4:1.2.3.4/99 ",
    b"ip6:::ffff:1.2.3.4/129 ",
    b"mx//",
    b"ptr ",
    b"-all",
    b"v=DMARC1;",
    b"p=",
    b"rua=:",
    b"v=DKIM1;",
    b"k=rsa;",
    b"p=MIGf",
    b"t=s:y;",
    b"=?utf-8?q?=3B?=",
    b'"',
    b"(",
    b")",
    b"\\",
    b"dmarc=pass",
    b"From: a@b, c@d\r\n",
    b"From: <@kunde.no>\r\n",
    b"from [::1] by ",
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good input with bytes cut out, doubled, changed, or pieces put in."""
    raw = bytearray(draw(st.sampled_from(seeds())))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        how = draw(st.sampled_from(["cut", "double", "put", "noise"]))
        length = draw(st.integers(0, 80))
        if how == "cut":
            del raw[at : at + length]
        elif how == "double":
            raw[at:at] = raw[at : at + length]
        elif how == "put":
            raw[at:at] = draw(st.sampled_from(PIECES))
        else:
            raw[at : at + 4] = draw(st.binary(max_size=8))
    return bytes(raw)


def test_given_the_seeds_when_verified_then_they_come_past_the_first_checks() -> None:
    head, _, _ = seeds()[0].partition(b"\0\0")
    lookups = Lookups(AnyDns(tuple(head.split(b"\0"))), 5)
    _, ours, sealed = (parts_of(seed.partition(b"\0\0")[2]) for seed in seeds())
    assert [one.result for one in signatures(ours, "kunde.no", lookups, AT.timestamp())] == ["pass", "pass"]
    assert chain(sealed, lookups)[0] == "pass"


@SHORT
@given(mutated())
def test_given_a_good_mail_and_dns_that_were_changed_when_verified_then_there_are_results_and_nothing_is_raised(data: bytes) -> None:
    check_origin(data)


@SHORT
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=40).map(b"".join))
def test_given_pieces_in_any_order_when_verified_then_there_are_results_and_nothing_is_raised(data: bytes) -> None:
    check_origin(data)
