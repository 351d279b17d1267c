"""`-m slow` takes in only the modules that have such tests: each of its workers would spend seconds on collecting all the others.

A module counts when it, or the conftest.py of its folder, says `pytest.mark.slow`. Whoever collects everything, as the run without them
does, also checks that no test has the mark in another way.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import pytest

ONLY_SLOW = "slow"
MARK = "pytest.mark.slow"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a module without slow tests where only those are asked for."""
    asked_for = config.option.markexpr == ONLY_SLOW and collection_path.suffix == ".py" and collection_path.name.startswith("test_")
    return True if asked_for and not may_be_slow(collection_path) else None


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Refuse a slow test that `-m slow` would not find."""
    hidden = {str(item.path) for item in items if item.get_closest_marker(ONLY_SLOW) and not may_be_slow(item.path)}
    if hidden:
        raise pytest.UsageError(f"say {MARK} in the module or in the conftest.py of its folder: {', '.join(sorted(hidden))}")


@functools.cache
def may_be_slow(module: Path) -> bool:
    """Whether the module or its folder has the mark."""
    return any(MARK in path.read_text(encoding="utf-8") for path in (module, module.with_name("conftest.py")) if path.exists())
