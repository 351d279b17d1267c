"""Erase a person: what they wrote and who they were, everywhere in the database. In: an address. Out: what went, and what to do by hand.

Rows that the ledger counts stay, without words and names. What colleagues and we ourselves wrote stays, without the address and the name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, guarded, use_case
from mailgate.application.words import line_or_empty, mail_address
from mailgate.errors import NotAllowed, NotFound

MARKER = {"nb": "[slettet]", "nn": "[sletta]", "en": "[erased]"}
BACKUPS_MOST = 1000


@dataclass(frozen=True, slots=True)
class ErasePerson:
    """`reason` stays in the audit: write no name there."""

    address: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the database that still holds the person. `made_at` None when only its name is known."""

    place: str
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class Erased:
    """`counts`: rows by kind, also those with none. `backups`: copies known here. `audit_id`: what the audit names the person by.

    `other_addresses`: of contacts that were joined with this one, which are erased along.
    """

    counts: Mapping[str, int]
    backups: Sequence[Backup]
    audit_id: str
    other_addresses: Sequence[str] = ()


class _Undo(Exception):
    def __init__(self, done: Erased) -> None:
        super().__init__()
        self.done = done


@dataclass(frozen=True, slots=True)
class _Wanted:
    command: ErasePerson
    dry_run: bool


@guarded(Action.PERSON_ERASE, writes=True)
def erase_person(app: App, principal: Principal, command: ErasePerson) -> Erased:
    """Erase a person. Raises NotFound, and NotAllowed for staff and while mail of theirs is being worked on."""
    return erase(app, principal, _Wanted(command, dry_run=False))


@guarded(Action.PERSON_ERASE)
def preview_erasure(app: App, principal: Principal, command: ErasePerson) -> Erased:
    """What an erasure would do. Nothing changes. Raises the same."""
    try:
        return erase(app, principal, _Wanted(command, dry_run=True))
    except _Undo as undone:
        return undone.done


@use_case(Action.PERSON_ERASE)
def erase(act: Act, wanted: _Wanted) -> Erased:
    """The erasure in one transaction; a dry run is undone by raising _Undo."""
    address, uow = mail_address(wanted.command.address), act.uow
    reason = line_or_empty(wanted.command.reason, "reason", "the reason")
    found = uow.persons.traces(address)
    if not found.found and not found.staff:
        raise NotFound("person", address, f"nothing is known of {address}")
    if found.staff:
        raise NotAllowed(f"{address} is an account of staff: mailgate account disable ends it; what staff did stays in the record")
    if busy := uow.persons.in_hand(found):
        raise NotAllowed(f"{busy} mails from, to or about {address} are being worked on; try again in a minute")
    waiting = uow.persons.waiting(found)
    uow.journal.discard(waiting, "its author was erased", act.now)
    language = act.app.settings.service.default_language
    counts = {"held_mails_discarded": len(waiting), **uow.persons.erase(found, MARKER[language], act.now)}
    audit_id = name_in_audit(address)
    act.record(("person", audit_id), after=counts, reason=reason)
    done = Erased(counts, _backups(act), audit_id, found.addresses[1:])
    if wanted.dry_run:
        raise _Undo(done)
    return done


def name_in_audit(address: str) -> str:
    """How the audit names an erased person: with the address one can verify that it was erased, without it nobody can find it out."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:16]


def _backups(act: Act) -> Sequence[Backup]:
    """The copies that `mailgate backup` has made, and those beside the SQLite file."""
    rows = act.uow.audit.list(BACKUPS_MOST, kinds=("backup",))
    made = list({row.subject_id: Backup(row.subject_id, row.at) for row in rows}.values())  # the oldest row of a place: when it was made
    file = act.app.settings.sqlite_file
    beside = sorted(file.parent.glob(f"{file.name}.before-*")) if file else []
    copies = [Backup(str(one), None) for one in beside if not one.name.endswith(("-wal", "-shm"))]
    return [*(one for one in made if Path(one.place).exists()), *copies]
