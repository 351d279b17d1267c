"""Ids that a relay has put in place of ours: found again, and learned. In: mails. Out: hashes to look up; what one applied mail teaches.

Some relays (Amazon SES is the known one) give each mail a Message-ID of their own. The first reply still has our token in its address or
body, and names the relay's id in In-Reply-To: that id is remembered for this contact and this case. A later reply that has nothing but
the id finds the case by it. It is a weak carrier, since nobody has signed it and others may have seen it: it counts for the contact who
taught it alone, and only when their domain vouches for the mail. Nobody can plant one but the owner of a good token, in a mail that became
a comment, and it ends with that token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from mailgate.cases import carriers
from mailgate.mail.model import Mail
from mailgate.rules import operator_decision
from mailgate.store.rows import Outcome, RelayId

if TYPE_CHECKING:
    from mailgate.inbound.intake.message import IntakeMessage

LOOKED_UP_MAX = 20
LEARNED_FROM_ONE_MAIL = 3
LEARNED_PER_CONTACT = 100
TRUSTED = frozenset({"confirmed", "participant"})


def hashes(mail: Mail) -> tuple[str, ...]:
    """The ids that a mail names and that are not ours, nearest first, as SHA-256: of one size, whatever a sender puts there."""
    return _hashed((*mail.in_reply_to, *reversed(mail.references)), LOOKED_UP_MAX)


def lessons(message: IntakeMessage, outcome: Outcome, now: datetime) -> tuple[RelayId, ...]:
    """What an applied message teaches: ids that it answers, when its author came with a good token of their own and all carriers agree."""
    match, token = message.match, message.match.hints.token
    if match.author is None or match.case is None or match.token_contact is None or token is None:
        return ()
    if any(carriers.is_ours_by_form(one) for one in (*message.mail.in_reply_to, *message.mail.references)):
        return ()  # our own id came back: no relay has replaced it, what stands beside it is the customer's own thread
    theirs = match.author.id == match.token_contact.id and message.trust in TRUSTED
    if not theirs or outcome.state != "commented" or operator_decision.instead_of_policy(message.entry.operator_decision):
        return ()
    ends = datetime.combine(token.expires_on + timedelta(days=1), time(), UTC)
    answered = _hashed((*message.mail.in_reply_to, *message.mail.references[-1:]), LEARNED_FROM_ONE_MAIL)
    return tuple(RelayId(one, match.author.id, match.case.id, message.entry.id, now, ends) for one in answered)


def _hashed(ids: Iterable[str], limit: int) -> tuple[str, ...]:
    foreign = [one for one in dict.fromkeys(ids) if not carriers.is_ours_by_form(one)]
    return tuple(hashlib.sha256(one.encode("utf-8", "replace")).hexdigest() for one in foreign[:limit])
