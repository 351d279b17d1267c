"""Customers and contacts come from a file in bulk: as many statements for a thousand lines as for a hundred or so. On both databases."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mailgate.application.app import App
from mailgate.application.customers.import_csv import ImportContacts, ImportCustomers, import_contacts, import_customers
from mailgate.store.unit_of_work import Store
from tests.support.desks.office import EVA
from tests.support.harness.statements import statements

MANY = 1000


@pytest.fixture
def app(store: Store) -> App:
    """The store with the least that an import asks for beside it."""
    policies: Any = SimpleNamespace(peek=lambda: SimpleNamespace(agreements=("standard", "utvidet")))
    settings: Any = SimpleNamespace(service=SimpleNamespace(company="", default_language="nb"))
    parts: Any = None
    return App(store, settings, policies, parts)


def _customers(agreement: str) -> ImportCustomers:
    return ImportCustomers("name,domains,agreement\n" + "".join(f"Kunde {n},k{n}.example,{agreement}\n" for n in range(MANY)))


def _contacts(name: str) -> ImportContacts:
    return ImportContacts("address,name\n" + "".join(f"Kari@K{n}.example,{name} {n}\n" for n in range(MANY)))


def test_given_many_lines_when_imported_then_the_statements_are_few_and_a_second_time_changes_nothing(app: App) -> None:
    with statements(app.store.database) as asked:
        first = [import_contacts(app, EVA, _contacts("Kari")), import_customers(app, EVA, _customers("standard"))]
    assert {line.outcome for one in first for line in one.lines} == {"added"}
    assert len(asked) < MANY / 10
    with app.store.reading() as uow:
        people = uow.contacts.list()
        assert sorted(one.number for one in people) == list(range(1, MANY + 1))
        assert all(one.customer_id for one in people)
        assert len(uow.audit.list(None, kinds=["contact"])) == 2 * MANY  # added, then adopted
    again = [import_customers(app, EVA, _customers("standard")), import_contacts(app, EVA, _contacts("Kari"))]
    assert {line.outcome for one in again for line in one.lines} == {"unchanged"}


def test_given_what_is_there_when_lines_change_it_then_each_has_its_new_fields_and_its_audit_row(app: App) -> None:
    import_customers(app, EVA, _customers("standard"))
    import_contacts(app, EVA, _contacts("Kari"))
    with statements(app.store.database) as asked:
        changed = [import_customers(app, EVA, _customers("utvidet")), import_contacts(app, EVA, _contacts("Kari Lunde"))]
    assert {line.outcome for one in changed for line in one.lines} == {"changed"}
    assert len(asked) < MANY / 10
    with app.store.reading() as uow:
        assert {one.agreement for one in uow.customers.list()} == {"utvidet"}
        assert {(one.name, one.address) for one in uow.contacts.list()} == {(f"Kari Lunde {n}", f"Kari@k{n}.example") for n in range(MANY)}
        assert all(one.domains for one in uow.customers.list())
        assert dict(uow.audit.list(1, kinds=["contact"])[0].after) == {"name": f"Kari Lunde {MANY - 1}"}


def test_given_another_who_writes_when_it_is_a_dry_run_then_it_does_not_wait_and_writes_nothing(app: App) -> None:
    with app.store.transaction():
        done = [
            import_customers(app, EVA, ImportCustomers("name\nKunde AS\n", dry_run=True)),
            import_contacts(app, EVA, ImportContacts("address\na@x.example\n", dry_run=True)),
        ]
    assert [(one.written, one.lines[0].outcome) for one in done] == [(False, "added")] * 2
    with app.store.reading() as uow:
        assert (uow.customers.list(), uow.contacts.list(), uow.audit.list()) == ([], [], [])
