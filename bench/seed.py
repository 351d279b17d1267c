"""Cases that wait for a customer, one for each reply of a run, so that every reply makes exactly one mail to exactly one other person.

In: the URL of a database and how many cases. Out: who can reply to which. Each case has two participants: one writes, one is notified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bench.mails import Correspondent
from mailgate.cases import changes
from mailgate.cases.carriers import reply_local_part
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Change, Contact, Customer
from mailgate.cases.tokens import TokenKeys, reply_token
from mailgate.clock import Clock, utc_now
from mailgate.config import load
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.processes.gateway import DOMAIN, Gateway

BITE = 1000
PEOPLE = 200


def planted(gateway: Gateway, count: int, clock: Clock = utc_now) -> tuple[Correspondent, ...]:
    """Make `count` cases in the installation's database at the time of the clock; one correspondent for each."""
    settings = load(gateway.config, gateway.environment)
    database = open_database(gateway.database_url)
    migrate.upgrade(database)
    try:
        return tuple(_correspondents(Store(database, clock), TokenKeys(settings.vault.token_keys, settings.vault.valid_until), count))
    finally:
        database.close()


def _correspondents(store: Store, keys: TokenKeys, count: int) -> Iterator[Correspondent]:
    people = _people(store)
    for start in range(0, count, BITE):
        with store.transaction() as uow:
            numbers = uow.cases.next_numbers(min(BITE, count - start))
            made = [_case(number, people, store.now()) for number in numbers]
            uow.cases.write(made)
        for change in made:
            yield _correspondent(keys, change, store.now())


def _people(store: Store) -> list[Contact]:
    """Customers with people who have no part in anything yet."""
    with store.transaction() as uow:
        numbers = uow.contacts.next_numbers(PEOPLE)
        companies = [Customer(new_id(store.now()), f"Kunde {n} AS", "standard", (f"kunde{n}.example",), "nb") for n in numbers[::10]]
        people = [
            Contact(new_id(store.now()), number, f"person{number}@{company.domains[0]}", f"Person {number}", "nb", company.id)
            for number, company in zip(numbers, [c for c in companies for _ in range(10)], strict=True)
        ]
        uow.customers.add(companies)
        uow.contacts.add(people)
    return people


def _case(number: int, people: Sequence[Contact], now: datetime) -> Change:
    """A case of two people of the same company, waiting for them since the day before yesterday."""
    first = number % len(people)
    reporter, other = people[first], people[first // 10 * 10 + (first + 1) % 10]
    context = changes.ChangeContext(Actor("operator", "kari"), now - timedelta(days=2), notice_kinds=frozenset())
    made = changes.create_case(
        changes.NewCase(
            number, f"SUP-{number}", reporter, f"Feil {number}", participants=(other,), case_type="spørsmål", priority="normal"
        ),
        context,
    )
    asked = changes.operate(made.case, "ask_customer", context)
    return Change(asked.case, made.comments, made.events + asked.events, (), created=True, participants_added=made.participants_added)


def _correspondent(keys: TokenKeys, change: Change, now: datetime) -> Correspondent:
    writer = change.participants_added[0].contact
    token = reply_token(keys, change.case.number, writer.number, (now + timedelta(days=30)).date())
    return Correspondent(writer.address, f"{reply_local_part(token, 'support')}@{DOMAIN}", change.case.key)
