"""What every use case is handed first: the store, the settings and the active policy.

In: made and closed by `runtime.bootstrap.application`. Out: an `App`, or an `Installation` for use cases that work while the
database is away. Neither must be made anywhere else: one place opens the store.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # `mailgate parse` needs none of them, and they take a second to load
    from mailgate.application.parts import Parts
    from mailgate.config import Settings
    from mailgate.rules.policy import Policy
    from mailgate.store.unit_of_work import Store


class PolicySource(Protocol):
    """The active policy, followed through the database (`runtime.active_policy`)."""

    def peek(self) -> Policy:
        """The active policy at this moment. Changes nothing, not even an empty database."""

    @property
    def last_read(self) -> Policy | None:
        """The policy that this process read last, None before it has read any. Never asks the database."""

    def current(self) -> Policy:
        """The active policy at this moment; an empty database gets its first version."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation whose database is not open: it may be away, or of another schema."""

    settings: Settings
    parts: Parts


@dataclass(frozen=True, slots=True)
class App:
    """One open installation. Safe to share between threads. `waits`: who is refused until when, as `accounts.limits` remembers it."""

    store: Store
    settings: Settings
    policies: PolicySource
    parts: Parts
    waits: OrderedDict[tuple[str, str], datetime] = field(default_factory=OrderedDict, compare=False, repr=False)

    def now(self) -> datetime:
        """The time by the clock that the store was given, aware UTC."""
        return self.store.now()
