"""The active policy, read from the database. In: the store, and the document that an empty database begins with. Out: a `Policy`.

All processes on all hosts read the same row, so an activated version applies to the next batch of each. A version is compiled once,
 not for each mail. One that this program cannot read never stops mail: the last good one stays active, and log and metric report it.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from mailgate import log
from mailgate.cases.workflow import Status
from mailgate.clock import monotonic_s
from mailgate.errors import PolicyError
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.document.for_editors import MODELINE
from mailgate.rules.policy import Policy
from mailgate.store.rows import PolicyVersion
from mailgate.store.unit_of_work import Store

RECENT_S = 0.5

_log = log.get("policy")


@dataclass(frozen=True, slots=True)
class InitialPolicy:
    """What an empty database begins with. `source` names where the text is from, for people; `text` reads it and may raise PolicyError.

    `folder`: where the mails of its tests are.
    """

    source: str
    text: Callable[[], str]
    folder: Path | None = None


@cache
def shipped() -> str:
    """The document that ships with the program: the built-in policy, in words."""
    return files("mailgate.rules").joinpath("supportweb.yaml").read_text(encoding="utf-8")


def shipped_for_editors() -> str:
    """The same with the line by which an editor finds the schema beside it."""
    return MODELINE + shipped()


def beginning(file: Path | None) -> InitialPolicy:
    """The document of this file; the built-in one when it is None."""
    if file is None:
        return InitialPolicy("the policy that is built in", shipped)

    def text() -> str:
        from mailgate.rules.document.file import text_of

        return text_of(file)

    return InitialPolicy(str(file), text, file.parent)


def compiled(version: PolicyVersion, own: frozenset[str]) -> Policy:
    """The policy of a stored version. Raises PolicyError with the first problem, also when the row is not as it was written."""
    where = f"version {version.number}"
    if hashlib.sha256(version.text.encode()).hexdigest() != version.sha256:
        raise PolicyError("the stored text is not the one that was activated: its hash differs", file=where)
    if version.text.removeprefix(MODELINE) == shipped():  # the same values without reading 250 lines of YAML in each process
        return replace(SUPPORTWEB_POLICY, version=version.label)
    from mailgate.rules.document.file import policy_of  # reading YAML takes a tenth of a second to load

    return replace(policy_of(version.text, own, where, stored=True), version=version.label)


def differs(start: InitialPolicy, active: PolicyVersion) -> str:
    """What to do when `policy.file` is not the active version; "" when it is, or no file is set."""
    if start.text is shipped:
        return ""
    try:
        return "" if start.text() == active.text else f'mailgate policy activate {start.source} --comment "why" makes it active'
    except PolicyError as error:
        return str(error)


class ActivePolicy:
    """See the module. Safe to share between threads. `own`: our addresses in lower case, which no rule may forward to."""

    def __init__(self, store: Store, own: frozenset[str], start: InitialPolicy) -> None:
        self._store, self._own, self._start = store, own, start
        self._lock = threading.Lock()
        self._held: tuple[int | None, Policy] | None = None
        self._unreadable: int | None = None
        self._wanted: int | None = None
        self._asked_at_s = float("-inf")

    def begin(self) -> None:
        """Give an empty database its first version. Raises PolicyError when that one is wrong or fails its own tests."""
        with self._store.reading() as uow:
            number = uow.policies.active()
            version = uow.policies.get(number) if number is not None else None
        if version is not None:
            self._compare(version)
            return
        text = self._start.text()
        self._checked(text)
        with self._store.transaction() as uow:
            first = uow.policies.begin(text, "mailgate", f"the first version: {self._start.source}", self._store.now())
        if first:
            _log.info("policy_begun", source=self._start.source)

    def _checked(self, text: str) -> Policy:
        """The policy of the first document. Raises PolicyError when it is wrong or fails its own tests."""
        from mailgate.rules.document.file import policy_of

        return policy_of(text, self._own, self._start.source, tested=True, folder=self._start.folder)

    def _compare(self, active: PolicyVersion) -> None:
        """Warn about a `policy.file` that differs from the active version: it looks as if it counted, but does not."""
        difference = differs(self._start, active)
        if difference:
            _log.warning("policy_file_not_in_force", file=self._start.source, version=active.label, hint=difference)

    def current(self) -> Policy:
        """The active policy; an empty database gets its first version. Raises TransientFailure when the store is away."""
        number = self._number()
        if number is None:
            self.begin()
            number = self._number()
        return self._of(number)

    def recent(self) -> Policy:
        """The active policy, at most half a second old: for callers that ask often."""
        held = self._held
        if held is None or monotonic_s() - self._asked_at_s > RECENT_S:
            return self.peek()
        return held[1]

    def peek(self) -> Policy:
        """The same as `current`, changing nothing: before there is a version, the one that the database would begin with."""
        number = self._number()
        if number is None:
            text = self._start.text()
            label = f"draft-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
            policy = SUPPORTWEB_POLICY if text == shipped() else self._checked(text)
            return replace(policy, version=label)
        return self._of(number)

    @property
    def last_read(self) -> Policy | None:
        """The policy that this process read last; None before it has read any. Asks nobody."""
        return self._held[1] if self._held else None

    @property
    def behind(self) -> bool:
        """Whether this program cannot read the active version."""
        return self._unreadable is not None and self._unreadable == self._wanted

    @property
    def number(self) -> int:
        """The number of the version that this process uses; 0 when it is not a stored one."""
        return (self._held[0] or 0) if self._held else 0

    def _number(self) -> int | None:
        asked_at_s = monotonic_s()
        with self._store.asking() as uow:
            number = uow.policies.active()
        self._asked_at_s = asked_at_s
        return number

    def _of(self, number: int | None) -> Policy:
        self._wanted, held = number, self._held
        if held is not None and number in (held[0], self._unreadable):
            return held[1]
        with self._lock:
            held = self._held
            if held is None or number not in (held[0], self._unreadable):
                self._held = held = self._follow(number, held)
        return held[1]

    def _follow(self, number: int | None, held: tuple[int | None, Policy] | None) -> tuple[int | None, Policy]:
        """The version to use now that `number` is active: that one, or the one used before when it cannot be read."""
        policy = self._compiled(number) if number is not None else None
        if policy is not None:
            if held is not None:
                _log.info("policy_changed", version=policy.version, before=held[1].version)
            return number, policy
        self._unreadable = number
        _count_unreadable()
        kept = held or self._last_good()
        _log.error("policy_unreadable", version=number, kept=kept[1].version, hint="mailgate policy rollback, or run the newer mailgate")
        return kept

    def _compiled(self, number: int) -> Policy | None:
        try:
            with self._store.reading() as uow:
                version = uow.policies.get(number)
            return self._with_former(compiled(version, self._own), number)
        except PolicyError as error:
            _log.error("policy_refused", version=number, error=str(error))
            return None

    def _with_former(self, policy: Policy, number: int) -> Policy:
        """The policy, with the statuses of earlier versions that cases are still in: people go on seeing their labels."""
        with self._store.reading() as uow:
            missing = {key for key in uow.cases.statuses() if not policy.workflow.has_status(key)}
            past = dict.fromkeys(activation.number for activation in uow.policies.history()) if missing else {}
        former: dict[str, Status] = {}
        for earlier in past:
            if earlier != number and missing - former.keys():
                former = self._statuses(earlier, missing) | former
        return replace(policy, workflow=replace(policy.workflow, former=tuple(former.values()))) if former else policy

    def _statuses(self, number: int, wanted: set[str]) -> dict[str, Status]:
        with contextlib.suppress(PolicyError), self._store.reading() as uow:
            found = compiled(uow.policies.get(number), self._own).workflow.statuses
            return {one.key: one for one in found if one.key in wanted}
        return {}

    def _last_good(self) -> tuple[int | None, Policy]:
        """The newest earlier version that this program can read, for a process that has none yet; else the built-in one."""
        with self._store.reading() as uow:
            past = dict.fromkeys(activation.number for activation in uow.policies.history())
        for number in list(past)[1:]:
            if policy := self._compiled(number):
                return number, policy
        return None, SUPPORTWEB_POLICY


def _count_unreadable() -> None:
    from mailgate.metrics import count

    count("policy_unreadable")
