"""Which tests run again when they fail: those marked `timing`, which bound seconds; nothing else.

A machine that is busy for a moment can break a bound of seconds, and that says nothing about the code. Any other test that fails once is
red. What made a test run again is kept in `.pytest_cache/reruns.log`, and named at the end of the run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

RERUNS = 2
DELAY_S = 2
# `make test` is two runs side by side: both write one log.
KEPT_S = 1800
LOG = "reruns.log"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take away an old log. Only the process that reports writes it, not the workers of xdist."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Keeper(config.rootpath / ".pytest_cache" / LOG), "mailgate_reruns")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the tests marked `timing` run again."""
    if config.pluginmanager.hasplugin("rerunfailures"):
        for item in items:
            if item.get_closest_marker("timing"):
                item.add_marker(pytest.mark.flaky(reruns=RERUNS, reruns_delay=DELAY_S))


class _Keeper:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: list[str] = []
        if path.exists() and datetime.now(UTC).timestamp() - path.stat().st_mtime > KEPT_S:
            path.unlink(missing_ok=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome == "rerun":  # set by pytest-rerunfailures
            self._names.append(report.nodeid)
            self._path.parent.mkdir(exist_ok=True)
            with self._path.open("a", encoding="utf-8") as log:
                log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {report.nodeid}\n{report.longreprtext}\n\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._names:
            terminalreporter.section(f"ran again, see {self._path}")
            for name in sorted(set(self._names)):
                terminalreporter.line(f"{self._names.count(name)} x {name}")
