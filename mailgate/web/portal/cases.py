"""The customer's own cases, grouped by whose turn it is. Filter, search words and position are in the address."""

from __future__ import annotations

from mailgate.application.cases.choices import show_choices
from mailgate.application.cases.read import ListCases, list_cases
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage
from mailgate.web.pages.status import GROUPS, group_of

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
    rows = [(group_of(one.status), one) for one in found.rows]
    groups = [(name, [one for group, one in rows if group == name]) for name, _ in GROUPS]
    groups = [(name, members) for name, members in groups if members]
    values = {"groups": groups, "next": found.next, "status": status, "statuses": choices.statuses, "text": text}
    return RenderedPage(
        "portal/cases.html.j2", {**values, "may_see_company": bool(request.principal.company_access), "company_cases": company}
    )
