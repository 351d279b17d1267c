"""Held mail: the queue, and decisions. A decision is first shown with its effects and recipients, and takes effect when confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from mailgate.application.cases.choices import show_choices
from mailgate.application.desk import held
from mailgate.application.faults import Faults
from mailgate.application.journal.discard import Discard, discard
from mailgate.application.journal.release import Release, release
from mailgate.application.journal.selection import Selection
from mailgate.errors import Ambiguous, Invalid, NotFound
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage

PAGE_ROWS = 50


def show(request: PageRequest) -> Answer:
    """The queue."""
    return _page(request, ticked=request.form.texts("id"))


def decide(request: PageRequest) -> Answer:
    """Show what a decision would do; with `sure`, do it."""
    form = request.form
    ids, decision, case = [one for one in form.texts("id") if one], form.text("decision"), form.text("case").strip()
    try:
        plan = _planned(request, ids, decision, case)
        across = form.text("across").strip().upper()
        ready = [one.id for one in plan if not one.problem and (not one.crosses or one.case_key == across)]
        if not form.text("sure"):
            statuses = show_choices(request.app, request.principal, request.words.language).statuses
            values = {"plan": plan, "decision": decision, "case": case, "reason": form.text("reason"), "statuses": statuses}
            return RenderedPage("desk/held_plan.html.j2", values)
        moved = _decide(request, ready, decision, case) if ready else 0
    except (Invalid, NotFound, Ambiguous) as error:
        return _page(request, 422, error.all if isinstance(error, Invalid) else (Invalid("case", "no_such", str(error)),), ids)
    return Redirect("/desk/held", flash="flash.held_done" if moved == len(plan) else "flash.held_partly")


def _planned(request: PageRequest, ids: Sequence[str], decision: str, case: str) -> Sequence[held.Rehearsed]:
    """What would be done. Raises Invalid with all that is missing."""
    faults = Faults()
    faults.check(lambda: _refuse_none(ids), None)
    plan = faults.check(lambda: held.rehearse(request.app, request.principal, held.Rehearse(ids, decision, case)), ())
    faults.refuse()
    return plan


def _refuse_none(ids: Sequence[str]) -> None:
    if not ids:
        raise Invalid("id", "empty", "choose at least one mail")


def _decide(request: PageRequest, ids: Sequence[str], decision: str, case: str) -> int:
    """How many mails it was done to: somebody else may have decided about some of them meanwhile."""
    reason, across = request.form.text("reason"), request.form.text("across").strip()
    if decision == "discard":
        return len(discard(request.app, request.principal, Discard(Selection(ids=ids), reason)).moves)
    named = case if decision == "comment" else ""
    return len(release(request.app, request.principal, Release(Selection(ids=ids), decision, named, reason, across)).moves)


def _page(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = (), ticked: Sequence[str] = ()) -> RenderedPage:
    found = held.list_held(request.app, request.principal, held.ListHeld(PAGE_ROWS, request.query.get("after") or None))
    values = {
        "rows": found.rows,
        "next": found.next,
        "ticked": frozenset(ticked),
        "decisions": held.DECISIONS,
        "typed": request.form.fields,
    }
    return RenderedPage("desk/held.html.j2", values, status, errors)
