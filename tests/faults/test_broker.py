"""The broker carries wakeups only: flushed, stopped, hung or full (85 to 91) it costs a delay, and never holds up acceptance."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.mails import messages
from tests.support.processes.gateway import Gateway
from tests.support.processes.platforms import Platform
from tests.support.processes.servers import PrivateRedis
from tests.support.processes.sink import Sink
from tests.support.waiting import until

pytestmark = [pytest.mark.services]
ACCEPT_S = 2.0


@pytest.fixture
def redis_server(private_redis: PrivateRedis) -> PrivateRedis:
    """A Redis to be hurt."""
    return private_redis


@pytest.fixture
def platform(tmp_path: Path, redis_server: PrivateRedis, sqlite_url: str) -> Iterator[Platform]:
    """Listener and worker on SQLite with that Redis, started. The sweeper looks every 2 s."""
    with Sink() as sink:
        settings = {"worker": {"sweep_interval_s": 2.0}}
        gateway = Gateway(tmp_path / "mailgate", sqlite_url, redis_server.url, f"smtp://127.0.0.1:{sink.port}", settings, preloaded=True)
        with gateway:
            platform = Platform(gateway, sink, embedded=False)
            platform.start()
            yield platform


def _taken_fast_and_done(platform: Platform, numbers: range) -> None:
    threads = platform.seed.threads
    for number in numbers:
        delivery = platform.server.send(messages.reply(number, threads[number % len(threads)]))
        assert delivery.tries == 1, delivery.deferred
        assert delivery.seconds <= ACCEPT_S
    platform.finish()


def test_085_given_redis_is_stopped_when_mail_comes_then_it_is_taken_at_once_and_done_by_the_sweeper(
    platform: Platform, redis_server: PrivateRedis
) -> None:
    _taken_fast_and_done(platform, range(3))
    redis_server.stop()
    _taken_fast_and_done(platform, range(3, 8))


def test_086_given_redis_was_away_for_long_when_it_is_back_then_all_is_done_and_wakeups_work_again(
    platform: Platform, redis_server: PrivateRedis
) -> None:
    redis_server.stop()
    platform.server.send_all([messages.legacy(n) for n in range(150)], sessions=8)
    redis_server.start()
    platform.finish()
    _taken_fast_and_done(platform, range(1000, 1003))
    until(
        lambda: any("broker_back" in part.log() for part in platform.gateway.parts), 20, "wakeups work again", detail=platform.gateway.logs
    )


def test_087_given_redis_is_flushed_again_and_again_while_mail_comes_then_all_is_done(
    platform: Platform, redis_server: PrivateRedis
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        for number in range(20):
            platform.server.send(messages.reply(number, platform.seed.threads[number % len(platform.seed.threads)]))
            client.flushall()
    platform.gateway.settled(20)  # the sweeper finds it all
    platform.finish()


def test_156_given_redis_is_flushed_when_the_same_people_write_again_then_what_was_counted_and_suppressed_still_holds(
    platform: Platform, redis_server: PrivateRedis
) -> None:
    def answers_after(*numbers: int) -> int:
        for number in numbers:
            sender = f"kari@sted{number % 10}.test"
            platform.server.send(messages.legacy(number, sender=sender))
        platform.gateway.settled()
        return len([mail for mail in platform.gateway.json("outbox", "list") if mail["template"] == "redirect"])

    platform.gateway.cli("suppression", "add", "kari@sted3.test", "--reason", "wants no mail")
    assert answers_after(1, 2, 3) == 2
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.flushall()
    assert answers_after(11, 12, 13, 14) == 3  # the fourth had not written before
    platform.finish()


def test_089_given_redis_is_full_when_mail_comes_then_it_is_taken_and_done(platform: Platform, redis_server: PrivateRedis) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
    _taken_fast_and_done(platform, range(4))


def test_089_given_redis_may_evict_when_a_part_starts_then_it_says_so(platform: Platform, redis_server: PrivateRedis) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("maxmemory", "100mb")
    part = platform.gateway.start("worker", wait=False)
    until(lambda: "evict" in part.log(), 20, "the setting is named", detail=part.log)


def test_090_given_redis_hangs_when_mail_comes_then_no_sender_waits_for_it(platform: Platform, redis_server: PrivateRedis) -> None:
    os.kill(redis_server.pid, signal.SIGSTOP)
    try:
        _taken_fast_and_done(platform, range(6))
    finally:
        os.kill(redis_server.pid, signal.SIGCONT)
    _taken_fast_and_done(platform, range(6, 8))
