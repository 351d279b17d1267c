"""What a worker does beside its stages, now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgate import config
from mailgate.application.cases import unanswered
from mailgate.runtime.gateway import Gateway
from tests.support.harness.kept_work import put_empty_database


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """One with stages, not started."""
    put_empty_database(tmp_path / "mailgate.db")
    (tmp_path / "mailgate.toml").write_text(
        '[database]\nurl = "sqlite:///mailgate.db"\n[addresses]\nsupport = ["support@example.test"]\n[service]\ndomain = "example.test"\n'
        "[metrics]\nlisten = []\n"
    )
    made = Gateway(config.load(tmp_path / "mailgate.toml", {}), listen=False, work=True)
    yield made
    asyncio.run(made._stop())


def test_given_a_worker_when_it_does_its_chores_then_cases_that_wait_are_looked_after_once_an_hour(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, notified = [], []
    monkeypatch.setattr(unanswered, "look_after", lambda *call: asked.append(call) or {"reminded": 1, "closed": 0})
    monkeypatch.setattr(gateway, "notify", notified.append)
    chores = gateway._chores()
    chores()
    chores()
    assert (len(asked), notified) == (1, ["notices"])


def test_given_a_process_with_stages_when_one_leaves_work_to_the_next_then_no_broker_is_asked(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(gateway._worker, "wake", woken.append)
    monkeypatch.setattr(gateway._wakeup, "notify", lambda stage: pytest.fail(f"{stage} went to the broker"))
    gateway.notify("notices")
    assert woken == ["notices"]
