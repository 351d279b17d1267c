"""The ids of all that is one person's, and ids in pieces. In: ids. Out: values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.cases.model import Contact


@dataclass(frozen=True, slots=True)
class Traces:
    """Ids of what is one person's. `address` in lower case; `comments`: their words; `cases`: in which they take part."""

    address: str
    contact: Contact | None
    accounts: Sequence[str]
    staff: bool
    entries: Sequence[str]
    cases: Sequence[str]
    reported: Sequence[str]
    comments: Sequence[str]
    notices: Sequence[str]
    mails: Sequence[str]

    @property
    def found(self) -> bool:
        """Whether anything is known at all."""
        return bool(self.contact or self.accounts or self.entries or self.comments or self.notices or self.mails)


def chunks(ids: Sequence[str], size: int = 500) -> Sequence[Sequence[str]]:
    """The ids in pieces that a statement can take."""
    return [ids[at : at + size] for at in range(0, len(ids), size)]
