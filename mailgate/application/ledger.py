"""Prove that no accepted mail is missing (guarantee 9). In: how deep to look. Out: the figures, and the faults when they do not balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query
from mailgate.store.unit_of_work import UnitOfWork

NAMED_MAX = 20


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """`deep`: also compare all stored bytes with their SHA-256, which reads every byte."""

    deep: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """`figures`: `accepted`, the count of every state, `pending` and `balanced`; with `deep` also `contents` and `corrupt`.

    `faults`: one line for each kind, [] when balanced.
    """

    figures: Mapping[str, int | bool]
    faults: Sequence[str]

    @property
    def balanced(self) -> bool:
        """No mail is missing, every state has its effect, and no stored bytes that were compared have changed."""
        return bool(self.figures["balanced"])


@query(Action.REPORT_READ)
def read_ledger(act: Act, command: ReadLedger | None = None) -> Ledger:
    """Count accepted mail by what became of it, and check that the sum is right."""
    figures = act.uow.ledger.figures()
    faults = [] if figures["balanced"] else act.uow.ledger.faults()
    if command is None or not command.deep:
        return Ledger(figures, faults)
    found = examined(act.uow)
    deep = {"contents": found.contents, "corrupt": found.corrupt}
    return Ledger({**figures, **deep, "balanced": bool(figures["balanced"]) and not found.corrupt}, [*faults, *found.faults])


@dataclass(frozen=True, slots=True)
class Examined:
    """Stored bytes that were compared with their SHA-256: how many, how many do not match, and one line for each kind of those."""

    contents: int
    corrupt: int
    faults: Sequence[str]


def examined(uow: UnitOfWork, newest: int | None = None) -> Examined:
    """Compare accepted and frozen bytes; of each kind only those of the `newest` mails when that is given."""
    blobs = list(uow.blobs.examine() if newest is None else uow.blobs.examine_newest(newest))
    frozen = list(uow.frozen_mails.examine(newest))
    corrupt, unsendable = ([name for name, intact in of if not intact] for of in (blobs, frozen))
    faults = []
    if corrupt:
        ids = uow.journal.ids_of_content(corrupt)
        named = f": journal entries {_named(ids)}" if ids else " (attachments)"
        faults.append(f"{len(corrupt)} stored contents do not match their SHA-256{named}")
    if unsendable:
        faults.append(f"{len(unsendable)} frozen mails do not match their SHA-256: outgoing mails {_named(unsendable)}")
    return Examined(len(blobs) + len(frozen), len(corrupt) + len(unsendable), faults)


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED_MAX]) + (f" and {len(ids) - NAMED_MAX} more" if len(ids) > NAMED_MAX else "")
