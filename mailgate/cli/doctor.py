"""`mailgate doctor`: check what the gateway depends on. In: settings. Out: one line for each finding. Exit code 1 when a check fails."""

from __future__ import annotations

from dataclasses import asdict

import typer

from mailgate.application.doctor import Examine, examine
from mailgate.application.doctor.findings import Finding
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, acting, installation


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check settings, database, policy, broker, smarthost, ports, DNS, clock, disk and permissions; say what to do about each.

    Changes nothing and sends no mail. Exit code 1 when a check fails; a warning leaves it at 0.
    """
    failed = 0
    for finding in examine(installation(config), acting(None), Examine()):
        failed += finding.level == "fail"
        _show(finding, as_json)
    if failed:
        raise typer.Exit(1)


def _show(finding: Finding, as_json: bool) -> None:
    if as_json:
        print(output.json_line(asdict(finding)), flush=True)
        return
    print(output.hanging(f"{finding.level:<5} {finding.check:<12} ", output.one_line(finding.text)), flush=True)
    if finding.do:
        print(output.hanging(f"{'':<18} -> ", finding.do), flush=True)
