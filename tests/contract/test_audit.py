"""The audit: written with the action or not at all, and untouched by retention. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from mailgate.cases.ids import new_id
from mailgate.clock import SteppedClock
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.rows import AuditRow
from mailgate.store.unit_of_work import Store
from tests.support.harness.old_schema import upgrade_to
from tests.support.harness.services import START
from tests.support.mails.entries import accepted, claimed, notice

AT = "2026-11-01T08:00:00.000000+00:00"


def done(now, journal_id=None, outbox_id=None, **more):
    subject = ("journal", journal_id) if journal_id else ("outbox", outbox_id)
    before, after = {"state": "held"}, {"state": "discarded"}
    values = {"verb": "discard", "before": before, "after": after, "detail": {}} | more
    verb = values.pop("verb")
    return AuditRow(new_id(now), now, "operator", "Kjersti", "Kjersti", verb, *subject, **values)


def test_given_changes_when_asked_for_then_each_thing_has_its_own_and_the_list_is_newest_first(store, clock):
    (entry,) = accepted(store, 1)
    first = done(clock(), entry, reason="blåbær", detail={"æ": 1})
    second = done(clock(), outbox_id=new_id(clock()), verb="retry")
    with store.transaction() as uow:
        uow.audit.add([first, second])
        uow.audit.add([])
    clock.step(timedelta(hours=1))
    with store.reading() as uow:
        assert uow.audit.of("journal", entry) == [first]
        assert uow.audit.of("outbox", second.subject_id) == [second]
        assert uow.audit.of("case", entry) == []
        assert uow.audit.list() == uow.audit.list(principal="Kjersti") == [second, first]
        assert uow.audit.list(1) == uow.audit.list(kinds=["outbox"]) == uow.audit.list(subject_id=second.subject_id) == [second]
        assert uow.audit.list(before_id=second.id) == [first]
        assert uow.audit.list(since=clock()) == uow.audit.list(until=first.at) == uow.audit.list(principal="Ola") == []


def test_given_values_of_the_program_when_recorded_then_they_are_kept_as_json(store, clock):
    row = replace(done(clock(), new_id(clock())), before={}, after={"until": clock(), "domains": ("a", "b"), "none": None})
    with store.transaction() as uow:
        uow.audit.add([row])
        with pytest.raises(TypeError, match="no JSON form"):
            uow.audit.add([replace(row, id=new_id(clock()), after={"what": object()})])
    with store.reading() as uow:
        assert uow.audit.list()[0].after == {"until": clock().isoformat(), "domains": ["a", "b"], "none": None}


def test_given_a_settled_mail_when_its_bytes_are_purged_then_the_record_stays(store, clock):
    (entry,) = accepted(store, 1)
    (claim,) = claimed(store)
    with store.transaction() as uow:
        uow.journal.defer([claim], "x", clock())
    with store.transaction() as uow:
        uow.journal.shunt_exhausted(clock() + timedelta(hours=1), 1)
        uow.journal.discard([entry], "sett", clock())
        uow.audit.add([done(clock(), entry)])
    clock.step(timedelta(days=400))
    with store.transaction() as uow:
        assert uow.retention.purge(clock(), timedelta(days=1)).blobs == 1
    with store.reading() as uow:
        assert [one.verb for one in uow.audit.of("journal", entry)] == ["discard"]
        assert not uow.journal.get(entry).raw_kept


def test_given_bytes_that_are_old_when_an_entry_is_run_again_then_retention_leaves_them(store, clock):
    (entry,) = accepted(store, 1)
    (claim,) = claimed(store)
    with store.transaction() as uow:
        uow.journal.shunt_exhausted(clock() + timedelta(hours=1), 1)
        uow.journal.discard([entry], "sett", clock())
    clock.step(timedelta(days=400))
    with store.transaction() as uow:
        assert uow.blobs.renew({claim.raw_sha256, "00" * 32}) == {claim.raw_sha256}
        assert uow.blobs.renew(set()) == set()
        assert uow.journal.reopen([entry], clock(), from_states=("discarded",)) == {entry}
    with store.transaction() as uow:
        assert uow.retention.purge(clock(), timedelta(days=1)).blobs == 0
    assert [one.raw for one in claimed(store)] == [claim.raw]


def test_given_withheld_notices_when_let_out_then_each_is_due_once_and_others_stay(store, clock):
    mails = accepted(store, 1, 2, 3)
    with store.transaction() as uow:
        uow.notices.withhold([notice(clock(), journal_id=id_) for id_ in mails], "replayed without --send")
        assert uow.notices.claim(clock(), 50, timedelta(minutes=1)) == []
        assert uow.notices.caused(mails) == set()
        assert uow.notices.let_out(mails[:1], clock()) == {mails[0]}
        assert uow.notices.let_out(mails[:1], clock()) == uow.notices.let_out([], clock()) == set()
        uow.notices.forget_withheld(mails[1:2])
        uow.notices.forget_withheld([])
        assert {id_ for id_, _, _ in uow.notices.caused(mails)} == {mails[0]}
        assert [claim.journal_id for claim in uow.notices.claim(clock(), 50, timedelta(minutes=1))] == [mails[0]]
        left = uow.notices._connection.exec_driver_sql("SELECT journal_id FROM notices").scalars()
        assert set(map(str, left)) == {mails[0], mails[2]}


def test_given_mail_of_the_schema_before_when_upgraded_then_it_can_be_moved_and_recorded(empty_database_url):
    database = open_database(empty_database_url)
    upgrade_to(database, "0006")
    clock = SteppedClock(START)
    ids = {"journal": new_id(START), "outbox": new_id(START)}
    entry = "INSERT INTO journal (id, accepted_at, recipients, raw_sha256, size_bytes, state) VALUES (:id, :at, '[]', :sha, 3, 'held')"
    mail = (
        "INSERT INTO outbox (id, address, message_id, created_at, expires_at, size_bytes, state)"
        " VALUES (:id, 'kari@kunde.example', '1@example.no', :at, :at, 3, 'failed')"
    )
    sha: object = bytes(32)
    with database.writing.begin() as connection:
        connection.execute(text(entry), {"id": ids["journal"], "at": AT, "sha": sha})
        connection.execute(text(mail), {"id": ids["outbox"], "at": AT})
    migrate.upgrade(database)
    store = Store(database, clock)
    with store.transaction() as uow:
        assert uow.audit.list() == []
        assert uow.journal.lock(ids.values())[ids["journal"]].state == "held"
        assert uow.outbox.lock(ids.values())[ids["outbox"]].state == "failed"
        assert uow.journal.discard([ids["journal"]], "sett", clock()) == {ids["journal"]}
        uow.audit.add([done(clock(), ids["journal"]), done(clock(), outbox_id=ids["outbox"], verb="cancel")])
    with store.reading() as uow:
        assert [one.verb for one in uow.audit.list()] == ["cancel", "discard"]
    database.close()


def test_given_an_older_schema_when_upgraded_then_one_row_says_who_did_it_and_from_where_to_where(empty_database_url):
    def recorded(before: str, after: str) -> AuditRow:
        return replace(done(START, "x", verb="upgrade"), before={"revision": before}, after={"revision": after})

    database = open_database(empty_database_url)
    upgrade_to(database, "0012")
    for _ in range(2):  # the second time nothing changes
        migrate.upgrade(database, recorded)
    with Store(database, SteppedClock(START)).reading() as uow:
        found = [(row.verb, row.before, row.after) for row in uow.audit.list()]
    database.close()
    assert found == [("upgrade", {"revision": "0012"}, {"revision": migrate.head()})]


def test_given_a_new_database_when_its_tables_are_made_then_that_is_no_change(empty_database_url):
    database = open_database(empty_database_url)
    migrate.upgrade(database, lambda *_: done(START, "x"))
    with Store(database, SteppedClock(START)).reading() as uow:
        found = uow.audit.list()
    database.close()
    assert found == []


def test_given_interventions_of_the_schema_before_when_upgraded_then_the_audit_has_them_word_for_word(empty_database_url):
    database = open_database(empty_database_url)
    upgrade_to(database, "0007")
    texts = {"operator": "Kjersti", "at": START.isoformat(timespec="microseconds")}
    old = {**texts, "id": new_id(START), "verb": "release", "journal_id": new_id(START), "outbox_id": None, "from_state": "held"}
    old |= {"to_state": "pending", "reason": "blåbær «x»", "detail": '{"disposition": "comment", "æ": 1}'}
    mail = {**old, "id": new_id(START), "verb": "retry", "journal_id": None, "outbox_id": new_id(START), "from_state": "failed"}
    entry = "INSERT INTO journal (id, accepted_at, recipients, raw_sha256, size_bytes, state) VALUES (:id, :at, '[]', :sha, 3, 'held')"
    sent = (
        "INSERT INTO outbox (id, address, message_id, created_at, expires_at, size_bytes, state)"
        " VALUES (:id, 'kari@kunde.example', '1@example.no', :at, :at, 3, 'failed')"
    )
    row = (
        "INSERT INTO interventions (id, at, operator, verb, journal_id, outbox_id, from_state, to_state, reason, detail)"
        " VALUES (:id, :at, :operator, :verb, :journal_id, :outbox_id, :from_state, :to_state, :reason, :detail)"
    )
    sha: object = bytes(32)
    with database.writing.begin() as connection:
        connection.execute(text(entry), {"id": old["journal_id"], "at": AT, "sha": sha})
        connection.execute(text(sent), {"id": mail["outbox_id"], "at": AT})
        connection.execute(text(row), [old, mail])
    migrate.upgrade(database)
    migrate.check(database)
    with Store(database, SteppedClock(START)).reading() as uow:
        assert [one.id for one in uow.audit.list()] == [mail["id"], old["id"]]
        (kept,) = uow.audit.of("journal", old["journal_id"])
        assert (kept.at, kept.verb, kept.reason) == (START, "release", "blåbær «x»")
        assert (kept.principal_kind, kept.principal_id, kept.principal) == ("operator", "Kjersti", "Kjersti")
        assert (kept.before, kept.after, kept.detail) == ({"state": "held"}, {"state": "pending"}, {"disposition": "comment", "æ": 1})
        assert [one.subject_kind for one in uow.audit.list()] == ["outbox", "journal"]
    database.close()
