"""The breaker of a case: loops whose parts look like people end, and no word of anyone is lost by it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate import metrics
from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext
from mailgate.inbound.guards.case_breaker import CaseLimits
from mailgate.rules.operator_decision import OperatorDecision
from tests.support.desks.desk import OPERATOR, Desk, mail_text
from tests.support.desks.mailroom import Mailroom, Posted

LIMIT, PER_DAY = 10, 50
HOUR = timedelta(hours=1)


def write(desk: Desk, number: int, who: str = "per", body: str = "") -> str:
    """A reply that looks like a person's."""
    contact = desk.per if who == "per" else desk.eva
    text = mail_text(f"{contact.name} <{contact.address}>", f"Re: sak {number}", body or f"Svar nummer {number}.")
    return desk.take(text, desk.reply_address(contact), contact.address)


def operator_does(desk: Desk, operation: str) -> None:
    with desk.store.transaction() as uow:
        uow.cases.write([changes.operate(desk.case, operation, ChangeContext(OPERATOR, desk.clock()))])


def comments(desk: Desk) -> int:
    with desk.store.reading() as uow:
        return sum(one.kind == "comment" for one in uow.cases.comments(desk.case_id))


def muted_events(desk: Desk) -> list[dict[str, str]]:
    with desk.store.reading() as uow:
        return [dict(event.facts) for event in uow.cases.events(desk.case_id) if event.kind == "muted"]


def counted() -> int:
    found = next(line for line in metrics.REGISTRY.text().decode().splitlines() if line.startswith("mailgate_muted_total "))
    return int(float(found.split()[1]))


def test_153_given_a_robot_without_marks_when_it_thanks_for_each_closing_then_the_case_ends_resolved(desk):
    for number in range(2 * LIMIT):
        operator_does(desk, "resolve") if desk.case.status != "resolved" else None
        write(desk, number, body=f"We have received your message and will look into it. Ticket {number}.")
        desk.clock.step(timedelta(minutes=1))
    with desk.store.reading() as uow:
        reopened = [event for event in uow.cases.events(desk.case_id) if event.facts.get("to") == "reopened"]
    assert (len(reopened), desk.case.status, comments(desk)) == (LIMIT, "resolved", 2 * LIMIT)


def test_153_given_a_robot_with_marks_when_it_answers_a_closing_then_the_case_is_not_reopened_once(desk):
    operator_does(desk, "resolve")
    for number in range(LIMIT):
        text = mail_text("Per <per@kunde.example>", f"Automatisk svar {number}", "Mottatt.", "Auto-Submitted: auto-replied\n")
        desk.take(text, desk.reply_address(desk.per))
    assert (desk.case.status, comments(desk)) == ("resolved", 0)


class Forwarder:
    """A mailbox with a rule to send on all that comes, as a mail of its own without marks: what Outlook and Gmail make of `forward`."""

    def __init__(self, owner: str, colleague: str) -> None:
        self.owner, self.colleague, self.sent = owner, colleague, 0

    def takes(self, posted: Posted) -> str:
        """The mail that goes to the colleague and to support."""
        self.sent += 1
        body = f"{posted.text}\n\nVideresendt av {self.owner}, {self.sent}."
        to = f"{self.colleague}, {posted.reply_to}"
        return mail_text(f"<{self.owner}>", f"VS: {posted.message['Subject']} {self.sent}", body, to=to)


def storm(mailroom: Mailroom, pause: timedelta, rounds: int = 200) -> list[Posted]:
    """Two mailboxes that send on to each other and to support what support sends them; all mails that support sends."""
    boxes = {
        mailroom.per.address: Forwarder(mailroom.per.address, mailroom.eva.address),
        mailroom.eva.address: Forwarder(mailroom.eva.address, mailroom.per.address),
    }
    write(mailroom, 0)
    posted = waiting = mailroom.post(pause)
    for _ in range(rounds):
        for mail in waiting:
            mailroom.take(boxes[mail.address].takes(mail), mail.reply_to, mail.address)
        waiting = mailroom.post(pause)
        posted = posted + waiting
        if not waiting:
            break
    return posted


def test_154_given_two_mailboxes_that_forward_to_each_other_and_to_support_when_one_notice_goes_out_then_all_mails_are_twenty_at_most(
    mailroom,
):
    posted = storm(mailroom, timedelta(minutes=2, seconds=1))
    assert LIMIT <= len(posted) <= 20
    assert mailroom.post(HOUR * 48) == []
    assert [int(facts["changes_by_mail"]) for facts in muted_events(mailroom)] == [LIMIT]
    assert comments(mailroom) == len(posted) + 1  # each of them is kept


def test_given_a_case_that_mail_changes_too_often_when_more_comes_then_it_is_kept_and_operators_see_why_once(desk):
    before = counted()
    entries = [write(desk, number, "per" if number % 2 else "eva") for number in range(LIMIT + 5)]
    with desk.store.reading() as uow:
        last = uow.journal.get(entries[-1]).decision
    assert (comments(desk), len(muted_events(desk)), counted() - before) == (LIMIT + 5, 1, 5)
    assert "nobody is notified" in last.reason
    assert (last.state, last.rule) == ("commented", "reply")
    assert sum(kind == "comment_added" for kind, _ in desk.settle_notices()) == LIMIT


def test_given_a_muted_case_when_it_was_calm_for_an_hour_then_people_are_notified_again(desk):
    for number in range(LIMIT + 1):
        write(desk, number)
    desk.settle_notices()
    desk.clock.step(HOUR + timedelta(seconds=1))
    operator_does(desk, "ask_customer")
    desk.settle_notices()
    write(desk, 99)
    assert (desk.case.status, [kind for kind, _ in desk.settle_notices()]) == ("open", ["comment_added", "status_changed"])


def test_given_a_muted_case_when_an_operator_writes_or_another_case_changes_then_people_are_notified(desk):
    for number in range(LIMIT + 1):
        write(desk, number)
    desk.settle_notices()
    operator_does(desk, "resolve")
    assert {kind for kind, _ in desk.settle_notices()} == {"status_changed"}


def test_given_a_held_mail_when_a_person_releases_it_on_a_muted_case_then_people_are_notified(desk):
    for number in range(LIMIT + 1):
        write(desk, number)
    held = desk.take(mail_text("Per <per@kunde.example>", f"[{desk.case.key}] uten token", "Ny adresse"), "support@firma.example")
    assert desk.state(held) == "held"
    desk.settle_notices()
    with desk.store.transaction() as uow:
        uow.journal.reopen([held], desk.clock(), from_states=("held",), operator_decision=OperatorDecision("comment", "Kjersti"))
    desk.intake.run(lambda: False)
    assert (desk.state(held), desk.settle_notices()) == ("commented", [("comment_added", "eva@kunde.example")])


def test_given_machines_that_leave_notes_then_they_count_like_comments(desk):
    for number in range(3 * LIMIT):
        text = mail_text("Eva <eva@kunde.example>", f"Automatisk svar {number}", "Borte.", "Auto-Submitted: auto-replied\n")
        desk.take(text, desk.reply_address(desk.eva), "eva@kunde.example")
    write(desk, 1)
    assert desk.case.status == "waiting_customer"
    assert muted_events(desk) != []


@pytest.mark.parametrize("jump", [timedelta(days=-3), timedelta(minutes=-30)])
def test_given_a_clock_that_was_set_back_when_mail_storms_then_the_breaker_still_opens_and_the_case_is_not_mute_for_days(desk, jump):
    for number in range(LIMIT + 1):
        write(desk, number)
    desk.settle_notices()
    desk.clock.step(jump)
    for number in range(100, 100 + 3 * LIMIT):
        write(desk, number)
    notified = Counter(kind for kind, _ in desk.settle_notices())["comment_added"]
    assert notified == (LIMIT if -jump > HOUR else 0)
    desk.clock.step(HOUR + HOUR)
    write(desk, 999)
    assert desk.settle_notices() != []


def loop(desk: Desk, mails: int, pause: timedelta, begin: int = 0) -> int:
    """That many replies with this pause between them; how many of them somebody was notified of."""
    notified = 0
    for number in range(begin, begin + mails):
        write(desk, number)
        notified += sum(kind == "comment_added" for kind, _ in desk.settle_notices())
        desk.clock.step(pause)
    return notified


SLOW = timedelta(minutes=6, seconds=40)  # nine an hour: the hour's window never fills


def test_given_a_slow_loop_when_it_goes_on_for_three_days_then_it_is_muted_after_the_days_share_and_stays_so(desk):
    assert loop(desk, 3 * 24 * 9, SLOW) == PER_DAY
    assert comments(desk) == 3 * 24 * 9
    assert len(muted_events(desk)) == 1
    with desk.store.reading() as uow:
        last = uow.journal.get(uow.journal.list(limit=1)[0].id).decision
    assert "within a day" in last.reason


def test_given_a_slow_loop_that_was_muted_when_the_case_was_calm_for_a_day_then_people_are_notified_again(desk):
    loop(desk, PER_DAY + 5, SLOW)
    desk.clock.step(timedelta(days=1))
    assert loop(desk, 1, SLOW, begin=900) == 1


def test_given_a_limit_by_the_day_when_it_is_set_then_it_holds(desk):
    desk.intake._options = replace(desk.intake._options, case_limits=CaseLimits(per_hour=1000, per_day=3))
    assert loop(desk, 9, timedelta(seconds=1)) == 3


@pytest.mark.parametrize("jump", [timedelta(days=-30), timedelta(days=30), timedelta(hours=-5)])
def test_given_a_clock_that_jumps_when_a_slow_loop_goes_on_then_it_gets_one_more_days_share_at_most_and_ends_muted(desk, jump):
    before = loop(desk, 2 * PER_DAY, SLOW)
    desk.clock.step(jump)
    after = loop(desk, 2 * PER_DAY, SLOW, begin=1000)
    assert before == PER_DAY
    assert after <= PER_DAY
    assert loop(desk, 9, SLOW, begin=2000) == 0
