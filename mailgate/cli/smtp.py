"""`mailgate smtp`: the listener alone. Any number may run, on any number of hosts, behind a balancer that speaks the PROXY protocol."""

from __future__ import annotations

from mailgate.cli.opening import ConfigOption
from mailgate.cli.serving import prepare
from mailgate.gateway import Gateway


def smtp(config: ConfigOption = None) -> None:
    """Take mail and make it durable; workers do the rest."""
    Gateway(prepare(config, split=True), listen=True, work=False).run()
