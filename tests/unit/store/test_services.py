"""The services that tests stand on are real, separate and cleaned up."""

from __future__ import annotations

import pika
import psycopg
import pytest
import redis

from mailgate.store import migrate
from mailgate.store.database import open_database
from tests.support.processes.servers import PrivatePostgres, PrivateRabbit, PrivateRedis


def test_given_a_postgres_url_when_opened_then_it_has_the_schema_and_no_rows(postgres_url: str) -> None:
    database = open_database(postgres_url)
    migrate.check(database)
    database.close()


def test_given_a_redis_url_when_used_then_nobody_elses_keys_are_there(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys() == [b"mailgate-test-owner"]


def test_given_an_amqp_url_when_used_then_a_queue_can_be_made(amqp_url: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    assert channel.queue_declare("mailgate").method.message_count == 0
    connection.close()


def test_given_a_private_redis_when_stopped_and_started_then_it_is_gone_and_back_on_its_port(private_redis: PrivateRedis) -> None:
    url = private_redis.url
    private_redis.stop()
    with redis.Redis.from_url(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()
    private_redis.start()
    with redis.Redis.from_url(url) as client:
        assert client.ping()


def test_given_a_private_postgres_when_killed_and_started_then_its_data_is_there(private_postgres: PrivatePostgres) -> None:
    url = private_postgres.url.replace("+psycopg", "")
    with psycopg.connect(url) as db:
        db.execute("CREATE TABLE kept (n int)")
    private_postgres.kill()
    private_postgres.start()
    with psycopg.connect(url) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.services
@pytest.mark.slow
def test_given_no_rabbitmq_when_one_of_our_own_is_started_then_it_serves() -> None:
    with PrivateRabbit() as server:
        pika.BlockingConnection(pika.URLParameters(server.url)).close()
