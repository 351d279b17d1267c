"""Values that cross into the database: times keep their instant, text is made storable, bytes and hashes are themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from mailgate.store.columns import Moment, PlainText, Sha256, moment_text, storable

NAIVE = datetime(2026, 11, 22, 12, 0)
DIALECTS = (sqlite.dialect(), postgresql.dialect())


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_given_a_naive_time_when_bound_then_it_is_refused(dialect: object) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Moment().process_bind_param(NAIVE, dialect)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(moment=st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.timezones()))
def test_given_any_aware_time_when_it_goes_there_and_back_then_it_is_the_same_instant_in_utc(dialect: object, moment: datetime) -> None:
    back = Moment().process_result_value(Moment().process_bind_param(moment, dialect), dialect)  # type: ignore[arg-type]
    assert back == moment.astimezone(UTC)  # not with itself: in the hour that a clock shows twice, times of two zones are never equal
    assert back is not None
    assert back.tzinfo is UTC


@given(a=st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1)), b=st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1)))
def test_given_two_times_when_stored_as_text_then_text_order_is_time_order(a: datetime, b: datetime) -> None:
    one, other = a.replace(tzinfo=UTC), b.replace(tzinfo=timezone(timedelta(hours=1)))
    assert (moment_text(one) < moment_text(other)) == (one < other)


@given(st.text(st.characters(exclude_categories=[])))
def test_given_any_text_when_made_storable_then_it_has_no_nul_and_can_be_encoded(text: str) -> None:
    stored = storable(text)
    assert "\x00" not in stored
    stored.encode()
    assert storable(stored) == stored
    if "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text):
        assert stored is text


def test_given_nothing_when_it_goes_there_and_back_then_it_is_nothing() -> None:
    for column in (Moment(), PlainText(), Sha256()):
        assert column.process_bind_param(None, DIALECTS[0]) is None
    assert Moment().process_result_value(None, DIALECTS[0]) is None
    assert Sha256().process_result_value(None, DIALECTS[0]) is None


def test_given_a_hash_when_it_goes_there_and_back_then_it_is_32_bytes_inside() -> None:
    stored = Sha256().process_bind_param("ab" * 32, DIALECTS[0])
    assert stored == b"\xab" * 32
    assert Sha256().process_result_value(stored, DIALECTS[0]) == "ab" * 32
    with pytest.raises(ValueError, match="hex"):
        Sha256().process_bind_param("zz", DIALECTS[0])
