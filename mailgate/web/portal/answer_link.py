"""The link of a mail by which a proposal is answered. No answer is preselected; a second one only shows what the first one did, and the
words that came too late.
"""

from __future__ import annotations

from mailgate.application.links import answer as use_cases
from mailgate.errors import Invalid
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage


def show(request: PageRequest) -> Answer:
    """The page: the question, and who is asked."""
    return _page(request)


def answer(request: PageRequest) -> Answer:
    """Give the answer."""
    token, form = request.params["token"], request.form
    try:
        done = use_cases.give_answer(
            request.app, request.principal, use_cases.GiveAnswer(token, form.text("operation"), form.text("reason"))
        )
    except Invalid as error:
        return _page(request, 422, error.all)
    if done.late and form.text("reason").strip():
        return _page(request, 409)  # with the words that were not taken
    return Redirect(f"/answer/{token}")


def _page(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    asked = use_cases.asked_answer(request.app, request.principal, request.params["token"])
    typed = {"operation": request.form.text("operation"), "reason": request.form.text("reason")}
    return RenderedPage("portal/answer.html.j2", {"asked": asked, "typed": typed, "need_words": use_cases.NEED_WORDS}, status, errors)
