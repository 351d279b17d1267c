"""Each attack on identity, loops and amplification, and each hostile mail, has a test with its number. A missing one is named here."""

from __future__ import annotations

import re
from pathlib import Path

NUMBERS = frozenset(
    {140, 141, 142, 143, 144, 145, 147, 148, 151, 152, 153, 154, 155, 156, 158, 159, 160, 161, 162, 164, 165, 166, 167, 168, 170, 171}
    | {172, 173, 174, 176, 178}
    # Mail that is made to cost time or memory, or to be read in two ways.
    | {119, 120, 122, 123, 124, 125, 128, 130, 132, 133, 136, 138, 139, 192, 193}
)
_NAME = re.compile(r"^(?:async )?def test_(\d{3})_given_", re.MULTILINE)


def test_given_the_list_of_attacks_when_tests_are_looked_for_then_each_number_has_one() -> None:
    folder = Path(__file__).resolve().parents[1]
    found = {int(number) for path in folder.rglob("test_*.py") for number in _NAME.findall(path.read_text("utf-8"))}
    assert sorted(NUMBERS - found) == []
