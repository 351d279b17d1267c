"""The short form of the chaos run (67); `make chaos` runs the long one."""

from __future__ import annotations

import pytest

from tests.faults.chaos import Plan, printed, run
from tests.support.processes.platforms import Platform


def test_067_given_random_kills_while_mail_comes_in_then_nothing_is_lost_and_nothing_has_two_effects(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(messages=200, kills=8, seed=7, longest_life_s=2.0)
    outcome = run(plan, platform.gateway, platform.sink, platform.seed, embedded=platform.embedded)
    with capsys.disabled():
        print("\n" + printed(outcome))
    assert outcome.violations == []
    assert outcome.figures["lost"] == outcome.figures["double comments"] == outcome.figures["double automatic answers"] == 0
    assert int(str(outcome.figures["kills"])) >= 8
