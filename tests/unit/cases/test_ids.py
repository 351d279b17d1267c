"""Ids: version, order within a process, time inside, safety over threads and forks."""

import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from mailgate.cases.ids import made_at, new_id

NOW = datetime(2099, 3, 2, 9, 0, 0, 123_456, tzinfo=UTC)


def test_given_a_time_when_an_id_is_made_then_it_is_canonical_version_7():
    text = new_id(NOW)
    value = uuid.UUID(text)
    assert (str(value), value.version, value.variant) == (text, 7, uuid.RFC_4122)


def test_given_a_later_time_when_the_id_is_read_then_it_carries_that_millisecond():
    later = made_at(new_id(NOW)) + timedelta(days=400, microseconds=999)
    assert made_at(new_id(later)) == later.replace(microsecond=later.microsecond // 1000 * 1000)


def test_given_one_instant_when_many_ids_are_made_then_they_are_distinct_and_in_order():
    made = [new_id(NOW) for _ in range(5000)]
    assert made == sorted(set(made))


def test_given_a_clock_set_back_when_ids_are_made_then_the_order_holds():
    first = new_id(NOW + timedelta(days=800))
    second = new_id(NOW)
    assert second > first


def test_given_threads_when_they_make_ids_together_then_none_is_double_and_each_thread_sees_order():
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: [new_id(NOW) for _ in range(500)], range(8)))
    assert all(run == sorted(run) for run in runs)
    assert len({text for run in runs for text in run}) == 4000


FORKED = """
import os
from datetime import UTC, datetime
from mailgate.cases.ids import new_id
now = datetime(2026, 3, 2, tzinfo=UTC)
new_id(now)
child = os.fork()
os.write(1, new_id(now).encode() + bytes([10]))
os._exit(0) if child == 0 else os.waitpid(child, 0)
"""


def test_given_a_fork_when_both_make_ids_in_one_instant_then_they_differ_in_the_random_tail():
    run = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True, timeout=60)
    ours, theirs = (uuid.UUID(line) for line in run.stdout.split())
    assert ours.int >> 42 != theirs.int >> 42


@pytest.mark.parametrize("text", ["", "x", str(uuid.UUID(int=0)), "5f0c2d9e-8c1f-4a6b-9d52-0f4a5b6c7d8e"])
def test_given_no_version_7_when_the_time_is_asked_then_it_is_an_error(text):
    with pytest.raises(ValueError, match=r"version 7|badly formed"):
        made_at(text)


def test_given_a_time_before_1970_or_without_zone_when_an_id_is_asked_then_it_is_an_error():
    with pytest.raises(ValueError, match="1970"):
        new_id(datetime(1969, 12, 31, tzinfo=UTC))
    with pytest.raises(TypeError):
        new_id(datetime(2026, 1, 1))
