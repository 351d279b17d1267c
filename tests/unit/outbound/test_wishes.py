"""When somebody who wants one mail a day gets it: at their hour, in the policy's zone, and not while they are away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailgate.cases import changes
from mailgate.outbound.freeze import Group
from mailgate.outbound.wishes import digest_at
from mailgate.store.repositories.outbox.lane import Lane
from mailgate.store.repositories.portal import NoticeChoice
from tests.unit.outbound.conftest import OPERATOR

OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture
def group(scene, stage) -> Group:
    scene.comment("Hei", actor=OPERATOR)
    with scene.store.transaction() as uow:
        claims = uow.notices.claim(scene.clock() + timedelta(hours=1), 50, timedelta(hours=1))
    return Group(tuple(one for one in claims if one.contact_id == scene.kari.id), scene.kari)


@pytest.mark.parametrize(
    ("hour", "away_until", "due"),
    [
        (7, None, datetime(2026, 11, 24, 7, tzinfo=OSLO)),
        (16, None, datetime(2026, 11, 23, 16, tzinfo=OSLO)),
        (0, None, datetime(2026, 11, 24, 0, tzinfo=OSLO)),
        (7, datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 11, 30, 7, tzinfo=OSLO)),
        (7, datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 24, 7, tzinfo=OSLO)),
    ],
)
def test_given_an_hour_and_an_absence_when_asked_then_the_daily_mail_is_due_then(group, hour, away_until, due):
    person = replace(group.contact, away_until=away_until)
    assert digest_at(replace(group, contact=person), OSLO, hour) == due


def test_given_a_reader_of_digests_who_is_away_when_composed_then_nothing_leaves_until_they_are_back(scene, stage):
    with scene.store.transaction() as uow:
        uow.portal.choose(scene.kari.id, NoticeChoice("digest", 9))
        uow.contacts.remember_absences({scene.kari.id: datetime(2026, 11, 27, tzinfo=UTC)})
    scene.comment("Hei")
    scene.clock.step(timedelta(days=2))
    stage.run()
    assert [mail.address for mail in scene.mails()] == [scene.per.address]
    scene.clock.step(timedelta(days=2))
    stage.run()
    assert [mail.address for mail in scene.mails()] == [scene.per.address, scene.kari.address]
    with scene.store.reading() as uow:
        assert uow.outbox._connection.exec_driver_sql("SELECT lane FROM outbox WHERE address = 'kari@kunde.example'").scalar_one() == 3


@pytest.fixture
def reader_of_digests(scene):
    with scene.store.transaction() as uow:
        uow.portal.choose(scene.kari.id, NoticeChoice("digest", 9))
    return scene.kari


def _lane_of(scene, address: str) -> list[int]:
    with scene.store.reading() as uow:
        found = uow.outbox._connection.exec_driver_sql(f"SELECT lane FROM outbox WHERE address = '{address}' ORDER BY id")
        return list(found.scalars())


def test_given_a_reader_of_digests_when_their_case_is_new_then_the_receipt_goes_at_once_and_with_the_haste_of_all(
    scene, stage, reader_of_digests
):
    new = changes.NewCase(124, "SUP-124", reader_of_digests, "Ny sak", "Hei", case_type="spørsmål", priority="normal")
    scene.write(changes.create_case(new, scene.context()))
    scene.clock.step(timedelta(seconds=11))
    stage.run()
    assert _lane_of(scene, reader_of_digests.address) == [Lane.NORMAL]


def test_given_a_reader_of_digests_when_a_solution_is_proposed_then_the_daily_mail_is_urgent(scene, stage, reader_of_digests):
    for operation in ("investigate", "propose"):
        scene.write(changes.operate(scene.case, operation, scene.context()))
    scene.clock.step(timedelta(days=1))
    stage.run()
    assert _lane_of(scene, reader_of_digests.address) == [Lane.URGENT]
