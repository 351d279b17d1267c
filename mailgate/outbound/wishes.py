"""Which notices a person wants. In: groups of due notices, what their recipients chose. Out: what is mailed now, later, or not at all.

Only notices of cases: account mail and automatic answers are sent regardless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailgate.cases.changes import CASE_KINDS
from mailgate.cases.workflow import Workflow, possible
from mailgate.outbound.freeze import Group
from mailgate.store.repositories.portal import UNCHOSEN, NoticeChoice
from mailgate.store.rows import ClaimedNotice
from mailgate.store.unit_of_work import UnitOfWork

MUTED, UNWANTED = "the recipient has muted the case", "the recipient does not want such notices"
TAKEN_OUT = "the recipient takes no part in the case any more"


@dataclass(slots=True)
class Sorted:
    """`unwanted` with the reason; `later` with the time at which the group is due again."""

    wanted: list[Group] = field(default_factory=list)
    unwanted: list[tuple[Group, str]] = field(default_factory=list)
    later: list[tuple[Group, datetime]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the recipients of a batch have chosen: by contact id, and as (contact id, case id) the cases that they muted."""

    by_contact: Mapping[str, NoticeChoice] = field(default_factory=dict)
    muted: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, uow: UnitOfWork, groups: Sequence[Group]) -> Wishes:
        """At most two statements for a batch of any size, none for a batch without notices of cases."""
        pairs = {(one.contact_id, one.case_id) for group in groups for one in group.notices[:1] if one.contact_id and one.case_id}
        return cls(uow.portal.choices({contact_id for contact_id, _ in pairs}), frozenset(uow.portal.muted(pairs)))

    def sort(self, groups: Sequence[Group], workflow: Workflow, zone: str, now: datetime) -> Sorted:
        """Sort each group, or its parts, into mailed now, later or unwanted."""
        found, local = Sorted(), ZoneInfo(zone)
        for group in groups:
            self._place(group, workflow, local, now, found)
        return found

    def _place(self, group: Group, workflow: Workflow, zone: ZoneInfo, now: datetime, found: Sorted) -> None:
        first = group.notices[0]
        wish, hour = self.by_contact.get(first.contact_id or "", UNCHOSEN)
        if first.kind not in CASE_KINDS:
            found.wanted.append(group)
        elif not _takes_part(group):
            found.unwanted.append((group, TAKEN_OUT))
        elif (first.contact_id, first.case_id) in self.muted:
            found.unwanted.append((group, MUTED))
        elif wish == "none":
            found.unwanted.append((group, UNWANTED))
        elif wish == "important":
            _split(group, workflow, found)
        elif wish == "digest" and (at := digest_at(group, zone, hour)) > now:
            found.later.append((group, at))
        else:
            found.wanted.append(replace(group, digest=True) if wish == "digest" else group)


def _takes_part(group: Group) -> bool:
    """Whether the reader is of the case's people, as it is now. Who was taken out is told nothing that waited."""
    if group.case is None or group.contact is None:
        return True
    return any(person.approved and person.contact.id == group.contact.id for person in group.case.participants)


def _split(group: Group, workflow: Workflow, found: Sorted) -> None:
    kept = tuple(one for one in group.notices if is_important(one, workflow))
    rest = tuple(one for one in group.notices if one not in kept)
    if kept:
        found.wanted.append(replace(group, notices=kept))
    if rest:
        found.unwanted.append((replace(group, notices=rest), UNWANTED))


def is_important(notice: ClaimedNotice, workflow: Workflow) -> bool:
    """A new case; news of one that waits for its people, is solved or is closed."""
    status = notice.facts.get("status", "")
    known = workflow.status(status)
    return notice.kind == "case_created" or known.solved or known.final or bool(possible(workflow, status, "contact"))


def digest_at(group: Group, zone: ZoneInfo, hour: int) -> datetime:
    """When the group is mailed to somebody who wants one mail a day at this local hour, not while they are away; a receipt for a new case
    at once.
    """
    oldest = min(one.created_at for one in group.notices)
    if any(one.kind == "case_created" for one in group.notices):
        return oldest
    away_until = group.contact.away_until if group.contact else None
    local = max(oldest, away_until or oldest).astimezone(zone)
    day = local.date() if local.time() < time(hour) else local.date() + timedelta(days=1)
    return datetime.combine(day, time(hour), zone)
