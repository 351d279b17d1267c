"""Each attack on identity, loops and amplification, each hostile mail and each point of issue 12 has a test with its number.

A missing one is named here.
"""

from __future__ import annotations

import re
from pathlib import Path

NUMBERS = frozenset(
    {140, 141, 142, 143, 144, 145, 147, 148, 151, 152, 153, 154, 155, 156, 158, 159, 160, 161, 162, 164, 165, 166, 167, 168, 170, 171}
    | {172, 173, 174, 176, 178}
    # Mail that is made to cost time or memory, or to be read in two ways.
    | {119, 120, 122, 123, 124, 125, 128, 130, 132, 133, 136, 138, 139, 192, 193}
)
POINTS = frozenset(range(1, 20))
"""Of issue 12: whom to believe, and who may take the worker."""
_POINT = re.compile(r"^(?:async )?def test_(?:12|point)_((?:\d+_)(?:and_\d+_)?)given_", re.MULTILINE)
_NAME = re.compile(r"^(?:async )?def test_(\d{3})_given_", re.MULTILINE)


def test_given_the_list_of_attacks_when_tests_are_looked_for_then_each_number_has_one() -> None:
    found = {int(number) for text in _tests() for number in _NAME.findall(text)}
    assert sorted(NUMBERS - found) == []


def test_given_the_points_of_issue_12_when_tests_are_looked_for_then_each_has_one() -> None:
    found = {int(number) for text in _tests() for name in _POINT.findall(text) for number in re.findall(r"\d+", name)}
    assert sorted(POINTS - found) == []


def _tests() -> list[str]:
    return [path.read_text("utf-8") for path in Path(__file__).resolve().parents[1].rglob("test_*.py")]
