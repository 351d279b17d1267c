"""The record of what people did by hand: written with the action or not at all, and untouched by retention. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from mailgate.cases.ids import new_id
from mailgate.clock import SteppedClock
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.failures import StoreConflict
from mailgate.store.rows import Intervention
from mailgate.store.unit_of_work import Store
from tests.entries import accepted, claimed, frozen, notice
from tests.old_schema import upgrade_to
from tests.services import START

AT = "2026-11-01T08:00:00.000000+00:00"


def done(now, journal_id=None, outbox_id=None, **more):
    values = {"operator": "Kjersti", "verb": "discard", "from_state": "held", "to_state": "discarded"} | more
    return Intervention(new_id(now), now, journal_id=journal_id, outbox_id=outbox_id, **values)


def test_given_interventions_when_asked_for_then_each_thing_has_its_own_and_the_list_is_newest_first(store, clock):
    (entry,) = accepted(store, 1)
    with store.transaction() as unit:
        mail = frozen(1, clock())
        unit.outbox.add([mail])
        first = done(clock(), entry, reason="blåbær", detail='{"æ": 1}')
        second = done(clock(), outbox_id=mail.id, verb="retry", from_state="failed", to_state="pending")
        unit.interventions.add([first, second])
        unit.interventions.add([])
    clock.step(timedelta(hours=1))
    with store.reading() as unit:
        assert unit.interventions.of_entry(entry) == [first]
        assert unit.interventions.of_mail(mail.id) == [second]
        assert unit.interventions.list() == [second, first]
        assert unit.interventions.list(1) == [second]
        assert unit.interventions.list(since=clock()) == unit.interventions.list(until=first.at) == []


@pytest.mark.parametrize("about", [(), ("entry", "mail")])
def test_given_an_intervention_about_nothing_or_two_things_when_written_then_the_schema_refuses_it(store, clock, about):
    (entry,) = accepted(store, 1)
    mail = frozen(1, clock())
    with store.transaction() as unit:
        unit.outbox.add([mail])
    wrong = done(clock(), entry if "entry" in about else None, mail.id if "mail" in about else None)
    with store.transaction() as unit, pytest.raises(StoreConflict), unit.savepoint():
        unit.interventions.add([wrong])


def test_given_a_settled_mail_when_its_bytes_are_purged_then_the_record_stays(store, clock):
    (entry,) = accepted(store, 1)
    (claim,) = claimed(store)
    with store.transaction() as unit:
        unit.journal.defer([claim], "x", clock())
    with store.transaction() as unit:
        unit.journal.shunt_exhausted(clock() + timedelta(hours=1), 1)
        unit.journal.discard([entry], "sett", clock())
        unit.interventions.add([done(clock(), entry)])
    clock.step(timedelta(days=400))
    with store.transaction() as unit:
        assert unit.retention.purge(clock(), timedelta(days=1)).blobs == 1
    with store.reading() as unit:
        assert [one.verb for one in unit.interventions.of_entry(entry)] == ["discard"]
        assert not unit.journal.get(entry).raw_kept


def test_given_bytes_that_are_old_when_an_entry_is_run_again_then_retention_leaves_them(store, clock):
    (entry,) = accepted(store, 1)
    (claim,) = claimed(store)
    with store.transaction() as unit:
        unit.journal.shunt_exhausted(clock() + timedelta(hours=1), 1)
        unit.journal.discard([entry], "sett", clock())
    clock.step(timedelta(days=400))
    with store.transaction() as unit:
        assert unit.blobs.renew({claim.raw_sha256, "00" * 32}) == {claim.raw_sha256}
        assert unit.blobs.renew(set()) == set()
        assert unit.journal.reopen([entry], clock(), from_states=("discarded",)) == {entry}
    with store.transaction() as unit:
        assert unit.retention.purge(clock(), timedelta(days=1)).blobs == 0
    assert [one.raw for one in claimed(store)] == [claim.raw]


def test_given_withheld_notices_when_let_out_then_each_is_due_once_and_others_stay(store, clock):
    mails = accepted(store, 1, 2, 3)
    with store.transaction() as unit:
        unit.notices.withhold([notice(clock(), journal_id=id_) for id_ in mails], "replayed without --send")
        assert unit.notices.claim(clock(), 50, timedelta(minutes=1)) == []
        assert unit.notices.caused(mails) == set()
        assert unit.notices.let_out(mails[:1], clock()) == {mails[0]}
        assert unit.notices.let_out(mails[:1], clock()) == unit.notices.let_out([], clock()) == set()
        unit.notices.forget_withheld(mails[1:2])
        unit.notices.forget_withheld([])
        assert {id_ for id_, _, _ in unit.notices.caused(mails)} == {mails[0]}
        assert [claim.journal_id for claim in unit.notices.claim(clock(), 50, timedelta(minutes=1))] == [mails[0]]
        assert set(unit.notices.of_mails(mails)) == {mails[0], mails[2]}


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
    with store.transaction() as unit:
        assert unit.interventions.list() == []
        assert unit.journal.lock(ids.values())[ids["journal"]].state == "held"
        assert unit.outbox.lock(ids.values())[ids["outbox"]].state == "failed"
        assert unit.journal.discard([ids["journal"]], "sett", clock()) == {ids["journal"]}
        unit.interventions.add([done(clock(), ids["journal"]), done(clock(), outbox_id=ids["outbox"], verb="cancel")])
    with store.reading() as unit:
        assert [one.verb for one in unit.interventions.list()] == ["cancel", "discard"]
    database.close()
