"""Each attack on identity, loops and amplification, each hostile mail, each misbehaving smarthost, and each rule of whom to believe has a
test with its number.

A missing one is named here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

NUMBERS = frozenset(
    {140, 141, 142, 143, 144, 145, 147, 148, 151, 152, 153, 154, 155, 156, 158, 159, 160, 161, 162, 164, 165, 166, 167, 168, 170, 171}
    | {172, 173, 174, 176, 178}
    # Mail that is made to cost time or memory, or to be read in two ways.
    | {119, 120, 122, 123, 124, 125, 128, 130, 132, 133, 136, 138, 139, 192, 193}
    # What a smarthost may do to our mail.
    | {101, 102, 104, 106, 107, 108, 109, 110, 111, 112}
)
RULES: Mapping[int, str] = {
    # Who is believed.
    1: "all results of a trusted server are one finding, of which the worst counts",
    2: "an automatic answer goes only to a reverse-path that is not disowned",
    3: "an author is one mailbox in plain form",
    4: "what calls itself automatic is judged as what people write",
    5: "networks are believed only when the settings name them",
    6: "people are named as they are registered, never by a name from the mail alone",
    7: "what a stranger wrote does not leave under our name",
    8: "a bounce that anybody could have written suppresses nobody for good",
    # What is read.
    9: "each part that any reader finds is listed, or the mail is held",
    10: "a text that ends in half a character keeps its charset",
    11: "hidden text decides nothing, and forms that differ are marked",
    12: "names of files and paths carry no tricks to a disk or a terminal",
    # Who may take the worker.
    13: "a database connection that hangs is given up",
    14: "slow DNS holds up nobody else",
    15: "mail that is expensive to read waits behind cheap mail",
    16: "replies that nobody asked for end the connection to the smarthost",
    17: "stored bytes are compared with their hash",
    18: "secrets in web addresses are masked",
    19: "a policy with two transitions in one decision is refused",
}
_RULE = re.compile(r"^(?:async )?def test_(?:12|point)_((?:\d+_)(?:and_\d+_)?)given_", re.MULTILINE)
_NAME = re.compile(r"^(?:async )?def test_(\d{3})_given_", re.MULTILINE)


def test_given_the_list_of_attacks_when_tests_are_looked_for_then_each_number_has_one() -> None:
    found = {int(number) for text in _tests() for number in _NAME.findall(text)}
    assert sorted(NUMBERS - found) == []


def test_given_the_rules_of_whom_to_believe_when_tests_are_looked_for_then_each_has_one() -> None:
    found = {int(number) for text in _tests(but=("unit/cli", "e2e")) for name in _RULE.findall(text) for number in re.findall(r"\d+", name)}
    assert [rule for number, rule in RULES.items() if number not in found] == []


def _tests(but: Sequence[str] = ()) -> list[str]:
    """The text of each test file, but for some folders, where `point` counts the points of test_first_week_numbers.py."""
    tests = Path(__file__).resolve().parents[1]
    others = [tests / folder for folder in but]
    return [path.read_text("utf-8") for path in tests.rglob("test_*.py") if not any(path.is_relative_to(other) for other in others)]
