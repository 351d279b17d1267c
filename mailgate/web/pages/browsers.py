"""What people call a browser. In: a User-Agent field (RFC 9110 section 10.1.5). Out: its name and system. A hint, never a fact."""

from __future__ import annotations

OTHER_MAX_CHARS = 60
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
"""What stands in the field, and the name; the first counts, since most browsers name others, too."""
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def browser(agent: str) -> str:
    """Name and system, such as `Firefox, Windows`; the beginning of the field when it names none that we know."""
    name = next((shown for mark, shown in _BROWSERS if mark in agent), "")
    if not name:
        return agent[:OTHER_MAX_CHARS]
    system = next((shown for mark, shown in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (name, system)))
