"""Who vouches for a mail? In: a read mail. Out: what a trusted server has found (RFC 8601), and the rung of the trust ladder.

mailgate believes only `Authentication-Results` of the configured authserv-ids; all others are as good as absent. It asks no DNS here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import cast

from mailgate.inbound.letter import Letter
from mailgate.mail import authres
from mailgate.rules.trust import Authentication, Standing, trust


def authenticate(letter: Letter, authserv_ids: Collection[str]) -> Letter:
    """The letter with what the trusted server says of it. Pure."""
    return replace(letter, results=authres.read(letter.mail.headers, authserv_ids)) if authserv_ids else letter


def stand(letter: Letter) -> Letter:
    """The letter with its author's rung towards the matched case, and why. Pure."""
    rung, reason = trust(standing(letter))
    return replace(letter, trust=rung, trust_reason=reason)


def standing(letter: Letter) -> Standing:
    """What is known of the author towards the matched case."""
    match, author = letter.match, letter.mail.author
    person = match.case.participant(author.address) if match.case and author else None
    return Standing(
        carrier=match.matched_by in ("address", "message_id", "marker"),
        token_is_theirs=bool(person and match.token_contact and person.contact.id == match.token_contact.id),
        participant=bool(person and person.approved),
        colleague=bool(match.case and match.case.customer_id and match.customer and match.customer.id == match.case.customer_id),
        authentication=cast(Authentication, letter.results.overall),
        identity_doubtful=letter.mail.identity_doubtful,
    )
