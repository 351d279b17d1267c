"""A test that passes only when it runs again is red, unless it bounds seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness.repository import ROOT

TESTS = """
import pytest

runs = {"bound": 0, "other": 0}

@pytest.mark.timing
def test_bound():
    runs["bound"] += 1
    assert runs["bound"] > 1, "too slow"

def test_other():
    runs["other"] += 1
    assert runs["other"] > 1
"""
SETTINGS = "[pytest]\nmarkers =\n    timing: bounds seconds\n"


@pytest.fixture
def run(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """One run of two tests that pass the second time, one of them marked `timing`."""
    (tmp_path / "test_twice.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    plugins = ["-p", "tests.support.harness.reruns", "-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", *plugins, "--rootdir", str(tmp_path), str(tmp_path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_given_tests_that_pass_the_second_time_when_run_then_only_the_one_marked_timing_is_green(
    run: subprocess.CompletedProcess[str],
) -> None:
    assert run.returncode == 1, run.stdout + run.stderr
    assert "1 failed, 1 passed, 1 rerun" in run.stdout


def test_given_a_test_that_ran_again_when_the_run_ends_then_the_log_keeps_why(
    run: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    log = (tmp_path / ".pytest_cache" / "reruns.log").read_text()
    assert "test_twice.py::test_bound" in log
    assert "too slow" in log
    assert "test_other" not in log
    assert "1 x test_twice.py::test_bound" in run.stdout


def test_given_the_makefile_when_read_then_nothing_in_it_runs_failed_tests_again() -> None:
    text = (ROOT / "Makefile").read_text()
    assert [word for word in ("last-failed", "--lf", "reruns", "||") if word in text.partition("\ntest:")[2].partition("\ncheck:")[0]] == []
