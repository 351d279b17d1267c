"""Kill points of the notify and send stages (64 to 66) and fencing (94): a notice comes at least once, an automatic answer at most once."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from tests.support.ledger_check import Tables, expire_leases, message_id_of
from tests.support.mails import messages
from tests.support.processes.platforms import Platform
from tests.support.processes.sink import Trickle
from tests.support.waiting import until

NOTIFY = ("notices_claimed", "before_freeze_commit", "after_freeze_commit")
BEFORE_THE_DOT = ("send_claimed", "before_smtp_connect", "after_MAIL", "after_RCPT", "mid_DATA")
AFTER_THE_DOT = ("after_final_dot_before_reply", "after_250_before_mark_sent")


def _copies(platform: Platform) -> Counter[str]:
    return Counter(message_id_of(mail.raw) for mail in platform.sink.mails)


def _killed(platform: Platform, step: str, mail: messages.SampleMail) -> None:
    platform.gateway.write(outbound={"connections": 1})  # a mail on a second connection would die at another step
    part = platform.start("worker", step)
    platform.sending(mail).result(60)
    platform.died(part)
    platform.revive(part)


@pytest.mark.parametrize("step", NOTIFY)
def test_063_given_a_kill_while_a_notice_is_made_then_each_recipient_gets_it_once(platform: Platform, step: str) -> None:
    _killed(platform, step, messages.reply(1, platform.seed.threads[0]))
    tables = platform.finish()
    assert sorted(_copies(platform).values()) == [1, 1]
    assert tables.states("outbox") == {"sent": 2}


@pytest.mark.parametrize("step", BEFORE_THE_DOT)
def test_064_given_a_kill_before_the_final_dot_then_the_notice_is_sent_again_and_comes_once(platform: Platform, step: str) -> None:
    _killed(platform, step, messages.reply(1, platform.seed.threads[0]))
    tables = platform.finish()
    assert sorted(_copies(platform).values()) == [1, 1]
    assert tables.states("outbox") == {"sent": 2}


@pytest.mark.parametrize("step", AFTER_THE_DOT)
def test_065_given_a_kill_after_the_final_dot_then_the_notice_may_come_twice_under_one_message_id_and_that_is_shown(
    platform: Platform, step: str
) -> None:
    part = platform.start("worker", step)
    platform.sending(messages.reply(1, platform.seed.threads[0])).result(60)
    platform.died(part)
    platform.sink.always("DOT", "451 4.3.0 later")
    platform.revive(part)
    expire_leases(platform.gateway.database_url)
    until(
        lambda: any(mail["maybe_sent"] for mail in platform.gateway.json("outbox", "list")),
        20,
        "the doubt is shown",
        detail=platform.gateway.logs,
    )
    platform.sink.well()

    tables = platform.finish(copies=2)

    assert set(_copies(platform).values()) <= {1, 2}
    assert len(_copies(platform)) == len(tables.outbox) == 2


@pytest.mark.parametrize("step", AFTER_THE_DOT)
def test_065_given_a_kill_after_the_final_dot_then_an_automatic_answer_is_uncertain_and_never_sent_again(
    platform: Platform, step: str
) -> None:
    _killed(platform, step, messages.legacy(1))
    tables = platform.finish()
    assert tables.states("outbox") == {"uncertain": 1}
    assert len(platform.sink.mails) <= 1
    assert [mail["state"] for mail in platform.gateway.json("outbox", "list")] == ["uncertain"]


def test_066_given_a_kill_between_the_recipients_of_a_change_then_only_those_without_an_answer_are_tried_again(platform: Platform) -> None:
    part = platform.start("worker", "mid_mark_sent")
    platform.gateway.cli("case", "comment", platform.seed.keys[0], "Vi ser på saken.")
    platform.died(part)
    before = {row.message_id: row.state for row in Tables(platform.gateway.database_url).outbox}
    once = _copies(platform)
    platform.revive(part)

    tables = platform.finish(copies=2)

    assert len(tables.outbox) == 3
    recorded = {message_id for message_id, state in before.items() if state == "sent"}
    after = _copies(platform)
    assert all(after[message_id] == once[message_id] == 1 for message_id in recorded)
    assert set(after) == {row.message_id for row in tables.outbox}
    assert tables.states("outbox") == {"sent": 3}


def test_094_given_a_worker_that_sleeps_past_its_lease_when_it_wakes_then_it_sends_no_final_dot(platform: Platform) -> None:
    platform.sink.on("DATA", Trickle("354 go ahead", 0.5))
    sleeper = platform.start("worker")
    platform.sending(messages.legacy(1)).result(60)
    until(lambda: "DATA" in platform.sink.commands, 20, "the mail is about to be sent", detail=platform.gateway.logs)
    sleeper.signal(signal.SIGSTOP)
    expire_leases(platform.gateway.database_url)
    other = platform.gateway.start(sleeper.name, port=-1)
    until(
        lambda: Tables(platform.gateway.database_url).states("outbox") == {"uncertain": 1},
        30,
        "another worker takes over",
        detail=other.log,
    )

    sleeper.signal(signal.SIGCONT)
    until(lambda: "lease" in sleeper.log(), 30, "the sleeper sees that its lease is over", detail=sleeper.log)

    platform.finish()
    assert platform.sink.mails == []
    assert Tables(platform.gateway.database_url).states("outbox") == {"uncertain": 1}
