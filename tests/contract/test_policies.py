"""Versions of the policy: kept as they came, numbered in order, never changed; the newest line of the record says what is in force."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from mailgate.clock import SteppedClock, utc_now
from mailgate.errors import NotFound
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.harness.old_schema import upgrade_to

FIRST, SECOND = "rules: [a]\r\n# blåbær \N{GRINNING FACE}\n", "\ufeffrules: [b]\n"


def _add(store: Store, document: str, comment: str = "why") -> int:
    with store.transaction() as uow:
        return uow.policies.add(document, "Kari", comment, store.now()).number


def _active(store: Store) -> int | None:
    with store.reading() as uow:
        return uow.policies.active()


def test_given_no_version_when_asked_then_none_is_in_force_and_none_can_be_shown(store: Store) -> None:
    assert _active(store) is None
    with store.reading() as uow:
        assert uow.policies.history() == []
        with pytest.raises(NotFound, match="the policy has no version 1; no version is active yet"):
            uow.policies.get(1)


def test_given_a_document_when_added_then_it_is_kept_byte_for_byte_and_in_force(store: Store, clock: SteppedClock) -> None:
    numbers = [_add(store, FIRST, "one"), _add(store, SECOND, "two")]
    with store.reading() as uow:
        versions = [uow.policies.get(number) for number in numbers]
    assert numbers == [1, 2]
    assert [version.text for version in versions] == [FIRST, SECOND]
    assert versions[0].sha256 == hashlib.sha256(FIRST.encode()).hexdigest()
    assert versions[0].label == f"1-{versions[0].sha256[:8]}"
    assert (versions[1].author, versions[1].comment, versions[1].created_at) == ("Kari", "two", clock())
    assert _active(store) == 2
    with store.reading() as uow, pytest.raises(NotFound, match="no version 3; there are 1 to 2"):
        uow.policies.get(3)


def test_given_two_versions_when_rolled_back_then_the_first_is_in_force_and_the_record_has_a_new_line(
    store: Store, clock: SteppedClock
) -> None:
    _add(store, FIRST)
    clock.step(timedelta(hours=1))
    _add(store, SECOND)
    clock.step(timedelta(hours=1))
    with store.transaction() as uow:
        uow.policies.roll_back(1, "Per", "it held Nordvik's mail", store.now())
    assert _active(store) == 1
    with store.reading() as uow:
        record = uow.policies.history()
        assert [line.number for line in uow.policies.history(limit=1)] == [1]
    assert [(line.number, line.what, line.author) for line in record] == [
        (1, "rolled_back", "Per"), (2, "activated", "Kari"), (1, "activated", "Kari"),
    ]  # fmt: skip
    assert (record[0].comment, record[0].at, record[2].at) == ("it held Nordvik's mail", clock(), clock() - timedelta(hours=2))
    with store.transaction() as uow, pytest.raises(NotFound, match="no version 9"):
        uow.policies.roll_back(9, "Per", "", store.now())
    assert _active(store) == 1
    assert _add(store, "rules: [c]\n") == 3


def test_given_one_who_holds_the_active_version_when_another_adds_then_it_waits_until_the_first_is_done(store: Store) -> None:
    _add(store, FIRST)
    with store.transaction() as uow:
        assert uow.policies.hold_active() == 1
        second = threading.Thread(target=_add, args=(store, SECOND))
        second.start()
        second.join(0.2)
        assert uow.policies.active() == 1
        assert uow.policies.add("rules: [c]\n", "Per", "", store.now()).number == 2
    second.join()
    with store.reading() as uow:
        assert [(line.sequence, line.number, line.author) for line in uow.policies.history()] == [
            (3, 3, "Kari"),
            (2, 2, "Per"),
            (1, 1, "Kari"),
        ]


def test_given_a_change_that_fails_when_rolled_back_by_the_store_then_nothing_of_it_is_left(store: Store) -> None:
    _add(store, FIRST)
    with pytest.raises(NotFound), store.transaction() as uow:
        uow.policies.roll_back(uow.policies.add(SECOND, "Kari", "", store.now()).number + 1, "Kari", "", store.now())
    assert _active(store) == 1
    assert _add(store, SECOND) == 2


def test_given_processes_that_begin_and_activate_at_once_when_done_then_numbers_are_in_order_and_one_was_first(store: Store) -> None:
    begun: list[bool] = []
    ready = threading.Barrier(4)

    def work(name: str) -> None:
        ready.wait()
        with store.transaction() as uow:
            begun.append(uow.policies.begin(FIRST, name, "", store.now()))
        for _ in range(3):
            _add(store, f"rules: [{name}]\n")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as uow:
        record = uow.policies.history()
    assert sorted(begun) == [False, False, False, True]
    assert sorted(line.number for line in record) == list(range(1, 14))
    assert record[0].number == 13
    assert record[-1].what == "first"
    assert _active(store) == 13


def test_given_a_database_of_the_release_before_with_mail_in_it_when_upgraded_then_all_is_kept_and_no_version_is_there(
    empty_database_url: str,
) -> None:
    database = open_database(empty_database_url)
    upgrade_to(database, "0001")
    id_ = "0192d3a0-0000-7000-8000-000000000001"
    decided = "INSERT INTO decisions (journal_id, decided_at, rule, policy_version, trail) VALUES (:id, :at, 'machine', 'builtin-1', '[]')"
    at = "2026-11-23T09:00:00.000000+00:00"
    with database.writing.begin() as connection:
        values = {"id": id_, "at": at, "sha": hashlib.sha256(b"x").digest()}
        connection.execute(
            text(
                "INSERT INTO journal (id, accepted_at, reverse_path, recipients, raw_sha256, size_bytes, state)"
                " VALUES (:id, :at, 'a@b.example', '[]', :sha, 1, 'noted')"
            ),
            values,
        )
        connection.execute(text(decided), values)
    migrate.upgrade(database)
    migrate.check(database)
    store = Store(database, utc_now)
    assert _active(store) is None
    with store.reading() as uow:
        decision = uow.journal.get(id_).decision
        assert decision is not None
        assert (decision.rule, decision.policy_version) == ("machine", "builtin-1")
    assert _add(store, FIRST) == 1
    database.close()
