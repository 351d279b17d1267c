"""All components in all states on one page, for accessibility checks and screenshots. For staff. Shows no stored data."""

from __future__ import annotations

from datetime import timedelta

from mailgate.application.cases.choices import show_choices
from mailgate.errors import Invalid
from mailgate.web.pages.request import Answer, PageRequest, RenderedPage

LONG = "Siden i går skrives ikke fakturaer ut når flere av oss skriver ut samtidig fra samme arbeidsplass på lageret i annen etasje. "
WORD = "feilmeldingsoversettelsesproblematikkdokumentasjon-" * 2
WRONG = (
    Invalid("summary", "empty", ""),
    Invalid("reason", "empty", ""),
    Invalid("priority", "unknown", ""),
    Invalid("files", "too_large", ""),
)


def show(request: PageRequest) -> Answer:
    """The page."""
    choices = show_choices(request.app, request.principal, request.words.language)
    values = {
        "statuses": choices.statuses, "options": choices.priorities, "wrong": WRONG, "long": LONG * 2, "word": WORD,
        "at": request.app.now() - timedelta(hours=30),
    }  # fmt: skip
    return RenderedPage("staff/patterns.html.j2", values)
