"""DMARC against a real DNS server, compared with a second implementation (Debian's libopendmarc)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from mailgate.inbound.auth.dkim import Signature
from mailgate.inbound.auth.resolver import DnsResolver, Lookups
from mailgate.inbound.auth.spf import SpfResult
from mailgate.inbound.auth.verify import dmarc_of
from tests.support.peers.nameserver import PrivateNsd
from tests.support.peers.opendmarc import OpenDmarc

pytestmark = [pytest.mark.packages]


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence for an author's domain, and the verdict. `peer` is what libopendmarc says where it differs, `why` the reason that ours is
    right, with the section of RFC 7489."""

    author: str
    result: str
    spf: tuple[str, str] = ("", "none")
    dkim: list[tuple[str, str]] = field(default_factory=list)
    peer: str = ""
    why: str = ""


CASES = (
    Case("kunde.no", "pass", ("kunde.no", "pass")),
    Case("KUNDE.no", "pass", ("kunde.NO", "pass")),
    Case("kunde.no", "pass", ("post.kunde.no", "pass")),
    Case("kunde.no", "fail", ("annen.no", "pass")),
    Case("kunde.no", "fail", ("ikkekunde.no", "pass")),
    Case("kunde.no", "fail", ("kunde.no.annen.no", "pass")),
    Case("kunde.no", "fail", ("kunde.no", "fail")),
    Case("kunde.no", "fail", ("kunde.no", "softfail")),
    Case("kunde.no", "fail", ("kunde.no", "neutral")),
    Case("kunde.no", "fail"),
    Case("kunde.no", "pass", dkim=[("kunde.no", "pass")]),
    Case("kunde.no", "pass", ("annen.no", "pass"), [("post.kunde.no", "pass")]),
    Case("kunde.no", "pass", ("kunde.no", "fail"), [("annen.no", "pass"), ("kunde.no", "pass")]),
    Case("kunde.no", "pass", ("", "none"), [("kunde.no", "fail"), ("kunde.no", "pass")]),
    Case("kunde.no", "fail", ("annen.no", "pass"), [("annen.no", "pass")]),
    Case("kunde.no", "fail", dkim=[("kunde.no", "fail")]),
    Case("post.kunde.no", "pass", ("kunde.no", "pass")),
    Case("post.kunde.no", "pass", dkim=[("salg.kunde.no", "pass")]),
    Case("post.kunde.no", "fail", dkim=[("annen.no", "pass")]),
    Case("streng.no", "pass", ("streng.no", "pass")),
    Case("streng.no", "pass", dkim=[("streng.no", "pass")]),
    Case("streng.no", "fail", ("post.streng.no", "pass"), peer="pass", why="3.1.2: with aspf=s only an exact match aligns"),
    Case("streng.no", "fail", dkim=[("post.streng.no", "pass")], peer="pass", why="3.1.1: with adkim=s only an exact match aligns"),
    Case("lose.no", "pass", ("post.lose.no", "pass")),
    Case("butikk.co.uk", "pass", ("butikk.co.uk", "pass")),
    Case("nett.butikk.co.uk", "pass", ("butikk.co.uk", "pass")),
    Case("nett.butikk.co.uk", "fail", ("annen.co.uk", "pass")),
    Case(
        "butikk.co.uk",
        "fail",
        dkim=[("co.uk", "pass")],
        peer="pass",
        why="3.1.1 and 3.2: co.uk is a public suffix, no organisation; else whoever signs for a registry signs for all below it",
    ),
    Case("uten.no", "none", ("uten.no", "pass")),
    Case("uten.no", "none", ("uten.no", "fail")),
    Case("gammel.no", "none", ("gammel.no", "fail")),
    Case("rekke.no", "none", ("rekke.no", "fail"), peer="fail", why="6.3 and 6.6.3 step 2: what does not begin with v= is discarded"),
    Case("prosent.no", "pass", ("prosent.no", "pass")),
    Case("prosent.no", "pass", ("annen.no", "fail"), [("annen.no", "fail"), ("nyhet.prosent.no", "pass")]),
    Case("lose.no", "fail", ("annen.no", "pass"), [("annen.no", "pass")]),
    Case("lose.no", "pass", ("lose.no", "softfail"), [("lose.no", "pass")]),
    Case("nett.butikk.co.uk", "pass", ("", "none"), [("nett.butikk.co.uk", "pass")]),
    Case("prosent.no", "fail", ("prosent.no", "fail")),
    Case("delt.no", "fail", ("annen.no", "pass")),
    Case("delt.no", "pass", ("delt.no", "pass")),
    Case("peker.no", "pass", ("peker.no", "pass")),
    Case("peker.no", "fail", ("annen.no", "pass")),
    Case("sub.egen.no", "pass", ("egen.no", "pass")),
    Case("sub.egen.no", "fail", ("annen.no", "pass")),
    Case("dyp.sub.egen.no", "pass", dkim=[("sub.egen.no", "pass")]),
    Case("dyp.sub.egen.no", "fail", dkim=[("annen.no", "pass")]),
    Case(
        "dobbel.no",
        "permerror",
        ("dobbel.no", "fail"),
        peer="fail",
        why="6.6.3 step 5: of two records none counts. The ladder treats it like no record; the word tells the owner that one is wrong",
    ),
    Case(
        "feil.no",
        "permerror",
        ("feil.no", "fail"),
        peer="none",
        why="11.2: a record with wrong syntax is a permerror (6.6.3 step 6.2)",
    ),
    Case("rapport.no", "fail", ("rapport.no", "fail"), peer="none", why="6.6.3 step 6.1: with a good rua= a wrong p= is read as p=none"),
    Case("rapport.no", "pass", ("rapport.no", "pass"), peer="none", why="6.6.3 step 6.1: with a good rua= a wrong p= is read as p=none"),
    Case(
        "kunde.no",
        "temperror",
        ("kunde.no", "temperror"),
        peer="fail",
        why="11.2: it could have passed and nobody knows; libopendmarc has no word for that and would disown a mail because a DNS is away",
    ),
    Case("kunde.no", "fail", ("annen.no", "temperror")),
    Case(
        "broken.test",
        "temperror",
        ("broken.test", "pass"),
        peer="none",
        why="11.2: silence of the DNS is not a no",
    ),
)


@pytest.fixture(scope="module")
def peer(nsd: PrivateNsd) -> OpenDmarc:
    return OpenDmarc(nsd.port)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.author}-{case.spf}-{case.dkim}")
def test_given_evidence_when_judged_then_the_verdict_is_that_of_a_second_implementation(
    case: Case, resolver: DnsResolver, peer: OpenDmarc
) -> None:
    signed = [Signature(domain, result) for domain, result in case.dkim]
    found = dmarc_of(case.author, SpfResult(case.spf[1], case.spf[0]), signed, Lookups(resolver, 5))
    assert (found.result, peer.verdict(case.author, case.spf, case.dkim)) == (case.result, case.peer or case.result), found.reason


def test_given_the_cases_when_counted_then_most_are_agreed_on_without_exception() -> None:
    assert sum(not case.peer for case in CASES) >= 40


def test_given_a_case_that_is_not_agreed_on_when_looked_at_then_it_names_the_section_that_ours_follows() -> None:
    assert all(bool(case.why) == bool(case.peer) and (not case.why or re.match(r"\d+(\.\d+)+", case.why)) for case in CASES)
