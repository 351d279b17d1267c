"""Files of tests lie in memory where there is room, unless somebody has said where they belong."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.support.harness import in_memory


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for memory; where temporary files belong is not decided yet."""
    monkeypatch.setattr(in_memory, "MEMORY", tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("TMPDIR", raising=False)
    return tmp_path


def test_given_room_in_memory_when_a_temporary_file_is_made_then_it_and_those_of_other_programs_are_there(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_memory, "roomy", lambda folder: folder == elsewhere)
    assert not in_memory.used()
    in_memory.use_memory()
    assert in_memory.used()
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(elsewhere)


def test_given_a_folder_that_somebody_has_named_when_tests_begin_then_it_stays(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_memory, "roomy", lambda folder: True)
    monkeypatch.setenv("TMPDIR", "/")
    in_memory.use_memory()
    assert os.environ["TMPDIR"] == "/"
    assert not in_memory.used()


def test_given_too_little_room_or_no_such_folder_when_asked_then_a_disk_is_used(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_memory.roomy(elsewhere, 1)
    assert not in_memory.roomy(elsewhere, 1 << 60)
    assert not in_memory.roomy(elsewhere / "none", 1)
    monkeypatch.setattr(in_memory, "MEMORY", elsewhere / "none")
    in_memory.use_memory()
    assert "TMPDIR" not in os.environ
