"""`mailgate ledger`: prove that no accepted mail is missing (guarantee 9). Out: the figures; exit code 1 when they do not balance."""

from __future__ import annotations

import typer

from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, store


def ledger(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Count accepted mail by what became of it, and check that the sum is right. Exit code 1 when it is not."""
    with store(config).reading() as work:
        figures = work.ledger.figures()
        faults = [] if figures["balanced"] else work.ledger.faults()
    if as_json:
        print(output.json_line(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:<12}{('yes' if figure else 'NO') if isinstance(figure, bool) else figure:>10}")
        for fault in faults:
            print(f"- {fault}")
    if not figures["balanced"]:
        raise typer.Exit(1)
