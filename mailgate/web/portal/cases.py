"""The customer's own cases, grouped by whose turn it is. Filter, search words and position are in the address.

Whatever waits for the customer stands on the first page, however old it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailgate.application.cases.choices import Choices, show_choices
from mailgate.application.cases.read import ListCases, list_cases
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.pages.status import FAMILY, GROUPS, group_of

PAGE_ROWS = 50


def home(request: PageRequest) -> Answer:
    """The start page: a customer's cases, the desk for staff, else the login."""
    if request.mine and request.principal.is_staff:
        return Redirect("/desk")
    return Redirect("/cases" if request.mine else "/login")


def show(request: PageRequest) -> Answer:
    """The list."""
    status = request.query.get("status") or None
    choices = show_choices(request.app, request.principal, request.words.language)
    if status not in choices.statuses:
        status = None
    text = request.query.get("text", "").strip()
    company = request.query.get("whose") == "company" and bool(request.principal.company_access)
    asked = ListCases(status=status, limit=PAGE_ROWS, cursor=request.query.get("after") or None, text=text, company=company)
    found = list_cases(request.app, request.principal, asked)
    first = _waiting(request, choices) if found.next and not (status or text or company or asked.cursor) else ()
    known = {one.key for one in first}
    rows = [(group_of(one.status), one) for one in (*first, *(one for one in found.rows if one.key not in known))]
    groups = [(name, [one for group, one in rows if group == name]) for name, _ in GROUPS]
    groups = [(name, members) for name, members in groups if members]
    values = {
        "groups": groups, "next": found.next, "status": status, "statuses": choices.statuses, "text": text,
        "counted": not (found.next or asked.cursor),
    }  # fmt: skip
    return RenderedPage(
        "portal/cases.html.j2", {**values, "may_see_company": bool(request.principal.company_access), "company_cases": company}
    )


def _waiting(request: PageRequest, choices: Choices) -> Sequence[CaseRow | ContactCaseRow]:
    """The cases of all pages that wait for the customer, the newest first; as many as a page has."""
    theirs = [key for key in choices.statuses if FAMILY.get(key) == "yours"]
    return list_cases(request.app, request.principal, ListCases(statuses=theirs, limit=PAGE_ROWS)).rows
