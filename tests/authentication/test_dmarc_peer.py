"""DMARC against a real DNS server, compared with a second implementation (Debian's libopendmarc)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from mailgate.inbound.dkim import Signature
from mailgate.inbound.resolver import Lookups, Resolver
from mailgate.inbound.spf import SpfResult
from mailgate.inbound.verify import dmarc_of
from tests.authentication.nameserver import PrivateNsd
from tests.authentication.opendmarc import OpenDmarc

pytestmark = [pytest.mark.packages]


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence for an author's domain, and the verdict. `peer` is what libopendmarc says where it differs, with the reason beside it."""

    author: str
    result: str
    spf: tuple[str, str] = ("", "none")
    dkim: list[tuple[str, str]] = field(default_factory=list)
    peer: str = ""


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
    # libopendmarc lets a subdomain pass where the owner has asked for the same domain (section 3.1.1).
    Case("streng.no", "fail", ("post.streng.no", "pass"), peer="pass"),
    Case("streng.no", "fail", dkim=[("post.streng.no", "pass")], peer="pass"),
    Case("lose.no", "pass", ("post.lose.no", "pass")),
    Case("butikk.co.uk", "pass", ("butikk.co.uk", "pass")),
    Case("nett.butikk.co.uk", "pass", ("butikk.co.uk", "pass")),
    Case("nett.butikk.co.uk", "fail", ("annen.co.uk", "pass")),
    # It takes a public suffix for the organisation of all below it.
    Case("butikk.co.uk", "fail", dkim=[("co.uk", "pass")], peer="pass"),
    Case("uten.no", "none", ("uten.no", "pass")),
    Case("uten.no", "none", ("uten.no", "fail")),
    Case("gammel.no", "none", ("gammel.no", "fail")),
    # It takes a record that does not begin with v= (section 6.4).
    Case("rekke.no", "none", ("rekke.no", "fail"), peer="fail"),
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
    # It takes one of two records, has no word for a record that is wrong, and takes none that is wrong but wants reports (section 6.6.3).
    Case("dobbel.no", "permerror", ("dobbel.no", "fail"), peer="fail"),
    Case("feil.no", "permerror", ("feil.no", "fail"), peer="none"),
    Case("rapport.no", "fail", ("rapport.no", "fail"), peer="none"),
    Case("rapport.no", "pass", ("rapport.no", "pass"), peer="none"),
    # It has no word for "try again later".
    Case("kunde.no", "temperror", ("kunde.no", "temperror"), peer="fail"),
    Case("kunde.no", "fail", ("annen.no", "temperror")),
    Case("broken.test", "temperror", ("broken.test", "pass"), peer="none"),
)


@pytest.fixture(scope="module")
def peer(nsd: PrivateNsd) -> OpenDmarc:
    return OpenDmarc(nsd.port)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.author}-{case.spf}-{case.dkim}")
def test_given_evidence_when_judged_then_the_verdict_is_that_of_a_second_implementation(
    case: Case, resolver: Resolver, peer: OpenDmarc
) -> None:
    signed = [Signature(domain, result) for domain, result in case.dkim]
    found = dmarc_of(case.author, SpfResult(case.spf[1], case.spf[0]), signed, Lookups(resolver, 5))
    assert (found.result, peer.verdict(case.author, case.spf, case.dkim)) == (case.result, case.peer or case.result), found.reason


def test_given_the_cases_when_counted_then_most_are_agreed_on_without_exception() -> None:
    assert sum(not case.peer for case in CASES) >= 40
