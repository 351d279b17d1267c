"""Live updates: a queue or a case has changed, somebody else has it open. They never move anything on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailgate.application.desk import live as use_cases
from mailgate.application.desk.presence import BePresent, be_present
from mailgate.web.pages.request import Answer, Data, Live, PageRequest


def queue(request: PageRequest) -> Answer:
    """Something has happened to some case."""
    app, who = request.app, request.principal
    return Live("queue", "queue", lambda: {"last": use_cases.latest_event(app, who, None)})


def case(request: PageRequest) -> Answer:
    """The version of a case, and who else has it open, in words."""
    app, who, key, words = request.app, request.principal, request.params["key"], request.words
    use_cases.case_news(app, who, key)

    def ask() -> Mapping[str, object]:
        news = use_cases.case_news(app, who, key)
        return {"version": news.version, "present": [(one.account_id, one.name, one.writing) for one in news.present]}

    def shape(news: Mapping[str, Any]) -> Mapping[str, object]:
        others = [(name, writing) for id_, name, writing in news["present"] if id_ != who.id]
        return {
            "version": news["version"],
            "present": [words("desk.writes" if writing else "desk.reads", name=name) for name, writing in others],
        }

    return Live("case", f"case {key.upper()}", ask, shape, at_once=True)


def present(request: PageRequest) -> Answer:
    """Record that the agent has the case open."""
    command = BePresent(request.params["key"], bool(request.form.text("writing")))
    return Data({"version": be_present(request.app, request.principal, command).version})
