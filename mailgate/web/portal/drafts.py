"""Saves drafts while somebody types: the page's script sends them now and then. Without JavaScript a button does."""

from __future__ import annotations

from urllib.parse import urlsplit

from mailgate.errors import Conflict
from mailgate.web.pages import keeping
from mailgate.web.pages.request import Answer, NoContent, PageRequest


def keep(request: PageRequest) -> Answer:
    """Keep the draft of the page that the form stands on. Raises Conflict when it is not kept: nobody is told that it was."""
    page = urlsplit(request.form.text("page")).path
    if page.startswith(("/new", "/browse/")) and not keeping.keep(request.app, request.me, page, request.form):
        raise Conflict("the draft", 0)
    return NoContent()
