"""What a backtest needs of intake, as Protocols: it is handed the real steps and imports none of them (`runtime.replay_steps`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from mailgate.mail.auth.authres import AuthResults
from mailgate.mail.model import Envelope, Mail
from mailgate.rules.chain import Verdict
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.rules.policy import Policy
from mailgate.store.protocols import IntakeUnit
from mailgate.store.rows import ClaimedEntry, Outcome


class Reader(Protocol):
    """Reads mail in a separate process."""

    def read_all(self, mails: Sequence[tuple[bytes, Envelope]]) -> list[Mail]:
        """One `Mail` for each, in order."""
        ...

    def close(self) -> None:
        """End the process."""
        ...


class NamedRecords(Protocol):
    """What a mail names: these records must be fetched before it is decided."""

    @property
    def outbox_id(self) -> str | None:
        """The mail of ours whose signed return path a report came to."""
        ...

    @property
    def reported_ids(self) -> Sequence[str]:
        """Message-IDs that a report names."""
        ...

    @property
    def foreign_ids(self) -> Sequence[str]:
        """Hashes of ids that relays may have given our mail."""
        ...

    @property
    def case_numbers(self) -> Collection[int]:
        """Numbers of cases that the mail may belong to."""
        ...


@dataclass(frozen=True, slots=True)
class Decided:
    """One mail decided and applied: the verdict, the outcome, and the key of its case ("" without one)."""

    verdict: Verdict
    outcome: Outcome
    case_key: str


Named = TypeVar("Named", bound=NamedRecords)


class IntakeSteps(Protocol[Named]):
    """The steps of intake, as the worker runs them."""

    @property
    def dispositions(self) -> Mapping[str, str]:
        """State of a decided entry -> disposition."""
        ...

    @property
    def guard_rules(self) -> Collection[str]:
        """Rule names that are in an outcome when a guard overruled the policy by what a backtest cannot know."""
        ...

    @property
    def content_window(self) -> timedelta:
        """How far back the answer gate looks for the same content."""
        ...

    @property
    def delivery_window(self) -> timedelta:
        """How far back deliveries of the same mail to other recipients count."""
        ...

    @property
    def soft_window(self) -> timedelta:
        """How far back soft bounces count."""
        ...

    def reader(self) -> Reader:
        """A reader, not yet begun."""
        ...

    def records(self, mail: Mail, envelope: Envelope, on: date, decision: OperatorDecision | None) -> Named:
        """What the mail names, on this day. Pure."""
        ...

    def header_results(self, mail: Mail, envelope: Envelope) -> AuthResults:
        """What the mail's own header says of its origin, for mail about which nothing was recorded."""
        ...

    def decide(
        self, state: IntakeUnit, policy: Policy, entry: ClaimedEntry, mail: Mail, results: AuthResults, named: Named, now: datetime
    ) -> Decided:
        """Match, decide and apply one mail in this state, at this time."""
        ...
