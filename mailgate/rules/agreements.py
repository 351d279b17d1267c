"""Agreements: when support is open for whom, and when an answer is due. In: an agreement and an aware time. Out: yes or no, or a time.

The agreements that ship are those of the supportweb guide. Local time is the agreement's zone; hours that pass are counted in UTC, so that
a day on which the clock changes has the hours it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from mailgate.rules.special_days import DayOfYear

ResponseUnit = Literal["working_days", "working_hours"]
Channel = Literal["handling", "phone"]
MINUTES_A_DAY = 24 * 60
MAX_SPECIAL_DAYS = 60
"""Few enough that no agreement can be closed for ever."""


DEFAULT_ZONE = "Europe/Oslo"
"""Time zone of a policy that names none."""


@dataclass(frozen=True, slots=True, order=True)
class OpeningSpan:
    """Open from `opens_min` (included) to `closes_min` (excluded), in minutes after local midnight, 0 to 1440."""

    opens_min: int
    closes_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min < self.closes_min <= MINUTES_A_DAY:
            raise ValueError(f"opening hours {self} do not lie within one day, earlier to later")

    def __str__(self) -> str:
        return f"{_clock(self.opens_min)}–{_clock(self.closes_min)}"


Week = tuple[tuple[OpeningSpan, ...], ...]
"""Seven days, Monday first, each with its spans in order."""


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """`amount` working days after the day of receipt, or hours of opening time after the receipt."""

    amount: int
    unit: ResponseUnit


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """Other hours on one day, () for closed. On a day of every year they limit the usual ones; on a single date they replace them."""

    day: DayOfYear
    spans: tuple[OpeningSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a customer has bought. `phone` None: no telephone. `closed_on_holidays`: all is closed on the public holidays of Norway.

    `labels`: its name by language. `special_days`: the first that falls on a day counts, single dates before days of every year.
    Raises ValueError for hours that are never open, a response time below 1, an unknown zone, a week that has not seven days in order, or
    more than MAX_SPECIAL_DAYS.
    """

    key: str
    hours: Week
    response: ResponseTime
    phone: Week | None = None
    closed_on_holidays: bool = True
    zone: str = DEFAULT_ZONE
    labels: Mapping[str, str] = field(default_factory=dict)
    special_days: tuple[SpecialDay, ...] = ()

    def __post_init__(self) -> None:
        for week in (self.hours, self.phone):
            if week is not None and (len(week) != 7 or not any(week) or any(_overlap(day) for day in week)):
                raise ValueError(f"agreement {self.key}: a week needs seven days with spans in order, and an open one among them")
        if self.response.amount < 1:
            raise ValueError(f"agreement {self.key}: the response time is below 1")
        if len(self.special_days) > MAX_SPECIAL_DAYS or any(_overlap(one.spans) for one in self.special_days):
            raise ValueError(f"agreement {self.key}: special days are {MAX_SPECIAL_DAYS} at most, with spans in order")
        try:
            time_zone(self.zone)
        except ValueError as error:
            raise ValueError(f"agreement {self.key}: {error}") from error


def time_zone(name: str) -> ZoneInfo:
    """The time zone of this name of the IANA list. Raises ValueError for any other text: zones are read from files of their name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # no such file, no name, a folder of zones
        raise ValueError(f"there is no time zone {name!r}") from error


def hours(text: str) -> tuple[OpeningSpan, ...]:
    """`08.00-16.00, 18:00–20:00` as spans; "" is closed. Raises ValueError for anything else."""
    return tuple(_span(part) for part in text.split(",") if part.strip())


def is_holiday(day: date) -> bool:
    """True on a public holiday of Norway, plain Sundays not counted. Computed once per year and process."""
    return day in _holidays(day.year)


def within_hours(agreement: Agreement, at: datetime, channel: Channel = "handling") -> bool:
    """True when it is open at the aware time `at`. The opening minute counts, the closing minute does not."""
    local = at.astimezone(ZoneInfo(agreement.zone))
    minute = local.hour * 60 + local.minute
    return any(span.opens_min <= minute < span.closes_min for span in open_spans(agreement, local.date(), channel))


def next_open(agreement: Agreement, at: datetime, channel: Channel = "handling") -> datetime:
    """When it is open next, aware UTC: `at` itself while it is open, else the next opening. The channel must have open hours."""
    if within_hours(agreement, at, channel):
        return at.astimezone(UTC)
    day = at.astimezone(ZoneInfo(agreement.zone)).date()
    openings = (_instant(agreement, one, span.opens_min) for one in _days_from(day) for span in open_spans(agreement, one, channel))
    return next(opening for opening in openings if opening > at)


def respond_by(agreement: Agreement, at: datetime) -> datetime:
    """When an answer to a mail of the aware time `at` is due, aware UTC.

    Working days: the close of the n-th open day after the day of receipt. Working hours: when so much opening time has passed.
    """
    if agreement.response.unit == "working_days":
        return _after_days(agreement, at, agreement.response.amount)
    return _after_hours(agreement, at, timedelta(hours=agreement.response.amount))


def opening_after(agreement: Agreement, at: datetime, days: int) -> datetime:
    """When the n-th open day after the day of the aware time `at` opens, aware UTC. `days` from 1."""
    local = at.astimezone(ZoneInfo(agreement.zone)).date()
    open_days = (day for day in _days_from(local + timedelta(days=1)) if open_spans(agreement, day, "handling"))
    found = next(islice(open_days, days - 1, None))
    return _instant(agreement, found, open_spans(agreement, found, "handling")[0].opens_min)


def _after_days(agreement: Agreement, at: datetime, days: int) -> datetime:
    received = at.astimezone(ZoneInfo(agreement.zone)).date()
    open_days = (day for day in _days_from(received + timedelta(days=1)) if open_spans(agreement, day, "handling"))
    for _ in range(days):
        due = next(open_days)
    return _instant(agreement, due, open_spans(agreement, due, "handling")[-1].closes_min)


def _after_hours(agreement: Agreement, at: datetime, left: timedelta) -> datetime:
    received = at.astimezone(UTC)
    for day in _days_from(at.astimezone(ZoneInfo(agreement.zone)).date()):
        for span in open_spans(agreement, day, "handling"):
            opens, closes = _instant(agreement, day, span.opens_min), _instant(agreement, day, span.closes_min)
            start = max(opens, received)
            if start + left <= closes:
                return start + left
            left -= max(closes - start, timedelta(0))
    raise AssertionError("an agreement without an open day cannot be made")


def open_spans(agreement: Agreement, day: date, channel: Channel = "handling") -> tuple[OpeningSpan, ...]:
    """The hours of one local day, with holidays and special days counted in."""
    week = agreement.hours if channel == "handling" else agreement.phone
    if week is None:
        return ()
    special = _special(agreement, day)
    if special and special.day.year and channel == "handling":
        return special.spans
    usual = () if agreement.closed_on_holidays and is_holiday(day) else week[day.weekday()]
    return _common(usual, special.spans) if special else usual


def _special(agreement: Agreement, day: date) -> SpecialDay | None:
    if not agreement.special_days:
        return None
    falling = [one for one in agreement.special_days if one.day.falls_on(day)]
    return min(falling, key=lambda one: one.day.year is None, default=None)


def _common(one: tuple[OpeningSpan, ...], other: tuple[OpeningSpan, ...]) -> tuple[OpeningSpan, ...]:
    """The spans that lie in both."""
    pairs = ((max(a.opens_min, b.opens_min), min(a.closes_min, b.closes_min)) for a in one for b in other)
    return tuple(OpeningSpan(opens, closes) for opens, closes in pairs if opens < closes)


def _instant(agreement: Agreement, day: date, minute: int) -> datetime:
    """A local minute of a day in UTC. 1440 is the next midnight; a minute that the clock skips is the one after the change."""
    return _in_utc(agreement.zone, day, minute)


@lru_cache(maxsize=1024)  # the mails of a day ask for a few openings
def _in_utc(zone: str, day: date, minute: int) -> datetime:
    day += timedelta(days=minute // MINUTES_A_DAY)
    minute %= MINUTES_A_DAY
    return datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone)).astimezone(UTC)


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += timedelta(days=1)


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    import holidays  # takes a tenth of a second to import, and is needed only where hours are asked

    return frozenset(holidays.country_holidays("NO", years=[year]))


def _span(text: str) -> OpeningSpan:
    opens, dash, closes = text.replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"opening hours {text.strip()!r} are not of the form 08.00-16.00")
    return OpeningSpan(_minute(opens), _minute(closes))


def _minute(text: str) -> int:
    hour, _, minute = text.strip().replace(":", ".").partition(".")
    if not (hour.isascii() and hour.isdigit() and len(hour) <= 2) or not (
        minute == "" or (minute.isascii() and minute.isdigit() and len(minute) == 2)
    ):
        raise ValueError(f"{text.strip()!r} is no time of day of the form 08.00")
    if int(minute or 0) > 59:
        raise ValueError(f"{text.strip()!r} is no time of day of the form 08.00")
    return int(hour) * 60 + int(minute or 0)


def _overlap(day: tuple[OpeningSpan, ...]) -> bool:
    return any(later.opens_min < earlier.closes_min for earlier, later in pairwise(day))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}.{minute % 60:02d}"


def _weekdays(open_hours: str, saturday: str = "", sunday: str = "") -> Week:
    return (hours(open_hours),) * 5 + (hours(saturday), hours(sunday))


_OFFICE = _weekdays("08.00-16.00")

SUPPORTWEB_AGREEMENTS: dict[str, Agreement] = {
    "enkel": Agreement("enkel", _OFFICE, ResponseTime(2, "working_days")),
    "standard": Agreement("standard", _OFFICE, ResponseTime(4, "working_hours"), phone=_OFFICE),
    "utvidet": Agreement(
        "utvidet", _OFFICE, ResponseTime(4, "working_hours"), phone=_weekdays("08.00-23.00", saturday="08.00-16.00", sunday="14.00-22.00")
    ),
}
"""The guide states no response time for "utvidet": it has that of "standard"."""
