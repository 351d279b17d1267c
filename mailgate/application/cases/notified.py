"""Who was notified of what on a case, and what became of it.

In: the notices of the case and the mails that they became part of. Out: `NoticeOutcome` values.

For staff alone: the addresses are other people's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailgate.application.cases.views import NoticeOutcome
from mailgate.application.use_case import Act
from mailgate.cases.model import Case, CaseEvent
from mailgate.store.rows import CaseNotice, OutboxMail

NOTICES_MOST = 500
"""The newest notices of a case that are looked at."""
WITH_COMMENT = frozenset({"comment_added", "note_added"})
"""Events that stand for a comment, which is shown in their place."""


def outcomes_by_event(act: Act, case: Case) -> dict[str, list[NoticeOutcome]]:
    """Event id -> what became of each notice of it, the first notice first."""
    notices = act.uow.notices.of_case(case.id, NOTICES_MOST)
    mails = act.uow.outbox.by_ids({one.outbox_id for one in notices if one.outbox_id})
    found: dict[str, list[NoticeOutcome]] = {}
    for one in reversed(notices):
        found.setdefault(one.event_id or "", []).append(_outcome_of(one, mails.get(one.outbox_id or "")))
    return found


def of_comments(events: Sequence[CaseEvent], notified: Mapping[str, Sequence[NoticeOutcome]]) -> dict[str, Sequence[NoticeOutcome]]:
    """Comment id -> what became of telling people of it."""
    return {event.facts.get("comment_id", ""): notified.get(event.id, ()) for event in events if event.kind in WITH_COMMENT}


def _outcome_of(notice: CaseNotice, mail: OutboxMail | None) -> NoticeOutcome:
    if mail is None:
        return NoticeOutcome(notice.address, notice.state, notice.error, notice.created_at, None)
    if mail.delivery:
        why = " ".join(part for part in (mail.delivery_status, mail.delivery_text) if part)
        return NoticeOutcome(notice.address, mail.delivery, why, None, mail.id)
    last = mail.history[-1] if mail.history else None
    said = " ".join(part for part in (str(last.code or ""), last.enhanced, last.text) if part) if last else ""
    return NoticeOutcome(notice.address, mail.state, said or mail.error, last.ended_at if last else mail.created_at, mail.id)
