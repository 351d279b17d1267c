"""Texts for answers that staff write again and again. In: name, language, text. Out: the texts; each change leaves an audit row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import LANGUAGES, one_line, one_of, whole_text
from mailgate.errors import NotFound


@dataclass(frozen=True, slots=True)
class ReplyText:
    """One text in one language."""

    name: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class RemoveReplyText:
    """`language` None: in all of them."""

    name: str
    language: str | None = None


@query(Action.TEXT_READ)
def list_reply_texts(act: Act, _: None = None) -> Sequence[ReplyText]:
    """List the saved reply texts."""
    return texts_of(act)


@use_case(Action.TEXT_SET)
def set_reply_text(act: Act, command: ReplyText) -> ReplyText:
    """Save a reply text; one of the same name is replaced."""
    name = one_line(command.name, "name", "the name")
    language = one_of(command.language, LANGUAGES, "language", "language")
    made = ReplyText(name, language, whole_text(command.text, "text", "the text"))
    before = next((one for one in texts_of(act) if (one.name, one.language) == (name, language)), None)
    act.uow.desk.set_reply_text(name, language, made.text)
    act.record(("text", f"{name} ({language})"), {"text": before.text} if before else {}, {"text": made.text})
    return made


@use_case(Action.TEXT_SET)
def remove_reply_text(act: Act, command: RemoveReplyText) -> None:
    """Take a text away. Raises NotFound."""
    if not act.uow.desk.remove_reply_text(command.name, command.language):
        raise NotFound("text", command.name, f"there is no text {command.name}; mailgate text list")
    act.record(("text", command.name), {"language": command.language or "all"}, {})


def texts_of(act: Act) -> list[ReplyText]:
    """All texts, by name."""
    return [ReplyText(*row) for row in act.uow.desk.reply_texts()]
