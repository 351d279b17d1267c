"""When the author of an out-of-office note says to be back. In: the note's text and the moment it was written. Out: a day, or None.

Day forms of nine languages. A day without a year is the next one after the note was written. `until and including` means back the day
after.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    1: "januar january janvier januari tammikuuta tammikuun jan janv jänner januari",
    2: "februar february février fevrier februari helmikuuta helmikuun feb febr févr",
    3: "mars march märz mars maart maaliskuuta maaliskuun marts mar mrz mrt",
    4: "april avril huhtikuuta huhtikuun apr avr",
    5: "mai may maj mei toukokuuta toukokuun",
    6: "juni june juin kesäkuuta kesäkuun jun",
    7: "juli july juillet heinäkuuta heinäkuun jul juil",
    8: "august août aout augusti augustus elokuuta elokuun aug",
    9: "september septembre syyskuuta syyskuun sep sept",
    10: "oktober october octobre lokakuuta lokakuun okt oct",
    11: "november novembre marraskuuta marraskuun nov",
    12: "desember december décembre decembre dezember joulukuuta joulukuun des dec dez déc",
}
_MONTH_OF = {word: number for number, words in _MONTHS.items() for word in words.split()}
_NAMES = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_DAY = re.compile(
    rf"(?P<iso>\d{{4}})-(?P<iso_m>\d\d)-(?P<iso_d>\d\d)"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|e|:e)?\.?\s?(?:of |de |\.)?\s?(?P<m1>{_NAMES})\b\.?,?\s?(?P<y1>20\d\d)?"
    rf"|\b(?P<m2>{_NAMES})\.?\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b,?\s?(?P<y2>20\d\d)?"
    rf"|(?P<d3>\d{{1,2}})[./](?P<m3>\d{{1,2}})(?:[./]\s?(?P<y3>(?:20)?\d\d)\b)?",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:tilbake|attende|tilbage|tillbaka|åter|back|return(?:ing|s)?|zurück|wieder|takaisin|palaan|terug|weer|retour)\b", re.IGNORECASE
)
_UNTIL = re.compile(
    r"\b(?P<whole>til og med|til og m|t\.?o\.?m\.?|till och med|through|thru|up to and including|until and including|"
    r"bis einschließlich|bis einschl|"
    r"tot en met|t/m|jusqu'au .{0,20} inclus)\b|\b(?:fram til|fram til og|frem til|til|till|until|untill|bis|tot|jusqu'au|jusqu’au|"
    r"asti|saakka)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[!?;]|(?<!\d)\.\s(?=[A-ZÆØÅÄÖ])")
_REACH_CHARS = 60
_MAX_CHARS = 5_000
_MAX_LOOKS = 50


def returns_at(text: str, written_at: datetime | None) -> datetime | None:
    """Midnight UTC of the day of return that `text` names, None when it names none that can be understood."""
    text = re.sub(r"\s+", " ", text[:_MAX_CHARS])
    back = _nearest(text, _BACK, written_at)
    if back is not None:
        return back
    return _nearest(text, _UNTIL, written_at)


def _nearest(text: str, words: re.Pattern[str], written_at: datetime | None) -> datetime | None:
    """The day that follows one of `words` closely, or stands before it in the same sentence (`ab dem 15. März wieder da`)."""
    for count, word in enumerate(words.finditer(text)):
        if count >= _MAX_LOOKS:
            break
        window = _SENTENCE.split(text[word.end() : word.end() + _REACH_CHARS])[0]
        found = _DAY.search(window)
        if not found and (words is _BACK or word.group().lower() in ("asti", "saakka")):
            found = _last(_DAY, _SENTENCE.split(text[max(0, word.start() - _REACH_CHARS) : word.start()])[-1])
        day = _moment(found, written_at) if found else None
        if day is not None:
            return day + timedelta(days=1) if word.groupdict().get("whole") else day
    return None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def _moment(match: re.Match[str], written_at: datetime | None) -> datetime | None:
    part = match.groupdict()
    if part["iso"]:
        return _day(int(part["iso"]), int(part["iso_m"]), int(part["iso_d"]))
    day = int(part["d1"] or part["d2"] or part["d3"])
    month = int(part["m3"]) if part["m3"] else _MONTH_OF[(part["m1"] or part["m2"]).lower()]
    year = part["y1"] or part["y2"] or part["y3"]
    if year:
        return _day(int(year) % 100 + 2000, month, day)
    return _next(written_at, month, day)


def _next(written_at: datetime | None, month: int, day: int) -> datetime | None:
    """The first such day from the day of writing on."""
    if written_at is None:
        return None
    this = _day(written_at.year, month, day)
    if this is not None and this < written_at - timedelta(days=2):
        return _day(written_at.year + 1, month, day)
    return this


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
