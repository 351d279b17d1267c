"""Days and times in words of nb, nn and en, for texts that customers read. In: a day or a local time. Out: a phrase without full stop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

MONTHS: Mapping[str, tuple[str, ...]] = {
    "nb": ("januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    "nb": ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
    "nn": ("måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag", "sundag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def day_in_words(day: date, language: str) -> str:
    """`1. april 2009`, `1 April 2009`. Any other language is nb."""
    return f"{_day(day, language)} {day.year}"


def moment_in_words(local: datetime, language: str, seen_from: date) -> str:
    """`onsdag 4. mars kl. 16.00`, `Wednesday 4 March at 16:00`; the year is said when it is not that of the day `seen_from`."""
    day = weekday_in_words(local, language) + ("" if local.year == seen_from.year else f" {local.year}")
    hour, minute = f"{local.hour:02}", f"{local.minute:02}"  # `%H` asks the locale, at ten times the cost
    return f"{day} at {hour}:{minute}" if language == "en" else f"{day} kl. {hour}.{minute}"


def weekday_in_words(day: date, language: str) -> str:
    """`onsdag 4. mars`, `Wednesday 4 March`."""
    return f"{WEEKDAYS.get(language, WEEKDAYS['nb'])[day.weekday()]} {_day(day, language)}"


def _day(day: date, language: str) -> str:
    if language == "en":
        return f"{day.day} {MONTHS['en'][day.month - 1]}"
    return f"{day.day}. {MONTHS['nb'][day.month - 1]}"  # the months are the same in both written forms of Norwegian
