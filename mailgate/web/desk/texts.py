"""Saved texts for answers: list, add, change, remove. A text is named by the query of its address, since names may hold any sign."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from mailgate.application.access import Action, explain
from mailgate.application.desk import texts
from mailgate.errors import Conflict, Invalid
from mailgate.web.pages.request import Answer, Data, PageRequest, Redirect, RenderedPage
from mailgate.web.pages.words import LANGUAGES, NAMES

LIST = "/desk/texts"
PAGE_ROWS = 50


def show(request: PageRequest) -> Answer:
    """All texts by name."""
    return _list(request)


def add(request: PageRequest) -> Answer:
    """Add a text."""
    try:
        texts.add_reply_text(request.app, request.principal, _typed(request))
    except Invalid as error:
        return _list(request, 422, error.all)
    return Redirect(LIST, flash="flash.saved")


def edit(request: PageRequest) -> Answer:
    """One text, to be changed or removed."""
    return _one(request, request.query.get("name", ""), request.query.get("language", ""))


def change(request: PageRequest) -> Answer:
    """Change a text."""
    form = request.form
    command = texts.ChangeReplyText(form.text("was"), form.text("was_language"), _typed(request), form.text("seen"))
    try:
        texts.change_reply_text(request.app, request.principal, command)
    except Invalid as error:
        return _one(request, command.name, command.language, 422, error.all)
    except Conflict as error:
        return _one(request, command.name, command.language, 409, (Invalid("reply_text", "changed", str(error)),))
    return Redirect(LIST, flash="flash.saved")


def remove(request: PageRequest) -> Answer:
    """Remove a text in one language."""
    form = request.form
    texts.remove_reply_text(request.app, request.principal, texts.RemoveReplyText(form.text("was"), form.text("was_language")))
    return Redirect(LIST, flash="flash.text_removed")


def words(request: PageRequest) -> Answer:
    """The words of one text, for the reply box."""
    wanted = texts.ReplyTextName(request.query.get("name", ""), request.query.get("language", ""))
    return Data({"text": texts.show_reply_text(request.app, request.principal, wanted).text})


def _typed(request: PageRequest) -> texts.ReplyText:
    form = request.form
    return texts.ReplyText(form.text("name"), form.text("language"), form.text("reply_text"))


def _list(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    command = texts.ListReplyTexts(PAGE_ROWS, request.query.get("after") or None)
    found = texts.page_reply_texts(request.app, request.principal, command)
    rows = [(one, urlencode({"language": one.language, "name": one.name})) for one in found.rows]
    return RenderedPage(
        "desk/texts.html.j2", {**_shared(request), "rows": rows, "next": found.next, "typed": request.form.fields}, status, errors
    )


def _one(request: PageRequest, name: str, language: str, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    text = texts.show_reply_text(request.app, request.principal, texts.ReplyTextName(name, language))
    typed = request.form.fields or {"name": text.name, "language": text.language, "reply_text": text.text}
    return RenderedPage("desk/text.html.j2", {**_shared(request), "text": text, "typed": typed}, status, errors)


def _shared(request: PageRequest) -> Mapping[str, object]:
    languages = [{"key": one, "label": NAMES[one]} for one in LANGUAGES]
    return {"may_change": explain(request.principal, Action.TEXT_SET).allowed, "language_options": languages}
