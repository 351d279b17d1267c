"""What a failed delivery says of the address: is it dead, is it full, or was it something else? Pure. The table is `status_codes`.

In: the status of a report (RFC 3463) and its words. Out: one word. A code that says nothing by itself, and a report without any, is read by
its basic code and its words: many servers say only there that nobody has this name. When in doubt, an address is not called dead.
"""

from __future__ import annotations

import re
from typing import Literal

from mailgate.mail.bounce.refusal_words import DEAD, FULL, OURS
from mailgate.mail.bounce.status_codes import CODES, REPLIES

Verdict = Literal["hard", "soft", "unrelated", "delivered", "unknown"]
MAX_CHARS = 2_000
VAGUE = frozenset({"0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "7.0"})
"""Details that mean `other or undefined`."""
MISUSED = frozenset({"4.1", "7.1"})
"""Details that servers also give for a name that nobody has: Microsoft 365 says 5.4.1, old Exchange 5.7.1."""

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.ASCII)
_REPLY = re.compile(r"(?<![\d.:#])([45][0-5]\d)(?=[ \-:;,)\]]|$)(?!-\d)", re.ASCII)


def verdict(status: str, diagnostic: str = "") -> Verdict:
    """What a report says of the address. `status` as in RFC 3464 section 2.3.4; without one, the diagnostic's code or words count."""
    diagnostic = diagnostic[:MAX_CHARS]
    found = _CODE.search(status) or _CODE.search(diagnostic)
    if found is None:
        return _by_words(diagnostic)
    class_, code = found.group(1), f"{int(found.group(2))}.{int(found.group(3))}"
    if class_ == "2":
        return "delivered"
    if class_ == "4":
        return "soft"
    return _of_class_five(code, diagnostic)


def is_vague(status: str) -> bool:
    """True for a status that says no more than that it failed, and for none."""
    found = _CODE.search(status)
    return found is None or f"{int(found.group(2))}.{int(found.group(3))}" in VAGUE


def meaning(status: str) -> str:
    """What the registry says of a status, "" for one that it does not know."""
    found = _CODE.search(status)
    code = f"{int(found.group(2))}.{int(found.group(3))}" if found else ""
    return CODES[code].meaning if code in CODES else ""


def _of_class_five(code: str, diagnostic: str) -> Verdict:
    """A table row, corrected by plain words: servers use 5.1.1 for a full mailbox, 5.7.1 and 5.4.1 for a name that nobody has."""
    if code not in CODES:  # RFC 3463 section 2: a detail that is not known is read as x.y.0
        general = f"{code.partition('.')[0]}.0"
        code = general if general in CODES else "0.0"
    row = CODES[code]
    if code in VAGUE:
        words = _by_words(diagnostic)
        return words if words != "unknown" else row.reading
    if row.reading == "hard":
        return "soft" if FULL.search(diagnostic) else "hard" if DEAD.search(diagnostic) or not OURS.search(diagnostic) else "unrelated"
    return "hard" if code in MISUSED and _words(diagnostic) == "hard" else row.reading


def _by_words(diagnostic: str) -> Verdict:
    """A basic code of class 4 first, then words, then what the basic code says by itself."""
    found = _REPLY.search(diagnostic)
    code = found.group(1) if found else ""
    if code.startswith("4"):
        return "soft"
    words = _words(diagnostic)
    return REPLIES.get(int(code), "unknown") if words == "unknown" and code else words


def _words(diagnostic: str) -> Verdict:
    """`soft` for a full mailbox, `unrelated` for what was about us, `hard` for an address that is not there, in this order."""
    if FULL.search(diagnostic):
        return "soft"
    if OURS.search(diagnostic):
        return "unrelated"
    return "hard" if DEAD.search(diagnostic) else "unknown"
