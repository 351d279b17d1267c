"""People and cases put into an installation before a test, and the reply addresses that their notices would have carried.

In the test's own process, through the store: a command for each would take longer than most tests. Nobody is notified of seeded cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

from mailgate.cases import changes
from mailgate.cases.carriers import reply_local_part
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Change, Contact, Customer
from mailgate.cases.tokens import TokenKeys, reply_token
from mailgate.clock import utc_now
from mailgate.config import load
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.mails.messages import Thread
from tests.support.processes.gateway import DOMAIN, Gateway

TWO_DAYS_AGO = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Seed:
    """What was planted: the threads that customers can reply to, one for each contact and case."""

    threads: tuple[Thread, ...] = ()
    contacts: tuple[Contact, ...] = ()
    keys: tuple[str, ...] = field(default=())

    @classmethod
    def planted(cls, gateway: Gateway, *, cases: int = 8, contacts: int = 3, status: str = "waiting_customer") -> Seed:
        """One customer (kunde.test) with `contacts` people who all take part in `cases` cases of this status."""
        settings = load(gateway.config, gateway.environment)
        database = open_database(gateway.database_url)
        migrate.upgrade(database)
        try:
            with Store(database, utc_now).transaction() as uow:
                numbers = uow.contacts.next_numbers(contacts)
                company = Customer(new_id(utc_now()), "Kunde AS", "standard", ("kunde.test",), "nb")
                people = [Contact(new_id(utc_now()), n, f"person{n}@kunde.test", f"Person {n}", "nb", company.id) for n in numbers]
                uow.customers.add([company])
                uow.contacts.add(people)
                made = [_case(number, people, status) for number in uow.cases.next_numbers(cases)]
                uow.cases.write(made)
        finally:
            database.close()
        keys = TokenKeys(settings.vault.token_keys, settings.vault.valid_until)
        pairs = product(made, people)
        threads = tuple(Thread(person.address, _reply_to(keys, change, person), change.case.key) for change, person in pairs)
        return cls(threads, tuple(people), tuple(change.case.key for change in made))


def _case(number: int, people: list[Contact], status: str) -> Change:
    context = changes.ChangeContext(Actor("operator", "kari"), datetime.now(UTC) - TWO_DAYS_AGO, notice_kinds=frozenset())
    new = changes.NewCase(
        number, f"SUP-{number}", people[0], f"Feil nummer {number}", participants=tuple(people[1:]), case_type="spørsmål", priority="normal"
    )
    made = changes.create_case(new, context)
    moved = changes._move(made.case, status, "ask_customer", context)
    return Change(moved.case, made.comments, made.events + moved.events, (), created=True, participants_added=made.participants_added)


def _reply_to(keys: TokenKeys, change: Change, person: Contact) -> str:
    expires_on = (datetime.now(UTC) + timedelta(days=30)).date()
    return f"{reply_local_part(reply_token(keys, change.case.number, person.number, expires_on), 'support')}@{DOMAIN}"
