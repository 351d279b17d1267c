"""Legacy senders: what becomes of mail that asks for help the old way, per domain of the reverse-path and by dates. Pure.

In: a reverse-path and a time. Out: the phase that its domain stands in, since when, and what comes next. It is asked by rules (facts
`legacy.*`), by the listener before a recipient is accepted, by the texts of answers and by the report; so it decides in one place only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from mailgate.mail.smtp_address import folded
from mailgate.rules.agreements import DEFAULT_ZONE, time_zone

Phase = Literal["accept", "accept_and_tell", "redirect", "refuse"]
PHASES: Mapping[Phase, str] = {
    "accept": "a case is made",
    "accept_and_tell": "a case is made, and the answer says from which day on supportweb is the way",
    "redirect": "no case is made; the answer links to supportweb",
    "refuse": "the listener refuses the recipient with 550 and the way to supportweb",
}
"""Phase -> what it means. In the order in which a sender goes through them."""
OPEN: frozenset[Phase] = frozenset({"accept", "accept_and_tell"})
MAX_REFUSAL_CHARS = 300


@dataclass(frozen=True, slots=True)
class PhaseStart:
    """A phase and the local day on which it begins; None: it has always been."""

    phase: Phase
    since: date | None = None


@dataclass(frozen=True, slots=True)
class SenderPhase:
    """Where a sender stands on one day. `next` and `next_on`: the change that comes, "" and None without one.

    `closes_on`: when no cases are made any more, while they still are; `closed_since`: since when, while they are not; `refuses_on`: when
    mail is refused, while it still is not.
    """

    phase: Phase
    since: date | None = None
    next: Phase | Literal[""] = ""
    next_on: date | None = None
    closes_on: date | None = None
    refuses_on: date | None = None
    closed_since: date | None = None


_NOBODY = SenderPhase("redirect")


@dataclass(frozen=True, slots=True)
class PhaseSchedule:
    """Phases one after the other. Raises ValueError for none, a first one with a day, a later one without, or days out of order."""

    steps: tuple[PhaseStart, ...] = (PhaseStart("redirect"),)

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("there is no phase")
        if self.steps[0].since is not None:
            raise ValueError("the first phase holds from the beginning; leave out its 'from', or put the phase before it first")
        days = [step.since for step in self.steps[1:]]
        if None in days:
            raise ValueError("only the first phase can be without a 'from'")
        if late := next((later for earlier, later in pairwise(days) if earlier and later and later <= earlier), None):
            raise ValueError(f"the phases are not in the order of their days: {late} comes too late in the list")

    def on(self, day: date) -> SenderPhase:
        """Where its senders stand on this local day."""
        begun = [step for step in self.steps if step.since is None or step.since <= day]
        now, coming = begun[-1], self.steps[len(begun) :]
        closes = next((step.since for step in coming if step.phase not in OPEN), None) if now.phase in OPEN else None
        refuses = next((step.since for step in coming if step.phase == "refuse"), None) if now.phase != "refuse" else None
        if not coming:
            return SenderPhase(now.phase, now.since, closed_since=_closed_since(begun))
        return SenderPhase(now.phase, now.since, coming[0].phase, coming[0].since, closes, refuses, _closed_since(begun))


def _closed_since(begun: Sequence[PhaseStart]) -> date | None:
    """The day of the first of the closed phases that hold without a break until now; None: they always have, or none does."""
    last_open = max((number for number, step in enumerate(begun) if step.phase in OPEN), default=-1)
    return begun[last_open + 1].since if last_open + 1 < len(begun) else None


@dataclass(frozen=True, slots=True)
class Senders:
    """A domain (lower case, A-labels) and its phases; `subdomains`: all domains below it, too, unless they are named themselves."""

    domain: str
    schedule: PhaseSchedule
    subdomains: bool = False


@dataclass(frozen=True)
class Legacy:
    """The section of a policy. `schedule` is for everyone who is not named. Days begin at midnight in `zone`.

    `refusal`: language -> the operator's own text of the 550, in ASCII. Raises ValueError for a domain that is named twice.
    """

    schedule: PhaseSchedule = field(default_factory=PhaseSchedule)
    senders: tuple[Senders, ...] = ()
    zone: str = DEFAULT_ZONE
    refusal: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [one.domain for one in self.senders]
        if duplicate := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the domain {duplicate} is named twice")
        time_zone(self.zone)

    @cached_property
    def refuses(self) -> bool:
        """False when no sender is ever refused: then the listener need not ask."""
        return any(step.phase == "refuse" for schedule in self._schedules for step in schedule.steps)

    @cached_property
    def _constant(self) -> SenderPhase | None:
        """The stand of everyone when nobody is named and nothing changes."""
        return SenderPhase(self.schedule.steps[0].phase) if not self.senders and len(self.schedule.steps) == 1 else None

    @cached_property
    def _schedules(self) -> tuple[PhaseSchedule, ...]:
        return (self.schedule, *(one.schedule for one in self.senders))

    @cached_property
    def _named(self) -> Mapping[str, Senders]:
        return {one.domain: one for one in self.senders}

    @cached_property
    def _clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def day(self, at: datetime) -> date:
        """The local day of an aware time."""
        return at.astimezone(self._clock).date()

    def midnight(self, day: date) -> datetime:
        """When a local day begins, aware UTC."""
        return datetime.combine(day, time(), self._clock).astimezone(UTC)

    def entry(self, domain: str) -> Senders | None:
        """The entry that a domain (as of `domain_of`) falls under: its own, else the nearest above it that takes subdomains."""
        if found := self._named.get(domain):
            return found
        while "." in domain and self._named:
            domain = domain.partition(".")[2]
            if (found := self._named.get(domain)) and found.subdomains:
                return found
        return None

    def standing(self, reverse_path: str | None, at: datetime) -> SenderPhase:
        """Where the sender of this reverse-path stands. The null one stands where nobody is refused and no case is made."""
        if reverse_path is None:
            return _NOBODY
        if self._constant:
            return self._constant
        entry = self.entry(domain_of(reverse_path))
        return (entry.schedule if entry else self.schedule).on(self.day(at))


SUPPORTWEB_LEGACY = Legacy()
"""The default: everyone gets the answer with the link."""


def domain_of(address: str) -> str:
    """The domain of an address as it is compared: lower case, A-labels, without a final dot."""
    return folded(address).rpartition("@")[2].rstrip(".")
