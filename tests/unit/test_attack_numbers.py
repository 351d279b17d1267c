"""Each attack of the list on identity, loops and amplification has a test that bears its number. A missing one is named here."""

from __future__ import annotations

import re
from pathlib import Path

NUMBERS = frozenset(
    {140, 141, 142, 143, 144, 145, 147, 148, 151, 152, 153, 154, 155, 156, 158, 159, 160, 161, 162, 164, 165, 166, 167, 168, 170, 171}
    | {172, 173, 174, 176, 178}
)
_NAME = re.compile(r"^(?:async )?def test_(\d{3})_given_", re.MULTILINE)


def test_given_the_list_of_attacks_when_tests_are_looked_for_then_each_number_has_one() -> None:
    folder = Path(__file__).resolve().parents[1]
    found = {int(number) for path in folder.rglob("test_*.py") for number in _NAME.findall(path.read_text("utf-8"))}
    assert sorted(NUMBERS - found) == []
