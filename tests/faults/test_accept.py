"""Kill points of the accept stage (58 to 62): what was promised is there, what was not is sent again, and nothing is there twice."""

from __future__ import annotations

import pytest

from tests.support.ledger_check import journal_count
from tests.support.mails import messages
from tests.support.processes.platforms import Platform
from tests.support.waiting import until


def _killed_and_resent(platform: Platform, kill: str) -> None:
    """One mail meets the kill; its sender tries on; the part comes back."""
    part = platform.start("smtp", kill)
    sending = platform.sending(messages.reply(1, platform.seed.threads[0]))
    platform.died(part)
    platform.revive(part)
    delivery = sending.result(60)
    assert len(delivery.accepted) == 1
    assert delivery.deferred, "the first try must not have been answered with 250"


def _one_comment(platform: Platform) -> None:
    tables = platform.finish()
    assert len(tables.journal) == 1
    assert len(tables.comments) == 1
    assert tables.states("journal") == {"commented": 1}


def test_058_given_a_kill_before_the_journal_write_then_the_resent_mail_is_taken_once(platform: Platform) -> None:
    _killed_and_resent(platform, "before_journal_write")
    _one_comment(platform)


def test_059_given_a_kill_after_the_write_and_before_the_flush_then_nothing_of_it_is_left_and_the_resent_mail_is_taken_once(
    platform: Platform,
) -> None:
    part = platform.start("smtp", "after_journal_write_before_fsync")
    sending = platform.sending(messages.reply(1, platform.seed.threads[0]))
    platform.died(part)
    assert journal_count(platform.gateway.database_url) == 0
    platform.revive(part)
    assert len(sending.result(60).accepted) == 1
    _one_comment(platform)


def test_060_given_a_kill_right_after_the_commit_then_the_resent_mail_gets_the_id_of_the_first(platform: Platform) -> None:
    part = platform.start("smtp", "after_fsync_before_commit")
    sending = platform.sending(messages.reply(1, platform.seed.threads[0]))
    platform.died(part)
    assert journal_count(platform.gateway.database_url) == 1
    platform.revive(part)
    assert len(sending.result(60).accepted) == 1
    _one_comment(platform)


@pytest.mark.parametrize("kind", ["comment", "automatic answer"])
def test_061_given_a_kill_after_the_commit_and_before_250_then_the_resend_gets_the_first_id_and_has_no_second_effect(
    platform: Platform, kind: str
) -> None:
    part = platform.start("smtp", "after_commit_before_250")
    mail = messages.reply(1, platform.seed.threads[0]) if kind == "comment" else messages.legacy(1)
    sending = platform.sending(mail)
    platform.died(part)
    assert journal_count(platform.gateway.database_url) == 1
    platform.revive(part)
    delivery = sending.result(60)
    assert delivery.deferred
    platform.server.resend(delivery)

    tables = platform.finish()
    assert [row.id for row in tables.journal] == [delivery.journal_id]
    assert len(tables.comments) == (1 if kind == "comment" else 0)
    assert sum(row.at_most_once for row in tables.outbox) == (0 if kind == "comment" else 1)


def test_062_given_a_kill_after_250_and_before_the_wakeup_then_the_sweeper_finds_the_mail(platform: Platform) -> None:
    part = platform.start("smtp", "after_250_before_enqueue")
    delivery = platform.sending(messages.reply(1, platform.seed.threads[0])).result(60)
    assert delivery.tries == 1, delivery.deferred
    platform.died(part)
    platform.revive(part)
    until(lambda: journal_count(platform.gateway.database_url, "commented") == 1, 30, "the mail is processed", detail=platform.gateway.logs)
    _one_comment(platform)
