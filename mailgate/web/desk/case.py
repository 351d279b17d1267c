"""The desk's page of a case: timeline, who was notified, facts, and the forms of all that can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailgate.application.cases.choices import show_choices
from mailgate.application.desk.case import show_desk_case
from mailgate.application.desk.queues import QUEUES
from mailgate.application.drafts import FormDraft, NamedDraft, read_draft
from mailgate.errors import Invalid
from mailgate.web.desk.paths import case_path
from mailgate.web.pages.changed import with_stale
from mailgate.web.pages.newest import newest
from mailgate.web.pages.request import Answer, PageRequest, RenderedPage

SHOWN_FACTS = ("from", "to", "address", "why", "duplicate", "double", "into", "filename", "field")
"""`double` is the name of `duplicate` in events of earlier releases."""
STALE = "stale_desk"
"""The code of a form that is older than the case."""
PROBLEMS = frozenset({"failed", "uncertain", "suppressed", "withheld", "complained", "delayed"})
DELIVERED = frozenset({"sent", "captured", "delivered"})


def show(request: PageRequest) -> Answer:
    """The page."""
    return desk_case_page(request, request.params["key"], typed=request.form.fields or None)


def desk_case_page(
    request: PageRequest, key: str, *, status: int = 200, errors: Sequence[Invalid] = (), typed: Mapping[str, str] | None = None
) -> RenderedPage:
    """The page of a case; with errors and what was typed when a form on it was wrong, else with what was kept of an answer."""
    desk = show_desk_case(request.app, request.principal, key)
    choices = show_choices(request.app, request.principal, request.words.language)
    draft = read_draft(request.app, request.principal, NamedDraft(request.me, case_path(key))) if typed is None else FormDraft()
    errors = with_stale(errors, STALE, request.form.number("version"), desk.case.version)
    queue = request.query.get("queue", "") or request.form.text("queue")
    correcting = request.query.get("correct", "") or request.form.text("comment")
    values: dict[str, object] = {
        "desk": desk, "case": desk.case, "choices": choices, "typed": typed or draft.fields, "draft": draft, "now": request.calendar.now,
        "types": {one.key: one.label for one in choices.types}, "priorities": {one.key: one.label for one in choices.priorities},
        "queue": queue if queue in QUEUES else "", "problems": PROBLEMS, "delivered": DELIVERED, "shown_facts": SHOWN_FACTS,
        "me": request.principal.name, "talk": newest(desk.entries, request.query, correcting), "correcting": correcting,
    }  # fmt: skip
    return RenderedPage("desk/case.html.j2", values, status, tuple(errors))
