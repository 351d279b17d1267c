"""What a report says of a mail of ours, and of the address it went to. Pure. In: a letter that is matched. Out: a `Delivery`, a `Failure`.

It holds for every report, whatever the policy does with the mail itself. A report counts only when the matcher has tied it to a mail of
ours; what it says is held against the address that we sent to, never one that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from mailgate.inbound.letter import Letter
from mailgate.mail import enhanced_status
from mailgate.mail.model import BouncedRecipient
from mailgate.rules.reachability import Failure
from mailgate.store.rows import Delivery

State = Literal["failed", "delayed", "delivered"]
ACTIONS: Mapping[str, State] = {
    "failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "delivered", "expanded": "delivered",
    "displayed": "delivered", "deleted": "delivered", "processed": "delivered", "dispatched": "delivered",
}  # fmt: skip
"""RFC 3464 section 2.3.3 and RFC 8098 section 3.2.6: who opened our mail, or threw it away, has got it."""


def delivery_of(letter: Letter) -> Delivery | None:
    """What the report says of the mail that it is tied to, None when it is no report or tied to none."""
    reported, bounce = letter.match.reported, letter.mail.bounce
    if reported is None or bounce is None:
        return None
    if bounce.complaint:
        return Delivery(reported.id, "complained")
    one = _about(bounce.recipients, reported.address)
    state = ACTIONS.get(one.action.lower(), "failed" if letter.mail.kind == "bounce" else None)
    return Delivery(reported.id, state, one.status, one.diagnostic) if state else None


def failure_of(letter: Letter, delivery: Delivery | None, now: datetime) -> Failure | None:
    """What the report means for the address that we sent to, None when it means nothing.

    A Message-ID is seen by more people than a return path: it stands in each reply to all. Who knows no more than that, and whose domain
    disowns the report, is heard like a soft failure at most.
    """
    reported = letter.match.reported
    if reported is None or delivery is None or delivery.state not in ("failed", "complained"):
        return None
    weak = letter.match.hints.outbox_id is None and letter.results.overall == "fail"
    if delivery.state == "complained" and weak:
        return None
    if delivery.state == "complained":
        return Failure(reported.address.lower(), reported.id, "complaint", now)
    verdict = enhanced_status.verdict(delivery.status, delivery.diagnostic)
    verdict = "soft" if weak and verdict == "hard" else verdict
    return Failure(reported.address.lower(), reported.id, verdict, now, delivery.status, delivery.diagnostic)


def _about(recipients: Sequence[BouncedRecipient], address: str) -> BouncedRecipient:
    """The line of the report that names the address we sent to; the first one when it was forwarded under another name."""
    nobody = BouncedRecipient(address)
    return next((one for one in recipients if one.address.lower() == address.lower()), next(iter(recipients), nobody))
