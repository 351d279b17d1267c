"""Cases, people and companies: what is written comes back; what must be once is once. On both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, CaseEvent, Change, Comment, Customer, Participant, StoredFile
from mailgate.clock import SteppedClock
from mailgate.errors import Invalid, NotFound
from mailgate.store.failures import StoreConflict
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import accepted, case, comment, contact, event, notice, stored_case


def test_given_a_new_case_when_written_then_it_comes_back_by_key_id_and_number(store: Store) -> None:
    made = stored_case(store, 7)
    with store.reading() as uow:
        assert uow.cases.get("sup-7") == uow.cases.get(made.id) == made
        assert uow.cases.by_numbers([7, 8]) == {7: made}
        assert uow.cases.by_ids([made.id]) == {made.id: made}
        with pytest.raises(NotFound, match="SUP-8"):
            uow.cases.get("SUP-8")


def test_given_a_change_when_written_then_all_of_it_comes_back_in_order(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    (mail,) = accepted(store, 1)
    clock.step(timedelta(minutes=1))
    after = replace(
        made, status="resolved", resolved_at=clock(), updated_at=clock(), assignee="ole", summary="Ny \x00tekst", description="d"
    )
    files = (StoredFile("ab" * 32, "skjermbilde.png", "image/png", 5, "inline", "x@y"), StoredFile("cd" * 32, "logg.txt", "text/plain", 7))
    author = Actor("contact", "Kari", made.reporter_id)
    said = Comment(new_id(clock()), made.id, "comment", "Takk\x00 for hjelpen", author, clock(), mail, files)
    happened = CaseEvent(new_id(clock()), made.id, "status_changed", author, clock(), {"from": "open", "to": "resolved"})
    with store.transaction() as uow:
        uow.cases.write([Change(after, (said,), (happened, event(made, clock())), (notice(clock(), made),))])
    with store.reading() as uow:
        assert uow.cases.get("SUP-1") == replace(after, summary="Ny \N{REPLACEMENT CHARACTER}tekst", version=2)
        shown = replace(said, text="Takk\N{REPLACEMENT CHARACTER} for hjelpen")
        assert uow.cases.comments(made.id) == [shown]
        assert uow.cases.comments_by_ids([said.id]) == {said.id: shown}
        assert uow.cases.comments_of_mails([mail]) == {mail: said.id}
        assert [one.facts for one in uow.cases.events(made.id)] == [
            {"from": "open", "to": "resolved"}, {"from": "open", "to": "resolved", "note": "blåbær"},
        ]  # fmt: skip
        assert uow.cases.events(made.id)[0] == happened


def test_given_two_changes_to_one_case_in_a_batch_when_written_then_the_last_stands_and_both_are_notified(
    store: Store, clock: SteppedClock
) -> None:
    made = stored_case(store)
    first, second = replace(made, status="waiting_customer"), replace(made, status="open", assignee="ole")
    with store.transaction() as uow:
        uow.cases.write([Change(first, (comment(made, clock()),)), Change(second, (comment(made, clock()),))])
    with store.reading() as uow:
        assert uow.cases.get(made.id) == replace(second, version=2)
        assert len(uow.cases.comments(made.id)) == 2


def test_given_comments_and_notes_when_asked_what_was_said_before_then_it_is_the_last_comment_of_the_same_case(
    store: Store, clock: SteppedClock
) -> None:
    made, other = stored_case(store, 1), stored_case(store, 2)
    said, note = [comment(made, clock()) for _ in range(2)], comment(made, clock(), kind="note")
    third, elsewhere, later = (comment(of, clock()) for of in (made, other, made))
    with store.transaction() as uow:
        uow.cases.write([Change(made, (*said, note, third)), Change(other, (elsewhere,))])
    first, second, far = (made.id, said[0].id), (made.id, said[1].id), (other.id, third.id)
    with store.reading() as uow:
        found = uow.cases.last_comment_ids_before([first, second, (made.id, third.id), (made.id, later.id), far, (other.id, elsewhere.id)])
        assert uow.cases.last_comment_ids_before([]) == {}
    assert found == {
        second: said[0].id, (made.id, third.id): said[1].id, (made.id, later.id): third.id,
    }  # fmt: skip


def test_given_a_mail_that_has_its_comment_when_it_is_written_again_then_it_is_refused_and_nothing_is_left(
    store: Store, clock: SteppedClock
) -> None:
    made = stored_case(store)
    (mail,) = accepted(store, 1)
    with store.transaction() as uow:
        uow.cases.write([Change(made, (comment(made, clock(), mail),))])
    with pytest.raises(StoreConflict), store.transaction() as uow:
        uow.cases.write([Change(replace(made, status="closed"), (comment(made, clock(), mail),))])
    with store.reading() as uow:
        assert len(uow.cases.comments(made.id)) == 1
        assert uow.cases.get(made.id).status == "open"


def test_given_participants_when_added_changed_and_removed_then_the_case_shows_them(store: Store, clock: SteppedClock) -> None:
    made = stored_case(store)
    new = contact(50, clock())
    waiting = Participant(new, "participant", approved=False)
    with store.transaction() as uow:
        uow.contacts.add([new])
        uow.cases.write([Change(made, participants_added=(waiting,))])
    with store.transaction() as uow:
        assert uow.cases.get(made.id).participants == (*made.participants, waiting)
        uow.cases.write([Change(made, participants_added=(replace(waiting, approved=True),))])
    with store.transaction() as uow:
        assert uow.cases.get(made.id).participants[1].approved
        uow.cases.write([Change(made, participants_removed=(new.id,))])
    with store.reading() as uow:
        assert uow.cases.get(made.id).participants == made.participants


def test_given_comments_of_mail_people_and_machines_when_changes_by_mail_are_counted_then_only_fresh_ones_of_mail_count(
    store: Store, clock: SteppedClock
) -> None:
    busy, calm = stored_case(store, 1), stored_case(store, 2)
    hour = timedelta(hours=1)
    old = [comment(busy, clock(), new_id(clock())) for _ in range(3)]
    clock.step(hour + timedelta(seconds=1))
    fresh = [comment(busy, clock(), new_id(clock())) for _ in range(4)]
    ahead = [comment(busy, clock() + hour * 2, new_id(clock()))]  # made when the clock was wrong
    others = [comment(busy, clock()), comment(busy, clock(), new_id(clock()), kind="note")]
    with store.transaction() as uow:
        uow.cases.write([Change(busy, (*old, *fresh, *ahead, *others))])
    with store.reading() as uow:
        ask = uow.cases.changed_by_mail
        fresh_ones, day = (clock() - hour, clock() + hour, 100), (clock() - hour * 24, clock() + hour * 24, 100)
        assert ask([busy.id, calm.id], [fresh_ones, day]) == {busy.id: (5, 9), calm.id: (0, 0)}  # a note of mail counts too
        assert ask([busy.id], [(clock() - hour, clock() + hour, 3)]) == {busy.id: (3,)}
        assert ask([], [fresh_ones]) == {}


def test_given_cases_when_listed_then_newest_first_and_by_what_is_asked(store: Store, clock: SteppedClock) -> None:
    cases = [stored_case(store, number) for number in (1, 2, 3)]
    with store.transaction() as uow:
        uow.cases.write([Change(replace(cases[1], status="closed"))])
    with store.reading() as uow:
        assert [one.number for one in uow.cases.list()] == [3, 2, 1]
        assert [one.number for one in uow.cases.list(1)] == [3]
        assert [one.number for one in uow.cases.list(status="closed")] == [2]
        assert [one.number for one in uow.cases.list(contact_id=cases[0].reporter_id)] == [1]
        assert uow.cases.list(customer_id=new_id(clock())) == []


def test_given_a_locked_case_when_another_worker_locks_it_then_it_waits_and_sees_the_change(store: Store) -> None:
    made = stored_case(store)
    locked, seen = threading.Event(), []

    def other() -> None:
        locked.wait(10)
        with store.transaction() as uow:
            seen.append(uow.cases.lock([made.id])[made.id].status)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(other)
        with store.transaction() as uow:
            case_now = uow.cases.lock([made.id])[made.id]
            locked.set()
            uow.cases.write([Change(replace(case_now, status="frozen"))])
        done.result(10)
    assert seen == ["frozen"]
    with store.transaction() as uow:
        assert uow.cases.lock([]) == {}


def test_given_numbers_when_taken_by_many_then_none_comes_twice_and_a_rollback_leaves_no_gap(store: Store) -> None:
    def take(count: int) -> list[int]:
        with store.transaction() as uow:
            return list(uow.cases.next_numbers(count))

    with ThreadPoolExecutor(4) as pool:
        numbers = [number for taken in pool.map(take, [1, 2, 3, 4]) for number in taken]
    assert sorted(numbers) == list(range(1, 11))
    with pytest.raises(ZeroDivisionError), store.transaction() as uow:
        assert uow.cases.next_number() / 0
    with store.transaction() as uow:
        assert uow.cases.next_number() == 11
        assert uow.contacts.next_numbers(1) == range(1, 2)


def test_given_contacts_when_asked_by_address_number_or_id_then_case_does_not_matter(store: Store, clock: SteppedClock) -> None:
    one, other = contact(1, clock()), contact(2, clock())
    with store.transaction() as uow:
        uow.contacts.add([one, other])
    with store.reading() as uow:
        assert uow.contacts.by_addresses(["PERSON1@kunde.EXAMPLE", "x@y"]) == {"person1@kunde.example": one}
        assert uow.contacts.by_numbers([2, 3]) == {2: other}
        assert uow.contacts.get([one.id]) == {one.id: one}
        assert list(uow.contacts.list()) == [one, other]
        assert uow.contacts.by_addresses([]) == uow.contacts.by_numbers([]) == uow.contacts.get([]) == {}


def test_given_an_address_in_other_case_when_added_again_then_it_is_refused(store: Store, clock: SteppedClock) -> None:
    with store.transaction() as uow:
        uow.contacts.add([contact(1, clock())])
    with pytest.raises(StoreConflict), store.transaction() as uow:
        uow.contacts.add([replace(contact(2, clock()), address="person1@KUNDE.example")])


def test_given_a_contact_when_set_then_it_is_changed_and_an_unknown_one_is_an_error(store: Store, clock: SteppedClock) -> None:
    one = contact(1, clock())
    with store.transaction() as uow:
        uow.contacts.add([one])
        uow.contacts.set(replace(one, language="nn", name="Åse"))
    with store.reading() as uow:
        assert uow.contacts.get([one.id])[one.id].name == "Åse"
    with pytest.raises(NotFound), store.transaction() as uow:
        uow.contacts.set(replace(one, id=new_id(clock())))


def test_given_customers_when_asked_by_domain_then_case_does_not_matter_and_domains_are_theirs_alone(
    store: Store, clock: SteppedClock
) -> None:
    one = Customer(new_id(clock()), "Fjell AS", "standard", ("fjell.example", "fjell.no"), "nn")
    other = Customer(new_id(clock()), "Bre AS", domains=("BRE.example",))
    with store.transaction() as uow:
        uow.customers.add([one, other])
    with store.transaction() as uow:
        assert uow.customers.by_domains(["FJELL.no", "x.y"]) == {"fjell.no": one}
        assert [found.name for found in uow.customers.list()] == ["Bre AS", "Fjell AS"]
        uow.customers.set(replace(one, domains=("fjell.example", "topp.example"), agreement="utvidet"))
    with store.reading() as uow:
        assert uow.customers.by_domains(["fjell.no"]) == {}
        assert uow.customers.get([one.id])[one.id].domains == ("fjell.example", "topp.example")
    with pytest.raises(Invalid, match="belongs to"), store.transaction() as uow:
        uow.customers.set(replace(one, domains=("bre.example",)))
    with pytest.raises(NotFound, match="no customer"), store.transaction() as uow:
        uow.customers.set(replace(one, id=new_id(clock()), domains=()))


def test_given_a_case_of_nobody_when_written_then_the_database_refuses(store: Store, clock: SteppedClock) -> None:
    with pytest.raises(StoreConflict), store.transaction() as uow:
        uow.cases.write([Change(case(9, contact(1, clock()), clock()), created=True)])
