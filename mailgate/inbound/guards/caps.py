"""Caps: how many cases mail may make, and how much mail the rules may send to teams, for any author and under any policy.

In: decided messages, and the counters of the store. Out: the messages. Above a cap, a new case and a forwarded mail are held for a person,
and a team mail is left out. Like the answer gate it runs after the policy, and counts before anything is made or sent, in the transaction
of the mail's other effects. What an operator has released is neither capped nor counted. Two workers do not see each other's open
transactions, so a cap may be exceeded by one per worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.same_mailbox import counted_as
from mailgate.mail.smtp_address import folded
from mailgate.rules import operator_decision
from mailgate.rules.chain import Effect, TrailEntry, Verdict

RULE = "cap"
"""The rule's name in trail and verdict when a cap overrules a policy."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_OF_HELD = frozenset({"notify", "tag"})


@dataclass(frozen=True, slots=True)
class CapLimits:
    """The most that is made and sent. Windows are rolling. Team mails and forwarded mails count for each address that the policy names."""

    cases_per_address_per_day: int = 20
    cases_per_domain_per_hour: int = 100
    cases_per_hour: int = 500
    team_mails_per_hour: int = 60
    forwards_per_hour: int = 500


class CapCounters(Protocol):
    """What the caps count, in the store, in the transaction at hand."""

    def counted(self, key: str, since: datetime, now: datetime) -> int:
        """How often this key was counted since then, and not further ahead of now than that lies behind."""
        ...

    def count(self, keys: Sequence[str], now: datetime) -> None:
        """Count each of the keys once."""
        ...


@dataclass(frozen=True, slots=True)
class _Cap:
    """One bound: `key` is what is counted, `reason` its words."""

    key: str
    window: timedelta
    most: int
    reason: str


@dataclass(frozen=True, slots=True)
class Caps:
    """Judges messages one after the other, in one transaction."""

    counters: CapCounters
    limits: CapLimits
    now: datetime

    def judge(self, message: IntakeMessage) -> IntakeMessage:
        """The message within the caps. Counts what it lets through."""
        verdict = message.verdict
        if verdict is None or operator_decision.instead_of_policy(message.entry.operator_decision):
            return message
        if verdict.disposition in ("create", "forward") and (reason := self._refused(self._bounds(message, verdict))):
            verdict = _held(verdict, reason)
        if any(effect.do == "notify" for effect in verdict.effects):
            verdict = self._with_fewer_team_mails(verdict)
        return message if verdict is message.verdict else replace(message, verdict=verdict)

    def _bounds(self, message: IntakeMessage, verdict: Verdict) -> tuple[_Cap, ...]:
        """Those of the main effect."""
        if verdict.disposition == "forward":
            to = next((effect.args.get("to", "") for effect in verdict.effects if effect.do == "forward"), "")
            return (_Cap(f"forward:{folded(to)}", HOUR, self.limits.forwards_per_hour, f"forwarded mails to {to} within an hour"),)
        if message.mail.author is None:
            return ()
        mailbox, domain = counted_as(message.mail.author.address)
        limits = self.limits
        return (
            _Cap(f"case:{mailbox}", DAY, limits.cases_per_address_per_day, "cases of one address within a day"),
            _Cap(f"case:@{domain}", HOUR, limits.cases_per_domain_per_hour, f"cases of addresses in {domain} within an hour"),
            _Cap("case:", HOUR, limits.cases_per_hour, "cases made by mail within an hour"),
        )

    def _with_fewer_team_mails(self, verdict: Verdict) -> Verdict:
        """Each address once: several rules that notify one team cause one mail (`actions.team_notices`)."""
        refused = {}
        for whom in dict.fromkeys(effect.args.get("whom", "") for effect in verdict.effects if effect.do == "notify"):
            bound = _Cap(f"team:{folded(whom)}", HOUR, self.limits.team_mails_per_hour, f"team mails to {whom} within an hour")
            if reason := self._refused((bound,)):
                refused[whom] = f"{reason}: the team is not notified of this mail, which is in the journal like any other"
        if not refused:
            return verdict
        kept = tuple(effect for effect in verdict.effects if effect.do != "notify" or effect.args.get("whom", "") not in refused)
        return _remarked(replace(verdict, effects=(*kept, Effect(RULE, {"on": "team_mails"}))), *refused.values())

    def _refused(self, bounds: Sequence[_Cap]) -> str:
        """Why not, "" when it may be; then it is counted."""
        for bound in bounds:
            if self.counters.counted(bound.key, self.now - bound.window, self.now) >= bound.most:
                return f"there were {bound.most} {bound.reason}"
        self.counters.count([bound.key for bound in bounds], self.now)
        return ""


def _held(verdict: Verdict, reason: str) -> Verdict:
    because = f"{verdict.reason}; but {reason}: a person decides"
    kept = tuple(effect for effect in verdict.effects if effect.do in _OF_HELD)
    cap = Effect(RULE, {"on": "cases" if verdict.disposition == "create" else "forwards"})
    held = replace(verdict, disposition="hold", rule=RULE, reason=because, answer="", effects=(Effect("hold"), *kept, cap))
    return _remarked(held, f"{reason}: held for a person")


def _remarked(verdict: Verdict, *reasons: str) -> Verdict:
    remarks = [*verdict.trail.remarks, *(TrailEntry(RULE, True, reason) for reason in reasons)]
    return replace(verdict, trail=replace(verdict.trail, remarks=remarks))
