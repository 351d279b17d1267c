"""Invitations as a few lines of text. In: a text/calendar body as text. Out: what, when, where, who, or "". RFC 5545, RFC 5546."""

from __future__ import annotations

import re

_FIELD = re.compile(r"^([A-Z-]{3,30})((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)$")
_ESCAPE = re.compile(r"\\([\\;,nN])")
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d*(Z?))?")
_WANTED = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "STATUS", "DESCRIPTION", "COMMENT")
_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "PUBLISH": "Event",
    "COUNTER": "New time proposed",
}
_MAX_LINES = 2_000


def summarise(text: str) -> str:
    """The first event or task of the calendar in at most nine lines; "" when there is none."""
    lines = text.replace("\n ", "").replace("\n\t", "").split("\n", _MAX_LINES)[:_MAX_LINES]
    method, inside = "", False
    found: dict[str, str] = {}
    for line in lines:
        match = _FIELD.match(line.strip())
        if not match:
            continue
        name, parameters, value = match.groups()
        if name == "METHOD":
            method = value.strip().upper()
        elif name == "BEGIN" and value.strip() in ("VEVENT", "VTODO"):
            inside = True
        elif name == "END" and value.strip() in ("VEVENT", "VTODO"):
            break
        elif inside and name in _WANTED:
            found.setdefault(name, _value(name, parameters, value))
    return _lines(method, found)


def _value(name: str, parameters: str, value: str) -> str:
    if name in ("DTSTART", "DTEND"):
        return _moment(value) + _zone(parameters)
    if name == "ORGANIZER":
        common = re.search(r";CN=\"?([^;\":]{1,200})", parameters)
        address = value.partition(":")[2] or value
        return f"{common.group(1)} <{address}>" if common else address
    return _ESCAPE.sub(lambda match: "\n" if match.group(1) in "nN" else match.group(1), value).strip()[:4_000]


def _moment(value: str) -> str:
    match = _STAMP.search(value)
    if not match:
        return value[:40]
    year, month, day, hour, minute, utc = match.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "") + (" UTC" if utc else "")


def _zone(parameters: str) -> str:
    zone = re.search(r";TZID=\"?([^;\":]{1,60})", parameters)
    return f" ({zone.group(1)})" if zone else ""


def _lines(method: str, found: dict[str, str]) -> str:
    if not found:
        return ""
    out = [": ".join(one for one in (_METHODS.get(method, "Event"), found.get("SUMMARY", "")) if one)]
    if "DTSTART" in found:
        out.append(found["DTSTART"] + (" - " + found["DTEND"] if "DTEND" in found else ""))
    out += [found[name] for name in ("LOCATION", "ORGANIZER", "DESCRIPTION", "COMMENT") if found.get(name)]
    return "\n".join(out)
