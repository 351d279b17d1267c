"""A second verifier of DKIM for the tests: Debian's opendkim-testmsg. In: a mail, zones. Out: what it says, "" when all is well.

It asks the resolver of the machine, on port 53. So it runs in a network and mount namespace with a resolv.conf and an NSD of its
own. Needs root, as the tests of Postfix do.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.peers.nameserver import PrivateNsd
from tests.support.processes.servers import program

SCRIPT = """
ip link set lo up && mount --bind resolv.conf /etc/resolv.conf || exit 70
rm -f nsd.log
"$1" -d -c nsd.conf >nsd.log 2>&1 &
server=$!
for try in $(seq 200); do grep -qs 'nsd started' nsd.log && break; sleep 0.05; done
opendkim-testmsg
result=$?
kill $server
wait
exit $result
"""


def verdict(raw: bytes, zones: Mapping[str, str | None], folder: Path) -> str:
    """The complaint of opendkim-testmsg about a mail, "" for none."""
    server = PrivateNsd(zones, folder)
    server.port = 53
    program_path = server.command()[0]
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    program("opendkim-testmsg", "opendkim-tools")
    command = ["unshare", "--net", "--mount", "sh", "-c", SCRIPT, "sh", program_path]
    done = subprocess.run(command, input=raw, capture_output=True, cwd=folder, timeout=60, check=False)
    assert (done.returncode == 0) == (not done.stderr), done
    return done.stderr.decode().strip()
