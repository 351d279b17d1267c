"""`mailgate report`: figures over time, for people who plan. In: a span of time. Out: a table, NDJSON or CSV. Changes nothing."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from mailgate.application.reports.legacy import Legacies, LegacyReport, legacy_report
from mailgate.cli import output
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, acting, open_app
from mailgate.errors import UsageError

app = noun("Figures over time, for planning.")

BARS = "▁▂▃▄▅▆▇█"
COLUMNS = ("domain", "phase", "senders", "mails", "refused", "claims", "weeks", "trend")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
CSV_COLUMNS = (
    "domain",
    "week",
    "begins",
    "phase",
    "senders",
    "mails",
    "created",
    "redirected",
    "refused",
    "opened",
    "claimed",
    "registered",
)


@app.callback()
def _reports() -> None:
    """Figures over time, for planning."""  # a callback keeps the verb: of a group with one command, typer makes that command


@app.command()
def legacy(
    domain: Annotated[str | None, typer.Option("--domain", metavar="DOMAIN", help="Only senders of this domain.")] = None,
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help="How far back: 12w, 90d, or a day such as 2009-04-01.")] = "12w",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many domains in the table, busiest first.")] = 50,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line per domain and week, for spreadsheets.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who still asks for help by mail: senders and mails by domain and week, the phase of each domain, and the trend."""
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    with open_app(config) as app:
        found = legacy_report(app, acting(None), LegacyReport(since, domain))
    rows = [asdict(row) for row in found.domains]
    total = {**asdict(found.total), "domains": len(rows)}
    if as_csv:
        _write_csv(rows)
    elif as_json:
        output.show([*rows, total], COLUMNS, as_json=True)
    else:
        _print_table(found, rows, total, limit)


def _print_table(found: Legacies, rows: Sequence[Mapping[str, Any]], total: Mapping[str, Any], limit: int) -> None:
    if not rows:
        print(f"nobody has asked for help by mail since {found.begins}", file=sys.stderr)
        return
    print(f"People who ask for help by mail, week by week from {found.begins}; the last week is not over.")
    if len(rows) > limit:
        print(f"The {limit} busiest of {len(rows)} domains; --limit shows more.")
    print("claims: redirected → link opened → claimed → registered as a case")
    print()
    output.show([*map(_shown, rows[:limit]), _shown({**total, "domain": f"all {len(rows)}"})], COLUMNS, as_json=False)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    trend = row["trend_percent"]
    coming = f", {row['next']} on {row['next_on']}" if row["next"] else ""
    return {
        **row,
        "phase": f"{row['phase']}{coming}" if row["phase"] else "",
        "claims": " → ".join(str(row[name]) for name in ("redirected", "opened", "claimed", "registered")),
        "weeks": _bars([week["senders"] for week in row["weeks"]]),
        "trend": "" if trend is None else f"{trend:+d} %".replace("-", "−").replace("+0", "0"),
    }


def _bars(values: Sequence[int]) -> str:
    """Senders week by week; a dot is none."""
    top = max(values, default=0)
    return "".join(BARS[(value * len(BARS) - 1) // top] if value else "·" for value in values)


def _write_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        for week in row["weeks"]:
            writer.writerow({name: _inert(value) for name, value in {**row, **week}.items()})


def _inert(value: object) -> object:
    """A text that no spreadsheet takes for a formula: domains come from the mails of strangers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
