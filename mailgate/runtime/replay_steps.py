"""The steps of intake for a backtest: the very code that decides and applies mail in a worker. In: its parts. Out: `IntakeSteps`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from mailgate.backtest.steps import Decided
from mailgate.inbound.auth.authentication import read_auth_results
from mailgate.inbound.guards import caps
from mailgate.inbound.intake import split_delivery
from mailgate.inbound.intake.apply import apply
from mailgate.inbound.intake.effects import STATES
from mailgate.inbound.intake.intake import IntakeOptions, apply_context, decide, with_operator_case
from mailgate.inbound.intake.match import Hints
from mailgate.inbound.intake.matcher import CaseFinder
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.inbound.intake.reader_process import ReaderProcess
from mailgate.mail.auth.authres import AuthResults
from mailgate.mail.model import Envelope, Mail
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.rules.policy import Policy
from mailgate.store.protocols import IntakeUnit
from mailgate.store.rows import ClaimedEntry

DISPOSITIONS: Mapping[str, str] = {state: disposition for disposition, state in STATES.items()}


@dataclass(frozen=True, slots=True)
class ReplaySteps:
    """See `IntakeSteps`. `make_reader`: a reader that begins with its first mail."""

    finder: CaseFinder
    options: IntakeOptions
    make_reader: Callable[[], ReaderProcess]

    @property
    def dispositions(self) -> Mapping[str, str]:
        """See IntakeSteps."""
        return DISPOSITIONS

    @property
    def guard_rules(self) -> frozenset[str]:
        """See IntakeSteps."""
        return frozenset({caps.RULE})

    @property
    def content_window(self) -> timedelta:
        """See IntakeSteps."""
        return self.options.limits.same_content_window

    @property
    def delivery_window(self) -> timedelta:
        """See IntakeSteps."""
        return split_delivery.WINDOW

    @property
    def soft_window(self) -> timedelta:
        """See IntakeSteps."""
        return self.options.bounces.soft_window

    def reader(self) -> ReaderProcess:
        """See IntakeSteps."""
        return self.make_reader()

    def records(self, mail: Mail, envelope: Envelope, on: date, decision: OperatorDecision | None) -> Hints:
        """See IntakeSteps."""
        return with_operator_case(self.finder.hints(mail, envelope, on), decision)

    def header_results(self, mail: Mail, envelope: Envelope) -> AuthResults:
        """See IntakeSteps."""
        return read_auth_results(mail, envelope, self.options.authserv_ids)

    def decide(
        self, state: IntakeUnit, policy: Policy, entry: ClaimedEntry, mail: Mail, results: AuthResults, named: Hints, now: datetime
    ) -> Decided:
        """See IntakeSteps."""
        match = self.finder.find(state, [(mail, named)])[0]
        message = decide(policy, IntakeMessage(entry, mail, results, match))
        context = apply_context(policy, self.options, now, {})
        (outcome,) = apply(state, [message], replace(context, effect=replace(context.effect, trails=False)))
        assert message.verdict is not None, "decided above"
        return Decided(message.verdict, outcome, match.case.key if match.case else "")
