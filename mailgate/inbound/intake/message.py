"""A message: one accepted mail on its way through intake, with all that is known of it so far. Values only.

Each step of `intake` takes messages and gives messages that know more; none forgets. `explain` shows them as they are after the last step.
"""

from __future__ import annotations

from mailgate.cases.model import StaffAuthor
from mailgate.inbound.intake.match import Hints, Match
from mailgate.mail.auth.authres import AuthResults
from mailgate.mail.model import Mail
from mailgate.rules.chain import Verdict
from mailgate.rules.trust import Trust
from mailgate.store.rows import ClaimedEntry
from mailgate.values import value_class

NOTHING_SAID, NOTHING_FOUND = AuthResults(), Match(Hints())


@value_class
class IntakeMessage:
    """`entry` is the journal row under our lease; the rest is filled in the order of the fields."""

    entry: ClaimedEntry
    mail: Mail
    results: AuthResults = NOTHING_SAID
    match: Match = NOTHING_FOUND
    trust: Trust = "stranger"
    trust_reason: str = ""
    verdict: Verdict | None = None

    @property
    def by_staff(self) -> StaffAuthor | None:
        """Which of our staff wrote: somebody whose domain vouches for the mail, or whose mail a person has judged.

        None for others, and for somebody who takes part in the case as a customer.
        """
        staff, case, author = self.match.staff, self.match.case, self.match.author
        if staff is None:
            return None
        person = case.participant(author.address) if case and author else None
        if person is not None and person.approved:
            return None
        decision = self.entry.operator_decision
        return staff if self.trust == "staff" or (decision is not None and decision.as_ == "comment") else None
