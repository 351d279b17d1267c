"""The part of `mailgate doctor` that asks other programs: database, broker, smarthost. In: settings. Out: findings. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailgate import broker as bells
from mailgate.cli.findings import Finding, fail, ok, warn
from mailgate.config import Settings, without_password
from mailgate.errors import ConfigError, SchemaMismatch, StoreUnavailable, TransientFailure
from mailgate.outbound.session import SessionFailure, SmarthostOptions, Timeouts, open_session, tls_context
from mailgate.store import migrate
from mailgate.store.database import Database, open_database

TIMEOUT_S = 5.0


def database(found: Settings) -> Iterator[Finding]:
    """Whether it answers, keeps what it is given, and has this program's schema."""
    url = without_password(found.database.url)
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).exists():
        yield warn("database", f"{url} is not there yet", "the first `mailgate run` makes it")
        return
    try:
        opened = open_database(found.database.url, pool_size=1)
    except ConfigError as error:
        yield fail("database", error.what, error.hint or "see docs/operations.md")
    except StoreUnavailable as error:
        yield fail("database", f"{url} cannot be reached: {error}", "start it, or correct database.url")
    else:
        yield _schema(url, opened)
        opened.close()


def _schema(url: str, opened: Database) -> Finding:
    try:
        migrate.check(opened)
    except SchemaMismatch as error:
        what, _, do = str(error).partition("; ")
        return fail("database", f"{url}: {what}", do or "run `mailgate db upgrade`")
    except StoreUnavailable as error:
        return fail("database", f"{url} does not answer: {error}", "look at its log")
    return ok("database", f"{url}, schema {migrate.head()}, flushes at every commit")


def broker(found: Settings) -> Iterator[Finding]:
    """Whether the bell can be rung. Without it mail is slower, not lost."""
    url = without_password(found.broker.url)
    if found.embedded:
        yield ok("broker", "memory://, one process")
    elif found.broker.url.startswith("redis"):
        yield _redis(url, found.broker.url)
    else:
        yield _rabbit(url, found.broker.url)


def _redis(shown: str, url: str) -> Finding:
    try:
        policy = bells.eviction_policy(url)
    except TransientFailure as error:
        return fail(
            "broker", f"{shown} does not answer: {error}", "start Redis, or correct broker.url; until then work is found by sweeping"
        )
    if policy:
        return fail("broker", f"{shown} throws keys away when it is full ({policy})", "set maxmemory-policy noeviction")
    return ok("broker", f"{shown} answers")


def _rabbit(shown: str, url: str) -> Finding:
    import pika
    import pika.exceptions

    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = parameters.stack_timeout = TIMEOUT_S
    try:
        pika.BlockingConnection(parameters).close()
    except (pika.exceptions.AMQPError, OSError) as error:
        return fail(
            "broker",
            f"{shown} does not answer: {type(error).__name__}",
            "start RabbitMQ, or correct broker.url; until then work is found by sweeping",
        )
    return ok("broker", f"{shown} answers")


def smarthost(found: Settings) -> Iterator[Finding]:
    """Whether the next hop takes a session with the TLS and the user that are set. No mail is given to it."""
    out = found.outbound
    if out.delivery == "capture":
        yield ok("smarthost", "not used: outgoing mail is kept in the database (outbound.delivery = capture)")
        return
    endpoint = out.smarthost_endpoint
    options = SmarthostOptions(
        host=endpoint.host,
        port=endpoint.port,
        tls=out.tls,
        verify=out.tls_verify,
        ca_file=str(out.tls_ca_file) if out.tls_ca_file else None,
        user=out.username,
        password=found.vault.smarthost_password,
        helo_name=found.hostname,
        timeouts=Timeouts(connect_s=TIMEOUT_S, banner_s=TIMEOUT_S * 2, command_s=TIMEOUT_S),
    )
    try:
        connection = open_session(options, tls_context(options))
    except SessionFailure as error:
        yield fail("smarthost", f"{out.smarthost}: {error}", "correct the [outbound] settings, or ask whoever runs it")
        return
    encrypted = connection.encrypted
    connection.quit(TIMEOUT_S)
    yield ok("smarthost", f"{out.smarthost} takes our session, {'with' if encrypted else 'without'} TLS")
    if not out.tls_verify:
        yield warn(
            "smarthost", "its certificate is not checked", "set outbound.tls_verify = true, and tls_ca_file for an authority of your own"
        )
