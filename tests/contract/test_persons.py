"""An erasure leaves no address, name or word of a person in any table, and retention redacts what is old. On both databases."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Change
from mailgate.clock import SteppedClock
from mailgate.store.database import Database
from mailgate.store.repositories.accounts import Account
from mailgate.store.repositories.persons.expiry import KINDS, RetentionLimits
from mailgate.store.rows import Outcome
from mailgate.store.schema import decisions, journal, notices, outbox
from mailgate.store.search_words import terms
from mailgate.store.unit_of_work import Store
from tests.support.desks.person_everywhere import ADDRESS, ALIKE, NAME, NOBODY, OTHER, PER, WORD, Everywhere, fill, texts, with_words
from tests.support.harness.statements import statements
from tests.support.mails.entries import accepted, claimed, comment, entry, notice, raw_mail, stored_case
from tests.support.mails.entries import event as event_of
from tests.support.waiting import until

DAYS = timedelta(days=1)
MARKER = "[slettet]"
SAID = [one.lower() for one in (WORD, NAME, ADDRESS, OTHER)]


@pytest.fixture
def filled(store: Store) -> Everywhere:
    return fill(store)


def _erase(store: Store, address: str = ADDRESS) -> dict[str, int]:
    with store.transaction() as uow:
        found = uow.persons.traces(address)
        uow.journal.discard(uow.persons.waiting(found), "erased", store.now())
        return dict(uow.persons.erase(found, MARKER, store.now()))


def _without_others(found: str) -> str:
    return found.replace(ALIKE, "")


def test_given_the_filled_tables_when_looked_through_then_each_names_the_person_or_says_why_it_cannot(
    store: Store, filled: Everywhere
) -> None:
    found = texts(store)
    silent = {table.name for table in with_words() if not any(word in _without_others(found[table.name]) for word in SAID)}
    assert silent == NOBODY.keys()


def test_given_a_person_in_every_table_when_erased_then_nothing_of_them_is_left_and_the_ledger_holds(
    store: Store, filled: Everywhere
) -> None:
    done = _erase(store)
    found = texts(store)
    assert {name: word for name, rows in found.items() for word in SAID if word in _without_others(rows)} == {}
    assert ALIKE in found["comments"]
    assert ALIKE in found["audit"]
    assert (done["mails_received"], done["comments"], done["contacts"], done["accounts"]) == (1, 2, 2, 1)
    with store.reading() as uow:
        assert uow.journal.ledger()["balanced"]
        assert not uow.persons.traces(ADDRESS).found
        assert not uow.persons.traces(OTHER).found
        assert uow.accounts.by_username("eva") is not None
        assert [len(uow.cases.search(terms(word), 10, internal=True)) for word in (WORD, "kåri", "spør")] == [0, 0, 1]


def test_given_two_addresses_of_one_person_when_either_is_asked_for_then_the_same_is_theirs(store: Store, filled: Everywhere) -> None:
    with store.reading() as uow:
        first, second = uow.persons.traces(ADDRESS.upper()), uow.persons.traces(OTHER)
    assert (first.addresses, second.addresses) == ([ADDRESS.lower(), OTHER], [OTHER, ADDRESS.lower()])
    assert replace(second, address=first.address, addresses=first.addresses) == first
    assert first.contact == second.contact


def test_given_notices_to_others_when_their_cause_is_erased_then_they_are_kept_without_the_words(store: Store, filled: Everywhere) -> None:
    _erase(store)
    with store.reading() as uow:
        rows = {row.id: row for row in uow.notices._connection.execute(select(notices))}
    left = {name: (rows[id_].state, json.loads(rows[id_].facts)) for name, id_ in filled.notices.items()}
    words = {"text": MARKER, "actor": MARKER, "files": "", "summary": MARKER}
    assert {name: left[name] for name in ("pending", "failed", "withheld")} == {
        "pending": ("pending", words), "failed": ("failed", words), "withheld": ("withheld", words),
    }  # fmt: skip
    assert left["team"] == ("pending", {"author": MARKER, "subject": MARKER})
    assert (left["forward"], left["rendered"]) == (("suppressed", {}), ("rendered", {}))
    assert (left["to them"], left["to their other address"]) == (("suppressed", {}), ("suppressed", {}))
    assert {rows[filled.notices[name]].address for name in ("pending", "failed", "withheld")} == {PER}


def test_given_accounts_of_staff_when_somebody_without_a_contact_is_looked_for_then_no_account_is_theirs(store: Store) -> None:
    with store.transaction() as uow:
        uow.accounts.add(Account(new_id(store.now()), "staff", "eva", "eva@example.no", store.now(), "Eva"))
        uow.journal.append([entry(1, store.now(), sender="ukjent@annen.example")])
    with store.reading() as uow:
        found = uow.persons.traces("ukjent@annen.example")
        assert (found.staff, found.accounts, len(found.entries)) == (False, [], 1)
        assert uow.persons.traces("eva@example.no").staff


def test_given_somebody_without_a_contact_who_wrote_to_a_case_when_erased_then_their_name_goes_with_their_words(store: Store) -> None:
    made = stored_case(store)
    (id_,) = accepted(store, 1)
    claimed(store)
    actor = Actor("system", "Nils Ukjent")  # how intake names an author whom it does not know
    with store.transaction() as uow:
        said = replace(comment(made, store.now(), id_, text=f"{WORD}, hilsen Nils Ukjent"), author=actor)
        answered = replace(comment(made, store.now(), text="Takk, Nils Ukjent"), author=Actor("operator", "eva"))
        uow.cases.write([Change(made, (said, answered), (replace(event_of(made, store.now()), actor=actor),))])
        uow.journal.finish([Outcome(id_, "commented", author="kari@kunde.example")])
    _erase(store, "kari@kunde.example")
    found = texts(store)
    assert [name for name, rows in found.items() if "ukjent" in rows or WORD in rows] == []
    assert "takk, [slettet]" in found["comments"]


def test_given_a_mail_that_was_sent_for_another_when_the_sender_is_looked_for_or_erased_then_the_words_stay_the_authors(
    store: Store,
) -> None:
    case = stored_case(store)
    author, sender = case.participants[0].contact, "assistent@kunde.example"
    with store.transaction() as uow:
        (mail,) = uow.journal.append([entry(1, store.now(), sender=sender)])
        said = replace(comment(case, store.now(), mail.journal_id, text="Mine ord"), author=Actor("contact", author.name, author.id))
        uow.cases.write([Change(case, (said,), ())])
    (claim,) = claimed(store)
    with store.transaction() as uow:
        uow.journal.finish([Outcome(claim.id, "commented", "reply", "", "human", "participant", case.id, author=author.address)])
        assert uow.persons.traces(sender).comments == []
        assert uow.persons.traces(author.address).comments == [said.id]
    _erase(store, sender)
    with store.reading() as uow:
        assert [(one.text, one.author.name) for one in uow.cases.comments(case.id)] == [(said.text, author.name)]
        assert uow.journal.get(claim.id).envelope.reverse_path is None


def test_given_a_mail_about_them_in_the_hands_of_a_worker_when_asked_then_it_counts(store: Store, clock: SteppedClock) -> None:
    (id_,) = accepted(store, 1)
    with store.transaction() as uow:
        uow.notices.add([notice(store.now(), None, "team@example.no", kind="forward", journal_id=id_)])
    claimed(store)
    with store.transaction() as uow:
        uow.journal.finish([Outcome(id_, "forwarded", author="kari@kunde.example")])
        assert uow.persons.in_hand(uow.persons.traces("kari@kunde.example")) == 0
        uow.notices.claim(clock(), 5, timedelta(minutes=1))
        assert uow.persons.in_hand(uow.persons.traces("kari@kunde.example")) == 1


# Bytes -------------------------------------------------------------------------------------------------------------------------------


def test_given_the_same_bytes_that_come_in_while_they_are_erased_when_committed_then_they_stay(store: Store, database: Database) -> None:
    """The mail of somebody else with the same bytes is being accepted: its row is not visible yet, and the bytes' row is locked."""
    raw, waits = raw_mail(1), threading.Event()
    with store.transaction() as uow:
        uow.journal.append([entry(1, store.now(), raw=raw, sender=PER)])
    (first,) = claimed(store)
    with store.transaction() as uow:
        uow.journal.finish([Outcome(first.id, "discarded")])

    def erase() -> None:
        with store.transaction() as uow:
            uow.persons.erase(uow.persons.traces(PER), MARKER, store.now())

    def blobs_are_asked_for(*found: Any) -> None:
        if "blobs" in found[2]:
            waits.set()

    eraser = threading.Thread(target=erase)
    with store.transaction() as uow:
        if not database.is_sqlite:
            event.listen(database.writing, "before_cursor_execute", blobs_are_asked_for)
        (second,) = uow.journal.append([entry(2, store.now(), raw=raw, sender="liv@annen.example")])
        waits.clear()
        eraser.start()
        if not database.is_sqlite:
            assert waits.wait(10)
            until(lambda: _is_locked(database), 10, "the erasure waits for the row")
    eraser.join(10)
    with store.reading() as uow:
        assert uow.journal.raw(second.journal_id) == raw


def _is_locked(database: Database) -> bool:
    with database.reading.connect() as db:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return bool(db.execute(text(asked)).scalar_one())


def test_given_much_kept_mail_when_many_bytes_are_dropped_then_the_journal_is_gone_through_once_by_its_index(store: Store) -> None:
    accepted(store, *range(20))
    for claim in claimed(store):
        with store.transaction() as uow:
            uow.journal.finish([Outcome(claim.id, "discarded")])
    with statements(store.database) as seen:
        _erase(store, "kari@kunde.example")
    drops = [(statement, values) for statement, values in seen if statement.startswith("DELETE FROM blobs")]
    assert len(drops) == 1
    plan = _plan(store, *drops[0])
    if store.database.is_sqlite:  # the one part that is asked for each hash is that of the comments, which has an index
        assert (plan.count("CORRELATED"), plan.count("ix_journal_raw_kept")) == (1, 1), plan


def _plan(store: Store, statement: str, values: Any) -> str:
    with store.database.writing.begin() as db:
        if store.database.is_sqlite:
            return "".join(f"{row[3]}\n" for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values)))
        return "".join(f"{row[0]}\n" for row in db.exec_driver_sql(f"EXPLAIN {statement}", values))


# Retention ---------------------------------------------------------------------------------------------------------------------------

LIMITS = RetentionLimits(30 * DAYS, 60 * DAYS, 90 * DAYS, 120 * DAYS, closed=("open",), marker=MARKER)


def _swept(store: Store, limits: RetentionLimits = LIMITS) -> dict[str, int]:
    done = {}
    for kind in KINDS:
        with store.reading() as uow:
            ids = uow.expiry.due(kind, store.now(), limits)
        with store.transaction() as uow:
            done[kind] = uow.expiry.expire(kind, ids, store.now(), limits)
    return {kind: count for kind, count in done.items() if count}


def _overdue(store: Store) -> dict[str, int]:
    with store.reading() as uow:
        return {kind: count for kind, count in uow.expiry.overdue(store.now(), LIMITS).items() if count}


def test_given_old_rows_when_swept_then_each_kind_goes_after_its_own_time(store: Store, clock: SteppedClock, filled: Everywhere) -> None:
    assert not _swept(store)
    expected = ((31, {"entries": 2}), (0, {}), (30, {"mails": 4, "notices": 1}), (30, {"cases": 3}), (30, {"audit": 3}))
    for days, kinds in expected:
        clock.step(days * DAYS)
        assert _overdue(store) == kinds, days
        assert _swept(store) == kinds, days
    assert not _swept(store)
    found = texts(store)
    gone = ("decisions", "journal", "cases", "comments", "comment_files", "events", "outbox", "outbox_mails", "attempts", "audit")
    assert [(name, word) for name in (*gone, "case_search") for word in SAID if word in found[name]] == []
    with store.reading() as uow:
        assert uow.journal.ledger()["balanced"]
        assert uow.persons.traces(ADDRESS).contact is not None


def test_given_a_case_whose_reporter_was_erased_when_its_time_is_over_then_the_words_of_others_go(
    store: Store, clock: SteppedClock
) -> None:
    made = stored_case(store)
    with store.transaction() as uow:
        uow.cases.write([Change(made, comments=(replace(comment(made, clock(), text="Pers ord"), author=Actor("operator", "eva")),))])
    _erase(store, made.participants[0].contact.address)
    clock.step(91 * DAYS)
    assert _swept(store)["cases"] == 1
    assert "cases" not in _swept(store)
    with store.reading() as uow:
        assert [one.text for one in uow.cases.comments(made.id)] == [MARKER]


def test_given_notices_that_go_with_no_case_when_old_then_they_say_nothing_any_more_but_those_for_a_person(
    store: Store, clock: SteppedClock
) -> None:
    kinds = ("redirect", "forward", "team_notice", "account_reset", "todo_list")
    made = [notice(store.now(), None, "kari@kunde.example", kind=kind, facts={"text": WORD}) for kind in (*kinds, "forward")]
    with store.transaction() as uow:
        uow.notices.add(made)
        uow.notices._connection.execute(text("UPDATE notices SET state = 'rendered', due_at = NULL"))
        uow.notices.fail([made[-1].id], "cannot be made")
    clock.step(61 * DAYS)
    assert _overdue(store) == {"notices": len(kinds)}
    assert _swept(store) == {"notices": len(kinds)}
    with store.reading() as uow:
        left = [(row.address, row.facts) for row in uow.notices._connection.execute(select(notices).order_by(notices.c.id))]
    assert left == [("", "{}")] * len(kinds) + [("kari@kunde.example", json.dumps({"text": WORD}))]


def test_given_rows_that_changed_since_they_were_found_when_expired_then_they_stay(store: Store, clock: SteppedClock) -> None:
    accepted(store, 1, 2)
    for claim in claimed(store):
        with store.transaction() as uow:
            uow.journal.finish([Outcome(claim.id, "discarded", author="kari@kunde.example")])
    clock.step(31 * DAYS)
    with store.reading() as uow:
        first, second = uow.expiry.due("entries", clock(), LIMITS)
        assert uow.expiry.due("entries", clock(), LIMITS, limit=1) == [first]
        assert uow.expiry.due("entries", clock(), LIMITS, first) == [second]
    with store.transaction() as uow:
        uow.journal.reopen([first], clock(), from_states={"discarded"})
        assert uow.expiry.expire("entries", [first, second], clock(), LIMITS) == 1
    with store.reading() as uow:
        assert uow.journal.get(first).envelope.reverse_path == "kari@kunde.example"


def test_given_a_long_history_that_was_swept_when_looked_through_again_then_no_table_is_read(store: Store, clock: SteppedClock) -> None:
    now = clock()
    base = {"accepted_at": now, "recipients": "[]", "raw_sha256": "00" * 32, "size_bytes": 1, "state": "commented"}
    notified = {"group_key": "x", "kind": "redirect", "address": "", "created_at": now, "facts": "{}", "state": "rendered"}
    sent = {"address": "", "created_at": now, "expires_at": now, "size_bytes": 1, "state": "sent"}
    with store.database.writing.begin() as db:
        entries = [new_id(now) for _ in range(3000)]
        db.execute(insert(journal), [{"id": one, **base} for one in entries])
        db.execute(insert(decisions), [{"journal_id": one, "decided_at": now, "trail": "{}"} for one in entries])
        db.execute(insert(notices), [{"id": new_id(now), **notified} for _ in range(3000)])
        db.execute(insert(outbox), [{"id": (one := new_id(now)), "message_id": one, **sent} for _ in range(3000)])
        db.exec_driver_sql("ANALYZE")
    clock.step(400 * DAYS)
    with statements(store.database) as seen, store.reading() as uow:
        assert [uow.expiry.due(kind, clock(), LIMITS) for kind in KINDS[:3]] == [[], [], []]
    plans = "".join(_plan(store, *one) for one in seen)
    assert [f"ix_{name}_named" in plans for name in ("journal", "decisions", "notices", "outbox")] == [True] * 4, plans
