"""Cases that wait for their people: reminders, and the end of a case that nobody answers, as the policy says and not otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailgate.application.cases import comment, operate, unanswered
from mailgate.application.cases.unanswered import LookAfter, look_after
from mailgate.application.policies.documents import PolicyDocument
from mailgate.application.policies.versions import Activate, activate
from mailgate.application.principal import Principal
from mailgate.mail.model import Envelope
from mailgate.rules.reachability import Suppression
from mailgate.runtime.active_policy import shipped
from tests.support.desks.office import EVA, KARI, PER, Office
from tests.support.mails.entries import entry
from tests.support.mails.plain_text import plain_text

CHORES = Principal("system", "chores", "mailgate")
THURSDAY, END = datetime(2026, 11, 26, 7, 30, tzinfo=UTC), datetime(2026, 12, 7, 7, 30, tzinfo=UTC)
"""The case waits from Monday 23 November, 10.00 in Oslo; the third working day, and the seventh after that, at half past eight."""
MINUTE = timedelta(minutes=1)
NOTHING, REMINDED, CLOSED = ({"reminded": r, "closed": c} for r, c in ((0, 0), (1, 0), (0, 1)))


def put_in_force(office: Office, section: str) -> None:
    """Put this section into the policy in force."""
    activate(office.app, EVA, Activate(PolicyDocument((shipped() + section).encode(), "mine.yaml"), "prøve"))


def ask(office: Office) -> None:
    operate.operate(office.app, EVA, operate.Operate("SUP-1", "ask_customer", "Hvilken nettleser bruker du?"))


def look(office: Office, at: datetime) -> dict[str, int]:
    """What the chores do at this time."""
    office.clock.step(at - office.clock())
    return look_after(office.app, CHORES, LookAfter())


def last_text(office: Office, address: str) -> str:
    office.work()
    return plain_text(office.mails(address)[-1])


@pytest.fixture
def waiting(office: Office) -> Office:
    """The case waits for Kari and Per since Monday; reminders after three working days, the end after ten."""
    put_in_force(office, "\nwaiting: {remind_after_days: 3, close_after_days: 10}\n")
    ask(office)
    office.work()
    return office


def test_given_the_policy_that_ships_when_a_case_waits_for_a_year_then_nothing_happens(office: Office) -> None:
    ask(office)
    assert look(office, THURSDAY + timedelta(days=364)) == NOTHING
    assert office.status() == "waiting_customer"


def test_given_a_case_that_waits_when_its_day_comes_then_its_people_are_reminded_once_and_know_the_end(waiting: Office) -> None:
    assert look(waiting, THURSDAY - timedelta(hours=1)) == NOTHING
    assert look(waiting, THURSDAY) == REMINDED
    assert look(waiting, THURSDAY + timedelta(hours=2)) == NOTHING
    assert [one[1] for one in waiting.notices() if one[0] == "reminder"] == [KARI, PER]
    text = " ".join(last_text(waiting, KARI).split())
    assert "venter på svar fra deg." in text
    assert "Hører vi ikke fra deg, lukker vi saken mandag 7. desember." in text
    assert "Hvilken nettleser bruker du?" in text


def test_given_a_reminder_when_nobody_answers_then_the_case_ends_on_the_day_it_said_and_the_mail_says_why(waiting: Office) -> None:
    look(waiting, THURSDAY)
    assert look(waiting, END - timedelta(hours=1)) == NOTHING
    assert look(waiting, END) == CLOSED
    assert waiting.status() == "closed"
    assert "Vi lukket saken fordi vi ikke har hørt fra deg på ti virkedager." in " ".join(last_text(waiting, KARI).split())
    assert look(waiting, END + timedelta(days=30)) == NOTHING


def test_given_a_reminder_when_the_customer_answers_then_the_case_does_not_end(waiting: Office) -> None:
    look(waiting, THURSDAY)
    comment.add_comment(waiting.app, waiting.contact(KARI), comment.AddComment("SUP-1", "Firefox"))
    assert look(waiting, END) == NOTHING
    assert waiting.status() != "closed"


def test_given_a_reminder_when_we_write_again_then_the_days_begin_anew(waiting: Office) -> None:
    look(waiting, THURSDAY)
    comment.add_comment(waiting.app, EVA, comment.AddComment("SUP-1", "Vi trenger det for å komme videre."))
    assert look(waiting, THURSDAY + timedelta(days=1)) == NOTHING
    assert look(waiting, THURSDAY + timedelta(days=5)) == REMINDED


def test_given_a_night_or_a_weekend_when_a_reminder_is_late_then_it_waits_for_the_next_opening(waiting: Office) -> None:
    assert look(waiting, datetime(2026, 11, 26, 21, tzinfo=UTC)) == NOTHING
    assert look(waiting, datetime(2026, 11, 28, 11, tzinfo=UTC)) == NOTHING
    assert look(waiting, datetime(2026, 11, 30, 8, tzinfo=UTC)) == REMINDED


def away(office: Office, until: datetime, *addresses: str) -> None:
    with office.app.store.transaction() as uow:
        uow.contacts.remember_absences({office.contact(address).id: until for address in addresses})


def test_given_people_who_are_all_away_when_the_day_comes_then_days_are_counted_from_when_the_first_is_back(waiting: Office) -> None:
    away(waiting, datetime(2026, 12, 1, 8, tzinfo=UTC), KARI)
    away(waiting, datetime(2026, 12, 9, 8, tzinfo=UTC), PER)
    assert look(waiting, datetime(2026, 12, 3, 8, tzinfo=UTC)) == NOTHING
    assert look(waiting, datetime(2026, 12, 4, 8, tzinfo=UTC)) == REMINDED
    assert [one[1] for one in waiting.notices() if one[0] == "reminder"] == [KARI]


def test_given_a_case_that_has_waited_long_when_a_policy_begins_to_close_then_its_people_are_reminded_first(office: Office) -> None:
    ask(office)
    office.clock.step(timedelta(days=364))
    put_in_force(office, "\nwaiting: {remind_after_days: 3, close_after_days: 10}\n")
    assert look(office, office.clock() + MINUTE) == REMINDED
    assert office.status() == "waiting_customer"


def test_given_no_reminders_when_the_days_are_over_then_the_case_ends(office: Office) -> None:
    put_in_force(office, "\nwaiting: {close_after_days: 3}\n")
    ask(office)
    assert look(office, THURSDAY - timedelta(days=1)) == NOTHING
    assert look(office, THURSDAY) == CLOSED


def test_given_a_policy_that_sends_no_changes_of_status_when_a_case_ends_then_its_people_are_notified_all_the_same(office: Office) -> None:
    text = shipped().replace("participant_added, status_changed]", "participant_added]")
    assert text != shipped()
    document = PolicyDocument((text + "\nwaiting: {close_after_days: 3}\n").encode(), "mine.yaml")
    activate(office.app, EVA, Activate(document, "prøve"))
    ask(office)
    look(office, THURSDAY)
    assert [one[1] for one in office.notices() if one[0] == "status_changed"] == [KARI, PER]


def test_given_a_reminder_that_waits_for_a_daily_mail_when_the_case_moves_on_then_it_is_not_sent(waiting: Office) -> None:
    look(waiting, THURSDAY)
    operate.operate(waiting.app, EVA, operate.Operate("SUP-1", "start"))
    waiting.work()
    assert ("reminder", KARI, "rendered") in waiting.notices()
    assert "venter på svar" not in plain_text(waiting.mails(KARI)[-1])


def test_given_an_answer_that_waits_for_a_person_when_the_days_are_over_then_the_case_does_not_end(waiting: Office) -> None:
    reply = waiting.reply_address("SUP-1", KARI)
    mail = f"From: {KARI}, {PER}\nTo: {reply}\nSubject: Re: sak\nMessage-ID: <svar@kunde.example>\n\nFirefox.\n"
    journal_id = waiting.take(mail, reply, KARI)
    with waiting.app.store.reading() as uow:
        assert uow.journal.get(journal_id).state == "held"
    assert look(waiting, THURSDAY) == NOTHING
    assert look(waiting, END + timedelta(days=30)) == NOTHING


def test_given_mail_that_was_not_read_when_the_days_are_over_then_nothing_happens_before_it_is(waiting: Office) -> None:
    look(waiting, THURSDAY)
    reply = waiting.reply_address("SUP-1", KARI)
    raw = f"From: {KARI}\r\nTo: {reply}\r\nSubject: Re: sak\r\n\r\nFirefox.\r\n".encode()
    with waiting.app.store.transaction() as uow:
        uow.journal.append([replace(entry(0, waiting.clock(), raw=raw, sender=KARI), envelope=Envelope(KARI, (reply,)))])
    assert look(waiting, END) == NOTHING
    with waiting.app.store.transaction() as uow:
        uow.journal.claim(waiting.clock(), 1, timedelta(minutes=5))  # intake is at it
    assert look(waiting, END + MINUTE) == NOTHING
    assert waiting.status() == "waiting_customer"
    waiting.clock.step(timedelta(minutes=5))
    waiting.decide_mail()
    assert look(waiting, END + timedelta(hours=1)) == NOTHING
    assert waiting.status() == "open"


@pytest.mark.parametrize("bounced", ["before", "after"])
def test_given_people_whom_no_mail_reaches_when_the_days_are_over_then_nobody_is_reminded_and_the_case_stays(
    waiting: Office, bounced: str
) -> None:
    if bounced == "after":
        look(waiting, THURSDAY)
    with waiting.app.store.transaction() as uow:
        uow.suppressions.add([Suppression(one, "hard bounce", waiting.clock()) for one in (KARI, PER)])
    assert look(waiting, THURSDAY + timedelta(hours=1)) == NOTHING
    assert look(waiting, END) == NOTHING
    with waiting.app.store.transaction() as uow:
        uow.suppressions.remove([PER])
    assert look(waiting, END + timedelta(hours=1)) == (REMINDED if bounced == "before" else CLOSED)


def test_given_cases_that_were_asked_today_when_looked_after_then_none_is_locked(waiting: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unanswered, "settle", lambda *_: pytest.fail("it cannot be due"))
    assert look(waiting, waiting.clock() + timedelta(hours=2)) == NOTHING


def test_given_an_answer_that_came_this_second_when_the_case_would_end_then_it_stays_open_for_it(waiting: Office) -> None:
    assert look(waiting, THURSDAY) == REMINDED
    waiting.work()
    waiting.clock.step(END - waiting.clock())
    raw = f"From: {KARI}\r\nTo: support@example.test\r\nSubject: Re\r\nMessage-ID: <9@kunde.example>\r\n\r\nFirefox.\r\n".encode()
    came = replace(entry(0, waiting.app.now(), raw=raw, sender=KARI), envelope=Envelope(KARI, (waiting.reply_address("SUP-1", KARI),)))
    with waiting.app.store.transaction() as uow:
        uow.journal.append([came])
    assert look(waiting, END) == NOTHING
    assert waiting.status() == "waiting_customer"
    waiting.decide_mail()
    assert look(waiting, END + MINUTE) == NOTHING
    assert waiting.status() == "open"
