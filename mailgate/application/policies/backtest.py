"""Run stored mail under a draft and under the active policy. In: a document, a span of time. Out: differences as they are found.

Changes nothing. It reads in short transactions of its own, so that a long run holds up no database at work.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.policies.documents import PolicyDocument, usable
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.backtest.backtest import Reclassified as Reclassified
from mailgate.backtest.backtest import ReplaySpan as ReplaySpan
from mailgate.backtest.backtest import ReplayVerdict as ReplayVerdict
from mailgate.backtest.report import BacktestReport as BacktestReport
from mailgate.rules.chain import Effect, effect_json


@dataclass(frozen=True, slots=True)
class BacktestDraft:
    """`since`: mail accepted since then, None for all; the newest `limit` of it."""

    draft: PolicyDocument
    since: datetime | None
    limit: int


@dataclass(frozen=True, slots=True)
class Running:
    """A backtest in progress. Iterate `differences`; `report` counts those that were taken so far."""

    span: ReplaySpan
    report: BacktestReport
    differences: Iterator[Reclassified]


@guarded(Action.POLICY_TEST)
def backtest(app: App, _principal: Principal, command: BacktestDraft) -> AbstractContextManager[Running]:
    """Begin a backtest; its processes end with the block. Raises PolicyRefused for a draft with problems."""
    new, _ = usable(command.draft, app.parts.own_mailboxes, tests=False)
    return _running(app, command, BacktestReport(app.policies.peek(), new))


@contextmanager
def _running(app: App, command: BacktestDraft, report: BacktestReport) -> Iterator[Running]:
    runner = app.parts.backtest(app.store)
    span = runner.span(command.since, command.limit)
    with contextlib.closing(runner.run(span, report.old, report.new)) as found:
        yield Running(span, report, _counted(found, report))


def _counted(found: Iterator[Reclassified], report: BacktestReport) -> Generator[Reclassified, None, None]:
    for one in found:
        report.add(one)
        yield one


def verdict_json(verdict: ReplayVerdict) -> dict[str, Any]:
    """What one policy does with one mail, as plain fields. `told` (the key of earlier releases): who gets which notice."""
    found: Any = verdict.effects
    effects = [effect_json(Effect(do, dict(args))) for do, args in found]
    notified = [{"kind": kind, "address": address} for kind, address in verdict.notified]
    return {"disposition": verdict.disposition, "rule": verdict.rule, "effects": effects, "told": notified}
