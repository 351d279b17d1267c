"""Authentication-Results as real servers write them, and as senders try to write into them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.mail.auth.authres import AuthResults, read

MX = "mx.firma.test"
US = frozenset({MX})


def found(rest: str, author: str = "kunde.no") -> tuple[str, str, str, str]:
    results = read([("Authentication-Results", f"{MX}; {rest}")], US, author)
    return results.spf, results.dkim, results.dmarc, results.arc


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("dmarc=pass header.from=kunde.no", ("none", "none", "pass", "none")),
        ("none", ("none", "none", "none", "none")),
        (  # Gmail
            'dkim=pass header.i=@kunde.no header.s=s1 header.b="Ab/+=="; arc=pass (i=1 spf=pass spfdomain=kunde.no dkim=pass); spf=pass '
            "(google.com: domain of kari@kunde.no designates 192.0.2.1 as permitted sender) smtp.mailfrom=kari@kunde.no; "
            "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=kunde.no",
            ("pass", "pass", "pass", "pass"),
        ),
        (  # Exchange Online
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=kunde.no; dkim=pass (signature was verified) header.d=kunde.no;"
            "dmarc=pass action=none header.from=kunde.no;compauth=pass reason=100",
            ("pass", "pass", "pass", "none"),
        ),
        (  # OpenDKIM with a comment that has a semicolon
            'dkim=pass (2048-bit key; unprotected) header.d=kunde.no header.i=@kunde.no header.b="a/b"; dkim=fail header.d=liste.no',
            ("none", "pass", "none", "none"),
        ),
        (  # Fastmail
            "dmarc=pass policy.published-domain-policy=none policy.applied-disposition=none (p=none,d=none) policy.policy-from=p "
            "header.from=kunde.no; spf=softfail smtp.mailfrom=kari@kunde.no smtp.helo=post.kunde.no",
            ("softfail", "none", "pass", "none"),
        ),
        ("dmarc/1 = pass header.from = Kunde.NO", ("none", "none", "pass", "none")),
        ("dmarc=pass header.from=post.kunde.no", ("none", "none", "pass", "none")),  # Gmail names the organisation
        ('dmarc=pass reason="a; b" header.from=kunde.no', ("none", "none", "pass", "none")),
        ("dmarc=fail (p=reject) header.from=kunde.no", ("none", "none", "fail", "none")),
        ("spf=temperror; dkim=neutral; dmarc=permerror; arc=none", ("temperror", "neutral", "permerror", "none")),
    ],
)
def test_given_what_real_servers_write_when_read_then_it_is_understood(text: str, wording: tuple[str, str, str, str]) -> None:
    assert found(text) == wording


@pytest.mark.parametrize(
    "text",
    [
        'spf=pass smtp.mailfrom="a; dmarc=pass"@ond.test',
        'spf=pass smtp.mailfrom="a; dmarc=pass x"@ond.test; dmarc=none header.from=kunde.no',
        "spf=pass smtp.mailfrom=a; dmarc=pass x@ond.test; dmarc=none header.from=kunde.no",
        "spf=pass smtp.mailfrom=a; dmarc=pass@ond.test",
        'spf=pass (mx: domain of "a) ; dmarc=pass (b"@ond.test designates 192.0.2.1); dmarc=none',
        'spf=pass smtp.mailfrom="a\\"; dmarc=pass ; x=\\""@ond.test',
        "spf=pass (a\\) ; dmarc=pass ; (b) smtp.mailfrom=ond.test",
        "spf=pass (mx; dmarc=pass",
        'spf=pass smtp.mailfrom="a; dmarc=pass',
        "dmarc=pass header.from=ond.test",
        "dmarc=pass header.from=kari@ond.test",
        "dmarc=passed",
        "x=y (dmarc=pass)",
    ],
)
def test_given_what_a_sender_got_written_into_the_field_when_read_then_no_pass_comes_of_it(text: str) -> None:
    assert found(text)[2] in ("none", "passed")


@pytest.mark.parametrize(
    "text",
    [
        'spf=pass smtp.mailfrom="a; dmarc=pass "@ond.test; dmarc=fail header.from=kunde.no',
        "spf=pass smtp.mailfrom=a; dmarc=pass ; x@ond.test; dmarc=fail header.from=kunde.no",
        'spf=none smtp.mailfrom="; dmarc=fail header.from=kunde.no',
        "spf=none (; dmarc=fail header.from=kunde.no",
        "dmarc=fail header.from=kunde.no; dmarc=pass header.from=kunde.no",
    ],
)
def test_given_a_fail_that_a_sender_tries_to_hide_when_read_then_it_stays_a_fail(text: str) -> None:
    assert found(text)[2] == "fail"


def test_given_several_fields_when_read_then_the_topmost_of_a_trusted_server_counts() -> None:
    fields = [
        ("Subject", f"{MX}; dmarc=pass"),
        ("Authentication-Results", "mx.ond.test; dmarc=pass"),
        ("authentication-results", f"(us) {MX.upper()} 1; dmarc=fail"),
        ("Authentication-Results", f"{MX}; dmarc=pass"),
    ]
    assert read(fields, US).dmarc == "fail"
    assert read(fields, ()) == AuthResults()


WORDS = [MX, "dmarc=pass", "dmarc=fail", "spf=pass", "dkim", "header.from=", "kunde.no", *'; =/()"@\\', "\xff", "\u0130"]
PIECES = st.lists(st.sampled_from(WORDS), max_size=25).map("".join)


@given(text=st.one_of(PIECES, st.text(max_size=40)), author=st.one_of(st.just("kunde.no"), st.text(max_size=10)))
def test_given_any_text_when_read_then_there_is_a_result_and_no_exception(text: str, author: str) -> None:
    results = read([("Authentication-Results", text), ("Authentication-Results", f"{MX}; {text}")], US, author)
    assert all(word.isalpha() for word in (results.spf, results.dkim, results.dmarc, results.arc))


@given(text=PIECES.filter(lambda text: "pass" not in text))
def test_given_a_fail_and_anything_before_it_when_read_then_the_anything_makes_no_pass_of_it(text: str) -> None:
    assert found(f"spf=none smtp.mailfrom={text}; dmarc=fail header.from=kunde.no")[2] != "pass"


SLOW = ["(" * 9000, '"' * 9000, "a=b " * 3000, "dmarc=pass " + "a=" * 4000, "dmarc=pass" + " a" * 4000, "\\" * 9000, "()" * 4500]


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_given_a_field_that_is_made_to_be_slow_when_read_then_it_is_not(text: str) -> None:
    began_s = time.thread_time()
    found(text)
    assert time.thread_time() - began_s < 0.2


@pytest.mark.parametrize(("clause", "verdict"), [
    ("spf=hardfail smtp.mailfrom=kunde.example", "fail"),
    ("spf=pass smtp.mailfrom=offer@annet.example", "none"),
    ('spf=pass smtp.mailfrom="x y"@annet.example', "none"),
    ("spf=pass smtp.mailfrom=offer@mx.kunde.example", "pass"),
    ("spf=pass smtp.mailfrom=KUNDE.example.", "pass"),
    ("spf=pass", "pass"),
])  # fmt: skip
def test_12_02_given_spf_of_a_sender_when_the_reverse_path_is_judged_then_only_its_own_pass_counts(clause: str, verdict: str) -> None:
    fields = [("Authentication-Results", f"mx.firma.example; {clause}")]
    assert read(fields, {"mx.firma.example"}, "kunde.example", "kunde.example").reverse_path == verdict
