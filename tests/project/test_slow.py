"""`-m slow` collects few modules, and misses no test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.harness.repository import ROOT
from tests.support.harness.slow import LONGEST_FIRST, may_be_slow, pytest_collection_modifyitems

EVERYTHING, ONLY_SLOW = (SimpleNamespace(option=SimpleNamespace(markexpr=words)) for words in ("", "slow"))


def _item(path: Path, *marks: str) -> Any:
    return SimpleNamespace(path=path, get_closest_marker=lambda name: name in marks)


@pytest.mark.parametrize(
    ("module", "slow"), [("e2e/test_demo.py", True), ("project/test_wheel.py", True), ("unit/cases/test_tokens.py", False)]
)
def test_given_a_module_when_asked_whether_it_has_slow_tests_then_the_mark_in_it_or_in_its_folder_says_so(module: str, slow: bool) -> None:
    assert (ROOT / "tests" / module).exists()
    assert may_be_slow(ROOT / "tests" / module) == slow


def test_given_a_slow_test_whose_module_does_not_say_so_when_collected_then_that_is_an_error(tmp_path: Path) -> None:
    module = tmp_path / "test_hidden.py"
    module.write_text("from elsewhere import waits\n")
    pytest_collection_modifyitems(EVERYTHING, [_item(module), _item(ROOT / "tests/e2e/test_demo.py", "slow")])
    with pytest.raises(pytest.UsageError, match="test_hidden"):
        pytest_collection_modifyitems(EVERYTHING, [_item(module, "slow")])


def test_given_slow_tests_alone_when_collected_then_the_longest_come_first_and_the_rest_stays_in_order() -> None:
    found = [_item(ROOT / "tests" / name, "slow") for name in ("e2e/test_demo.py", "e2e/test_caps.py", "project/test_wheel.py")]
    pytest_collection_modifyitems(EVERYTHING, found)
    assert found[-1].path.name == "test_wheel.py"
    pytest_collection_modifyitems(ONLY_SLOW, found)
    assert [one.path.name for one in found] == ["test_wheel.py", "test_demo.py", "test_caps.py"]


def test_given_the_longest_modules_when_looked_for_then_each_is_there_and_slow() -> None:
    found = {path.name: path for path in (ROOT / "tests").rglob("test_*.py") if may_be_slow(path)}
    assert set(LONGEST_FIRST) - set(found) == set()


def test_given_a_module_with_a_group_when_two_workers_play_then_one_of_them_plays_all_of_it(tmp_path: Path) -> None:
    tests = (
        "@pytest.mark.parametrize('n', range(6))\ndef test_a(n):\n    time.sleep(0.05)\n    print(os.getpid(), file=open('played', 'a'))\n"
    )
    (tmp_path / "test_a.py").write_text(f"import os, pytest, time\npytestmark = pytest.mark.xdist_group('dear')\n{tests}")
    (tmp_path / "test_b.py").write_text("def test_b():\n    pass\n")
    plugins = ["-p", "tests.support.harness.slow", "-n", "2", "--dist", "loadgroup"]
    command = [sys.executable, "-m", "pytest", *plugins, "--rootdir", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, str(tmp_path)], cwd=tmp_path, env=environment, check=True, capture_output=True)
    played = (tmp_path / "played").read_text().split()
    assert (len(played), len(set(played))) == (6, 1)
