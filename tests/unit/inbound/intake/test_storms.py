"""Storms at full size: thousands of mails straight through journal and intake, on a real database."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.support.desks.desk import Desk, mail_text, submission
from tests.support.harness.machine_work import counted

pytestmark = pytest.mark.slow


@pytest.mark.timing
def test_178_given_five_thousand_replies_with_alternating_tokens_when_they_come_then_work_is_linear_and_the_breaker_opens(desk: Desk):
    people = [(desk.per, desk.reply_address(desk.per)), (desk.eva, desk.reply_address(desk.eva))]
    work, took = [], []
    for start in range(0, 5000, 500):
        mails = [(number, *people[number % 2]) for number in range(start, start + 500)]
        desk.journal.append_many(
            [submission(mail_text(f"<{who.address}>", f"Re: sak {n}", f"Svar nummer {n}."), to, who.address) for n, who, to in mails]
        )
        began = time.process_time()
        with counted(desk.store.database) as done:
            desk.intake.run(lambda: False)
        work.append(done.units)
        took.append(time.process_time() - began)
    with desk.store.reading() as uow:
        comments = uow.cases.comments(desk.case_id)
        assert sum(event.kind == "muted" for event in uow.cases.events(desk.case_id)) == 2  # by the hour, then by the day
    assert [one.text for one in comments] == [f"Svar nummer {n}." for n in range(5000)]
    assert len([kind for kind, _ in desk.settle_notices() if kind == "comment_added"]) == 10
    assert max(work[1:]) < 1.3 * min(work[1:]), work
    assert sum(took) < 60, took


@pytest.mark.timing
def test_148_given_ten_thousand_mails_with_forged_victims_when_they_flood_then_each_victim_gets_one_and_all_together_the_cap(desk: Desk):
    """2,000 victims in 500 domains, five mails each, from many clients, each with words of its own, within one hour."""
    began = time.process_time()
    for start in range(0, 10_000, 1000):
        flood = []
        for n in range(start, start + 1000):
            victim = f"offer{n % 2000}@sted{n % 500}.example"
            text = mail_text(f"Offer <{victim}>", f"Kjøp nå {n}", f"Klikk http://ond.example/{n}")
            flood.append(submission(text, "support@firma.example", victim, f"198.51.{n // 250}.{n % 250}"))
        desk.journal.append_many(flood)
        desk.intake.run(lambda: False)
    victims: list[str] = []
    while notified := desk.settle_notices():
        victims += [address for _, address in notified]
    with desk.store.reading() as uow:
        ledger = uow.ledger.figures()
    assert len(victims) == len(set(victims)) == 1000  # AnswerLimits.global_per_hour
    assert Counter(address.rpartition("@")[2] for address in victims).most_common(1)[0][1] <= 100
    assert (ledger["accepted"], ledger["redirected"]) == (10_000, 10_000)  # the rest is kept and seen, only not answered
    assert time.process_time() - began < 90
