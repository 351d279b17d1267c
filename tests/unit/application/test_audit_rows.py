"""Every use case that changes something leaves an audit row: most cannot end without one, and each of the others is called here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from mailgate import application
from mailgate.application.app import Installation
from mailgate.application.backup import BackUp, Restore, back_up, restore
from mailgate.application.cases.operate import Operate, operate
from mailgate.application.cases.unanswered import LookAfter, look_after
from mailgate.application.customers.import_csv import ImportContacts, ImportCustomers, import_contacts, import_customers
from mailgate.application.database import OwnSchema, upgrade_schema
from mailgate.application.dkim import SigningRecords, signing_records
from mailgate.application.mail.inject import Inject, inject
from mailgate.application.persons.erase import ErasePerson, erase_person
from mailgate.application.persons.export import ExportPerson, export_person
from mailgate.application.policies.documents import PolicyDocument
from mailgate.application.policies.versions import Activate, Rollback, activate, rollback
from mailgate.application.use_case import USE_CASES
from mailgate.clock import utc_now
from mailgate.config import Settings
from mailgate.runtime.active_policy import shipped
from mailgate.store.database import open_database
from mailgate.store.opening import open_store
from mailgate.store.unit_of_work import Store
from tests.support.desks.office import EVA, KARI, LIV, Office
from tests.support.harness.old_schema import upgrade_to

for _module in pkgutil.walk_packages(application.__path__, "mailgate.application."):
    importlib.import_module(_module.name)
BY_THEMSELVES = sorted(name for name, one in USE_CASES.items() if one.writes and not one.audited)
WITHOUT = {
    "backup.copy_database": "gives an empty database the same rows, those of the audit too",
    "retention.sweep": "deletes by age what the settings say: a row for each thing would keep a trace of it",
}
OLD_SCHEMA = "0012"


def _activates(office: Office, _folder: Path) -> None:
    office.app.policies.current()  # the first start keeps the built-in policy as version 1
    text = files("mailgate.rules").joinpath("supportweb.yaml").read_bytes() + b"\n# mine\n"
    activate(office.app, EVA, Activate(PolicyDocument(text, "mine.yaml"), "prøve"))


def _rolls_back(office: Office, folder: Path) -> None:
    _activates(office, folder)
    rollback(office.app, EVA, Rollback())


def _injects(office: Office, _folder: Path) -> None:
    assert list(inject(office.app, EVA, Inject([("x.eml", b"From: <kari@kunde.example>\n\nHei\n")], KARI)))


def _makes_keys(office: Office, folder: Path) -> None:
    assert signing_records(_installation(office), EVA, SigningRecords(folder / "keys")).made


def _imports_contacts(office: Office, _folder: Path) -> None:
    assert import_contacts(office.app, EVA, ImportContacts("address,name\nny@kunde.example,Ny\n")).written


def _imports_customers(office: Office, _folder: Path) -> None:
    assert import_customers(office.app, EVA, ImportCustomers("name,domains\nNy AS,ny.example\n")).written


def _reminds(office: Office, _folder: Path) -> None:
    activate(office.app, EVA, Activate(PolicyDocument((shipped() + "\nwaiting: {remind_after_days: 3}\n").encode(), "mine.yaml"), "prøve"))
    operate(office.app, EVA, Operate("SUP-1", "ask_customer"))
    office.clock.step(timedelta(days=7))
    assert look_after(office.app, EVA, LookAfter())["reminded"] == 1


def _backs_up(office: Office, folder: Path) -> None:
    back_up(_installation(office), EVA, BackUp(folder / "backups"))


def _erases(office: Office, _folder: Path) -> None:
    erase_person(office.app, EVA, ErasePerson(LIV))


def _exports(office: Office, folder: Path) -> None:
    export_person(office.app, EVA, ExportPerson(LIV, folder / "liv.zip"))


def _restores(office: Office, folder: Path) -> None:
    folder = back_up(_installation(office), EVA, BackUp(folder / "backups")).folder
    office.app.store.database.close()
    restore(_installation(office), EVA, Restore(folder, other_keys=True))


def _upgrades(office: Office, _folder: Path) -> None:
    file = office.app.settings.sqlite_file
    assert file is not None
    office.app.store.database.close()
    for ending in ("", "-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
    with closing(open_database(office.app.settings.database.url)) as database:
        upgrade_to(database, OLD_SCHEMA)
    upgrade_schema(_installation(office), EVA, OwnSchema())


CHANGES: dict[str, tuple[Callable[[Office, Path], None], tuple[str, str]]] = {
    "backup.back_up": (_backs_up, ("backup", "back_up")),
    "backup.restore": (_restores, ("outbox", "restore")),
    "cases.unanswered.look_after": (_reminds, ("case", "remind")),
    "customers.import_csv.import_contacts": (_imports_contacts, ("contact", "import")),
    "customers.import_csv.import_customers": (_imports_customers, ("customer", "import")),
    "database.upgrade_schema": (_upgrades, ("database", "upgrade")),
    "dkim.signing_records": (_makes_keys, ("key", "make")),
    "mail.inject.inject": (_injects, ("journal", "inject")),
    "persons.erase.erase_person": (_erases, ("person", "erase")),
    "persons.export.export_person": (_exports, ("person", "export")),
    "policies.versions.activate": (_activates, ("policy", "activate")),
    "policies.versions.rollback": (_rolls_back, ("policy", "rollback")),
}
"""Use case -> how it is called, and what its audit row is about."""


def _installation(office: Office) -> Installation:
    return Installation(office.app.settings, office.app.parts)


@contextmanager
def _stored(settings: Settings) -> Iterator[Store]:
    with closing(open_database(settings.database.url)) as database:
        yield Store(database, utc_now)


def _audit(settings: Settings) -> list[tuple[str, str, str, str]]:
    with _stored(settings) as store, store.reading() as uow:
        return [(row.subject_kind, row.verb, row.principal_kind, row.principal) for row in uow.audit.list(limit=None)]


def test_given_use_cases_that_open_their_own_transactions_when_counted_then_each_is_known_here() -> None:
    assert sorted((*CHANGES, *WITHOUT)) == BY_THEMSELVES, "call the new one below, or say why it leaves none"


@pytest.mark.parametrize("name", CHANGES)
def test_given_a_use_case_that_opens_its_own_transactions_when_called_then_its_audit_row_names_who_called(
    name: str, office: Office, tmp_path: Path
) -> None:
    call, (subject, verb) = CHANGES[name]
    call(office, tmp_path)
    assert _audit(office.app.settings)[0] == (subject, verb, "operator", "eva")


def test_given_a_database_of_the_release_before_when_any_program_opens_it_then_the_audit_has_the_upgrade(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    with closing(open_database(url)) as database:
        upgrade_to(database, OLD_SCHEMA)
    for _ in range(2):
        store = open_store(url)
        with closing(store.database), store.reading() as uow:
            (row,) = uow.audit.list()
        assert (row.verb, row.principal_kind, row.before["revision"]) == ("upgrade", "system", OLD_SCHEMA)


def test_given_no_database_yet_when_keys_are_made_then_none_is_made_for_the_audit(office: Office, tmp_path: Path) -> None:
    settings = office.app.settings
    elsewhere = settings.database.model_copy(update={"url": f"sqlite:///{tmp_path}/later.db"})
    installation = Installation(replace(settings, database=elsewhere), office.app.parts)
    assert signing_records(installation, EVA, SigningRecords(tmp_path / "keys")).made
    assert not (tmp_path / "later.db").exists()
