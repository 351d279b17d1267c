"""What a worker does beside its stages, now and then."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailgate import config
from mailgate.application.cases import unanswered
from mailgate.runtime.gateway import Gateway
from tests.support.kept_work import put_empty_database


def test_given_a_worker_when_it_does_its_chores_then_cases_that_wait_are_looked_after_once_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_empty_database(tmp_path / "mailgate.db")
    (tmp_path / "mailgate.toml").write_text(
        '[database]\nurl = "sqlite:///mailgate.db"\n[addresses]\nsupport = ["support@example.test"]\n[service]\ndomain = "example.test"\n'
        "[metrics]\nlisten = []\n"
    )
    gateway = Gateway(config.load(tmp_path / "mailgate.toml", {}), listen=False, work=True)
    asked, notified = [], []
    monkeypatch.setattr(unanswered, "look_after", lambda *call: asked.append(call) or {"reminded": 1, "closed": 0})
    monkeypatch.setattr(gateway, "notify", notified.append)
    chores = gateway._chores()
    chores()
    chores()
    asyncio.run(gateway._stop())
    assert (len(asked), notified) == (1, ["notices"])
