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

from mailgate.cli.desk import mail_address, one_line, open_desk
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption
from mailgate.cli.output import show
from mailgate.errors import UsageError
from mailgate.rules.reachability import Suppression

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Addresses that get no mail.")

AddressesArgument = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Mail addresses.")]
COLUMNS = ("address", "cause", "created_at", "until", "reason")


class Cause(StrEnum):
    """Why an address is suppressed, as `--cause` takes it."""

    BOUNCE = "bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    OPERATOR = "operator"


@app.command("list")
def list_(
    addresses: Annotated[list[str] | None, typer.Argument(metavar="[ADDRESS]...", help="Only these.")] = None,
    cause: Annotated[Cause | None, typer.Option("--cause", help="Only those suppressed for this.")] = None,
    limit: LimitOption = 1000,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List suppressed addresses, the newest first, with the cause and until when."""
    wanted = _normal(addresses or [])
    with open_desk(config) as desk, desk.store.reading() as uow:
        found = uow.suppressions.of(wanted) if wanted else uow.suppressions.list(limit, cause.value if cause else None)
    _show([one for one in found if cause is None or one.cause == cause.value][:limit], as_json, "no address is suppressed")


@app.command()
def add(
    addresses: AddressesArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever looks later.")] = "by an operator",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help="For so many days; else until it is removed.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send nothing more to these addresses. The reason replaces one that was there; no bounce and no reply replaces it."""
    why = one_line(reason, "the reason")
    with open_desk(config) as desk:
        now = desk.store.now()
        until = now + timedelta(days=days) if days else None
        made = [Suppression(address, why, now, "operator", until) for address in _normal(addresses)]
        with desk.store.transaction() as uow:
            uow.suppressions.add(made)
    if as_json:
        _show(made, as_json=True)


@app.command()
def remove(addresses: AddressesArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Send to these addresses again, whatever had suppressed them; what was counted against them is forgotten."""
    wanted = _normal(addresses)
    with open_desk(config) as desk, desk.store.transaction() as uow:
        gone = {one.address: one for one in uow.suppressions.of(wanted)}
        missing = [address for address in wanted if address not in gone]
        if missing:
            raise UsageError(f"{', '.join(missing)} is not suppressed; mailgate suppression list shows who is")
        uow.suppressions.remove(wanted)
    if as_json:
        _show([gone[address] for address in wanted], as_json=True)


def _normal(addresses: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(mail_address(address).lower() for address in addresses))


def _show(found: Sequence[Suppression], as_json: bool, none: str = "") -> None:
    show([asdict(one) for one in found], COLUMNS, as_json, none=none)
