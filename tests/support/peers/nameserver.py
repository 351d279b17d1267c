"""A real authoritative DNS server (NSD, from Debian) on loopback, and one that never answers. In: zones as text. Out: a port."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.support.processes.servers import PrivateServer, program

SOA = "$TTL 60\n@ IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60\n@ IN NS ns.test.\n"


class PrivateNsd(PrivateServer):
    """NSD with these zones: name with final dot -> records. A zone without text is one that the server cannot serve: SERVFAIL."""

    def __init__(self, zones: Mapping[str, str | None], folder: Path | str | None = None) -> None:
        super().__init__(folder or tempfile.mkdtemp(prefix="mailgate-nsd-"))
        self._zones = zones

    @property
    def url(self) -> str:
        """`address:port`."""
        return f"127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        """In the foreground, no control socket, no rate limit."""
        blocks = [
            "server:", f"  ip-address: 127.0.0.1@{self.port}", '  username: ""', f'  zonesdir: "{self.folder}"', '  database: ""',
            f'  pidfile: "{self.folder}/pid"', f'  xfrdfile: "{self.folder}/xfrd"', f'  xfrdir: "{self.folder}"',
            f'  zonelistfile: "{self.folder}/list"', "  server-count: 1", "  rrl-ratelimit: 0", "  ipv4-edns-size: 1232",
            "remote-control:", "  control-enable: no",
        ]  # fmt: skip
        for number, (name, text) in enumerate(self._zones.items()):
            if text is not None:
                (self.folder / f"{number}.zone").write_text(f"$ORIGIN {name}\n{SOA}{text}\n", encoding="utf-8")
            blocks += ["zone:", f'  name: "{name}"', f'  zonefile: "{number}.zone"']
        (self.folder / "nsd.conf").write_text("\n".join(blocks) + "\n", encoding="utf-8")
        return [program("nsd", "nsd", "/usr/sbin"), "-d", "-c", str(self.folder / "nsd.conf")]

    def answers(self) -> bool:
        """The SOA of the first zone."""
        try:
            reply = dns.query.udp(dns.message.make_query(next(iter(self._zones)), "SOA"), "127.0.0.1", port=self.port, timeout=1)
        except (dns.exception.DNSException, OSError):
            return False
        return bool(reply.answer)


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes questions and never answers."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taker:
        taker.bind(("127.0.0.1", 0))
        yield taker.getsockname()[1]
