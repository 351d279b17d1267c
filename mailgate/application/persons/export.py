"""A copy of what is known of one person, as a ZIP file: person.json, and the mails and files that are kept (GDPR articles 15 and 20).

person.json has what they wrote and what is recorded of them, not what others wrote, nor notes of staff. A mail is there whole, with what it
quotes of others.
"""

from __future__ import annotations

import errno
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.audit import audit_row
from mailgate.application.operators import identified
from mailgate.application.persons.erase import name_in_audit
from mailgate.application.persons.own_data import own_data
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.application.words import mail_address
from mailgate.cases.ids import new_id
from mailgate.errors import CorruptContent, Invalid, NotFound
from mailgate.store.repositories.persons.traces import Traces
from mailgate.store.unit_of_work import UnitOfWork


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
    """Write all that is known of a person into a file, mode 0600. Raises NotFound, Invalid for a file that cannot be made.

    The file appears when it is whole and the audit names who asked for it.
    """
    address = mail_address(command.address)
    with _made(command.to, new_id(app.now())) as stream:
        with app.store.reading() as uow:
            found = uow.persons.traces(address)
            if not found.found:
                raise NotFound("person", address, f"nothing is known of {address}")
            counts = _write(stream, uow, found, _data(uow, found, app))
        with app.store.transaction() as uow:
            who = identified(uow, principal, Action.PERSON_EXPORT, app.settings.service.company)
            name = name_in_audit(address)
            uow.audit.add([audit_row(who, Action.PERSON_EXPORT.verb, ("person", name), app.now(), after=counts)])
    return Exported(command.to, counts)


def _data(uow: UnitOfWork, found: Traces, app: App) -> Mapping[str, Any]:
    records = uow.persons.records(found)
    return own_data(uow, found, app.now()) | {
        "mails_received": records.mails_received(),
        "mails_sent": records.mails_sent(),
        "notices_sent": records.notices(),
        "suppressed": sorted(uow.suppressions.which(found.addresses)),
    }


def _write(stream: BinaryIO, uow: UnitOfWork, found: Traces, data: Mapping[str, Any]) -> Mapping[str, int]:
    """The archive; how much of each kind is in it."""
    files = 0
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", json.dumps(data, ensure_ascii=False, indent=2, default=str))
        for name, content in _contents(uow, found):
            archive.writestr(name, content)
            files += 1
    counts = {name: len(rows) for name, rows in data.items() if isinstance(rows, list)}
    return counts | {"comments": len(found.comments), "files": files}


def _contents(uow: UnitOfWork, found: Traces) -> Iterator[tuple[str, bytes]]:
    """The bytes that are still kept: their mails, mails to them, files of their comments. What has been changed on the disk stays out."""
    for id_ in found.entries:
        yield from _kept(f"received/{id_}.eml", partial(uow.journal.raw, id_))
    for id_ in found.mails:
        yield from _kept(f"sent/{id_}.eml", partial(uow.outbox.raw, id_))
    for comment in uow.cases.comments_by_ids(found.comments).values():
        for number, file in enumerate(comment.files, start=1):
            name = file.filename.replace("/", "_").replace("\\", "_").lstrip(".") or "file"
            yield from _kept(f"files/{comment.id}-{number}-{name}", partial(uow.blobs.get, file.sha256))


def _kept(name: str, read: Callable[[], bytes]) -> Iterator[tuple[str, bytes]]:
    try:
        yield name, read()
    except (NotFound, CorruptContent):
        return


@contextmanager
def _made(path: Path, mark: str) -> Iterator[BinaryIO]:
    """A file to write, mode 0600, that gets its name at the end. Raises Invalid when it cannot be made or is there already."""
    unfinished = path.with_name(f".{path.name}.{mark}")
    try:
        if path.exists() or path.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _publish(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _publish(unfinished: Path, path: Path) -> None:
    """Give the file its name; one that has appeared there meanwhile stays as it is."""
    try:
        os.link(unfinished, path)
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> Invalid:
    return Invalid("to", "unusable", f"{path} cannot be made: {error.strerror}; give another name with --to")
