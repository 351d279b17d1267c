"""What use cases need of the layers above them, handed in. In: made by `runtime.bootstrap` from the settings. Out: `Parts`.

Explaining, injecting and backtesting run the real parts of inbound; checking an installation asks the broker. Only bootstrap knows how
those are made from settings, and the application never imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # most use cases need none of them, and they take a second to load
    from mailgate.backtest.backtest import Backtest
    from mailgate.inbound.guards.sender_gate import Senders
    from mailgate.inbound.intake.intake import IntakeStage
    from mailgate.inbound.smtp.recipients import Recipients
    from mailgate.mail.limits import Ours
    from mailgate.mail.model import Mail
    from mailgate.outbound.previews.preview import Preview
    from mailgate.rules.policy import Policy
    from mailgate.store.rows import PolicyVersion
    from mailgate.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class FirstPolicy:
    """The document that an empty database begins with. `source` names where it is from, for people.

    `text` and `check` raise PolicyError when it cannot be read, or has problems or fails its own tests.
    """

    source: str
    text: Callable[[], str]
    check: Callable[[], None]


class Parts(Protocol):
    """Parts of one installation, made when they are asked for."""

    @property
    def own_mailboxes(self) -> frozenset[str]:
        """Our own addresses in lower case; no rule may forward to them."""

    def ours(self) -> Ours:
        """How mail of our own is recognised."""

    def recipients(self) -> Recipients:
        """Checks an envelope recipient as the listener does at RCPT."""

    def senders(self, store: Store) -> Senders:
        """Checks an envelope sender as the listener does at RCPT, by the active policy."""

    def intake(self, store: Store, policy: Policy) -> AbstractContextManager[IntakeStage]:
        """The intake stage under this policy; it reads small mail in this process and wakes no worker."""

    def read(self, raw: bytes) -> Mail:
        """What a stored mail says, read in a process that can be killed. Never raises for content."""

    def html(self, raw: bytes) -> str:
        """The inert HTML of a stored mail, made in such a process; "" when it has none or takes too much."""

    def backtest(self, store: Store) -> Backtest[Any]:
        """Runs stored mail under two policies."""

    def compiled(self, version: PolicyVersion) -> Policy:
        """The policy of a stored version. Raises PolicyError when this program cannot read it."""

    def first_policy(self) -> FirstPolicy:
        """What an empty database begins with."""

    def file_not_in_force(self, version: PolicyVersion) -> str:
        """What to do when the policy file of the settings says something else than this version; "" when it does not."""

    def preview(self, policy: Policy) -> Preview:
        """Checks and shows our mail templates, with the dates and words of this policy."""

    def broker_state(self) -> str:
        """Ask the broker; its eviction policy when it may lose messages, else "". Raises TransientFailure when it does not answer."""
