"""The resolver against a real DNS server: answers, silence, loops, and what is kept for how long."""

from __future__ import annotations

import pytest

from mailgate.inbound.auth.resolver import DnsResolver, DnsTrouble, Lookups, ResolverOptions
from tests.support.peers.nameserver import PrivateNsd, silent_server

pytestmark = [pytest.mark.packages]


class Hands:
    """A clock that a test turns."""

    now_s = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("post.vert.no", "A", ("192.0.2.25",)),
        ("POST.vert.no.", "AAAA", ("2001:db8::25",)),
        ("vert.no", "MX", ((10, "post.vert.no"),)),
        ("delt.no", "TXT", (b"v=spf1 ip4:192.0.2.0/24 -all",)),
        ("fremmed.no", "TXT", (b"v=spf1 ip4:192.0.2.1 \xc3\xb8 -all",)),
        ("1.2.0.192.in-addr.arpa", "PTR", ("klient.kjent.no",)),
        ("alias.no", "TXT", (b"v=spf1 ip4:192.0.2.0/24 -all",)),
        ("finnesikke.no", "TXT", ()),
        ("vert.no", "PTR", ()),
        ("sirkel1.no", "A", ()),
        ("a" * 64 + ".no", "A", ()),
        ("a..no", "A", ()),
        (".".join(["langt"] * 60), "A", ()),
        ("blå.no", "TXT", (b"v=spf1 ip4:192.0.2.1 -all",)),
    ],
)
def test_given_a_name_when_asked_then_the_values_are_those_of_the_zone(
    resolver: DnsResolver, name: str, kind: str, values: tuple[object, ...]
) -> None:
    assert resolver.ask(name, kind, 2) == values  # type: ignore[arg-type]


def test_given_a_long_answer_when_asked_then_it_comes_by_tcp_in_full(resolver: DnsResolver) -> None:
    assert max(map(len, resolver.ask("svaer.no", "TXT", 2))) == 10_000


def test_given_a_zone_that_cannot_be_served_when_asked_then_there_is_no_answer(resolver: DnsResolver) -> None:
    with pytest.raises(DnsTrouble, match="no server can answer"):
        resolver.ask("broken.test", "TXT", 2)


def test_given_an_answer_when_its_time_is_over_then_it_is_asked_anew_and_not_before(nsd: PrivateNsd) -> None:
    clock = Hands()
    resolver = DnsResolver(ResolverOptions(2.0, (("127.0.0.1", nsd.port),)), clock)
    assert resolver.ask("kunde.no", "TXT", 2)
    assert resolver.ask("finnesikke.no", "TXT", 2) == ()
    clock.now_s += 59
    assert Lookups(resolver, 0, clock).texts("kunde.no")  # known without asking
    assert Lookups(resolver, 0, clock).texts("finnesikke.no") == ()
    clock.now_s += 2
    for name in ("kunde.no", "finnesikke.no"):
        with pytest.raises(DnsTrouble, match="no time is left"):
            Lookups(resolver, 0, clock).texts(name)


def test_given_silence_when_asked_again_then_nobody_waits_twice_until_half_a_minute_later() -> None:
    clock = Hands()
    with silent_server() as port:
        resolver = DnsResolver(ResolverOptions(0.3, (("127.0.0.1", port),)), clock)
        with pytest.raises(DnsTrouble, match="in time"):
            resolver.ask("kunde.no", "TXT", 9)
        with pytest.raises(DnsTrouble, match="in time"):
            resolver.ask("kunde.no", "TXT", 0)
        clock.now_s += 31
        with pytest.raises(DnsTrouble, match="no time is left"):
            resolver.ask("kunde.no", "TXT", 0)


def test_given_more_names_than_there_is_room_when_asked_then_the_oldest_make_room(nsd: PrivateNsd) -> None:
    clock = Hands()
    resolver = DnsResolver(ResolverOptions(2.0, (("127.0.0.1", nsd.port),), cache_bytes=3_000), clock)
    resolver.ask("kunde.no", "TXT", 2)
    for number in range(20):
        resolver.ask(f"finnesikke{number}.no", "TXT", 2)
    assert resolver.ask("finnesikke19.no", "TXT", 0) == ()
    with pytest.raises(DnsTrouble):
        resolver.ask("kunde.no", "TXT", 0)
