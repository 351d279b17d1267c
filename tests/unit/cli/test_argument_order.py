"""Arguments of the same kinds stand in the same order in all commands: first the thing, then who, then what becomes of it, then words."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Run
from tools.command_tree import tree, walk

ORDER = (
    "KEY", "ID", "COMMENT", "USER", "A", "B", "ADDRESS", "NAME", "QUEUE", "OPERATION", "SHAPE", "N", "TEXT", "FILE", "DRAFT", "PATH", "DIR",
    "FOLDER",
)  # fmt: skip
"""What each command's arguments are called, in the order in which they stand. A new name has its place here."""
SEVERAL = [one for one in walk(tree()) if len(one.arguments) > 1]


def _kinds(names: list[str]) -> list[str]:
    return [name.strip("[]").removesuffix("...").upper() for name in names]


def test_point_11_given_every_command_when_its_arguments_are_looked_at_then_each_kind_is_known() -> None:
    found = {kind for one in walk(tree()) for kind in _kinds([argument.name for argument in one.arguments])}
    assert sorted(found) == sorted(ORDER)


@pytest.mark.parametrize("command", SEVERAL, ids=lambda command: " ".join(command.path))
def test_point_11_given_a_command_with_several_arguments_when_looked_at_then_they_stand_in_the_one_order(command) -> None:
    places = [ORDER.index(kind) for kind in _kinds([argument.name for argument in command.arguments])]
    assert places == sorted(set(places))


def test_point_11_given_the_order_of_earlier_releases_when_an_operation_is_typed_then_it_is_done_all_the_same(mailgate: Run) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    made = mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil", "--json").objects[0]
    for words in (("SUP-1", "start"), ("hold", "SUP-1"), (made["id"], "open"), ("resolve", made["id"])):
        assert mailgate("case", "do", *words).code == 0, words
