"""What ties the mails of a case to one thread, for each person. On both databases."""

from __future__ import annotations

from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Change, Comment
from mailgate.clock import SteppedClock
from mailgate.store.repositories.outbox.threads import Thread
from mailgate.store.rows import Outcome
from mailgate.store.unit_of_work import Store
from tests.support.mails.entries import accepted, case, claimed, contact, frozen, notice


def test_given_mails_of_two_people_when_asked_then_each_has_their_own_opening_newest_and_subject(store: Store, clock: SteppedClock) -> None:
    kari, per = (contact(number, clock()) for number in (1, 2))
    ours = case(1, kari, clock())
    ids = accepted(store, 1, 2, 3, 4)
    claimed(store)
    wrote = [
        Comment(new_id(clock()), ours.id, "comment", "Hei", Actor("contact", "x", who.id), clock(), journal_id)
        for who, journal_id in ((kari, ids[1]), (per, ids[2]), (kari, ids[3]))
    ]
    with store.transaction() as uow:
        uow.contacts.add([kari, per])
        uow.cases.write([Change(ours, tuple(wrote), created=True)])
        to_kari, to_per = (
            notice(clock(), ours, kind="case_created", contact_id=kari.id, journal_id=ids[0]),
            notice(clock(), ours, contact_id=per.id),
        )
        uow.notices.add([to_kari, to_per])
        uow.journal.finish([Outcome(id_, "commented", message_id=f"m{n}@kunde.example") for n, id_ in enumerate(ids)])
        mails = [frozen(n, clock(), case_id=ours.id, contact_id=kari.id, subject=subject) for n, subject in enumerate(("first", "second"))]
        uow.outbox.add([*mails, frozen(9, clock(), case_id=ours.id, contact_id=per.id, subject="answer", at_most_once=True)])
    with store.reading() as uow:
        found = uow.threads.of([to_kari.id, to_per.id])
        assert uow.threads.of([]) == {}
    assert found == {to_kari.id: Thread("m0@kunde.example", "m3@kunde.example", "first"), to_per.id: Thread("", "m2@kunde.example", "")}
