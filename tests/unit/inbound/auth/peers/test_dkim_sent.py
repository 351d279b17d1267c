"""What really leaves mailgate by SMTP is signed: keys made by the command, mail taken by a sink, verified by others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dkim
import pytest

from tests.support.peers import opendkim
from tests.support.peers.signing import strings
from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink
from tests.support.seed import Seed

pytestmark = [pytest.mark.packages, pytest.mark.slow, pytest.mark.xdist_group("dkim_sent")]


@dataclass(frozen=True)
class Published:
    """Mails as the smarthost got them, and the records that `mailgate dkim` printed: name with final dot -> value."""

    raws: tuple[bytes, ...]
    records: dict[str, str]

    def zones(self) -> dict[str, str]:
        """As a DNS server takes them."""
        return {".": "ns.test. IN A 127.0.0.1\n" + "\n".join(f"{name} IN TXT {strings(value)}" for name, value in self.records.items())}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Two selectors, one after the other, as in a rotation: a mail signed with each, the records of both."""
    home: Path = tmp_path_factory.mktemp("signed")
    records: dict[str, str] = {}
    database = f"sqlite:///{home}/m.db"
    with Sink() as sink, Gateway(home / "mg", database, smarthost=f"smtp://127.0.0.1:{sink.port}", preloaded=True) as gateway:
        seed = Seed.planted(gateway, cases=1, contacts=1)
        for number, selector in enumerate(("host-2026", "vaar-2027"), start=1):
            folder = home / selector
            gateway.settings["dkim"] = {"selector": selector}
            gateway.write()
            gateway.cli("dkim", "--folder", str(folder))
            gateway.write(dkim={"rsa_key": str(folder / "dkim-rsa.pem"), "ed25519_key": str(folder / "dkim-ed25519.pem")})
            records |= {f"{one['name']}.": one["value"] for one in gateway.json("dkim")}
            part = gateway.start("run")
            gateway.cli("case", "comment", seed.keys[0], f"Svar nummer {number} – æøå")
            sink.wait_for(number)
            gateway.settled()
            part.stop()
        yield Published(tuple(mail.raw for mail in sink.mails), records)


def test_given_mail_that_left_by_smtp_when_dkimpy_verifies_it_then_both_signatures_of_either_selector_hold(published: Published) -> None:
    for raw, selector in zip(published.raws, ("host-2026", "vaar-2027"), strict=True):
        assert raw.count(b"DKIM-Signature:") == 2
        assert all(f"s={one};".encode() in raw for one in (selector, f"{selector}-ed25519"))
        for index in (0, 1):
            assert dkim.DKIM(raw).verify(index, dnsfunc=lambda name, timeout=5: published.records[name.decode()].encode())


def test_given_mail_that_left_by_smtp_when_opendkim_verifies_it_then_it_has_no_complaint(published: Published, tmp_path: Path) -> None:
    for number, raw in enumerate(published.raws):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert opendkim.verdict(raw, published.zones(), folder) == ""
