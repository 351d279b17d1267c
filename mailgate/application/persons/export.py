"""A copy of what is known of one person, as a ZIP file: person.json, and the mails and files that are kept (GDPR articles 15 and 20).

It holds what they wrote and what is recorded of them; not what others wrote, nor notes of staff.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.audit import audit_row
from mailgate.application.persons.erase import name_in_audit
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.application.words import mail_address
from mailgate.errors import CorruptContent, Invalid, NotFound
from mailgate.store.repositories.persons.traces import Traces
from mailgate.store.schema import cases, comments, decisions, journal, notices, outbox
from mailgate.store.unit_of_work import UnitOfWork

_ENTRY = ("id", "accepted_at", "reverse_path", "client_address", "helo", "state", "size_bytes")
_MAIL = ("id", "created_at", "address", "template", "subject", "state", "language")
_CASE = ("key", "summary", "status", "created_at", "updated_at")
_REPORTED = ("description", "environment")
_NOTICE = ("id", "kind", "created_at", "state")

CONTACT_FIELDS = ("address", "name", "language", "recent_endings", "company_access", "away_until")


@dataclass(frozen=True, slots=True)
class ExportPerson:
    """`to`: the ZIP file, which must not be there yet."""

    address: str
    to: Path


@dataclass(frozen=True, slots=True)
class Exported:
    """The file, and how much of each kind is in it."""

    file: Path
    counts: Mapping[str, int]


@guarded(Action.PERSON_EXPORT, writes=True)
def export_person(app: App, principal: Principal, command: ExportPerson) -> Exported:
    """Write all that is known of a person into a file, mode 0600. Raises NotFound, Invalid for a file that cannot be made."""
    address = mail_address(command.address)
    with app.store.reading() as uow:
        found = uow.persons.traces(address)
        if not found.found:
            raise NotFound("person", address, f"nothing is known of {address}")
        data = _data(uow, found)
        with _made(command.to) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("person.json", json.dumps(data, ensure_ascii=False, indent=2, default=str))
            files = 0
            for name, content in _contents(uow, found):
                archive.writestr(name, content)
                files += 1
    counts = {name: len(rows) for name, rows in data.items() if isinstance(rows, list)} | {"files": files}
    with app.store.transaction() as uow:
        name = name_in_audit(address)
        uow.audit.add([audit_row(principal, Action.PERSON_EXPORT.verb, ("person", name), app.now(), after=counts)])
    return Exported(command.to, counts)


def _data(uow: UnitOfWork, found: Traces) -> Mapping[str, Any]:
    persons, person = uow.persons, found.contact
    accounts = [account for id_ in found.accounts if (account := uow.accounts.get(id_))]
    decided = {row["journal_id"]: row for row in uow.persons.rows(decisions, found.entries, "journal_id")}
    return {
        "address": found.address,
        "contact": _picked(_plain(person), CONTACT_FIELDS) if person else None,
        "accounts": [
            {"user_name": one.username, "address": one.address, "made": one.created_at, "logged_in": one.logged_in_at} for one in accounts
        ],
        "mails_received": [
            {**_picked(row, _ENTRY), "subject": decided[row["id"]]["subject"] if row["id"] in decided else ""}
            for row in persons.rows(journal, found.entries)
        ],
        "mails_sent": [_picked(row, _MAIL) for row in persons.rows(outbox, found.mails)],
        "cases": [
            _picked(row, (*_CASE, *(_REPORTED if row["id"] in found.reported else ()))) for row in persons.rows(cases, found.cases)
        ],
        "comments": [_picked(row, ("id", "case_id", "created_at", "text", "signature")) for row in persons.rows(comments, found.comments)],
        "notices": [_picked(row, _NOTICE) for row in persons.rows(notices, found.notices)],
        "suppressed": bool(uow.suppressions.which([found.address])),
    }  # fmt: skip


def _contents(uow: UnitOfWork, found: Traces) -> Iterator[tuple[str, bytes]]:
    """The bytes that are still kept: their mails, mails to them, files of their comments. What has been changed on the disk stays out."""
    for id_ in found.entries:
        yield from _kept(f"received/{id_}.eml", lambda id_=id_: uow.journal.raw(id_))
    for id_ in found.mails:
        yield from _kept(f"sent/{id_}.eml", lambda id_=id_: uow.outbox.raw(id_))
    for comment in uow.cases.comments_by_ids(found.comments).values():
        for number, file in enumerate(comment.files, start=1):
            name = file.filename.replace("/", "_").replace("\\", "_").lstrip(".") or "file"
            yield from _kept(f"files/{comment.id}-{number}-{name}", lambda file=file: uow.blobs.get(file.sha256))


def _kept(name: str, read: Any) -> Iterator[tuple[str, bytes]]:
    try:
        yield name, read()
    except (NotFound, CorruptContent):
        return


def _picked(row: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    return {name: row[name] for name in names}


def _plain(value: Any) -> Mapping[str, Any]:
    return {name: getattr(value, name) for name in type(value).__slots__}


def _made(path: Path) -> Any:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Invalid("to", "unusable", f"{path} cannot be made: {error.strerror}; give another name with --to") from None
    return os.fdopen(handle, "wb")
