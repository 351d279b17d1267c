"""What retention says, beside the bytes of mail: the daily sweep. In: settings, the policy. Out: how much of each kind went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.persons.erase import MARKER
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.config import Settings
from mailgate.rules.policy import Policy
from mailgate.store.repositories.persons.expiry import KINDS, Kind, RetentionLimits


@dataclass(frozen=True, slots=True)
class Sweep:
    """`daily`: only once a day, whichever process asks first."""

    daily: bool = False


@guarded(Action.RETENTION_SWEEP, writes=True)
def sweep(app: App, _principal: Principal, command: Sweep) -> Mapping[str, int]:
    """Redact and delete what is older than `[retention]` allows: what goes is found by reading, and goes in small transactions."""
    now, found = app.now(), limits(app.settings, app.policies.current())
    if command.daily:
        with app.store.transaction() as uow:
            if not uow.expiry.take_day(now):
                return {}
    return {kind: _sweep(app, kind, now, found) for kind in KINDS}


def _sweep(app: App, kind: Kind, now: datetime, found: RetentionLimits) -> int:
    """One kind, the oldest first; how many rows. What was passed over is not looked at again."""
    total, after = 0, ""
    while True:
        with app.store.reading() as uow:
            ids = uow.expiry.due(kind, now, found, after)
        if not ids:
            return total
        with app.store.transaction() as uow:
            total += uow.expiry.expire(kind, ids, now, found)
        after = ids[-1]


def limits(settings: Settings, policy: Policy) -> RetentionLimits:
    """The limits of the settings; a case is over in the final statuses of the policy."""
    kept = settings.retention

    def days(count: int) -> timedelta | None:
        return timedelta(days=count) if count else None

    closed = frozenset(status.key for status in policy.workflow.statuses if status.final)
    marker = MARKER[settings.service.default_language]
    return RetentionLimits(days(kept.journal_days), days(kept.outbox_days), days(kept.case_days), days(kept.audit_days), closed, marker)
