"""SPF against a real DNS server, compared with a second implementation (Mail::SPF, Debian's libmail-spf-perl)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import pytest

from mailgate.inbound.auth import spf
from mailgate.inbound.auth.resolver import DnsResolver, Lookups
from mailgate.mail.auth.received import SmtpClient
from tests.support.harness.repository import ROOT
from tests.support.peers.nameserver import PrivateNsd

pytestmark = [pytest.mark.packages]
PEER = ROOT / "tests" / "support" / "peers" / "mail_spf.pl"


@dataclass(frozen=True, slots=True)
class Case:
    """`sender` "" is the null reverse-path. `peer` is set where Mail::SPF differs, with the reason beside it."""

    sender: str
    result: str
    ip: str = "192.0.2.1"
    helo: str = "helo.vert.no"
    peer: str = ""


CASES = (
    Case("a@kunde.no", "pass"),
    Case("a@kunde.no", "fail", "198.51.100.1"),
    Case("a@KUNDE.NO", "pass"),
    Case("a@myk.no", "pass"),
    Case("a@myk.no", "softfail", "198.51.100.1"),
    Case("a@noytral.no", "neutral", "198.51.100.1"),
    Case("a@apen.no", "pass", "198.51.100.1"),
    Case("a@tom.no", "neutral"),
    Case("a@annet.no", "none"),
    Case("a@finnesikke.no", "none"),
    Case("a@to.no", "permerror"),
    Case("a@store.no", "pass"),
    Case("a@store.no", "fail", "198.51.100.1"),
    Case("a@nesten.no", "none"),
    Case("a@delt.no", "pass"),
    Case("a@vert.no", "pass"),
    Case("a@vert.no", "pass", "192.0.2.25"),
    Case("a@vert.no", "fail", "192.0.2.26"),
    Case("a@vert.no", "pass", "2001:db8::1"),
    Case("a@vert.no", "pass", "2001:db8::25"),
    Case("a@vert.no", "fail", "2001:db8::26"),
    Case("a@nett.no", "pass", "192.0.2.200"),
    Case("a@nett.no", "fail", "2001:db8::2"),
    Case("a@nett6.no", "pass", "2001:db8::2"),
    Case("a@nett6.no", "fail", "2001:db8:0:1::2"),
    Case("a@seks.no", "pass", "2001:db8:ffff::9"),
    Case("a@seks.no", "fail"),
    Case("a@seks.no", "pass", "2001:DB8::9"),
    Case("a@med.no", "pass"),
    Case("a@med.no", "fail", "198.51.100.1"),
    Case("a@medmyk.no", "neutral", "198.51.100.1"),
    Case("a@medingen.no", "permerror"),
    Case("a@medbroken.no", "temperror"),
    Case("a@videre.no", "pass"),
    Case("a@videre.no", "fail", "198.51.100.1"),
    Case("a@videreingen.no", "permerror"),
    Case("a@viderealle.no", "fail"),
    Case("a@runde.no", "permerror"),
    Case("a@selv.no", "permerror"),
    Case("a@feil.no", "permerror"),
    Case("a@ukjent.no", "permerror"),
    Case("a@ukjentmod.no", "pass"),
    Case("a@cidr.no", "permerror"),
    Case("a@finnes.no", "pass"),
    Case("a@finnes.no", "fail", "192.0.2.2"),
    Case("ola@makro.no", "pass"),
    Case("kari@makro.no", "fail"),
    Case("a@darligmakro.no", "permerror"),
    Case("a@tommerom.no", "permerror"),
    Case("a@toderom.no", "pass"),
    Case("a@ti.no", "fail"),
    Case("a@ti.no", "pass", "198.51.100.19"),
    Case("a@elleve.no", "permerror"),
    Case("a@kjede0.no", "permerror"),
    Case("a@mange-mx.no", "permerror"),
    Case("a@kjent.no", "pass"),
    Case("a@kjent.no", "fail", "192.0.2.9"),
    Case("a@alias.no", "pass"),
    Case("a@sirkel1.no", "none"),
    Case("a@medsirkel.no", "pass"),
    Case("a@fremmed.no", "permerror"),
    Case("a@kjempe.no", "pass"),
    Case("a@svaer.no", "pass"),
    Case("a@broken.test", "temperror"),
    Case("a@xn--bl-zia.no", "pass"),
    Case("", "pass"),
    Case("", "fail", "192.0.2.99"),
    Case("", "none", helo="finnesikke.no"),
)


@pytest.fixture(scope="module")
def peer(nsd: PrivateNsd) -> dict[Case, str]:
    """What Mail::SPF says to all cases."""
    lines = "".join(f"{case.ip}\t{case.sender}\t{case.helo}\n" for case in CASES)
    done = subprocess.run(["perl", str(PEER), str(nsd.port)], input=lines, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, done.stdout.split(), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.sender or case.helo}-{case.ip}")
def test_given_a_client_when_checked_then_the_result_is_that_of_a_second_implementation(
    case: Case, resolver: DnsResolver, peer: dict[Case, str]
) -> None:
    found = spf.check(SmtpClient(case.ip, case.helo), case.sender or None, Lookups(resolver, 5))
    assert (found.result, peer[case]) == (case.result, case.peer or case.result), found.reason


def test_given_the_cases_when_counted_then_most_are_agreed_on_without_exception() -> None:
    assert sum(not case.peer for case in CASES) >= 40
