"""One accepted mail: how it was read, text, HTML in a sandboxed frame, headers, trail, raw. Nothing of it runs in our origin."""

from __future__ import annotations

from mailgate.application.desk.mail import mail_html, show_mail_view
from mailgate.application.journal.entries import raw_entry
from mailgate.web.pages.request import Answer, Download, Framed, PageRequest, RenderedPage

PARTS = ("understood", "html", "headers", "trail")


def show(request: PageRequest) -> Answer:
    """The page, one part at a time."""
    mail = show_mail_view(request.app, request.principal, request.params["id"])
    part = request.query.get("show", "understood")
    part = part if part in PARTS and (part != "html" or mail.has_html) else "understood"
    return RenderedPage(
        "desk/mail.html.j2", {"mail": mail, "row": mail.entry.row, "part": part, "parts": PARTS, "decided": mail.entry.decided}
    )


def html(request: PageRequest) -> Answer:
    """The HTML, for the frame on the page."""
    return Framed(mail_html(request.app, request.principal, request.params["id"]))


def raw(request: PageRequest) -> Answer:
    """The bytes as they came in."""
    id_ = request.params["id"]
    return Download(raw_entry(request.app, request.principal, id_), f"{id_}.eml", "application/octet-stream")
