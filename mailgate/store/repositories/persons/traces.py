"""The ids of all that is one person's. In: ids. Out: values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.cases.model import Contact


@dataclass(frozen=True, slots=True)
class Traces:
    """Ids of what is one person's. A person has one contact, and those that were joined with it.

    `address`: the one that was asked for. `addresses`: all of theirs. Both in lower case. `contacts`: the one that stays first.
    `staff`: the address is that of a staff account. `entries`: mail of theirs. `cases`: in which they take part or once did; `shown`:
    those that they may see. `comments`: their words. `notices`, `mails`: to them. `…_to_others`: which their mail caused.
    """

    address: str
    addresses: Sequence[str]
    contacts: Sequence[Contact]
    accounts: Sequence[str]
    staff: bool
    entries: Sequence[str]
    cases: Sequence[str]
    shown: Sequence[str]
    reported: Sequence[str]
    comments: Sequence[str]
    notices: Sequence[str]
    mails: Sequence[str]
    notices_to_others: Sequence[str]
    mails_to_others: Sequence[str]

    @property
    def found(self) -> bool:
        """Whether anything is known at all."""
        return bool(self.contacts or self.accounts or self.entries or self.comments or self.notices or self.mails)

    @property
    def contact(self) -> Contact | None:
        """The contact that stays."""
        return self.contacts[0] if self.contacts else None

    @property
    def contact_ids(self) -> Sequence[str]:
        """The ids of all their contacts."""
        return [one.id for one in self.contacts]
