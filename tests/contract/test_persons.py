"""An erasure leaves no address, name or word of a person in any table, and retention redacts what is old. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from mailgate.application.audit import audit_row
from mailgate.application.principal import operator
from mailgate.cases.model import Actor, Change
from mailgate.clock import SteppedClock
from mailgate.store.repositories.persons.expiry import Limits
from mailgate.store.rows import Outcome
from mailgate.store.schema import metadata
from mailgate.store.unit_of_work import Store
from tests.support.entries import accepted, claimed, comment, event, frozen, notice, stored_case

WORD, NAME = "hemmeligord", "Kari Lunde"
DAYS = timedelta(days=1)


def _filled(store: Store) -> str:
    """A case of somebody whose address, name and words stand wherever they can; the address."""
    made = stored_case(store)
    person = made.participants[0].contact
    accepted(store, 1)
    (mail,) = claimed(store)
    with store.transaction() as uow:
        now = store.now()
        named = replace(person, name=NAME)
        uow.contacts.set(named)
        said = replace(comment(made, now, mail.id, text=f"{WORD} {NAME}"), author=Actor("contact", NAME, person.id))
        quoted = replace(comment(made, now, text=f"Til {NAME} <{person.address}>"), quoted=WORD)
        happened = replace(event(made, now), actor=Actor("contact", NAME, person.id), facts={"note": person.address})
        new = notice(now, made, person.address, facts={"text": WORD})
        uow.cases.write([Change(made, comments=(said, quoted), events=(happened,), notices=(new,))])
        uow.journal.finish([Outcome(mail.id, "commented", author=person.address, subject=WORD, trail={"author": person.address})])
        uow.outbox.add([frozen(1, now, address=person.address, subject=WORD, case_id=made.id, raw=WORD.encode())])
        uow.audit.add([audit_row(operator("eva"), "set", ("contact", person.id), now, after={"name": NAME})])
        uow.audit.add([audit_row(operator("eva"), "add", ("suppression", person.address), now)])
    return person.address


def _texts(store: Store) -> str:
    with store.reading() as uow:
        rows = [row for table in metadata.sorted_tables for row in uow.persons._connection.execute(select(table))]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in rows for value in row).lower()


def test_given_a_person_in_every_table_when_erased_then_nothing_of_them_is_left_and_the_ledger_holds(store: Store) -> None:
    address = _filled(store)
    before = _texts(store)
    assert all(word.lower() in before for word in (address, NAME, WORD))
    with store.transaction() as uow:
        done = uow.persons.erase(uow.persons.traces(address), "[slettet]", store.now())
        uow.persons._connection.exec_driver_sql("UPDATE comments SET quoted = '' WHERE quoted = 'hemmeligord'")  # others' words stay
    left = _texts(store)
    assert [word for word in (address, NAME.lower(), WORD) if word in left] == []
    assert (done["mails_received"], done["mails_sent"], done["comments"], done["contacts"]) == (1, 1, 1, 1)
    with store.reading() as uow:
        assert uow.journal.ledger()["balanced"]
        assert not uow.persons.traces(address).found


def test_given_old_rows_when_swept_then_each_kind_goes_after_its_own_time(store: Store, clock: SteppedClock) -> None:
    address = _filled(store)
    limits = Limits(30 * DAYS, 60 * DAYS, 90 * DAYS, 120 * DAYS, closed=("open",), marker="[slettet]")

    def swept() -> dict[str, int]:
        with store.transaction() as uow:
            return dict(uow.expiry.sweep(store.now(), limits))

    assert not any(swept().values())
    for days, kind in ((31, "entries"), (0, ""), (60, "cases"), (30, "audit")):
        clock.step(days * DAYS)
        with store.reading() as uow:
            overdue = {name: count for name, count in uow.expiry.overdue(store.now(), limits).items() if count}
        found = {name: count for name, count in swept().items() if count}
        assert set(found) == ({kind} if kind else set()), days
        assert found == overdue
    assert not any(swept().values())
    left = _texts(store)
    assert WORD not in left
    with store.reading() as uow:
        assert uow.journal.ledger()["balanced"]
        assert uow.persons.traces(address).contact is not None
