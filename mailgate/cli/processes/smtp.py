"""`mailgate smtp`: the listener alone. Any number may run, on any number of hosts, behind a balancer that speaks the PROXY protocol."""

from __future__ import annotations

from mailgate.cli.opening import ConfigOption
from mailgate.cli.processes.serving import prepare
from mailgate.runtime.gateway import Gateway


def smtp(config: ConfigOption = None) -> None:
    """Accept mail by SMTP and LMTP and store it; workers do the rest."""
    Gateway(prepare(config, split=True, listens=True), listen=True, work=False).run()
