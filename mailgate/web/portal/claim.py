"""The link in the answer to a redirected mail: its author makes a case of it. Nothing of the mail is shown before the code is entered."""

from __future__ import annotations

from mailgate.application.links import claim as use_cases
from mailgate.errors import Invalid
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage


def show(request: PageRequest) -> Answer:
    """Ask whether the visitor wrote the mail. Opening the page changes nothing."""
    use_cases.claim_is_open(request.app, request.principal, request.params["token"])
    return RenderedPage("portal/claim.html.j2", {})


def choose(request: PageRequest) -> Answer:
    """Yes: mail the code. No: end the link."""
    token, who = request.params["token"], request.form.text("who")
    use_cases.claim_is_open(request.app, request.principal, token)
    if who == "other":
        use_cases.deny_claim(request.app, request.principal, token)
        return RenderedPage("portal/claim_denied.html.j2", {})
    if who != "me":
        return RenderedPage("portal/claim.html.j2", {}, 422, (Invalid("who", "empty", "say whether it was you"),))
    command = use_cases.AskForCode(token, request.words.language, request.client)
    claimed = use_cases.ask_for_code(request.app, request.principal, command)
    return _form_of(claimed) if claimed else Redirect(f"/claim/{token}/code")


def show_code(request: PageRequest) -> Answer:
    """The form for the code."""
    use_cases.claim_is_open(request.app, request.principal, request.params["token"])
    return RenderedPage("portal/claim_code.html.j2", {"link_token": request.params["token"]})


def enter_code(request: PageRequest) -> Answer:
    """The code is right: continue to the form, after logging in to their account."""
    token = request.params["token"]
    command = use_cases.EnterCode(token, request.form.text("code"), request.words.language, request.client)
    try:
        claimed = use_cases.enter_code(request.app, request.principal, command)
    except Invalid as error:
        return RenderedPage("portal/claim_code.html.j2", {"link_token": token}, 422, error.all)
    return _form_of(claimed)


def _form_of(claimed: use_cases.Claimed) -> Redirect:
    if claimed.register:
        return Redirect(f"/register/{claimed.register}")
    return Redirect(f"/new?mail={claimed.journal_id}", begin=claimed.session)
