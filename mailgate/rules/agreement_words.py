"""Agreements in words: names, hours, response time and telephone in nb, nn and en, as pieces of text for templates to place.

In: an agreement, and when a mail came. Out: phrases without a full stop, such as `mandag–fredag 08.00–16.00`. It makes no sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from mailgate.rules.agreements import Agreement, OpeningSpan, ResponseTime, Week, next_open, open_spans, respond_by
from mailgate.rules.date_words import WEEKDAYS, moment_in_words, weekday_in_words

EXCEPTION_DAYS = 7
"""Holidays and half days are named this many days ahead."""

NAMES: Mapping[str, Mapping[str, str]] = {
    "enkel": {"nb": "Enkel support", "nn": "Enkel support", "en": "Basic support"},
    "standard": {"nb": "Standard support", "nn": "Standard support", "en": "Standard support"},
    "utvidet": {"nb": "Utvidet support", "nn": "Utvida support", "en": "Extended support"},
}


@dataclass(frozen=True, slots=True)
class AgreementText:
    """The pieces. `phone` is "" when there is no telephone; `holidays` is "" when it is open on public holidays, too.

    Of the mail at hand, "" without one: `respond_by` when an answer is due; `opens` when it opens again, "" while it is open;
    `phone_opens` when the telephone does, "" while it is open or there is none; `exceptions` the days of the coming week that have other
    hours than usual.
    """

    name: str
    hours: str
    response: str
    phone: str
    holidays: str
    respond_by: str = ""
    opens: str = ""
    exceptions: str = ""
    phone_opens: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    days: tuple[str, ...]
    weekend: str
    every_day: str
    closed_holidays: str
    within: str
    working_day: tuple[str, str]
    working_hour: tuple[str, str]
    numbers: tuple[str, ...]
    open_all_day: str
    closed: str
    colon: bool = False


_NB = _Words(
    days=WEEKDAYS["nb"], weekend="lørdag og søndag",
    every_day="alle dager", closed_holidays="stengt på helligdager", within="innen", working_day=("virkedag", "virkedager"),
    working_hour=("time i åpningstiden", "timer i åpningstiden"),
    numbers=("én", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti", "elleve", "tolv"),
    open_all_day="hele døgnet", closed="stengt",
)  # fmt: skip
_NN = _Words(
    days=WEEKDAYS["nn"], weekend="laurdag og sundag",
    every_day="alle dagar", closed_holidays="stengt på heilagdagar", within="innan", working_day=("verkedag", "verkedagar"),
    working_hour=("time i opningstida", "timar i opningstida"),
    numbers=("éin", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti", "elleve", "tolv"),
    open_all_day="heile døgnet", closed="stengt",
)  # fmt: skip
_EN = _Words(
    days=WEEKDAYS["en"], weekend="Saturday and Sunday",
    every_day="every day", closed_holidays="closed on Norwegian public holidays", within="within",
    working_day=("working day", "working days"), working_hour=("working hour", "working hours"),
    numbers=("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    open_all_day="around the clock", closed="closed", colon=True,
)  # fmt: skip
_LANGUAGES = {"nb": _NB, "nn": _NN, "en": _EN}


def in_words(agreement: Agreement, language: str) -> AgreementText:
    """All pieces in `language` (nb, nn, en; anything else is nb)."""
    words = _LANGUAGES.get(language, _NB)
    names = agreement.labels or NAMES.get(agreement.key, {})
    return AgreementText(
        name=names.get(language) or names.get("nb") or agreement.key,
        hours=_week(agreement.hours, words),
        response=_response(agreement.response, words),
        phone=_week(agreement.phone, words) if agreement.phone else "",
        holidays=words.closed_holidays if agreement.closed_on_holidays else "",
    )


def promised(agreement: Agreement, language: str, received_at: datetime, now: datetime) -> AgreementText:
    """All pieces for a mail that came at `received_at` and is answered `now`; both aware."""
    words, zone = _LANGUAGES.get(language, _NB), ZoneInfo(agreement.zone)
    today = now.astimezone(zone).date()

    def moment(at: datetime) -> str:
        return moment_in_words(at.astimezone(zone), language, today)

    opens, phone = next_open(agreement, now), next_open(agreement, now, "phone") if agreement.phone else now
    return replace(
        in_words(agreement, language),
        respond_by=moment(respond_by(agreement, received_at)),
        opens="" if opens <= now else moment(opens),
        exceptions=", ".join(_exceptions(agreement, today, language, words)),
        phone_opens="" if phone <= now else moment(phone),
    )


def _exceptions(agreement: Agreement, today: date, language: str, words: _Words) -> Iterator[str]:
    for day in (today + timedelta(days=ahead) for ahead in range(EXCEPTION_DAYS)):
        spans = open_spans(agreement, day)
        if spans != agreement.hours[day.weekday()]:
            yield f"{weekday_in_words(day, language)} {_spans(spans, words) if spans else words.closed}"


def _week(week: Week, words: _Words) -> str:
    runs = [(spans, [day for day, _ in run]) for spans, run in groupby(enumerate(week), key=lambda item: item[1])]
    return ", ".join(f"{_day_names(days, words)} {_spans(spans, words)}" for spans, days in runs if spans)


def _day_names(days: list[int], words: _Words) -> str:
    named = {(0, 7): words.every_day, (5, 2): words.weekend}.get((days[0], len(days)))
    if named:
        return named
    first, last = words.days[days[0]], words.days[days[-1]]
    return first if len(days) == 1 else f"{first}–{last}"


def _spans(spans: tuple[OpeningSpan, ...], words: _Words) -> str:
    if spans == (OpeningSpan(0, 24 * 60),):
        return words.open_all_day
    text = " · ".join(map(str, spans))
    return text.replace(".", ":") if words.colon else text


def _response(response: ResponseTime, words: _Words) -> str:
    units = words.working_day if response.unit == "working_days" else words.working_hour
    return f"{words.within} {_counted(response.amount, units, words)}"


def working_days(days: int, language: str) -> str:
    """`ti virkedager`; any other language is nb."""
    words = _LANGUAGES.get(language, _NB)
    return _counted(days, words.working_day, words)


def _counted(amount: int, units: tuple[str, str], words: _Words) -> str:
    number = words.numbers[amount - 1] if amount <= len(words.numbers) else str(amount)
    return f"{number} {units[amount > 1]}"
