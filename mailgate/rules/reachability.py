"""What failed deliveries mean for an address: from when on it gets no mail, and for how long. Pure; the store keeps the count.

In: one failure, and how many different mails of ours failed softly within the window. Out: a `Suppression`, or None: the address goes on.
A hard failure stops it until the address proves to work again; several soft ones stop it for a time; a complaint is a person's wish. A
suppression that rests on an unproven report ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailgate.mail.bounce.enhanced_status import Verdict, meaning

Cause = Literal["bounce", "soft_bounces", "complaint", "operator"]
"""Why an address gets no mail. All but `operator` end when its owner writes to us and it is sure that they did."""
LIFTED_BY_ITS_OWNER: frozenset[str] = frozenset({"bounce", "soft_bounces", "complaint"})
MAX_WORDS = 200
UNPROVEN = "; says a report that only knows the Message-ID, so it is believed for a time"


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """One mail of ours, `outbox_id`, did not reach `address` (lower case); or it did and was complained of.

    `verdict` as of `enhanced_status`; `status` and `words` are what was said, for people. `proven` False: all that ties the report to our
    mail is its Message-ID, which everybody sees who gets a reply to all.
    """

    address: str
    outbox_id: str
    verdict: Verdict | Literal["complaint"]
    at: datetime
    status: str = ""
    words: str = ""
    proven: bool = True


@dataclass(frozen=True, slots=True)
class BounceLimits:
    """After `soft_max` mails that failed softly within the window an address pauses. `soft_max` 0: it never does.

    A report that proves nothing pauses it for `soft_pause_days`, once per mail.
    """

    soft_max: int = 5
    soft_window_days: int = 14
    soft_pause_days: int = 7

    @property
    def soft_window(self) -> timedelta:
        """As a time."""
        return timedelta(days=self.soft_window_days)


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address gets nothing more: why, since when (`created_at`), and until when (None: until it is lifted)."""

    address: str
    reason: str
    created_at: datetime
    cause: Cause = "operator"
    until: datetime | None = None


def counts_softly(failure: DeliveryFailure) -> bool:
    """True when the failure is held against the address, though one alone means nothing."""
    return failure.verdict in ("soft", "unknown")


def counts_once(failure: DeliveryFailure) -> bool:
    """True when more reports on the same mail mean nothing: nobody can make a pause longer by saying the same again."""
    return counts_softly(failure) or (not failure.proven and failure.verdict in ("hard", "complaint"))


def suppression_after(failure: DeliveryFailure, soft_failures: int, limits: BounceLimits) -> Suppression | None:
    """What follows. `soft_failures` counts this one."""
    day, pause_ends = f"{failure.at:%Y-%m-%d}", failure.at + timedelta(days=limits.soft_pause_days)
    until, hint = (None, "") if failure.proven else (pause_ends, UNPROVEN)
    if failure.verdict == "hard":
        return Suppression(failure.address, f"bounced {day}: {_said(failure)}{hint}", failure.at, "bounce", until)
    if failure.verdict == "complaint":
        words = f"complained {day}: the receiver called our mail unwanted{hint}"
        return Suppression(failure.address, words, failure.at, "complaint", until)
    if not (counts_softly(failure) and 0 < limits.soft_max <= soft_failures):
        return None
    reason = f"{soft_failures} mails came back within {limits.soft_window_days} days, the last one {day}: {_said(failure)}"
    return Suppression(failure.address, reason, failure.at, "soft_bounces", pause_ends)


def _said(failure: DeliveryFailure) -> str:
    return " ".join((failure.status, failure.words or meaning(failure.status))).strip()[:MAX_WORDS] or "no reason was given"
