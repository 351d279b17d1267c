"""Each point of an operator's first week has a test through the command line with its number. A missing one is named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
THROUGH_THE_COMMAND_LINE = ("unit/cli", "e2e")
"""Folders whose tests type commands."""
POINTS: Mapping[int, str] = {
    1: "what a person does by hand is shown first, refused across customers, and can be taken back",
    2: "without settings operators' commands refuse, and make nothing",
    3: "a policy that would strand cases or agreements is refused without --yes",
    4: "who acts has a name, and service accounts are refused where a customer would see theirs",
    5: "authors are verified and no network is believed unless it is named",
    6: "the lines for Postfix are printed from the settings",
    7: "backup, restore and copies keep everything, and send nothing twice unasked",
    8: "a service manager is told what goes on, and SIGHUP reloads",
    9: "commands are quick to type: short ids, times of the desk, suggestions, --follow",
    10: "what waits for a person is visible",
    11: "filters, arguments, files and imports are the same everywhere",
    12: "a person's data can be exported and erased",
    13: "errors say what to type instead",
    14: "a gateway can be watched: heartbeat, latency and build",
    15: "a policy can be edited, tried and understood by a person",
}


def test_given_the_points_of_a_first_week_when_tests_are_looked_for_then_each_has_one_that_types_commands() -> None:
    found = {number for folder in THROUGH_THE_COMMAND_LINE for file in (TESTS / folder).rglob("test_*.py") for number in _numbers(file)}
    assert [f"{number}: {point}" for number, point in POINTS.items() if number not in found] == []


def _numbers(file: Path) -> Iterator[int]:
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_point_"):
            yield int(node.name.split("_")[2])
