"""A mail whose stored bytes have changed is set aside with an error of its own; other mail goes on."""

from __future__ import annotations

import pytest

from mailgate.errors import CorruptContent
from mailgate.store.repositories.journal import CORRUPT
from mailgate.store.schema import blobs
from tests.support.desks.desk import mail_text, submission


@pytest.mark.parametrize("change", ["changed", "missing"])
def test_point_17_given_bytes_that_have_changed_when_intake_claims_them_then_they_are_set_aside_and_the_next_mail_is_done(desk, change):
    first = submission(mail_text("Per Nes <per@kunde.example>", body="En"), desk.reply_address(desk.per), "per@kunde.example")
    second = submission(mail_text("Per Nes <per@kunde.example>", body="To"), desk.reply_address(desk.per), "per@kunde.example")
    changed, intact = (receipt.journal_id for receipt in desk.journal.append_many([first, second]))
    with desk.store.reading() as uow:
        sha256 = uow.journal.get(changed).raw_sha256
    with desk.store.database.writing.begin() as connection:
        where = blobs.c.sha256 == sha256
        connection.execute(blobs.delete().where(where) if change == "missing" else blobs.update().where(where).values(content=b"x"))

    desk.intake.run(lambda: False)

    with desk.store.reading() as uow:
        entry = uow.journal.get(changed)
        assert (entry.state, entry.error) == ("shunted", CORRUPT)
        assert uow.journal.get(intact).state == "commented"
        if change == "changed":
            with pytest.raises(CorruptContent):
                uow.journal.raw(changed)
            with pytest.raises(CorruptContent):
                uow.blobs.get(sha256)
            assert uow.history.contents([sha256]) == {}


def test_point_17_given_only_changed_bytes_when_intake_runs_then_it_ends_and_takes_nothing(desk):
    one = submission(mail_text("Per Nes <per@kunde.example>", body="En"), desk.reply_address(desk.per), "per@kunde.example")
    desk.journal.append_many([one])
    with desk.store.database.writing.begin() as connection:
        connection.execute(blobs.update().values(content=b"x"))
    assert desk.intake.run(lambda: False) == 0
