"""What a report says of a mail of ours, and of the address it went to. Pure.

In: a message that is matched. Out: a `Delivery`, a `DeliveryFailure`.

It holds for every report, whatever the policy does with the mail itself. A report counts only when the matcher has tied it to a mail of
ours; what it says is held against the address that we sent to, never one that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from mailgate.cases.tokens import BOUNCE_VALID_DAYS
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.bounce import enhanced_status
from mailgate.mail.model import BouncedRecipient
from mailgate.rules.reachability import DeliveryFailure
from mailgate.store.rows import Delivery

State = Literal["failed", "delayed", "delivered"]
ACTIONS: Mapping[str, State] = {
    "failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "delivered", "expanded": "delivered",
    "displayed": "delivered", "deleted": "delivered", "processed": "delivered", "dispatched": "delivered",
}  # fmt: skip
"""RFC 3464 section 2.3.3 and RFC 8098 section 3.2.6: who opened our mail, or threw it away, has got it."""


def delivery_of(message: IntakeMessage) -> Delivery | None:
    """What the report says of the mail that it is tied to, None when it is no report or tied to none."""
    reported, bounce = message.match.reported, message.mail.bounce
    if reported is None or bounce is None:
        return None
    if bounce.complaint:
        return Delivery(reported.id, "complained")
    one = _about(bounce.recipients, reported.address)
    state = ACTIONS.get(one.action.lower(), "failed" if message.mail.kind == "bounce" else None)
    return Delivery(reported.id, state, one.status, one.diagnostic) if state else None


def failure_of(message: IntakeMessage, delivery: Delivery | None, now: datetime) -> DeliveryFailure | None:
    """What the report means for the address that we sent to, None when it means nothing.

    Only our signed return path proves that its sender got our mail as a mail system does. A Message-ID is seen by more people, since it is
    in each reply to all, and a null sender costs nothing: a report with no more than that stops nobody for good
    (`DeliveryFailure.proven`), and counts for as long as a return path does.
    From an address, or disowned by its domain, it counts as a soft failure at most; a complaint that its domain disowns is only shown.
    """
    reported = message.match.reported
    if reported is None or delivery is None or delivery.state not in ("failed", "complained"):
        return None
    proven, disowned = message.match.hints.outbox_id is not None, message.results.overall == "fail"
    if not proven and now - reported.created_at > timedelta(days=BOUNCE_VALID_DAYS):
        return None
    if delivery.state == "complained":
        return None if disowned and not proven else DeliveryFailure(reported.address.lower(), reported.id, "complaint", now, proven=proven)
    verdict = enhanced_status.verdict(delivery.status, delivery.diagnostic)
    no_system = message.entry.envelope.reverse_path is not None or disowned
    verdict = "soft" if verdict == "hard" and not proven and no_system else verdict
    return DeliveryFailure(reported.address.lower(), reported.id, verdict, now, delivery.status, delivery.diagnostic, proven)


def _about(recipients: Sequence[BouncedRecipient], address: str) -> BouncedRecipient:
    """The line of the report that names the address we sent to; the first one when it was forwarded under another name."""
    nobody = BouncedRecipient(address)
    return next((one for one in recipients if one.address.lower() == address.lower()), next(iter(recipients), nobody))
