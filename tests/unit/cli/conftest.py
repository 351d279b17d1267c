"""An installation of its own for a command: a folder, its settings, a real SQLite database; commands run as an operator types them."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailgate.cli import main
from tests.support.desks.policies import unhurried
from tests.support.harness.kept_work import put_empty_database


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as NDJSON; fails on anything else."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Answer]


SETTINGS = """\
[database]
url = "sqlite:///var/mailgate.db"
[policy]
file = "first-policy.yaml"
[outbound]
hold_back_s = 0
"""


@pytest.fixture
def mailgate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `mailgate <arguments>` in a fresh installation."""
    (tmp_path / "var").mkdir(mode=0o700)
    put_empty_database(tmp_path / "var" / "mailgate.db")
    (tmp_path / "mailgate.toml").write_text(SETTINGS)
    (tmp_path / "first-policy.yaml").write_text(unhurried(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILGATE_CONFIG", raising=False)
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("MAILGATE_OPERATOR", "eva")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def run(*arguments: str, stdin: bytes = b"") -> Answer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main(list(arguments))
        seen = capsys.readouterr()
        return Answer(code, seen.out, seen.err)

    return run
