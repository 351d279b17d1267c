"""Times are shown as the desk's clock shows them, with the name of the zone; JSON stays in UTC."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailgate.cli.output import one_line, use_zone
from tests.support.desks.policies import unhurried
from tests.support.harness.services import START
from tests.unit.cli.conftest import Run


@pytest.fixture(autouse=True)
def _utc_again() -> None:
    use_zone("UTC")


def test_point_9_given_a_zone_when_a_time_is_shown_then_it_is_local_and_labelled() -> None:
    use_zone("Europe/Oslo")
    assert one_line(START) == "2026-11-23 10:00:00 CET"
    use_zone("No/Where")
    assert one_line(START) == "2026-11-23 10:00:00 CET"
    use_zone("UTC")
    assert one_line(START) == "2026-11-23 09:00:00 UTC"


@pytest.mark.parametrize(("zone", "label"), [("Europe/Oslo", "CES?T"), ("Asia/Kolkata", "IST")])
def test_point_9_given_the_zone_of_the_policy_when_cases_are_listed_then_their_times_are_the_desks(
    mailgate: Run, tmp_path: Path, zone: str, label: str
) -> None:
    (tmp_path / "p.yaml").write_text(unhurried().replace("\nzone: Europe/Oslo", f"\nzone: {zone}"), encoding="utf-8")
    assert mailgate("policy", "activate", "p.yaml", "--comment", "sone").code == 0
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    assert re.search(rf"\d\d:\d\d:\d\d {label}", mailgate("case", "list").out)
    assert mailgate("case", "list", "--json").objects[0]["created_at"].endswith("+00:00")


@pytest.mark.parametrize("words", [("-h",), ("journal", "-h"), ("journal", "list", "-h")])
def test_point_9_given_a_short_h_when_asked_then_help_is_shown(mailgate: Run, words: tuple[str, ...]) -> None:
    answer = mailgate(*words)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Usage: mailgate")


@pytest.mark.parametrize(
    ("words", "meant"),
    [(("jurnal", "list"), "mailgate journal"), (("journal", "lst"), "Did you mean 'list'?"), (("todos",), "mailgate todo")],
)
def test_point_9_given_a_misspelt_command_when_called_then_the_one_that_was_meant_is_named(
    mailgate: Run, words: tuple[str, ...], meant: str
) -> None:
    answer = mailgate(*words)
    assert answer.code == 2
    assert meant in answer.err.partition("No such command")[2]
