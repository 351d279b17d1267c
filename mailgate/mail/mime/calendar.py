"""Invitations, read by the icalendar library. In: a text/calendar body as text. Out: a `CalendarEvent`, or a few lines of text.

RFC 5545, RFC 5546. Bounded before the library sees it: so many lines, so long, and only of the properties that are shown; nothing is
expanded (no recurrence, no time zones). Malformed lines are skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d*(Z?))?")
_WANTED = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "STATUS", "DESCRIPTION", "COMMENT", "ATTENDEE")
_FIELD = re.compile(r"([A-Za-z-]{3,30})[;:]")
_COMPONENTS = ("VEVENT", "VTODO")
_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "PUBLISH": "Event",
    "COUNTER": "New time proposed",
}
_MAX_CHARS = 256 * 1024
_MAX_LINES = 2_000
_MAX_LINE_CHARS = 8_000
_MAX_ATTENDEES = 20


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """The first event or task of a calendar. `method` in capitals (RFC 5546 section 1.4), "" when it names none; texts unescaped."""

    method: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    attendees: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The value of a property, "" when absent."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def summary(self) -> str:
        """What the event is called."""
        return self.get("SUMMARY")

    @property
    def comment(self) -> str:
        """What an attendee wrote beside the answer (RFC 5545 section 3.8.1.4)."""
        return self.get("COMMENT").strip()

    @property
    def people(self) -> tuple[str, ...]:
        """Names and addresses of the attendees, and the organiser's."""
        name, _, address = self.get("ORGANIZER").partition(" <")
        return *self.attendees, name, address.rstrip(">")

    def attendee_in(self, line: str) -> bool:
        """Whether an attendee's name or address stands in `line`."""
        low = line.lower()
        return any(one and one.lower() in low for one in self.attendees)

    def is_attendee(self, low: str) -> bool:
        """Whether `low` (a line in lower case) is nothing but an attendee."""
        return any(one and low.strip(" -*,<>") == one.lower() for one in self.attendees)

    def repeats(self, low: str) -> bool:
        """Whether `low` (a line in lower case) only repeats what the event says."""
        for name, value in self.fields:
            known = value.lower() if name != "COMMENT" else ""
            if known and (low == known or (len(low) > 3 and low in known)):
                return True
        rest = low.replace(self.summary.lower(), "", 1).strip(" *:\"'\u00ab\u00bb\u201c\u201d") if self.summary else low
        return not rest


def read_event(text: str) -> CalendarEvent:
    """Read `text`; an empty `CalendarEvent` when it is no calendar."""
    if "BEGIN:VCALENDAR" not in text[:4_096].upper():
        return CalendarEvent()
    method, inside = "", False
    found: dict[str, str] = {}
    attendees: list[str] = []
    for line in _lines(text):
        name, parameters, value = line
        if name == "METHOD":
            method = method or value.strip().upper()
        elif name == "BEGIN":
            inside = inside or value.strip().upper() in _COMPONENTS
        elif name == "END" and value.strip().upper() in _COMPONENTS:
            break
        elif inside and name == "ATTENDEE":
            attendees += [parameters.get("CN", ""), value.partition(":")[2] or value] if len(attendees) < _MAX_ATTENDEES else []
        elif inside:
            found.setdefault(name, _value(name, parameters, value))
    return CalendarEvent(method, tuple(found.items()), tuple(attendees))


def _lines(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The property lines that are wanted, unfolded (RFC 5545 section 3.1), as name, parameters, value."""
    from icalendar.parser import Contentline, Contentlines  # 4 MB, which mail without invitations does not need

    unfolded: Any = Contentlines.from_ical
    content_line: Any = Contentline
    out: list[tuple[str, dict[str, str], str]] = []
    for line in islice(unfolded(text[:_MAX_CHARS].strip()), _MAX_LINES):
        name = _FIELD.match(line)
        if name is None or name.group(1).upper() not in (*_WANTED, "METHOD", "BEGIN", "END"):
            continue
        try:
            key, parameters, value = content_line(line[:_MAX_LINE_CHARS]).parts()
        except ValueError:
            continue
        out.append((key.upper(), {one.upper(): str(said) for one, said in parameters.items()}, str(value)))
    return out


def _value(name: str, parameters: dict[str, str], value: str) -> str:
    if name in ("DTSTART", "DTEND"):
        zone = parameters.get("TZID", "")[:60]
        return _moment(value) + (f" ({zone})" if zone else "")
    if name == "ORGANIZER":
        common, address = parameters.get("CN", "")[:200], value.partition(":")[2] or value
        return f"{common} <{address}>" if common else address
    return value.replace("\\n", "\n").replace("\\N", "\n").replace("\\,", ",").replace("\\;", ";").strip()[:4_000]


def _moment(value: str) -> str:
    match = _STAMP.search(value)
    if not match:
        return value[:40]
    year, month, day, hour, minute, utc = match.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "") + (" UTC" if utc else "")


def summarise(text: str) -> str:
    """The first event or task of the calendar in at most nine lines; "" when there is none."""
    event = read_event(text)
    if not event.fields:
        return ""
    out = [": ".join(one for one in (_METHODS.get(event.method, "Event"), event.summary) if one)]
    if start := event.get("DTSTART"):
        out.append(start + (" - " + event.get("DTEND") if event.get("DTEND") else ""))
    out += [event.get(name) for name in ("LOCATION", "ORGANIZER", "DESCRIPTION", "COMMENT") if event.get(name)]
    return "\n".join(out)
