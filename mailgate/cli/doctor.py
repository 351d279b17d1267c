"""`mailgate doctor`: look at all that the gateway stands on, and say what to do. In: settings. Out: one line per finding; changes nothing.

Exit code 1 when anything fails; warnings alone are 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import typer

from mailgate.cli import doctor_host as host
from mailgate.cli import doctor_services as services
from mailgate.cli import output
from mailgate.cli.doctor_dns import SystemResolver, authenticity, dns_findings
from mailgate.cli.doctor_policy import policy
from mailgate.cli.findings import Finding, ok
from mailgate.cli.opening import ConfigOption, JsonOption, settings
from mailgate.config import Settings


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check settings, database, policy, broker, smarthost, DNS, clock, disk and permissions, and say what to do about each."""
    failed = 0
    for finding in examine(settings(config)):
        failed += finding.level == "fail"
        _show(finding, as_json)
    if failed:
        raise typer.Exit(1)


def examine(found: Settings) -> Iterator[Finding]:
    """All findings, as they come. Settings that cannot be read have already refused to load."""
    yield ok("settings", f"{found.file or 'no file: the defaults'}, {len(found.vault.token_keys)} token key(s)")
    yield from services.database(found)
    yield from policy(found)
    yield from services.broker(found)
    yield from services.smarthost(found)
    yield from authenticity(found)
    yield from dns_findings(found, SystemResolver(tuple((server.host, server.port) for server in found.intake.dns_servers)))
    yield from host.clock()
    yield from host.disk(found)
    yield from host.permissions(found)


def _show(finding: Finding, as_json: bool) -> None:
    if as_json:
        print(output.json_line(asdict(finding)), flush=True)
        return
    print(f"{finding.level:<5} {finding.check:<12} {output.one_line(finding.text)}", flush=True)
    if finding.do:
        print(f"{'':<18} -> {finding.do}", flush=True)
