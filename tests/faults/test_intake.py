"""Kill points of the intake stage: one transaction, all or none, once (63, 92); poison (93); the same work by many at once (95)."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest

from tests.support.ledger_check import Tables, asked_again, forget_submissions, journal_count
from tests.support.mails import messages
from tests.support.processes.platforms import Platform
from tests.support.waiting import until

STEPS = ("intake_claimed", "parse", "rules", "case_insert", "outbox_insert", "before_intake_commit", "after_intake_commit")
LEASE_AND_SWEEP_S = 20.0


@pytest.mark.parametrize("step", STEPS)
def test_063_given_a_kill_in_intake_then_a_reply_has_all_of_its_effects_and_once(platform: Platform, step: str) -> None:
    thread = platform.seed.threads[0]
    part = platform.start("worker", step)
    delivery = platform.sending(messages.reply(1, thread)).result(60)
    platform.died(part)
    half_way = Tables(platform.gateway.database_url)
    committed = step == "after_intake_commit"
    assert len(half_way.comments) == len(half_way.decisions) == (1 if committed else 0)
    assert half_way.states() == {"commented" if committed else "pending": 1}

    platform.revive(part)
    tables = platform.finish()

    assert [row.journal_id for row in tables.comments] == [delivery.journal_id]
    assert {row.key: row.status for row in tables.cases}[thread.key] == "open"
    moved = [row for row in tables.events if row.kind == "status_changed" and json.loads(row.facts)["to"] == "open"]
    assert len(moved) == 1
    others = sorted(contact.address for contact in platform.seed.contacts if contact.address != thread.author)
    assert sorted(mail.recipients[0] for mail in platform.sink.mails) == others


@pytest.mark.timing
def test_092_given_a_worker_killed_while_it_holds_a_mail_then_the_lease_ends_and_the_mail_is_done(platform: Platform) -> None:
    part = platform.start("worker", "parse")
    platform.sending(messages.reply(1, platform.seed.threads[0])).result(60)
    platform.died(part, leases_over=False)
    platform.revive(part)
    began = time.monotonic()
    with asked_again(platform.gateway.database_url) as database:
        until(
            lambda: journal_count(database, "commented") == 1,
            LEASE_AND_SWEEP_S,
            "the mail is done after the lease",
            detail=platform.gateway.logs,
        )
    assert time.monotonic() - began < LEASE_AND_SWEEP_S
    platform.finish()


def test_093_given_a_mail_that_kills_its_worker_three_times_then_it_is_set_aside_whole_and_the_rest_goes_on(platform: Platform) -> None:
    poison = messages.unreadable(1)
    part = platform.start("worker", "parse")
    delivery = platform.sending(poison).result(60)
    for death in range(1, 4):
        platform.died(part)
        assert [row.attempts for row in Tables(platform.gateway.database_url).journal] == [death]
        if death < 3:
            part = platform.gateway.start(part.name, kill="parse", wait=False)
    good = platform.sending(messages.reply(2, platform.seed.threads[0]))
    platform.revive(part)
    good.result(60)

    tables = platform.finish()

    assert {row.id: row.state for row in tables.journal} == {delivery.journal_id: "shunted", good.result().journal_id: "commented"}
    raw = platform.gateway.run_raw("journal", "raw", delivery.journal_id)
    assert raw == poison.raw
    assert platform.gateway.ledger()["shunted"] == 1
    platform.gateway.cli("journal", "replay", delivery.journal_id)
    until(lambda: journal_count(platform.gateway.database_url, "shunted") == 0, 30, "the mail is run again", detail=platform.gateway.logs)
    platform.finish()


def test_096_given_a_lost_250_then_a_resend_by_another_route_has_no_second_effect_and_one_after_the_window_has(platform: Platform) -> None:
    platform.start()
    delivery = platform.sending(messages.reply(1, platform.seed.threads[0])).result(60)
    platform.server.resend(delivery)
    mail = delivery.mail
    routed = messages.SampleMail(
        b"Received: from other.legacy.test by mx2.legacy.test; now\r\n" + mail.raw, mail.recipients, mail.reverse_path
    )
    assert platform.server.send(routed).journal_id == delivery.journal_id
    platform.server.deliveries.pop()  # known under the first mail's bytes
    assert len(Tables(platform.gateway.database_url).journal) == 1

    forget_submissions(platform.gateway.database_url, timedelta(days=8))
    late = platform.server.send(mail)
    assert late.journal_id != delivery.journal_id
    platform.server.deliveries.pop()  # the same bytes as the first, and a mail of its own
    tables = platform.finish(others=1)
    assert len(tables.comments) == 2


def test_097_given_other_content_under_the_same_message_id_then_it_is_a_mail_of_its_own(platform: Platform) -> None:
    platform.start()
    thread = platform.seed.threads[0]
    first = messages.mail_text(thread.author, thread.reply_to, "SV: sak", "same@kunde.test", "Det første svaret.")
    second = messages.mail_text(thread.author, thread.reply_to, "SV: sak", "same@kunde.test", "Det andre svaret.")
    assert platform.server.send(first).journal_id != platform.server.send(second).journal_id
    tables = platform.finish()
    assert tables.states() == {"commented": 2}


def test_098_given_no_message_id_then_the_same_content_is_the_same_mail_and_other_content_is_not(platform: Platform) -> None:
    platform.start()
    thread = platform.seed.threads[0]
    raw = f"From: {thread.author}\r\nTo: {thread.reply_to}\r\nSubject: SV: sak\r\n\r\nUten id.\r\n".encode()
    first = platform.server.send(messages.SampleMail(raw, (thread.reply_to,), thread.author))
    platform.server.resend(first)
    other = platform.server.send(messages.SampleMail(raw.replace(b"Uten", b"Heller ikke"), (thread.reply_to,), thread.author))
    doubled = raw.replace(b"Subject", b"Message-ID: <a@b.test>\r\nMessage-ID: <c@d.test>\r\nSubject")
    third = platform.server.send(messages.SampleMail(doubled, (thread.reply_to,), thread.author))
    assert len({first.journal_id, other.journal_id, third.journal_id}) == 3
    tables = platform.finish()
    assert len(tables.journal) == 3


def test_095_given_eight_workers_at_once_then_every_mail_has_one_effect(platform: Platform) -> None:
    if platform.embedded:
        parts = [platform.gateway.start("run", port=platform.gateway.port if n == 0 else -1, wait=False) for n in range(3)]
    else:
        parts = [platform.gateway.start("smtp", wait=False), platform.gateway.start("worker", processes=8, wait=False)]
    for part in parts:
        until(part.ready, 60, f"mailgate {part.name} is ready", detail=part.log)
    mails = [messages.reply(n, platform.seed.threads[n % len(platform.seed.threads)]) for n in range(60)]
    platform.server.send_all([*mails, *(messages.legacy(n) for n in range(20))], sessions=8)
    platform.gateway.settled()
    tables = platform.checked()
    assert tables.states() == {"commented": 60, "redirected": 20}
    assert len(platform.sink.mails) == len({mail.raw for mail in platform.sink.mails})
