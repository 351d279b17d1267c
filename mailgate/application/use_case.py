"""What makes a function a use case: access is checked, one transaction is opened, and a change leaves its audit rows.

In: `(act, command)`, written as a plain function under `@use_case` (it writes) or `@query` (it reads), or `(app, principal, command)`
under `@guarded` (it opens no transaction, or several). Out: a function `(app, principal, command) -> result`, and an entry in `USE_CASES`,
from which the access tests are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from mailgate.application.access import Action, require
from mailgate.application.app import App, Installation
from mailgate.application.audit import audit_row
from mailgate.application.once import claim, given_back
from mailgate.application.operators import identified
from mailgate.application.principal import Principal
from mailgate.store.rows import AuditRow, SubjectKind

if TYPE_CHECKING:  # `mailgate parse` needs none of them, and they take a second to load
    from mailgate.rules.policy import Policy
    from mailgate.store.unit_of_work import UnitOfWork

Command = TypeVar("Command")
Result = TypeVar("Result")
Entry = TypeVar("Entry", bound=Callable[..., Any])


@dataclass(slots=True)
class Act:
    """One use case in progress: who does what, in which transaction. Lives as long as the transaction."""

    app: App
    principal: Principal
    action: Action
    uow: UnitOfWork
    now: datetime
    known_policy: Policy | None = None
    audit_rows: list[AuditRow] = field(default_factory=list)
    changed_nothing: bool = False

    @property
    def policy(self) -> Policy:
        """The active policy, read before the transaction began. Only for use cases that declare `policy=True`."""
        if self.known_policy is None:
            raise RuntimeError(f"the use case of {self.action} does not declare that it needs the policy")
        return self.known_policy

    def record(
        self,
        subject: tuple[SubjectKind, str],
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        *,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> AuditRow:
        """Leave an audit row about one thing; written when the use case ends."""
        row = audit_row(self.principal, self.action.verb, subject, self.now, before=before, after=after, reason=reason, detail=detail)
        self.audit_rows.append(row)
        return row

    def unchanged(self) -> None:
        """Say that nothing had to change, so that no audit row is missing."""
        self.changed_nothing = True


@dataclass(frozen=True, slots=True)
class UseCase:
    """One entry of the registry. `call` takes an app, a principal and a command of type `command`.

    `audited`: it cannot end without an audit row. One that writes and is not audited leaves its rows by itself.
    """

    name: str
    action: Action
    writes: bool
    audited: bool
    does: str
    command: str
    call: Callable[..., Any]


USE_CASES: dict[str, UseCase] = {}
"""Every use case of the modules imported so far, by module and function (`cases.operate.operate`)."""

Body = Callable[[Act, Command], Result]
Called = Callable[[App, Principal, Command], Result]
Host = TypeVar("Host", App, Installation, None)
Guarded = Callable[[Host, Principal, Command], Result]


def use_case(action: Action, *, policy: bool = False) -> Callable[[Body[Command, Result]], Called[Command, Result]]:
    """A use case that writes: one transaction, committed when the function returns. `policy`: it asks the active policy.

    A function that returns without an audit row must have called `Act.unchanged`; else RuntimeError, and nothing is written.
    When somebody else was first, it is called again; it then sees what they wrote, and reports that.
    """

    def made(body: Body[Command, Result]) -> Called[Command, Result]:
        def run(app: App, principal: Principal, command: Command) -> Result:
            asked = app.policies.peek() if policy else None
            with given_back(), app.store.transaction() as uow:
                act = Act(app, identified(uow, principal, action, app.settings.service.company), action, uow, app.now(), asked)
                claim(uow, act.now)
                result = body(act, command)
                _write_audit(act)
            return result

        @wraps(body)
        def call(app: App, principal: Principal, command: Command) -> Result:
            from mailgate.store.failures import LostRace, StoreConflict  # here: `mailgate parse` loads no database

            require(principal, action)
            try:
                return run(app, principal, command)
            except (StoreConflict, LostRace):
                return run(app, principal, command)

        return _registered(action, body, 1, call, writes=True, audited=True)

    return made


def query(action: Action, *, policy: bool = False) -> Callable[[Body[Command, Result]], Called[Command, Result]]:
    """A use case that only reads, from one moment of the database."""

    def made(body: Body[Command, Result]) -> Called[Command, Result]:
        @wraps(body)
        def call(app: App, principal: Principal, command: Command) -> Result:
            require(principal, action)
            asked = app.policies.peek() if policy else None
            with app.store.reading() as uow:
                return body(Act(app, principal, action, uow, app.now(), asked), command)

        return _registered(action, body, 1, call, writes=False)

    return made


def guarded(action: Action, *, writes: bool = False) -> Callable[[Guarded[Host, Command, Result]], Guarded[Host, Command, Result]]:
    """A use case without a transaction around it: it takes so long that it opens several short ones, or it needs no database
    (`Installation`), or no installation at all (None).

    Access is checked when it is called, also where the body is a generator or a context manager. One that writes audits for itself.
    """

    def made(body: Guarded[Host, Command, Result]) -> Guarded[Host, Command, Result]:
        @wraps(body)
        def call(host: Host, principal: Principal, command: Command) -> Result:
            require(principal, action)
            return body(host, principal, command)

        return _registered(action, body, 2, call, writes=writes)

    return made


def _write_audit(act: Act) -> None:
    if not act.audit_rows and not act.changed_nothing:
        raise RuntimeError(f"{act.action} left no audit row")
    act.uow.audit.add(act.audit_rows)


def _registered(action: Action, body: Callable[..., Any], at: int, call: Entry, *, writes: bool, audited: bool = False) -> Entry:
    """Enter the use case in the registry. `at`: which argument of the body is the command."""
    name = f"{body.__module__.removeprefix('mailgate.application.')}.{body.__name__}"
    does = (body.__doc__ or "").strip().partition("\n")[0]
    USE_CASES[name] = UseCase(name, action, writes, audited, does, str(list(body.__annotations__.values())[at]), call)
    return call
