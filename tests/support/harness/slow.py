"""`-m slow` takes in only the modules that have such tests: each of its workers would spend seconds on collecting all the others.

A module counts when it, or the conftest.py of its folder, says `pytest.mark.slow`. Whoever collects everything, as the run without them
does, also checks that no test has the mark in another way. The longest tests come first, so that none of them is left over at the end while
all other workers have nothing to do.

A module with an `xdist_group` is played by one worker. pytest-xdist 3.8 writes the group into a field that pytest 9.2 no longer reads, and
would send its tests to all workers, each of which makes the dear fixtures: the scheduler here looks into the module instead.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

ONLY_SLOW = "slow"
MARK = "pytest.mark.slow"
GROUP = "pytest.mark.xdist_group"
LONGEST_FIRST = (
    "test_wheel.py", "test_journey.py", "test_bench.py", "test_day.py", "test_quality.py", "test_stalled_connection.py", "test_cli_json.py",
    "test_scanners.py", "test_storms.py", "test_dkim_sent.py", "test_chaos.py", "test_enumeration.py", "test_processes.py", "test_story.py",
    "test_desk.py",
)  # fmt: skip
"""Modules with tests of more than ten seconds, by the longest test of each."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a module without slow tests where only those are asked for."""
    asked_for = config.option.markexpr == ONLY_SLOW and collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    return True if asked_for and not may_be_slow(collection_path) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a slow test that `-m slow` would not find; put the longest first where only those are asked for."""
    hidden = {str(item.path) for item in items if item.get_closest_marker(ONLY_SLOW) and not may_be_slow(item.path)}
    if hidden:
        raise pytest.UsageError(f"say {MARK} in the module or in the conftest.py of its folder: {', '.join(sorted(hidden))}")
    if config.option.markexpr == ONLY_SLOW:
        items.sort(key=_place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadGroupScheduling | None:
    """Of `--dist loadgroup`: one that keeps the modules with a group together."""
    return _WholeModules(config, log) if config.getoption("dist") == "loadgroup" else None


class _WholeModules(LoadGroupScheduling):
    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::")[0]
        return module if _has_group(self.config.rootpath / module) else nodeid


@functools.cache
def _has_group(module: Path) -> bool:
    return module.exists() and GROUP in module.read_text(encoding="utf-8")


def _place(item: pytest.Item) -> int:
    return LONGEST_FIRST.index(item.path.name) if item.path.name in LONGEST_FIRST else len(LONGEST_FIRST)


@functools.cache
def may_be_slow(module: Path) -> bool:
    """Whether the module or its folder has the mark."""
    return any(MARK in path.read_text(encoding="utf-8") for path in (module, module.with_name("conftest.py")) if path.exists())
