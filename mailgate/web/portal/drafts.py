"""Saves drafts while somebody types: the page's script sends them now and then. Without JavaScript a button does."""

from __future__ import annotations

from urllib.parse import urlsplit

from mailgate.web.pages import keeping
from mailgate.web.pages.request import Answer, NoContent, PageRequest


def keep(request: PageRequest) -> Answer:
    """Keep the draft of the page that the form stands on."""
    page = urlsplit(request.form.text("page")).path
    if page.startswith(("/new", "/browse/")):
        keeping.keep(request.app, request.me, page, request.form)
    return NoContent()
