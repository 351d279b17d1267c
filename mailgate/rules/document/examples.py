"""The section `tests` of a policy document. In: its nodes, the folder of the document. Out: examples that can be run, or problems.

The only part of a document that reads other files: mails, from below the document's own folder and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mailgate.mail.model import Mail
from mailgate.rules.document.schema import meant, problem
from mailgate.rules.document.yaml_tree import Node, Problem
from mailgate.rules.examples import check, facts_of
from mailgate.rules.policy import Example

MAX_MAIL_BYTES = 25 * 1024 * 1024


def read_tests(
    items: Sequence[Node], rules: Sequence[str], folder: Path | None, zone: ZoneInfo
) -> tuple[tuple[Example, ...], list[Problem]]:
    """The examples. `rules`: the names there are. `folder`: where mails are; None when they are not at hand, as in the database.

    `zone`: the time zone of `at`.
    """
    reader = _Reader(rules, folder, zone)
    return tuple(map(reader.example, items)), reader.problems


class _Reader:
    """Collects problems on the way."""

    def __init__(self, rules: Sequence[str], folder: Path | None, zone: ZoneInfo) -> None:
        self.problems: list[Problem] = []
        self._rules, self._folder, self._zone = (*rules, "guarantees"), folder, zone

    def example(self, node: Node) -> Example:
        parts: Mapping[str, Node] = node.value
        rule = parts["rule"].value if "rule" in parts else ""
        if rule and rule not in self._rules:
            self._say(parts["rule"], f"there is no rule {rule!r}{meant(rule, self._rules)}")
        return Example(
            name=parts["name"].value,
            given=self._given(parts["given"]) if "given" in parts else {},
            disposition=parts["expect"].value,
            rule=rule,
            path=parts["mail"].value if "mail" in parts else "",
            mail=self._mail(parts["mail"]) if "mail" in parts else None,
            at=self._at(parts["at"]) if "at" in parts else None,
            effects=tuple(line for item in parts["effects"].value for line in _wanted(item)) if "effects" in parts else None,
            line=node.position.line,
        )

    def _given(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in node.value.items():
            plain = tuple(item.value for item in value.value) if isinstance(value.value, list) else value.value
            try:
                check(name, plain)
                facts_of({name: plain})
            except ValueError as error:
                self.problems.append(problem(node.keys[name], str(error)))
            found[name] = plain
        return found

    def _at(self, node: Node) -> datetime | None:
        try:
            return datetime.fromisoformat(node.value).replace(tzinfo=self._zone)
        except ValueError:
            self._say(node, f"'at' is a local time such as 2026-03-07 22:15, which {node.value!r} is not")
            return None

    def _mail(self, node: Node) -> Mail | None:
        if self._folder is None:
            return None
        folder = self._folder.resolve()
        path = (folder / node.value).resolve()
        if not path.is_relative_to(folder):
            self._say(node, f"the mail {node.value} is not below the folder of this document; copy it there")
            return None
        try:
            with path.open("rb") as stream:
                raw = stream.read(MAX_MAIL_BYTES + 1)
        except OSError as error:
            self._say(node, f"the mail {node.value} cannot be read: {error.strerror}")
            return None
        if len(raw) > MAX_MAIL_BYTES:
            self._say(node, f"the mail {node.value} is larger than {MAX_MAIL_BYTES} bytes")
            return None
        from mailgate.mail.read import read  # the readers of mail take longer to load than most documents to read

        return read(raw)

    def _say(self, node: Node, what: str) -> None:
        self.problems.append(problem(node.position, what))


def _wanted(node: Node) -> Iterator[str]:
    """An expected effect in the words of `examples.said`."""
    for name, value in node.value.items():
        if name == "set":
            yield from (f"set: {key} {one.value}" for key, one in value.value.items())
        elif name == "participant":
            yield f"participant: {'approved' if value.value['approved'].value else 'waiting'}"
        else:
            yield f"{name}: {value.value}"
