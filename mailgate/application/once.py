"""A submission that comes twice is done once: its key is written in the transaction of its first effect.

In: a key from the edge, for the block of one request. Out: `Repeated` for the second one, with where the first one led. A key whose
transaction rolls back is free again.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mailgate.errors import Repeated

if TYPE_CHECKING:
    from mailgate.store.unit_of_work import Store, UnitOfWork


@dataclass(slots=True)
class OnceSubmission:
    """One submission in progress. `claimed`: its key is in the database, or will with the transaction."""

    key_sha256: str
    claimed: bool = False

    def refuse_known(self, store: Store) -> None:
        """Raises Repeated for a form that was done before, so that nothing is asked or shown again before its first effect."""
        with store.reading() as uow:
            known = uow.accounts.once_result(self.key_sha256)
        if known is not None:
            raise Repeated(known)

    def leads_to(self, store: Store, result: str) -> None:
        """Remember where it led, for the one who sends it again."""
        if self.claimed:
            with store.transaction() as uow:
                uow.accounts.set_once_result(self.key_sha256, result)


_current: ContextVar[OnceSubmission | None] = ContextVar("submission", default=None)


@contextlib.contextmanager
def once(key: str) -> Iterator[OnceSubmission]:
    """The first use case that writes in this block claims the key. It raises Repeated when another one has it."""
    submission = OnceSubmission(hashlib.sha256(key.encode("utf-8", "replace")).hexdigest())
    token = _current.set(submission)
    try:
        yield submission
    finally:
        _current.reset(token)


@contextlib.contextmanager
def given_back() -> Iterator[None]:
    """A key that is claimed in this block is free again when it fails: so is its row, which rolls back."""
    submission = _current.get()
    before, done = submission.claimed if submission else False, False
    try:
        yield
        done = True
    finally:
        if submission and not done:
            submission.claimed = before


def claim(uow: UnitOfWork, now: datetime) -> None:
    """Claim the key of the submission in progress, if there is one that has not been claimed. Raises Repeated."""
    submission = _current.get()
    if submission is None or submission.claimed:
        return
    known = uow.accounts.claim_once(submission.key_sha256, now)
    if known is not None:
        raise Repeated(known)
    submission.claimed = True
