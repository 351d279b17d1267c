"""The short form of the fairness run, one attack of each kind at a time; `make fairness` runs the long one."""

from __future__ import annotations

import pytest

from tests.faults.fairness import BOUND_S, HEAD, installed, run


@pytest.mark.timing
@pytest.mark.slow
@pytest.mark.parametrize("attack", ["as many mails", "silent DNS", "expensive", "DATA"])
def test_12_14_and_15_given_an_attacker_who_uses_all_that_limits_allow_when_a_customer_replies_then_they_wait_5_s_at_most(
    attack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with installed(postgres=False) as gateway:
        (row,) = run(gateway, replies=6, only=attack)
    with capsys.disabled():
        print(f"\n{HEAD}\n{row.line()}")
    assert row.p95_s <= BOUND_S
