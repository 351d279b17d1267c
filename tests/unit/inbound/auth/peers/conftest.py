"""One DNS server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailgate.inbound.auth.resolver import DnsResolver, ResolverOptions
from tests.support.peers.nameserver import PrivateNsd
from tests.support.peers.zones import ZONES


@pytest.fixture(scope="session")
def nsd() -> Iterator[PrivateNsd]:
    """NSD with all zones."""
    with PrivateNsd(ZONES) as server:
        yield server


@pytest.fixture(scope="session")
def resolver(nsd: PrivateNsd) -> DnsResolver:
    """A resolver of ours that asks it."""
    return DnsResolver(ResolverOptions(2.0, (("127.0.0.1", nsd.port),)))
