"""`mailgate report`: figures over time, for people who plan. In: a stretch of time. Out: a table, NDJSON or CSV. Changes nothing."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any

import typer

from mailgate.cli import output
from mailgate.cli.desk import open_desk
from mailgate.cli.opening import ConfigOption, JsonOption
from mailgate.errors import UsageError
from mailgate.rules.legacy import Legacy, Standing, domain_of
from mailgate.store.unit_of_work import Store

app = typer.Typer(help="Figures over time.", add_completion=False, rich_markup_mode=None, no_args_is_help=True)

MAX_WEEKS = 156
TREND_WEEKS = 4
BARS = "▁▂▃▄▅▆▇█"
OTHERS = "(others)"
_SPAN = re.compile(r"(\d{1,4})([dw])", re.ASCII)
COLUMNS = ("domain", "phase", "senders", "mails", "refused", "weeks", "trend")
CSV_COLUMNS = ("domain", "week", "begins", "phase", "senders", "mails", "created", "redirected", "refused")


@dataclass(slots=True)
class _Week:
    senders: set[str] = field(default_factory=set)
    created: int = 0
    redirected: int = 0
    refused: int = 0

    @property
    def mails(self) -> int:
        return self.created + self.redirected + self.refused

    def add(self, other: _Week) -> None:
        self.senders |= other.senders
        self.created, self.redirected, self.refused = (
            self.created + other.created, self.redirected + other.redirected, self.refused + other.refused,
        )  # fmt: skip


Weeks = dict[date, _Week]


@app.callback()
def _reports() -> None:
    """Figures over time."""  # a callback keeps the verb: of a group with one command, typer makes that command


@app.command()
def legacy(
    since: Annotated[str, typer.Option(metavar="WHEN", help="How far back: 12w, 90d, or a day such as 2009-04-01.")] = "12w",
    domain: Annotated[str | None, typer.Option(metavar="DOMAIN", help="Only senders of this domain.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=100_000, help="How many domains at most in the table, the busiest first.")
    ] = 50,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line per domain and week, for spreadsheets.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who still asks for help by mail: senders and mails by domain and week, the phase of each domain, and the trend."""
    if as_csv and as_json:
        raise UsageError("--csv and --json cannot be had together")
    with open_desk(config) as desk:
        plan, now = desk.policy.legacy, desk.store.now()
        mondays = _mondays(since, plan.day(now))
        found = _counted(desk.store, plan, mondays)
    if domain is not None:
        found = {name: weeks for name, weeks in found.items() if name == domain_of(f"x@{domain}")}
    names = sorted(found, key=lambda name: (-_total(found[name]).mails, name))
    standings = {name: plan.standing(f"x@{name}", now) for name in names}
    rows = [_row(name, standings[name], found[name], mondays) for name in names]
    if as_csv:
        _write_csv(rows)
    elif as_json:
        output.show([*rows, _sum(found, mondays)], COLUMNS, as_json=True)
    else:
        _print_table(rows, _sum(found, mondays), mondays, limit)


def _mondays(since: str, today: date) -> list[date]:
    """The first day of each week from `since` to today. Raises UsageError."""
    if span := _SPAN.fullmatch(since):
        begin = today - timedelta(days=int(span[1]) * (7 if span[2] == "w" else 1))
    else:
        try:
            begin = date.fromisoformat(since)
        except ValueError:
            raise UsageError(f"--since {since}: give weeks, days or a date, such as 12w, 90d or 2009-04-01") from None
    first, last = _monday(begin), _monday(today)
    count = (last - first).days // 7 + 1
    if not 1 <= count <= MAX_WEEKS:
        raise UsageError(f"--since {since}: {'that is in the future' if count < 1 else f'{MAX_WEEKS} weeks are the most'}")
    return [first + timedelta(weeks=number) for number in range(count)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _counted(store: Store, plan: Legacy, mondays: Sequence[date]) -> dict[str, Weeks]:
    """Domain -> week -> what came, one question for each week, so that none is long."""
    found: dict[str, Weeks] = {}
    for monday in mondays:
        sunday_over = monday + timedelta(weeks=1)
        with store.reading() as uow:
            asked = uow.legacy.asked(plan.midnight(monday), plan.midnight(sunday_over))
            refused = uow.legacy.refused(monday, sunday_over)
        for address, state, mails in asked:
            week = _week(found, address, monday)
            setattr(week, state, getattr(week, state) + mails)
        for _, address, times in refused:
            _week(found, address, monday).refused += times
    return found


def _week(found: dict[str, Weeks], address: str, monday: date) -> _Week:
    week = found.setdefault(domain_of(address) or OTHERS, {}).setdefault(monday, _Week())
    if address:
        week.senders.add(address)
    return week


def _total(weeks: Weeks) -> _Week:
    total = _Week()
    for week in weeks.values():
        total.add(week)
    return total


def _row(name: str, standing: Standing | None, weeks: Weeks, mondays: Sequence[date]) -> dict[str, Any]:
    total, each = _total(weeks), [(monday, weeks.get(monday, _Week())) for monday in mondays]
    phases = {
        "phase": standing.phase if standing else None,
        "since": standing.since if standing else None,
        "next": (standing.next or None) if standing else None,
        "next_on": standing.next_on if standing else None,
    }
    return {
        "domain": name,
        **phases,
        **_figures(total),
        "trend_percent": _trend([len(week.senders) for _, week in each[:-1]]),
        "weeks": [{"week": f"{monday:%G-W%V}", "begins": monday, **_figures(week)} for monday, week in each],
    }


def _figures(week: _Week) -> dict[str, int]:
    return {
        "senders": len(week.senders), "mails": week.mails, "created": week.created, "redirected": week.redirected, "refused": week.refused,
    }  # fmt: skip


def _sum(found: Mapping[str, Weeks], mondays: Sequence[date]) -> dict[str, Any]:
    """All domains together, as a row without a name."""
    together: Weeks = {}
    for weeks in found.values():
        for monday, week in weeks.items():
            together.setdefault(monday, _Week()).add(week)
    return {**_row("", None, together, mondays), "domain": None, "domains": len(found)}


def _trend(senders: Sequence[int]) -> int | None:
    """Senders a week in the last whole weeks against as many before, in percent; None without senders before, or too few weeks."""
    span = min(TREND_WEEKS, len(senders) // 2)
    before, after = sum(senders[-2 * span : -span or None]), sum(senders[-span:] if span else ())
    return round(100 * (after - before) / before) if before else None


def _print_table(rows: Sequence[Mapping[str, Any]], total: Mapping[str, Any], mondays: Sequence[date], limit: int) -> None:
    if not rows:
        print(f"nobody has asked for help by mail since {mondays[0]}", file=sys.stderr)
        return
    print(f"People who ask for help by mail, week by week from {mondays[0]}; the last week is not over.")
    shown = [_shown(row) for row in rows[:limit]]
    if len(rows) > limit:
        print(f"The {limit} busiest of {len(rows)} domains; --limit shows more.")
    print()
    output.show([*shown, _shown({**total, "domain": f"all {len(rows)}"})], COLUMNS, as_json=False)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    trend = row["trend_percent"]
    coming = f", {row['next']} on {row['next_on']}" if row["next"] else ""
    return {
        **row,
        "phase": f"{row['phase']}{coming}" if row["phase"] else "",
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
            writer.writerow({**row, **week})
