"""When somebody who wants one mail a day gets it: at their hour, in the policy's zone, and not while they are away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailgate.outbound.freeze import Group
from mailgate.outbound.wishes import digest_at
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
