"""The link of a mail by which its reader chooses which notices to get. A mail program may send it in one click (RFC 8058)."""

from __future__ import annotations

from mailgate.application.links import notices as use_cases
from mailgate.errors import Invalid
from mailgate.web.pages.forms import is_one_click
from mailgate.web.pages.request import Answer, PageRequest, RenderedPage


def show(request: PageRequest) -> Answer:
    """What is chosen now. Opening the page changes nothing."""
    return _page(request)


def choose(request: PageRequest) -> Answer:
    """Save the choice; with one click, mute the notices of this case."""
    token, form = request.params["token"], request.form
    if is_one_click(form):
        use_cases.unsubscribe(request.app, request.principal, token)
        return _page(request, saved=True)
    command = use_cases.ChooseByLink(token, form.text("wants"), form.text("muted") == "yes", form.text("hour"))
    try:
        use_cases.choose_by_link(request.app, request.principal, command)
    except Invalid as error:
        return _page(request, 422, error.all)
    return _page(request, saved=True)


def _page(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = (), *, saved: bool = False) -> RenderedPage:
    chosen = use_cases.chosen_by_link(request.app, request.principal, request.params["token"])
    return RenderedPage(
        "portal/notices.html.j2", {"chosen": chosen, "wishes": use_cases.WISHES, "hours": use_cases.HOURS, "saved": saved}, status, errors
    )
