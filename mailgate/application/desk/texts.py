"""Texts for answers that staff write again and again. In: name, language, text. Out: the texts; each change leaves an audit row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.faults import all_checked
from mailgate.application.paging import Page, cursor_of, page_of, sort_key_of
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import LANGUAGES, one_line, one_of, whole_text
from mailgate.errors import Conflict, Invalid, NotFound

MAX_CHARS = 20_000
"""Of one text: an answer that is longer is a document, and belongs in a file."""
OFFERED_MOST = 200
"""How many an agent chooses from beside an answer."""


@dataclass(frozen=True, slots=True)
class ReplyText:
    """One text in one language."""

    name: str
    language: str
    text: str

    @property
    def mark(self) -> str:
        """What a form remembers these words by: their SHA-256."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class ReplyTextName:
    """What an agent chooses a text by."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class ListReplyTexts:
    """Texts by name."""

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeReplyText:
    """The text of this name and language becomes `new`. `seen`: the mark of its words as shown, None to replace any."""

    name: str
    language: str
    new: ReplyText
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveReplyText:
    """`language` None: in all of them."""

    name: str
    language: str | None = None


@query(Action.TEXT_READ)
def list_reply_texts(act: Act, _: None = None) -> Sequence[ReplyText]:
    """List the saved reply texts."""
    return [ReplyText(*row) for row in act.uow.desk.reply_texts()]


@query(Action.TEXT_READ)
def page_reply_texts(act: Act, command: ListReplyTexts) -> Page[ReplyText]:
    """List the saved reply texts by name, a page at a time."""
    after = sort_key_of(command.cursor, 2) if command.cursor else None
    found = [ReplyText(*row) for row in act.uow.desk.reply_texts(limit=command.limit + 1, after=after)]
    return page_of(found, command.limit, [cursor_of(one.name, one.language) for one in found])


@query(Action.TEXT_READ)
def show_reply_text(act: Act, wanted: ReplyTextName) -> ReplyText:
    """Show one text. Raises NotFound."""
    return _found(act, wanted.name, wanted.language)


@use_case(Action.TEXT_SET)
def set_reply_text(act: Act, command: ReplyText) -> ReplyText:
    """Save a reply text; one of the same name is replaced."""
    made = _checked(command)
    before = act.uow.desk.reply_text(made.name, made.language)
    act.uow.desk.set_reply_text(made.name, made.language, made.text)
    _record(act, made, before)
    return made


@use_case(Action.TEXT_SET)
def add_reply_text(act: Act, command: ReplyText) -> ReplyText:
    """Save a new reply text. Raises Invalid when there is one of this name and language."""
    made = _checked(command)
    _add(act, made)
    _record(act, made, None)
    return made


@use_case(Action.TEXT_SET)
def change_reply_text(act: Act, command: ChangeReplyText) -> ReplyText:
    """Change a reply text, its name and language too. Raises NotFound, Invalid, and Conflict when somebody else has changed it."""
    before, made = _found(act, command.name, command.language), _checked(command.new)
    if command.seen is not None and command.seen != before.mark:
        raise Conflict(f"the text {before.name}", 0)
    if made == before:
        act.unchanged()
        return made
    if (made.name, made.language) == (before.name, before.language):
        changed: bool | int = act.uow.desk.replace_reply_text(made.name, made.language, before.text, made.text)
    else:
        _add(act, made)
        changed = act.uow.desk.remove_reply_text(before.name, before.language, before.text)
    if not changed:
        raise Conflict(f"the text {before.name}", 0)
    _record(act, made, before.text, {"was": f"{before.name} ({before.language})"})
    return made


@use_case(Action.TEXT_SET)
def remove_reply_text(act: Act, command: RemoveReplyText) -> None:
    """Take a text away. Raises NotFound."""
    if not act.uow.desk.remove_reply_text(command.name, command.language):
        raise _missing(command.name)
    act.record(("text", command.name), {"language": command.language or "all"}, {})


def names_of(act: Act, language: str) -> list[ReplyTextName]:
    """What an agent chooses from, texts of this language first."""
    found = [ReplyTextName(*row) for row in act.uow.desk.reply_text_names(OFFERED_MOST)]
    return sorted(found, key=lambda one: one.language != language)


def _checked(text: ReplyText) -> ReplyText:
    checked = all_checked(
        name=lambda: one_line(text.name, "name", "the name"),
        language=lambda: one_of(text.language, LANGUAGES, "language", "language"),
        text=lambda: _words(text.text),
    )
    return ReplyText(**checked)


def _words(text: str) -> str:
    words = whole_text(text, "reply_text", "the text")
    if len(words) > MAX_CHARS:
        raise Invalid("reply_text", "too_long", f"the text has {len(words)} characters; {MAX_CHARS} are the most", most=MAX_CHARS)
    return words


def _found(act: Act, name: str, language: str) -> ReplyText:
    text = act.uow.desk.reply_text(name, language)
    if text is None:
        raise _missing(name)
    return ReplyText(name, language, text)


def _missing(name: str) -> NotFound:
    return NotFound("text", name, f"there is no text {name}; mailgate case texts")


def _add(act: Act, made: ReplyText) -> None:
    if not act.uow.desk.add_reply_text(made.name, made.language, made.text):
        raise Invalid("name", "text_exists", f"there is a text {made.name} in {made.language} already", name=made.name)


def _record(act: Act, made: ReplyText, before: str | None, more: dict[str, str] | None = None) -> None:
    old = {} if before is None else {"text": before}
    act.record(("text", f"{made.name} ({made.language})"), {**old, **(more or {})}, {"text": made.text})
