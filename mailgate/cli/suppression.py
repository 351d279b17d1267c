"""`mailgate suppression`: addresses that get no mail of ours. In: arguments. Out: NDJSON or text on standard output.

Hard bounces put addresses there by themselves. An address that is taken off may be written to at once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.cli.desk import mail_address, open_desk
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption
from mailgate.cli.output import show
from mailgate.errors import UsageError
from mailgate.store.rows import Suppression

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Addresses that get no mail.")

AddressesArgument = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Mail addresses.")]


@app.command("list")
def list_(limit: LimitOption = 1000, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List suppressed addresses, the newest first."""
    with open_desk(config) as desk:
        with desk.store.reading() as uow:
            found = uow.suppressions.list(limit)
        show([asdict(one) for one in found], ("address", "reason", "created_at"), as_json, none="no address is suppressed")


@app.command()
def add(
    addresses: AddressesArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever looks later.")] = "by an operator",
    config: ConfigOption = None,
) -> None:
    """Send nothing more to these addresses. The reason replaces one that was there."""
    wanted = [mail_address(address).lower() for address in addresses]
    with open_desk(config) as desk, desk.store.transaction() as uow:
        uow.suppressions.add([Suppression(address, reason, desk.store.now()) for address in dict.fromkeys(wanted)])


@app.command()
def remove(addresses: AddressesArgument, config: ConfigOption = None) -> None:
    """Send to these addresses again."""
    wanted = [mail_address(address).lower() for address in addresses]
    with open_desk(config) as desk, desk.store.transaction() as uow:
        missing = [address for address in wanted if address not in uow.suppressions.which(wanted)]
        if missing:
            raise UsageError(f"{', '.join(missing)} is not suppressed; mailgate suppression list shows who is")
        uow.suppressions.remove(wanted)
