"""One act on several cases, with an account of each: one that fails stops no other. In: keys and an act. Out: what became of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from mailgate.application.app import App
from mailgate.application.cases.edit import EditCase, edit_case
from mailgate.application.cases.operate import Assign, Operate, assign, operate
from mailgate.application.faults import all_checked
from mailgate.application.principal import Principal
from mailgate.errors import Ambiguous, Conflict, Forbidden, Invalid, NotAllowed, NotFound

BulkAct = Literal["take", "assign", "operate", "priority"]
ACTS: Sequence[str] = get_args(BulkAct)
MOST_CASES = 100


@dataclass(frozen=True, slots=True)
class Bulk:
    """`value`: the assignee, operation or priority; none for `take`."""

    act: str
    keys: Sequence[str]
    value: str = ""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one case. `problem` "" when it was done; else a sentence, and `code` for pages: a key of `CODES`."""

    key: str
    problem: str = ""
    code: str = ""


def on_cases(app: App, principal: Principal, command: Bulk) -> list[BulkResult]:
    """Do it to each case, each in a separate transaction. Raises Invalid when no case or no act is chosen."""
    keys = list(dict.fromkeys(command.keys))
    all_checked(keys=lambda: _refuse_keys(keys), act=lambda: _refuse_act(command))
    return [_done(app, principal, command, key) for key in keys]


def _refuse_keys(keys: Sequence[str]) -> None:
    if not keys or len(keys) > MOST_CASES:
        raise Invalid("keys", "empty" if not keys else "too_many", f"choose 1 to {MOST_CASES} cases", most=MOST_CASES)


def _refuse_act(command: Bulk) -> None:
    if command.act not in _RUN or (command.act in ("operate", "priority") and not command.value):
        raise Invalid("act", "empty", f"choose what to do: {', '.join(ACTS)}")


CODES: Mapping[type[Exception], str] = {
    NotFound: "not_found", Ambiguous: "not_found", Forbidden: "forbidden", NotAllowed: "not_allowed", Conflict: "changed",
    Invalid: "invalid",
}  # fmt: skip


def _done(app: App, principal: Principal, command: Bulk, key: str) -> BulkResult:
    try:
        _RUN[command.act](app, principal, key, command.value)
    except tuple(CODES) as error:
        return BulkResult(key, str(error), next(code for kind, code in CODES.items() if isinstance(error, kind)))
    return BulkResult(key)


_RUN: Mapping[str, Callable[[App, Principal, str, str], object]] = {
    "take": lambda app, principal, key, _: assign(app, principal, Assign(key, principal.name)),
    "assign": lambda app, principal, key, value: assign(app, principal, Assign(key, value)),
    "operate": lambda app, principal, key, value: operate(app, principal, Operate(key, value)),
    "priority": lambda app, principal, key, value: edit_case(app, principal, EditCase(key, priority=value)),
}
