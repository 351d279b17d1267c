"""When a mail is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from mailgate.outbound.queue.schedule import Backoff, RetrySchedule, has_expired

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FAR = NOW + timedelta(days=5)


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 4), (8, 128), (9, 240), (10_000, 240)])
def test_given_tries_when_put_off_then_pauses_double_up_to_the_longest_with_jitter(attempts, minutes):
    times = [RetrySchedule().next_attempt_at(NOW, attempts, FAR) - NOW for _ in range(200)]
    assert timedelta(minutes=0.8 * minutes) <= min(times) < max(times) <= timedelta(minutes=1.2 * minutes)


def test_given_the_end_of_its_life_when_put_off_then_a_last_try_comes_then_and_never_before_now():
    soon = NOW + timedelta(seconds=5)
    assert RetrySchedule().next_attempt_at(NOW, 9, soon) == soon
    assert RetrySchedule().next_attempt_at(NOW, 9, NOW - timedelta(days=1)) == NOW


@pytest.mark.parametrize(
    ("late", "attempts", "once", "expired"),
    [(-1, 9, False, False), (0, 1, False, False), (0, 2, False, True), (0, 1, True, True), (-1, 1, True, False)],
)
def test_given_an_age_and_tries_when_asked_then_only_what_was_tried_or_is_an_answer_expires(late, attempts, once, expired):
    assert has_expired(NOW + timedelta(seconds=late), NOW, attempts, at_most_once=once) is expired


def test_given_trouble_again_and_again_then_the_rest_grows_to_five_minutes_and_ends_with_the_first_success():
    backoff = Backoff()
    assert not backoff.pausing(0.0)
    pauses = [backoff.failed(0.0) for _ in range(12)]
    assert (pauses[:3], pauses[-1]) == ([1.0, 2.0, 4.0], 300.0)
    assert backoff.pausing(200.0)
    assert not backoff.pausing(301.0)
    backoff.succeeded()
    assert backoff.failed(0.0) == 1.0
