"""`mailgate suppression`: addresses that get no mail of ours. In: arguments. Out: NDJSON or text on standard output.

Bounces and complaints put addresses there by themselves. An address that is taken off may be written to at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from mailgate.application.customers import suppressions
from mailgate.application.customers.suppressions import SuppressionView
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, acting, open_app
from mailgate.cli.output import show

app = noun("Addresses that get no mail from us.")

AddressesArgument = Annotated[list[str], typer.Argument(metavar="ADDRESS", help="Mail addresses.")]
COLUMNS = ("address", "cause", "created_at", "until", "reason")


class Cause(StrEnum):
    """Why an address is suppressed, as `--cause` takes it."""

    BOUNCE = "bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    OPERATOR = "operator"


@app.command("list")
def list_(
    addresses: Annotated[list[str] | None, typer.Argument(metavar="ADDRESS", help="Only these.")] = None,
    cause: Annotated[Cause | None, typer.Option("--cause", help="Only those suppressed for this.")] = None,
    limit: LimitOption = 1000,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List suppressed addresses, the newest first, with the cause and until when."""
    command = suppressions.ListSuppressions(addresses or (), cause.value if cause else None, limit)
    with open_app(config) as opened:
        found = suppressions.list_suppressions(opened, acting(None), command)
    _show(found, as_json, "no address is suppressed")


@app.command()
def add(
    addresses: AddressesArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever looks later.")] = "by an operator",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help="For so many days; else until it is removed.")] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send no more mail to these addresses. Replaces an earlier reason; no bounce and no reply replaces it."""
    command = suppressions.AddSuppressions(addresses, reason, timedelta(days=days) if days else None)
    with open_app(config) as opened:
        made = suppressions.add_suppressions(opened, acting(operator), command)
    if as_json:
        _show(made, as_json=True)


@app.command()
def remove(
    addresses: AddressesArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; stays in the audit.")] = "",
    send_again: Annotated[bool, typer.Option("--send-again", help="Also send what the suppression stopped in the last 14 days.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send to these addresses again, whatever the cause was; their count of soft bounces starts again."""
    with open_app(config) as opened:
        gone = suppressions.remove_suppressions(opened, acting(operator), suppressions.RemoveSuppressions(addresses, reason, send_again))
    if as_json:
        _show(gone, as_json=True)


def _show(found: Sequence[SuppressionView], as_json: bool, none: str = "") -> None:
    show([asdict(one) for one in found], COLUMNS, as_json, none=none)
