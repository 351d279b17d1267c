"""Agreements of a document: half days, days off, names of its own; due times over them; and what customers are told of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.rules.agreement_words import in_words, promised
from mailgate.rules.agreements import Agreement, OpeningSpan, next_open, open_spans, respond_by, within_hours
from mailgate.rules.chain import run
from mailgate.rules.document.loader import load
from mailgate.rules.examples import facts_of
from mailgate.rules.special_days import DayOfYear, day_of_year, easter_sunday

OSLO = ZoneInfo("Europe/Oslo")
DOCUMENT = """
rules:
  - {name: late, when: {respond_by.hours: {over: 60}}, then: hold}
  - {name: half, when: {respond_by: "2026-04-01T12:00"}, then: create}
  - {name: phone, when: {agreement.phone_open: true}, then: note}
  - {name: holiday, when: {time.holiday: true, within_hours: false, agreement.response: 4 working_hours}, then: discard}
  - {name: default, when: always, then: redirect}
agreements:
  enkel:
    hours: &H
    response: {amount: 2, unit: working_days}
    special_days: &D
  gull:
    labels: {nb: Gullavtale, nn: Gullavtale, en: Gold support}
    hours: &H
    phone: {saturday: "10-12", monday: "07-17"}
    response: {amount: 4, unit: working_hours}
    special_days: &D
  havn:
    hours: {monday: "22-24", tuesday: "00-06", friday: "00-24"}
    response: {amount: 9, unit: working_hours}
    closed_on_holidays: false
    zone: Asia/Tokyo
"""
HOURS = '{monday: "08-16", tuesday: "08-16", wednesday: "08-16", thursday: "08-16", friday: "08-15"}'
DAYS = (
    '[{day: easter-4, hours: "08-12"}, {day: 12-24, hours: "08-12"}, {day: 12-31, hours: "08-12"}, {day: 2026-05-15, hours: ""},'
    ' {day: 2026-11-28, hours: "10-14"}, {day: 2027-12-31, hours: "08-15"}]'
)


def _policy():
    document = load(DOCUMENT.replace("&H", HOURS).replace("&D", DAYS).encode())
    assert document.problems == ()
    return document.policy


POLICY = _policy()
ENKEL, GULL, HAVN = (POLICY.agreements[key] for key in ("enkel", "gull", "havn"))


def oslo(text):
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


OPEN = [  # agreement, channel, local time, open
    (ENKEL, "handling", "2026-04-01T11:59", True),  # the Wednesday before Easter
    (ENKEL, "handling", "2026-04-01T12:00", False),
    (ENKEL, "handling", "2027-03-24T12:00", False),  # and the year after
    (ENKEL, "handling", "2027-03-24T09:00", True),
    (ENKEL, "handling", "2026-12-24T11:00", True),
    (ENKEL, "handling", "2026-12-24T13:00", False),
    (ENKEL, "handling", "2022-12-24T11:00", False),  # a Saturday stays closed
    (ENKEL, "handling", "2026-05-15T10:00", False),  # the Friday after Ascension Day, off in this year alone
    (ENKEL, "handling", "2015-05-15T10:00", True),
    (ENKEL, "handling", "2026-11-28T13:59", True),  # a Saturday that is worked
    (ENKEL, "handling", "2027-12-31T14:59", True),  # a single date goes before the day of every year
    (ENKEL, "handling", "2026-12-31T14:59", False),
    (GULL, "phone", "2026-12-21T16:30", True),
    (GULL, "phone", "2026-11-28T11:00", True),
    (GULL, "phone", "2026-11-28T13:00", False),
    (GULL, "phone", "2029-12-31T13:00", False),  # a Monday, and a half day for the telephone, too
    (GULL, "phone", "2029-12-31T11:00", True),
    (ENKEL, "handling", "2026-05-17T10:00", False),
    (ENKEL, "handling", "2026-05-25T10:00", False),  # Whit Monday
    (ENKEL, "handling", "2027-05-17T10:00", False),
    (ENKEL, "handling", "2027-05-06T10:00", False),  # Ascension Day
]


@pytest.mark.parametrize(("agreement", "channel", "at", "is_open"), OPEN)
def test_given_a_document_with_special_days_when_the_hours_are_asked_then_they_count(agreement, channel, at, is_open):
    assert within_hours(agreement, oslo(at), channel) is is_open


DUE = [  # agreement, received (local), due (local)
    (ENKEL, "2026-03-30T10:00", "2026-04-01T12:00"),  # ends with the half day
    (ENKEL, "2026-03-31T10:00", "2026-04-07T16:00"),  # the half day is a working day, Easter is none
    (ENKEL, "2026-04-01T13:00", "2026-04-08T16:00"),
    (ENKEL, "2026-04-04T10:00", "2026-04-08T16:00"),  # Easter Saturday
    (ENKEL, "2026-05-13T10:00", "2026-05-19T16:00"),  # Ascension Day, the day off, the weekend
    (ENKEL, "2026-05-22T14:00", "2026-05-27T16:00"),  # over Whitsun
    (ENKEL, "2026-04-29T09:00", "2026-05-04T16:00"),  # 1 May
    (ENKEL, "2026-12-22T09:00", "2026-12-24T12:00"),
    (ENKEL, "2026-12-23T09:00", "2026-12-28T16:00"),
    (ENKEL, "2026-12-30T09:00", "2027-01-04T16:00"),  # over the end of the year
    (ENKEL, "2026-12-31T23:59", "2027-01-05T16:00"),
    (ENKEL, "2027-01-01T00:00", "2027-01-05T16:00"),
    (ENKEL, "2026-11-26T09:00", "2026-11-28T14:00"),  # the Saturday that is worked
    (ENKEL, "2028-02-28T09:00", "2028-03-01T16:00"),  # 29 February
    (GULL, "2026-04-01T09:00", "2026-04-07T09:00"),  # three hours before Easter, one after
    (GULL, "2026-04-01T08:00", "2026-04-01T12:00"),
    (GULL, "2026-12-31T10:00", "2027-01-04T10:00"),
    (GULL, "2026-12-24T11:30", "2026-12-28T11:30"),
    (GULL, "2026-10-23T14:00", "2026-10-26T11:00"),  # Friday closes at 15; the clock goes back on Sunday
    (GULL, "2026-03-27T14:00", "2026-03-30T11:00"),
    (GULL, "2027-05-14T14:30", "2027-05-18T11:30"),  # over the weekend and 17 May
]


@pytest.mark.parametrize(("agreement", "received", "due"), DUE)
def test_given_a_document_with_special_days_when_a_mail_comes_then_the_answer_is_due_as_the_table_says(agreement, received, due):
    assert respond_by(agreement, oslo(received)) == oslo(due)


def test_given_another_zone_and_hours_over_midnight_when_due_is_asked_then_they_are_counted_there():
    tokyo = ZoneInfo("Asia/Tokyo")
    monday = datetime(2026, 3, 2, 23, 0, tzinfo=tokyo)
    assert respond_by(HAVN, monday) == datetime(2026, 3, 6, 2, 0, tzinfo=tokyo)


OPENS = [
    ("2026-03-02T12:00", "2026-03-02T12:00"),
    ("2026-03-02T16:00", "2026-03-03T08:00"),
    ("2026-03-06T15:30", "2026-03-09T08:00"),
    ("2026-04-01T12:00", "2026-04-07T08:00"),
    ("2026-12-31T12:30", "2027-01-04T08:00"),
    ("2026-03-02T07:59:59", "2026-03-02T08:00"),
]


@pytest.mark.parametrize(("at", "opens"), OPENS)
def test_given_a_time_when_the_next_opening_is_asked_then_it_is_now_or_the_next_morning_of_work(at, opens):
    assert next_open(ENKEL, oslo(at)) == oslo(opens)


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
AGREEMENTS = st.sampled_from([ENKEL, GULL, HAVN])


@given(INSTANTS, AGREEMENTS)
def test_given_any_time_when_due_is_asked_then_it_is_later_inside_the_hours_and_never_before_the_next_opening(at, agreement):
    due = respond_by(agreement, at)
    assert due > at
    assert within_hours(agreement, due - timedelta(microseconds=1))
    assert due > next_open(agreement, at) >= at
    assert within_hours(agreement, next_open(agreement, at))


@given(INSTANTS, st.integers(0, 20 * 24 * 60), AGREEMENTS)
def test_given_two_mails_when_one_comes_later_then_neither_its_answer_nor_its_opening_is_earlier(at, minutes, agreement):
    later = at + timedelta(minutes=minutes)
    assert respond_by(agreement, at) <= respond_by(agreement, later)
    assert next_open(agreement, at) <= next_open(agreement, later)


@given(INSTANTS, st.integers(1, 8), st.sampled_from(["working_days", "working_hours"]))
def test_given_a_longer_response_time_when_due_is_asked_then_it_is_never_earlier(at, amount, unit):
    def due(more):
        return respond_by(Agreement("x", GULL.hours, type(GULL.response)(amount + more, unit), special_days=GULL.special_days), at)

    assert due(0) < due(1)


@given(INSTANTS)
def test_given_four_working_hours_when_due_is_asked_then_exactly_so_much_opening_time_lies_between(at):
    at = at.replace(second=0, microsecond=0)
    due, day, opened = respond_by(GULL, at), at.astimezone(OSLO).date(), timedelta(0)
    while day <= due.astimezone(OSLO).date():
        for span in open_spans(GULL, day):
            begins, ends = (
                datetime(day.year, day.month, day.day, m // 60, m % 60, tzinfo=OSLO).astimezone(UTC)
                for m in (span.opens_min, span.closes_min)
            )
            opened += max(min(ends, due) - max(begins, at), timedelta(0))
        day += timedelta(days=1)
    assert opened == timedelta(hours=4)


@pytest.mark.parametrize(
    ("given_", "rule"),
    [
        ({"time.date": "2026-03-30", "time.hour": 10}, "half"),
        ({"time.date": "2026-04-01", "time.hour": 14}, "late"),
        ({"time.date": "2026-12-21", "time.hour": 16, "agreement": "gull"}, "phone"),
        ({"time.date": "2026-05-25", "time.hour": 12, "agreement": "gull"}, "holiday"),
        ({"time.date": "2026-03-02", "time.hour": 12}, "default"),
    ],
)
def test_given_rules_over_the_agreement_when_a_mail_comes_then_the_documents_values_decide(given_, rule):
    assert run(POLICY, facts_of(given_)).rule == rule


def test_given_easter_when_computed_then_it_is_the_librarys_for_two_centuries():
    for year in range(1950, 2100):
        known = holidays.country_holidays("NO", years=[year])
        assert easter_sunday(year).weekday() == 6
        assert all(easter_sunday(year) + timedelta(days=days) in known for days in (-3, -2, 0, 1, 39, 50))


@pytest.mark.parametrize("text", ["24-12", "02-30", "2026-02-29", "easter4", "easter-400", "24. desember", "", "12-24-2026", "٢٠٢٦-٠٥-١٥"])
def test_given_a_day_that_is_none_when_read_then_it_is_an_error(text):
    with pytest.raises(ValueError, match=r"is no day|no calendar"):
        day_of_year(text)


@pytest.mark.parametrize(
    ("text", "when", "falls"),
    [
        ("easter", date(2026, 4, 5), True),
        ("easter-4", date(2026, 4, 1), True),
        ("easter+50", date(2026, 5, 25), True),
        ("easter+1", date(2026, 4, 5), False),
        ("02-29", date(2028, 2, 29), True),
        ("2026-05-15", date(2027, 5, 15), False),
    ],
)
def test_given_a_day_as_written_when_it_comes_then_it_falls_on_it(text, when, falls):
    assert day_of_year(text).falls_on(when) is falls


def test_given_too_many_special_days_or_overlapping_hours_when_made_then_it_is_an_error():
    special = type(ENKEL.special_days[0])
    for days in (
        (special(DayOfYear(month=1, day=1)),) * 61,
        (special(DayOfYear(month=1, day=1), (OpeningSpan(0, 60), OpeningSpan(30, 90))),),
    ):
        with pytest.raises(ValueError, match="special days"):
            Agreement("odd", ENKEL.hours, ENKEL.response, special_days=days)


def said(agreement, language, received, now=None):
    found = promised(agreement, language, oslo(received), oslo(now or received))
    return found.respond_by, found.opens, found.exceptions


@pytest.mark.parametrize(
    ("language", "received", "expected"),
    [
        ("nb", "2026-03-02T10:00", ("onsdag 4. mars kl. 16.00", "", "")),
        (
            "nb",
            "2026-04-01T13:00",
            (
                "onsdag 8. april kl. 16.00",
                "tirsdag 7. april kl. 08.00",
                "onsdag 1. april 08.00–12.00, torsdag 2. april stengt, fredag 3. april stengt, mandag 6. april stengt",
            ),
        ),
        (
            "nn",
            "2026-12-30T17:00",
            (
                "måndag 4. januar 2027 kl. 16.00",
                "torsdag 31. desember kl. 08.00",
                "torsdag 31. desember 08.00–12.00, fredag 1. januar stengt",
            ),
        ),
        (
            "en",
            "2026-03-28T12:00",
            (
                "Tuesday 31 March at 16:00",
                "Monday 30 March at 08:00",
                "Wednesday 1 April 08:00–12:00, Thursday 2 April closed, Friday 3 April closed",
            ),
        ),
        ("en", "2026-10-23T12:00", ("Tuesday 27 October at 16:00", "", "")),
    ],
)
def test_given_a_mail_when_its_agreement_is_quoted_then_due_time_opening_and_coming_exceptions_are_said(language, received, expected):
    assert said(ENKEL, language, received) == expected


def test_given_a_mail_that_waited_when_it_is_answered_then_the_due_time_is_the_receipts_and_the_opening_is_nows():
    assert said(ENKEL, "nb", "2026-03-02T17:00", "2026-03-03T09:00")[:2] == ("onsdag 4. mars kl. 16.00", "")


def test_given_a_name_in_the_document_when_put_into_words_then_it_is_said():
    assert [in_words(GULL, language).name for language in ("nb", "en", "fi")] == ["Gullavtale", "Gold support", "Gullavtale"]
    assert in_words(GULL, "nb").hours == "mandag–torsdag 08.00–16.00, fredag 08.00–15.00"
