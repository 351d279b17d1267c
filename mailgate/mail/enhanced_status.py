"""What an enhanced status code means for the address: is it dead, full, or was it something else? Pure.

RFC 3463 defines class.subject.detail; the details are those of its sections 3.1 to 3.8 and of the IANA registry that RFC 5248 keeps.
The registry says what happened; which of it is the address's own and final fault is our reading, row by row.
"""

from __future__ import annotations

import re
from typing import Literal

Verdict = Literal["hard", "soft", "delivered", "unknown"]

HARD: frozenset[str] = frozenset(
    {
        "1.1",  # bad destination mailbox address
        "1.2",  # bad destination system address
        "1.3",  # bad destination mailbox address syntax
        "1.4",  # destination mailbox address ambiguous
        "1.6",  # destination mailbox has moved, no forwarding address
        "1.9",  # message relayed to non-compliant mailer (RFC 3886): nobody is there who could report
        "1.10",  # recipient address has null MX (RFC 7505)
        "2.1",  # mailbox disabled, not accepting messages
        "4.4",  # unable to route: the domain has no mail server
    }
)
"""Of class 5: the address will not come back by itself."""

SOFT: frozenset[str] = frozenset(
    {
        "0.0", "1.0", "1.5", "1.7", "1.8", "2.0", "2.2", "2.3", "2.4",
        "3.0", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6",
        "4.0", "4.1", "4.2", "4.3", "4.5", "4.6", "4.7", "4.8",
        "5.0", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6",
        "6.0", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7", "6.8", "6.9", "6.10",
        *(f"7.{detail}" for detail in range(31)),
    }
)  # fmt: skip
"""Of class 5: full, too large, our address or content, their system, network, policy. The address itself may be as good as ever."""

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.ASCII)
_DEAD = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient|address|person)|(user|mailbox|recipient|address|account) (is )?"
    r"(unknown|not found|disabled|inactive|unavailable|invalid|rejected: user)|does(n't| not) exist|no mailbox (here|by that name)|"
    r"unknown (recipient|local.part|address|mailbox)|invalid (recipient|mailbox|address)|not our customer|no longer (valid|employed|with)|"
    r"account (has been )?(closed|deleted)|ukjent (bruker|mottaker|adresse)|finnes ikke|eksisterer ikke|unbekannt",
    re.IGNORECASE,
)
_FULL = re.compile(r"quota|mailbox (is )?full|over ?limit|too (large|big)|storage|full postkasse", re.IGNORECASE)


def verdict(status: str, diagnostic: str = "") -> Verdict:
    """What a report says of the address. `status` as in RFC 3464 section 2.3.4; without one, the diagnostic's code or words count.

    A vague code (`5.0.0`, `5.1.0`, `5.5.0`) is read together with the words: many servers say only there that nobody has this name.
    """
    found = _CODE.search(status) or _CODE.search(diagnostic)
    if found is None:
        return _by_words(diagnostic)
    class_, code = found.group(1), f"{int(found.group(2))}.{int(found.group(3))}"
    if class_ == "2":
        return "delivered"
    if class_ == "4":
        return "soft"
    if code in HARD:
        return "soft" if _FULL.search(diagnostic) else "hard"
    if code in ("0.0", "1.0", "2.0", "3.0", "5.0"):
        words = _by_words(diagnostic)
        return "soft" if words == "unknown" else words
    return "soft"


def _by_words(diagnostic: str) -> Verdict:
    if _FULL.search(diagnostic):
        return "soft"
    return "hard" if _DEAD.search(diagnostic) else "unknown"
