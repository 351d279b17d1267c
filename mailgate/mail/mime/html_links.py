"""How a link reads as text. In: its address and its words. Out: what is written behind the words, "" when they say it all. Pure.

Whoever reads only the text must see where a link leads: words that look like another address than the one behind them hide it.
"""

from __future__ import annotations

import re

MAX_URL_CHARS = 500
_SCHEME = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_WITHIN, _GOES_ON = re.compile(r"[\w@.-]"), re.compile(r"[\w@-]|\.\w")
"""What stands before or behind a part of a longer address: `bank.example` is only the front of `bank.example.evil.example`."""
_MAX_LOOKS = 20


def address_behind(target: str, label: str) -> str:
    """` <address>` for a link to `target` (as in `href`) whose words are `label`."""
    scheme = _SCHEME.match(target)
    if not label or scheme is None or len(target) > MAX_URL_CHARS:
        return ""
    bare = target[scheme.end() :] if scheme.group().lower() == "mailto:" else target
    short = re.sub(r"^https?://", "", bare, flags=re.IGNORECASE).removeprefix("www.").rstrip("/")
    return "" if not short or _says(label.lower(), short.lower()) else f" <{bare}>"


def _says(label: str, short: str) -> bool:
    """Whether the words hold the address, and it neither begins nor ends within a longer one."""
    at = label.find(short)
    for _ in range(_MAX_LOOKS):
        if at < 0:
            return False
        start = at - len("www.") if label.startswith("www.", at - len("www.")) and at >= len("www.") else at
        if not _WITHIN.match(label, start - 1, start) and not _GOES_ON.match(label, at + len(short)):
            return True
        at = label.find(short, at + 1)
    return False
