"""The policy that is in force, followed through the database. In: the store, and what an empty database begins with. Out: a `Policy`.

All processes on all hosts ask the same row, so what one operator activates holds for the next batch of each. A version is compiled when it
came into force, not for each mail. One that this program cannot read never stops mail: the last good one stays, log and metric say so.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from mailgate import log
from mailgate.clock import monotonic_s
from mailgate.errors import PolicyError
from mailgate.metrics import count
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.document_file import policy_of, text_of
from mailgate.rules.policy import Policy
from mailgate.store.rows import PolicyVersion
from mailgate.store.unit_of_work import Store

RECENT_S = 0.5

_log = log.get("policy")


@dataclass(frozen=True, slots=True)
class Beginning:
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


def beginning(file: Path | None) -> Beginning:
    """The document of this file; the built-in one when it is None."""
    if file is None:
        return Beginning("the policy that is built in", shipped)
    return Beginning(str(file), lambda: text_of(file), file.parent)


def compiled(version: PolicyVersion, own: frozenset[str]) -> Policy:
    """The policy of a stored version. Raises PolicyError with the first problem, also when the row is not as it was written."""
    where = f"version {version.number}"
    if hashlib.sha256(version.text.encode()).hexdigest() != version.sha256:
        raise PolicyError("the stored text is not the one that was activated: its hash differs", file=where)
    if version.text == shipped():  # the same values without reading 250 lines of YAML in each process
        return replace(SUPPORTWEB_POLICY, version=version.label)
    return replace(policy_of(version.text, own, where), version=version.label)


def differs(start: Beginning, active: PolicyVersion) -> str:
    """What to do about a file of the settings that is not the version in force; "" when there is none, or it is."""
    if start.text is shipped:
        return ""
    try:
        return "" if start.text() == active.text else f"mailgate policy activate {start.source} puts it in force"
    except PolicyError as error:
        return str(error)


class PolicyInForce:
    """See the module. Safe to share between threads. `own`: our addresses in lower case, which no rule may forward to."""

    def __init__(self, store: Store, own: frozenset[str], start: Beginning) -> None:
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
        policy_of(text, self._own, self._start.source, tested=True, folder=self._start.folder)
        with self._store.transaction() as uow:
            first = uow.policies.begin(text, "mailgate", f"the first version: {self._start.source}", self._store.now())
        if first:
            _log.info("policy_begun", source=self._start.source)

    def _compare(self, active: PolicyVersion) -> None:
        """A file that the settings name and that says something else looks as if it counted: say that it does not."""
        difference = differs(self._start, active)
        if difference:
            _log.warning("policy_file_not_in_force", file=self._start.source, version=active.label, hint=difference)

    def current(self) -> Policy:
        """The policy in force at this moment; an empty database gets its first version. Raises TransientFailure when the store is away."""
        number = self._number()
        if number is None:
            self.begin()
            number = self._number()
        return self._of(number)

    def recent(self) -> Policy:
        """The policy in force, or the one that was half a second ago: for what asks often and may be a little late."""
        held = self._held
        if held is None or monotonic_s() - self._asked_at_s > RECENT_S:
            return self.peek()
        return held[1]

    def peek(self) -> Policy:
        """The same as `current` for who must change nothing: before there is a version, the one that the database would begin with."""
        number = self._number()
        if number is None:
            text = self._start.text()
            label = f"draft-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
            policy = (
                SUPPORTWEB_POLICY
                if text == shipped()
                else policy_of(text, self._own, self._start.source, tested=True, folder=self._start.folder)
            )
            return replace(policy, version=label)
        return self._of(number)

    @property
    def behind(self) -> bool:
        """Whether the version in force is one that this program cannot read."""
        return self._unreadable is not None and self._unreadable == self._wanted

    @property
    def number(self) -> int:
        """The number of the version that this process goes by; 0 when it is none that is stored."""
        return (self._held[0] or 0) if self._held else 0

    def _number(self) -> int | None:
        asked_at_s = monotonic_s()
        with self._store.reading() as uow:
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
        """What to hold now that `number` is in force: it, or what was held when it cannot be read."""
        policy = self._compiled(number) if number is not None else None
        if policy is not None:
            if held is not None:
                _log.info("policy_changed", version=policy.version, before=held[1].version)
            return number, policy
        self._unreadable = number
        count("policy_unreadable")
        kept = held or self._last_good()
        _log.error("policy_unreadable", version=number, kept=kept[1].version, hint="mailgate policy rollback, or run the newer mailgate")
        return kept

    def _compiled(self, number: int) -> Policy | None:
        try:
            with self._store.reading() as uow:
                version = uow.policies.get(number)
            return compiled(version, self._own)
        except PolicyError as error:
            _log.error("policy_refused", version=number, error=str(error))
            return None

    def _last_good(self) -> tuple[int | None, Policy]:
        """The newest version of the past that this program can read, for a process that holds none yet; else the built-in one."""
        with self._store.reading() as uow:
            past = dict.fromkeys(activation.number for activation in uow.policies.history())
        for number in list(past)[1:]:
            if policy := self._compiled(number):
                return number, policy
        return None, SUPPORTWEB_POLICY
