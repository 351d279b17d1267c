"""Opening hours and due times: the guide's table, weekends, Easter, 17 May, and both changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.rules.agreements import (
    SUPPORTWEB_AGREEMENTS,
    Agreement,
    OpeningSpan,
    ResponseTime,
    hours,
    is_holiday,
    respond_by,
    within_hours,
)

OSLO = ZoneInfo("Europe/Oslo")
ENKEL, STANDARD, UTVIDET = (SUPPORTWEB_AGREEMENTS[key] for key in ("enkel", "standard", "utvidet"))
ALWAYS = Agreement("always", (hours("00.00-24.00"),) * 7, ResponseTime(4, "working_hours"), closed_on_holidays=False)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def oslo(text):
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


OPEN = [  # agreement, channel, local time, open
    (ENKEL, "handling", "2026-03-02T08:00", True),
    (ENKEL, "handling", "2026-03-02T07:59:59", False),
    (ENKEL, "handling", "2026-03-02T15:59:59", True),
    (ENKEL, "handling", "2026-03-02T16:00", False),
    (ENKEL, "handling", "2026-03-07T12:00", False),  # Saturday
    (ENKEL, "phone", "2026-03-02T12:00", False),
    (STANDARD, "phone", "2026-03-02T12:00", True),
    (UTVIDET, "handling", "2026-03-02T18:00", False),
    (UTVIDET, "phone", "2026-03-02T22:59", True),
    (UTVIDET, "phone", "2026-03-07T15:59", True),
    (UTVIDET, "phone", "2026-03-07T16:00", False),
    (UTVIDET, "phone", "2026-03-08T13:59", False),
    (UTVIDET, "phone", "2026-03-08T21:59", True),
    (ENKEL, "handling", "2026-04-02T12:00", False),  # Maundy Thursday
    (ENKEL, "handling", "2026-04-01T12:00", True),  # the Wednesday before
    (ENKEL, "handling", "2026-04-06T12:00", False),  # Easter Monday
    (ENKEL, "handling", "2027-05-17T12:00", False),  # 17 May, a Monday
    (ENKEL, "handling", "2026-12-24T12:00", True),  # no public holiday by law
    (ENKEL, "handling", "2026-12-25T12:00", False),
]


@pytest.mark.parametrize(("agreement", "channel", "at", "is_open"), OPEN)
def test_given_a_local_time_when_asked_then_the_guides_hours_decide(agreement, channel, at, is_open):
    assert within_hours(agreement, oslo(at), channel) is is_open
    assert within_hours(agreement, oslo(at).astimezone(UTC), channel) is is_open


def test_given_the_same_utc_time_in_winter_and_summer_when_asked_then_local_time_decides():
    assert not within_hours(ENKEL, datetime(2026, 3, 27, 6, 30, tzinfo=UTC))  # 07.30, winter time
    assert within_hours(ENKEL, datetime(2026, 3, 30, 6, 30, tzinfo=UTC))  # 08.30, summer time
    assert within_hours(ENKEL, datetime(2026, 10, 23, 6, 30, tzinfo=UTC))
    assert not within_hours(ENKEL, datetime(2026, 10, 26, 6, 30, tzinfo=UTC))


DUE = [  # agreement, received (local), due (local)
    (ENKEL, "2026-03-02T10:00", "2026-03-04T16:00"),  # Monday to Wednesday
    (ENKEL, "2026-03-02T06:00", "2026-03-04T16:00"),
    (ENKEL, "2026-03-05T15:00", "2026-03-09T16:00"),  # Thursday over the weekend
    (ENKEL, "2026-03-07T12:00", "2026-03-10T16:00"),  # Saturday
    (ENKEL, "2026-03-31T12:00", "2026-04-07T16:00"),  # Tuesday before Easter: Wednesday, then the Tuesday after
    (ENKEL, "2027-05-14T12:00", "2027-05-19T16:00"),  # Friday, then 17 May: Tuesday, Wednesday
    (ENKEL, "2026-12-23T12:00", "2026-12-28T16:00"),  # 24 December counts, Christmas does not
    (ENKEL, "2026-03-27T12:00", "2026-03-31T16:00"),  # over the change to summer time
    (ENKEL, "2026-10-23T12:00", "2026-10-27T16:00"),  # and back
    (STANDARD, "2026-03-02T09:00", "2026-03-02T13:00"),
    (STANDARD, "2026-03-02T12:00", "2026-03-02T16:00"),
    (STANDARD, "2026-03-02T14:30", "2026-03-03T10:30"),
    (STANDARD, "2026-03-02T06:00", "2026-03-02T12:00"),
    (STANDARD, "2026-03-02T20:00", "2026-03-03T12:00"),
    (STANDARD, "2026-03-06T15:00", "2026-03-09T11:00"),  # Friday afternoon
    (STANDARD, "2026-04-01T15:00", "2026-04-07T11:00"),  # Wednesday before Easter
    (STANDARD, "2027-05-14T15:00", "2027-05-18T11:00"),
    (UTVIDET, "2026-03-02T20:00", "2026-03-03T12:00"),  # the telephone's hours are not the handling's
]


@pytest.mark.parametrize(("agreement", "received", "due"), DUE)
def test_given_a_mail_when_it_comes_then_the_answer_is_due_as_the_table_says(agreement, received, due):
    assert respond_by(agreement, oslo(received)) == oslo(due)


@pytest.mark.parametrize(("received", "due"), [("2026-03-29T00:00", "2026-03-29T05:00"), ("2026-10-25T00:00", "2026-10-25T03:00")])
def test_given_hours_around_the_clock_when_the_clock_changes_then_four_hours_pass_not_four_numbers(received, due):
    assert respond_by(ALWAYS, oslo(received)) == oslo(due)
    assert respond_by(ALWAYS, oslo(received)) - oslo(received).astimezone(UTC) == timedelta(hours=4)


@given(INSTANTS, st.sampled_from([ENKEL, STANDARD, UTVIDET, ALWAYS]))
def test_given_any_time_when_due_is_asked_then_it_is_later_and_not_on_a_closed_day(at, agreement):
    due = respond_by(agreement, at)
    assert due > at
    assert within_hours(agreement, due - timedelta(seconds=1))
    assert due - at < timedelta(days=14)


@given(INSTANTS, st.integers(0, 10 * 24 * 60), st.sampled_from([ENKEL, STANDARD, ALWAYS]))
def test_given_two_mails_when_one_comes_later_then_its_answer_is_not_due_earlier(at, minutes, agreement):
    assert respond_by(agreement, at) <= respond_by(agreement, at + timedelta(minutes=minutes))


@given(INSTANTS)
def test_given_working_hours_when_due_is_asked_then_exactly_so_much_opening_time_lies_between(at):
    at = at.replace(second=0, microsecond=0)
    due, minute, opened = respond_by(STANDARD, at), at, 0
    while minute < due:
        opened += within_hours(STANDARD, minute)
        minute += timedelta(minutes=1)
    assert opened == 4 * 60


@pytest.mark.parametrize(
    "day", ["2024-03-28", "2025-04-21", "2026-05-14", "2026-05-25", "2026-05-01", "2026-05-17", "2026-01-01", "2026-12-26"]
)
def test_given_a_norwegian_public_holiday_when_asked_then_it_is_one(day):
    assert is_holiday(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-12-24", "2026-12-31", "2026-05-18", "2026-03-01"])
def test_given_a_day_that_is_none_when_asked_then_it_is_none(day):
    assert not is_holiday(date.fromisoformat(day))


def test_given_hours_in_text_when_read_then_they_are_spans():
    assert hours("08.00-16.00, 18:30–20") == (OpeningSpan(480, 960), OpeningSpan(1110, 1200))
    assert hours(" ") == ()


@pytest.mark.parametrize(
    "text", ["08.00", "16.00-08.00", "08.00-24.30", "8.5-9", "x-y", "08.00-08.00", "08.61-09.00", "-1.00-2.00", "٠٨.٠٠-٠٩.٠٠"]
)
def test_given_hours_that_make_no_sense_when_read_then_it_is_an_error(text):
    with pytest.raises(ValueError, match=r"opening hours|time of day"):
        hours(text)


@pytest.mark.parametrize(
    "given_",
    [
        {"hours": ((),) * 7},
        {"hours": (hours("08-16"),) * 5},
        {"hours": (hours("08-16, 10-12"),) * 7},
        {"phone": ((),) * 7},
        {"response": ResponseTime(0, "working_days")},
        {"zone": "Europe/Atlantis"},
        {"zone": "../etc/passwd"},
    ],
)
def test_given_an_agreement_that_could_not_be_kept_when_made_then_it_is_an_error_with_its_key(given_):
    with pytest.raises(ValueError, match="agreement odd"):
        Agreement(**{"key": "odd", "hours": ENKEL.hours, "response": ENKEL.response, **given_})
