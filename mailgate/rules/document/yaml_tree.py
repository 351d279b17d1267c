"""YAML text to a tree in which every node knows its line and column. In: bytes. Out: nodes, or one problem. The only user of ruamel.yaml.

YAML 1.2 core words only: `no` is a word. Anchors, aliases and tags are refused, so nothing grows and nothing is made but plain values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_DOCUMENT_BYTES = 1024 * 1024
MAX_VALUES = 50_000
"""Each costs some 50 µs, and a MiB has room for half a million."""
MAX_DEPTH = 20
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands: line and column, from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, and where. `what` is one sentence without a full stop, with advice after a semicolon.

    `stops` False: a warning about a document that may be used all the same.
    """

    line: int
    column: int
    what: str
    stops: bool = True

    def at(self, file: str) -> str:
        """`file:line:column: what`."""
        return f"{file}:{self.line}:{self.column}: {'' if self.stops else 'warning: '}{self.what}"


@dataclass(slots=True)
class Node:
    """One value of the document. A mapping's `keys` say where each key stands."""

    value: Any
    position: Position
    keys: dict[str, Position] = field(default_factory=dict)


def items_of(node: Node | None) -> list[Node]:
    """The items of a list; none for anything else."""
    return node.value if node is not None and isinstance(node.value, list) else []


def values_of(node: Node | None) -> dict[str, Node]:
    """The values of a mapping by their keys; none for anything else."""
    return node.value if node is not None and isinstance(node.value, dict) else {}


class Unreadable(ValueError):
    """The text is no document of ours; `problem` says why and where."""

    def __init__(self, what: str, position: Position | None = None) -> None:
        super().__init__(what)
        where = position or Position()
        self.problem = Problem(where.line, where.column, what)


def parse(raw: bytes, *, most_values: int | None = None) -> tuple[Node, list[Problem]]:
    """The tree, and the keys that stand twice. `most_values`: None for MAX_VALUES. Raises Unreadable for what cannot be read on."""
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise Unreadable(f"the file has {len(raw)} bytes; {MAX_DOCUMENT_BYTES} are the most")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8; save it as UTF-8", Position(raw.count(b"\n", 0, error.start) + 1)) from None
    try:
        return _Reader(text, MAX_VALUES if most_values is None else most_values).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = (error.problem or error.context or "").replace("\n", " ")
        raise Unreadable(f"this is not YAML: {what}{_hint(what)}", _position_of(mark) if mark else None) from None
    except (YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"this is not YAML: {str(error).splitlines()[0] if str(error) else 'it cannot be read'}") from None


def _hint(what: str) -> str:
    """What to write instead, for what people most often get wrong."""
    if r"\t" in what:
        return "; indent with spaces, not with tabs"
    if "mapping values are not allowed" in what or "got ':'" in what:
        return '; a text with a colon stands in quotes, such as reason: "Feil: se her"'
    if "expected <block end>" in what:
        return "; lines of one block begin in the same column"
    return ""


def _position_of(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


class _Reader:
    """Builds the tree from the parser's events."""

    def __init__(self, text: str, most_values: int) -> None:
        self._events = iter(YAML(typ="safe", pure=True).parse(text))
        self._most_values, self._values = most_values, 0
        self._problems: list[Problem] = []

    def document(self) -> tuple[Node, list[Problem]]:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent) and root is not None:
                raise Unreadable("a second document begins here; one file has one policy", _position_of(event.start_mark))
            if isinstance(event, NodeEvent):
                root = self._node(event, 1)
        if root is None or root.value is None:
            raise Unreadable("the file is empty; mailgate init writes a complete one")
        return root, self._problems

    def _node(self, event: Any, depth: int) -> Node:
        position = _position_of(event.start_mark)
        _refuse_magic(event, position)
        self._values += 1
        if self._values > self._most_values:
            raise Unreadable(f"the file has more than {self._most_values} values, those before this one; shorten its lists", position)
        if depth > MAX_DEPTH:
            raise Unreadable(f"this is nested deeper than {MAX_DEPTH} levels", position)
        if isinstance(event, MappingStartEvent):
            return self._mapping(position, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(position, depth)
        return Node(_scalar(event), position)

    def _sequence(self, position: Position, depth: int) -> Node:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._node(event, depth + 1))
        return Node(items, position)

    def _mapping(self, position: Position, depth: int) -> Node:
        found = Node({}, position)
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            key = _position_of(event.start_mark)
            _refuse_magic(event, key)
            if not isinstance(event, ScalarEvent):
                raise Unreadable("a key must be a word", key)
            name, value = str(event.value), self._node(next(self._events), depth + 1)
            if name in found.value:
                first = found.keys[name].line
                self._problems.append(Problem(key.line, key.column, f"the key {name!r} stands twice, first in line {first}; remove one"))
                continue
            found.value[name], found.keys[name] = value, key
        return found


def _refuse_magic(event: Any, position: Position) -> None:
    if isinstance(event, AliasEvent) or event.anchor is not None:
        raise Unreadable(
            "anchors and aliases (& and *) are not taken; write the value out, put a text that begins with * in quotes, "
            "and for all names below a domain write {matches: '\\.example\\.com$'}",
            position,
        )
    if event.tag is not None:
        raise Unreadable("tags (!) are not taken; write plain values, and put a text that begins with ! in quotes", position)


def _scalar(event: Any) -> str | int | bool | None:
    text = str(event.value)
    if event.style not in (None, ""):
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text
