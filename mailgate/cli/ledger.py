"""`mailgate ledger`: prove that no accepted mail is missing (guarantee 9). Out: the figures; exit code 1 when they do not balance."""

from __future__ import annotations

from typing import Annotated

import typer

from mailgate.application.ledger import ReadLedger, read_ledger
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, acting, open_app


def ledger(
    config: ConfigOption = None,
    as_json: JsonOption = False,
    deep: Annotated[bool, typer.Option("--deep", help="Also compare all stored bytes with their SHA-256; reads every byte.")] = False,
) -> None:
    """Count accepted mail by what became of it, and check that the sum is right. Exit code 1 when it is not."""
    with open_app(config) as app:
        found = read_ledger(app, acting(None), ReadLedger(deep))
    if as_json:
        print(output.json_line(found.figures))
    else:
        for name, figure in found.figures.items():
            print(f"{name:<12}{('yes' if figure else 'NO') if isinstance(figure, bool) else figure:>10}")
        for fault in found.faults:
            print(f"- {fault}")
    if not found.balanced:
        raise typer.Exit(1)
