"""The facts of a message, for the policy. In: a message that is matched and has a trust level. Out: `rules.facts.Facts`. Pure."""

from __future__ import annotations

from typing import cast

from mailgate.inbound.intake.message import IntakeMessage
from mailgate.rules.facts import Authentications, Carrier, Facts
from mailgate.rules.policy import Policy
from mailgate.rules.trust import Authentication

NO_CARRIER = frozenset({"subject", "operator"})


def carrier_of(message: IntakeMessage) -> Carrier:
    """What proves that the message belongs to its case; "" for hints. An id of a relay is proof only when the author's domain vouches."""
    found = message.match.matched_by
    unproven = found in NO_CARRIER or (found == "relay_id" and message.results.overall != "pass")
    return "" if unproven else cast(Carrier, found)


def facts_of(message: IntakeMessage, policy: Policy) -> Facts:
    """The facts of one message, for this policy. A case that only the subject names has no carrier: a hint, no authority (trap F18)."""
    match, results = message.match, message.results
    verdict, reverse_path = cast(Authentication, results.overall), cast(Authentication, results.reverse_path)
    return Facts(
        mail=message.mail,
        envelope=message.entry.envelope,
        at=message.entry.accepted_at,
        trust=message.trust,
        trust_reason=message.trust_reason,
        auth=Authentications(results.spf, results.dkim, results.dmarc, results.arc, verdict, reverse_path),
        case=match.case,
        carrier=carrier_of(message),
        carrier_refusals=match.hints.refused,
        carriers_disagree=match.disagree,
        contact=match.author,
        customer=match.customer,
        by_staff=message.by_staff is not None,
        reply_addresses=match.hints.reply_addresses,
        repeats_us=match.hints.repeats_us,
        workflow=policy.workflow,
        agreements=policy.agreements,
        legacy=policy.legacy,
    )
