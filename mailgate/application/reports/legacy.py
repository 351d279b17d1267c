"""Who still asks for help by mail: senders and mails by domain and week, the phase of each domain, and the trend.

In: a span of time. Out: one row per domain, and one for all together. Changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.errors import Invalid
from mailgate.rules.legacy import Legacy, SenderPhase, domain_of
from mailgate.store.unit_of_work import Store

MAX_WEEKS = 156
TREND_WEEKS = 4
OTHERS = "(others)"
_SPAN = re.compile(r"(\d{1,4})([dw])", re.ASCII)


@dataclass(frozen=True, slots=True)
class LegacyReport:
    """`since`: weeks, days or a date (`12w`, `90d`, `2009-04-01`). `domain`: only senders of this domain."""

    since: str = "12w"
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week of one domain. `week` is the ISO week, `begins` its Monday; `mails` is the sum of the three after it.

    Of the redirected mails: `opened` counts claim links that somebody used, `claimed` mails whose author took them up, `registered` those
    that became cases.
    """

    week: str
    begins: date
    senders: int
    mails: int
    created: int
    redirected: int
    refused: int
    opened: int
    claimed: int
    registered: int


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain, or all together (`domain` None). `phase` since `since`; `next` on `next_on`, None when no other phase follows.

    `trend_percent`: senders per week in the last whole weeks against as many weeks before; None without senders before.
    """

    domain: str | None
    phase: str | None
    since: date | None
    next: str | None
    next_on: date | None
    senders: int
    mails: int
    created: int
    redirected: int
    refused: int
    opened: int
    claimed: int
    registered: int
    trend_percent: int | None
    weeks: Sequence[WeekRow]


@dataclass(frozen=True, slots=True)
class Legacies:
    """The domains, the busiest first; all of them together; the day on which the first week begins."""

    domains: Sequence[DomainRow]
    total: DomainRow
    begins: date


@dataclass(slots=True)
class _Week:
    senders: set[str] = field(default_factory=set)
    created: int = 0
    redirected: int = 0
    refused: int = 0
    opened: int = 0
    claimed: int = 0
    registered: int = 0

    @property
    def mails(self) -> int:
        return self.created + self.redirected + self.refused

    def add(self, other: _Week) -> None:
        self.senders |= other.senders
        self.created += other.created
        self.redirected += other.redirected
        self.refused += other.refused
        self.opened += other.opened
        self.claimed += other.claimed
        self.registered += other.registered


_Weeks = dict[date, _Week]


@guarded(Action.REPORT_READ)
def legacy_report(app: App, _principal: Principal, command: LegacyReport) -> Legacies:
    """Count senders and mails by domain and week. Raises Invalid for a span that cannot be read."""
    plan, now = app.policies.peek().legacy, app.now()
    mondays = _mondays(command.since, plan.day(now))
    found = _counted(app.store, plan, mondays)
    if command.domain is not None:
        found = {name: weeks for name, weeks in found.items() if name == domain_of(f"x@{command.domain}")}
    names = sorted(found, key=lambda name: (-_total(found[name]).mails, name))
    rows = [_row(name, plan.standing(f"x@{name}", now), found[name], mondays) for name in names]
    return Legacies(rows, _row(None, None, _together(found), mondays), mondays[0])


def _mondays(since: str, today: date) -> list[date]:
    """The first day of each week from `since` to today."""
    if span := _SPAN.fullmatch(since):
        begin = today - timedelta(days=int(span[1]) * (7 if span[2] == "w" else 1))
    else:
        try:
            begin = date.fromisoformat(since)
        except ValueError:
            text = f"--since {since}: give weeks, days or a date, such as 12w, 90d or 2009-04-01"
            raise Invalid("since", "unreadable", text) from None
    first, last = _monday(begin), _monday(today)
    count = (last - first).days // 7 + 1
    if not 1 <= count <= MAX_WEEKS:
        text = f"--since {since}: {'that is in the future' if count < 1 else f'{MAX_WEEKS} weeks are the most'}"
        raise Invalid("since", "out_of_range", text)
    return [first + timedelta(weeks=number) for number in range(count)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _counted(store: Store, plan: Legacy, mondays: Sequence[date]) -> dict[str, _Weeks]:
    """Domain -> week -> counts; one short transaction per week, so that none is long."""
    found: dict[str, _Weeks] = {}
    for monday in mondays:
        end = monday + timedelta(weeks=1)
        with store.reading() as uow:
            asked = uow.legacy.asked(plan.midnight(monday), plan.midnight(end))
            refused = uow.legacy.refused(monday, end)
            claims = uow.portal.claim_counts(plan.midnight(monday), plan.midnight(end))
        for address, state, mails in asked:
            week = _week(found, address, monday)
            if state == "created":
                week.created += mails
            else:
                week.redirected += mails
        for _, address, times in refused:
            _week(found, address, monday).refused += times
        for one in claims:
            _week(found, one.address, monday).add(_Week(opened=one.opened, claimed=one.claimed, registered=one.registered))
    return found


def _week(found: dict[str, _Weeks], address: str, monday: date) -> _Week:
    week = found.setdefault(domain_of(address) or OTHERS, {}).setdefault(monday, _Week())
    if address:
        week.senders.add(address)
    return week


def _total(weeks: _Weeks) -> _Week:
    total = _Week()
    for week in weeks.values():
        total.add(week)
    return total


def _together(found: Mapping[str, _Weeks]) -> _Weeks:
    together: _Weeks = {}
    for weeks in found.values():
        for monday, week in weeks.items():
            together.setdefault(monday, _Week()).add(week)
    return together


def _row(name: str | None, standing: SenderPhase | None, weeks: _Weeks, mondays: Sequence[date]) -> DomainRow:
    each = [(monday, weeks.get(monday, _Week())) for monday in mondays]
    return DomainRow(
        domain=name,
        phase=standing.phase if standing else None,
        since=standing.since if standing else None,
        next=(standing.next or None) if standing else None,
        next_on=standing.next_on if standing else None,
        **_figures(_total(weeks)),
        trend_percent=_trend([len(week.senders) for _, week in each[:-1]]),
        weeks=[WeekRow(week=f"{monday:%G-W%V}", begins=monday, **_figures(week)) for monday, week in each],
    )


def _figures(week: _Week) -> dict[str, int]:
    return {
        "senders": len(week.senders), "mails": week.mails, "created": week.created, "redirected": week.redirected, "refused": week.refused,
        "opened": week.opened, "claimed": week.claimed, "registered": week.registered,
    }  # fmt: skip


def _trend(senders: Sequence[int]) -> int | None:
    span = min(TREND_WEEKS, len(senders) // 2)
    before, after = sum(senders[-2 * span : -span or None]), sum(senders[-span:] if span else ())
    return round(100 * (after - before) / before) if before else None
