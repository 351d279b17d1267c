"""Cases that wait for their people: reminders, and the end of a case that nobody answers. In: the policy. Out: how many of each.

Both are off unless the policy says after how many working days. Time stands still while all of a case's people are away. Where there are
reminders, no case ends without one, also not on the day on which a policy begins to close cases. Nothing is done while an answer may be
among mail that was not decided yet, and where our mail reaches nobody. No case ends in a moment in which any mail is undecided.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.cases import changing
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, guarded, use_case
from mailgate.cases import waiting
from mailgate.cases.model import Actor, Case, Contact
from mailgate.errors import NotAllowed, NotFound
from mailgate.rules.agreements import Agreement, opening_after, within_hours
from mailgate.rules.facts import DEFAULT_AGREEMENT
from mailgate.rules.policy import WaitingSettings
from mailgate.store.repositories.waiting.customers import Unanswered

BEHIND = timedelta(seconds=10)
"""Mail that waits longer to be decided may be the answer to any case: then all is left for the next hour."""
Done = Literal["reminded", "closed", ""]


@dataclass(frozen=True, slots=True)
class LookAfter:
    """All cases that wait for their people."""


@dataclass(frozen=True, slots=True)
class SettleUnanswered:
    """One of them, by its id."""

    case_id: str


@guarded(Action.CASE_REMIND, writes=True)
def look_after(app: App, principal: Principal, _command: LookAfter) -> dict[str, int]:
    """Remind people of cases that wait for them, and close those that nobody answers, as the policy says; how many of each."""
    wanted, counts = app.policies.current().waiting, {"reminded": 0, "closed": 0}
    if not wanted.is_on:
        return counts
    with app.store.reading() as uow:
        if uow.customers_turn.is_mail_unread(app.now() - BEHIND):
            return counts
        ids = [one.case_id for one in uow.customers_turn.unanswered(wanted.statuses) if _may_be_due(one, wanted, app.now())]
    for case_id in ids:
        with contextlib.suppress(NotFound, NotAllowed):  # erased meanwhile, or closed by another policy: there is nothing to do
            if done := settle(app, principal, SettleUnanswered(case_id)):
                counts[done] += 1
    return counts


def _may_be_due(case: Unanswered, wanted: WaitingSettings, now: datetime) -> bool:
    """Whether that many calendar days have passed: only then is locking the case worth it."""
    remind, close = wanted.remind_after_days, wanted.close_after_days
    if remind and not case.reminded_at:
        return _passed(case.since, remind, now)
    return bool(close) and _passed(case.reminded_at if remind and case.reminded_at else case.since, close - remind, now)


def _passed(since: datetime, days: int, now: datetime) -> bool:
    """False while the n-th day after the day of `since` cannot have begun, in whatever time zone."""
    return now - since >= timedelta(days=days - 2)


@use_case(Action.CASE_REMIND, policy=True)
def settle(act: Act, command: SettleUnanswered) -> Done:
    """Remind the people of one case, or close it, when that is due; what was done. Looked at again under the case's lock."""
    case = changing.locked(act, command.case_id)
    found = act.uow.customers_turn.unanswered(act.policy.waiting.statuses, case.id)
    if not found:
        act.unchanged()
        return ""
    people, wanted = _reached(act, case), act.policy.waiting
    days = _Days(_agreement(act, case), people, wanted, act.now)
    context = replace(changing.context_of(act, case), actor=Actor("system", act.app.settings.service.company))
    if people and days.is_over(found[0]):
        if act.uow.customers_turn.is_mail_unread(act.now + BEHIND):  # the answer may be among undecided mail: look again in an hour
            act.unchanged()
            return ""
        changing.write(act, case, waiting.close_unanswered(case, wanted.close_after_days, context), reason="nobody answered")
        return "closed"
    if not days.is_reminder_due(found[0]):
        act.unchanged()
        return ""
    closes_at = days.closes_at(Unanswered(case.id, found[0].since, act.now))
    closes_on = closes_at.astimezone(ZoneInfo(act.policy.zone)).date() if closes_at else None
    changing.write(act, case, waiting.remind(case, days.at_home(), closes_on, context))
    return "reminded"


def _reached(act: Act, case: Case) -> list[Contact]:
    """The case's people whom our mail reaches. Without any, they have not heard of our question: that is for a person to see to."""
    people = [person.contact for person in case.participants if person.approved]
    suppressed = act.uow.suppressions.which([person.address for person in people])
    return [person for person in people if person.address.lower() not in suppressed]


@dataclass(frozen=True, slots=True)
class _Days:
    """When reminder and closing of one case are due. Both happen in opening hours, so that an answer to them is read."""

    agreement: Agreement
    people: Sequence[Contact]
    wanted: WaitingSettings
    now: datetime

    def is_over(self, case: Unanswered) -> bool:
        """Whether the case is to be closed now."""
        closes_at = self.closes_at(case)
        return closes_at is not None and closes_at <= self.now and within_hours(self.agreement, self.now)

    def is_reminder_due(self, case: Unanswered) -> bool:
        """Whether people are to be reminded now, once, and one of them is there."""
        days = self.wanted.remind_after_days
        if not days or case.reminded_at or not self.at_home() or not within_hours(self.agreement, self.now):
            return False
        return opening_after(self.agreement, self._counted_from(case.since), days) <= self.now

    def closes_at(self, case: Unanswered) -> datetime | None:
        """When it ends; None for never, or as long as no reminder has said so."""
        days, first = self.wanted.close_after_days, self.wanted.remind_after_days
        since = case.reminded_at if first else case.since
        return opening_after(self.agreement, self._counted_from(since), days - first) if days and since else None

    def at_home(self) -> list[Contact]:
        """The people who are not away now."""
        return [person for person in self.people if person.away_until is None or person.away_until <= self.now]

    def _counted_from(self, since: datetime) -> datetime:
        """Not before the first of the people is back."""
        return max(since, min((person.away_until or since for person in self.people), default=since))


def _agreement(act: Act, case: Case) -> Agreement:
    company = act.uow.customers.get([case.customer_id]).get(case.customer_id) if case.customer_id else None
    return act.policy.agreement(company.agreement if company else DEFAULT_AGREEMENT)
