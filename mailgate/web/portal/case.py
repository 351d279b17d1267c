"""One case: what it waits for, comments and what happened between them, files, people, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailgate.application.cases.choices import show_choices
from mailgate.application.cases.read import ShowCase, show_case
from mailgate.application.cases.views import ContactCase, ContactComment, EventView
from mailgate.application.drafts import FormDraft, NamedDraft, read_draft
from mailgate.errors import Invalid, NotFound
from mailgate.web.pages.changed import with_stale
from mailgate.web.pages.newest import newest
from mailgate.web.pages.request import Answer, PageRequest, RenderedPage

PRIMARY = {"proposed": "verify", "resolved": "reopen", "frozen": "unfreeze"}
"""The operation that is asked of a customer in a status: the one primary button. It and its opposites stand on top of the page."""
ASKED = frozenset({"verify", "refuse", "reopen"})
WORDS_ASKED = frozenset({"refuse", "reopen"})
SHOWN_EVENTS = frozenset({"status_changed", "assignee_changed"})
STALE = "stale"
"""The code of a form that is older than the case."""
MOST_EVENTS = 30
"""So many of the newest are in the history, until all is asked for."""
TAKES_PART = ("reporter", "participant")


@dataclass(frozen=True, slots=True)
class PortalEntry:
    """One thing in the timeline: a comment, or an event."""

    id: str
    at: datetime
    comment: ContactComment | None = None
    event: EventView | None = None


def show(request: PageRequest) -> Answer:
    """The page of a case."""
    return case_page(request, request.params["key"], typed=request.form.fields or None)


def case_page(
    request: PageRequest, key: str, *, status: int = 200, errors: Sequence[Invalid] = (), typed: Mapping[str, str] | None = None
) -> RenderedPage:
    """The page of a case; with errors and what was typed when a form on it was wrong. Raises NotFound for what is not theirs."""
    case = show_case(request.app, request.principal, ShowCase(key))
    if not isinstance(case, ContactCase):
        raise NotFound("case", key)
    errors = with_stale(errors, STALE, request.form.number("version"), case.version)
    choices = show_choices(request.app, request.principal, request.words.language)
    draft = read_draft(request.app, request.principal, NamedDraft(request.me, f"/browse/{key}"))
    values: dict[str, object] = {
        "case": case,
        "talk": newest(timeline(case), request.query),
        "choices": choices,
        "types": {one.key: one.label for one in choices.types},
        "priorities": {one.key: one.label for one in choices.priorities},
        "asked": [one for one in case.operations if one in ASKED],
        "others": [one for one in case.operations if one not in ASKED],
        "primary": PRIMARY.get(case.status, ""),
        "words_asked": WORDS_ASKED,
        "typed": draft.fields if typed is None else typed,
        "draft": draft if typed is None else FormDraft(),
        "may_comment": case.role != "colleague",
        "may_operate": case.role in TAKES_PART,
        "owner": case.role == "reporter",
        "most_events": MOST_EVENTS,
    }
    return RenderedPage("portal/case.html.j2", values, status, tuple(errors))


def timeline(case: ContactCase) -> list[PortalEntry]:
    """Comments and changes of status in the order in which they came; of one moment, by their ids."""
    entries = [PortalEntry(one.id, one.at, comment=one) for one in case.comments]
    entries += [PortalEntry(one.id, one.at, event=one) for one in case.events if one.kind in SHOWN_EVENTS]
    return sorted(entries, key=lambda one: (one.at, one.id))
