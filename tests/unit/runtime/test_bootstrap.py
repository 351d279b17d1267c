"""Settings reach the parts that they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailgate.config import load
from mailgate.inbound.intake import reader_process
from mailgate.runtime import bootstrap

MIB = 1024 * 1024


def test_given_bounds_for_one_mail_when_a_reader_is_made_then_they_are_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[reader_process.ReadingOptions] = []
    file = tmp_path / "mailgate.toml"
    file.write_text(f"[intake]\nread_timeout_s = 3.5\nread_memory_bytes = {96 * MIB}\n", encoding="utf-8")
    monkeypatch.setattr(reader_process, "ReaderProcess", made.append)
    bootstrap._reader_process(load(file, {}, make_secrets=True))
    assert [(one.time_s, one.memory_bytes, one.wall_s) for one in made] == [(3.5, 96 * MIB, 60.0)]


def test_given_a_domain_when_asked_what_is_ours_then_another_mailgates_mark_is_not(tmp_path: Path) -> None:
    file = tmp_path / "mailgate.toml"
    file.write_text('[service]\ndomain = "Firma.test"\n', encoding="utf-8")
    ours = bootstrap.ours(load(file, {}, make_secrets=True))
    assert (ours.is_our_loop("firma.test"), ours.is_our_loop("kunde.test")) == (True, False)
