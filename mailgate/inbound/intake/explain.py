"""What would happen to a mail, and why; changes nothing. In: bytes and an envelope. Out: the JSON of `mailgate explain`.

The mail goes the same way as in intake up to the verdict, so what is shown is what would be done. What the answer gate has counted is not
asked: a redirect is shown as wanted.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from mailgate.inbound.intake.intake import IntakeStage
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail import json_view
from mailgate.mail.model import Envelope
from mailgate.rules.chain import effect_json
from mailgate.store.rows import ClaimedEntry


def explain(intake: IntakeStage, raw: bytes, envelope: Envelope, now: datetime, path: str) -> dict[str, Any]:
    """One JSON object: the fields of `parse`, then auth, trust, case, disposition, rule, policy_version, trail, effects and facts."""
    entry = ClaimedEntry("", envelope, raw, hashlib.sha256(raw).hexdigest(), now, 1, 0, "127.0.0.1", "", "inject", False, False)
    return as_json(intake.consider(entry), path)


def as_json(message: IntakeMessage, path: str) -> dict[str, Any]:
    """The message after its verdict, in the order of the contract."""
    match, verdict, results = message.match, message.verdict, message.results
    assert verdict is not None, "a message is explained after its verdict"
    case = {"key": match.case.key, "matched_by": match.matched_by} if match.case else None
    return {
        **json_view.as_json(message.mail, path),
        "auth": {"spf": results.spf, "dkim": results.dkim, "dmarc": results.dmarc, "arc": results.arc},
        "trust": message.trust,
        "case": case,
        "disposition": verdict.disposition,
        "rule": verdict.rule,
        "policy_version": verdict.policy_version,
        "trail": [{"rule": t.rule, "hit": t.hit, "because": t.because} for t in verdict.trail],
        "effects": [effect_json(effect) for effect in verdict.effects],
        "facts": verdict.trail.facts_used(),
    }
