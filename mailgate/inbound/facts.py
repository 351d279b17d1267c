"""What the policy is told of a letter. In: a letter that is matched and stands on a rung. Out: `rules.facts.Facts`. Pure."""

from __future__ import annotations

from typing import cast

from mailgate.inbound.letter import Letter
from mailgate.rules.facts import Authentications, Carrier, Facts
from mailgate.rules.trust import Authentication

NO_CARRIER = frozenset({"subject", "operator"})


def carrier_of(letter: Letter) -> Carrier:
    """What proves that the letter belongs to its case; "" for hints. An id of a relay is proof only when the author's domain vouches."""
    found = letter.match.matched_by
    unproven = found in NO_CARRIER or (found == "relay_id" and letter.results.overall != "pass")
    return "" if unproven else cast(Carrier, found)


def facts_of(letter: Letter) -> Facts:
    """The facts of one letter. A case that only the subject names comes without a carrier: a hint, no authority (trap F18)."""
    match, results = letter.match, letter.results
    return Facts(
        mail=letter.mail,
        envelope=letter.entry.envelope,
        at=letter.entry.accepted_at,
        trust=letter.trust,
        trust_reason=letter.trust_reason,
        auth=Authentications(results.spf, results.dkim, results.dmarc, results.arc, cast(Authentication, results.overall)),
        case=match.case,
        carrier=carrier_of(letter),
        carrier_refusals=match.hints.refused,
        carriers_disagree=match.disagree,
        contact=match.author,
        customer=match.customer,
    )
