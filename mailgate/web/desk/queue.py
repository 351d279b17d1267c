"""The queues: filter, search and position are in the address. One action may apply to several cases; each result is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from mailgate.application.cases.choices import Choices, show_choices
from mailgate.application.cases.read import ListCases, list_cases
from mailgate.application.cases.views import CaseRow
from mailgate.application.desk import bulk, queues
from mailgate.errors import Ambiguous, Invalid, NotFound
from mailgate.web.desk.paths import case_path
from mailgate.web.pages.forms import named
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage

PAGE_ROWS = 50
FILTERS = ("status", "priority", "case_type", "q", "customer")


def show(request: PageRequest) -> Answer:
    """One queue, or what a search finds."""
    return _page(request, keys=request.form.texts("key"))


def act(request: PageRequest) -> Answer:
    """Apply one action to the selected cases."""
    form = request.form
    chosen, keys = form.text("act"), form.texts("key")
    command = bulk.Bulk(chosen, keys, form.text(f"value_{chosen}"))
    try:
        done = bulk.on_cases(request.app, request.principal, command)
    except Invalid as error:
        return _page(request, 422, named(error.all, {"keys": "chosen"}), keys=keys)
    return _page(request, done=done)


def open_next(request: PageRequest) -> Answer:
    """Open the case that comes next in a queue."""
    name = _queue_name(request.query)
    key = queues.next_case(request.app, request.principal, queues.NextCase(name, request.query.get("after", "")))
    if key is None:
        return Redirect(f"/desk?{urlencode({'queue': name})}", flash="flash.queue_empty")
    return Redirect(f"{case_path(key)}?{urlencode({'queue': name})}")


def _page(
    request: PageRequest,
    status: int = 200,
    errors: tuple[Invalid, ...] = (),
    done: Sequence[bulk.BulkResult] = (),
    keys: Sequence[str] = (),
) -> RenderedPage:
    choices = show_choices(request.app, request.principal, request.words.language)
    name, wanted = _queue_name(request.query), _filters(request.query, choices)
    view = queues.show_queue(request.app, request.principal, _command(request, name, wanted))
    searching = bool(wanted["q"] or wanted["customer"])
    rows, following, problem = _found(request, wanted) if searching else (view.page.rows, view.page.next, None)
    values = {
        "queue": name, "queues": queues.QUEUES, "counts": view.counts, "most": queues.COUNTED_MOST, "turns": view.turns,
        "customers": _customers(request, rows) if searching else view.customers, "rows": rows, "next": following,
        "wanted": wanted, "choices": choices, "searching": searching,
        "filtered": any(wanted.values()), "address": _address(name, wanted), "done": done, "ticked": frozenset(keys),
        "staff": queues.staff_names(request.app, request.principal, None), "now": request.calendar.now,
        "known": request.query.get("seen", ""),
    }  # fmt: skip
    return RenderedPage("desk/queue.html.j2", values, status, (*errors, *([problem] if problem else [])))


def _command(request: PageRequest, name: str, wanted: Mapping[str, str]) -> queues.ShowQueue:
    return queues.ShowQueue(
        name, wanted["status"] or None, wanted["priority"] or None, wanted["case_type"] or None, PAGE_ROWS, request.query.get("after")
    )


def _found(request: PageRequest, wanted: Mapping[str, str]) -> tuple[Sequence[CaseRow], str | None, Invalid | None]:
    """What a search finds in all cases, the newest first."""
    command = ListCases(
        status=wanted["status"] or None, customer=wanted["customer"] or None, limit=PAGE_ROWS, cursor=request.query.get("older") or None,
        text=wanted["q"], priority=wanted["priority"] or None, case_type=wanted["case_type"] or None,
    )  # fmt: skip
    try:
        found = list_cases(request.app, request.principal, command)
    except (NotFound, Ambiguous) as error:
        return [], None, Invalid("customer", "unknown", str(error))
    return [one for one in found.rows if isinstance(one, CaseRow)], found.next, None


def _customers(request: PageRequest, rows: Sequence[CaseRow]) -> Mapping[str, str]:
    return queues.customer_names(request.app, request.principal, [one.id for one in rows]) if rows else {}


def _queue_name(query: Mapping[str, str]) -> str:
    name = query.get("queue", "mine")
    return name if name in queues.QUEUES else "mine"


def _filters(query: Mapping[str, str], choices: Choices) -> dict[str, str]:
    """The filters in the query; unknown ones are left out."""
    wanted = {name: query.get(name, "").strip() for name in FILTERS}
    types, priorities = ({one.key for one in found} for found in (choices.types, choices.priorities))
    known = {"status": set(choices.statuses), "priority": priorities, "case_type": types}
    return {name: value if name not in known or value in known[name] else "" for name, value in wanted.items()}


def _address(name: str, wanted: Mapping[str, str]) -> str:
    """The query of this list, without its position."""
    return urlencode({"queue": name, **{key: value for key, value in wanted.items() if value}})
