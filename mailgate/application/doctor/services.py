"""The part of `mailgate doctor` that asks other programs: database, broker, smarthost. In: settings. Out: findings. Sends nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.application.ledger import examined
from mailgate.clock import utc_now
from mailgate.config import Settings, without_password
from mailgate.errors import ConfigError, SchemaMismatch, StoreUnavailable, TransientFailure, underlying
from mailgate.outbound.peer_certificate import peer_certificate
from mailgate.outbound.send_stage import all_smarthosts
from mailgate.outbound.smarthost_session import SessionFailure, SmarthostOptions, SmarthostTimeouts, open_session, tls_context
from mailgate.store import migrate
from mailgate.store.database import Database, open_database
from mailgate.store.unit_of_work import Store

TIMEOUT_S = 5.0
EXAMINED_MAILS = 500
_AWAY = "start it, or correct outbound.smarthost and outbound.tls; until then mail waits in the outbox"
_FILE_BAD = "correct database.url, or owner and disk of the file; a file that is damaged: docs/howto/backup.md"
_VERIFY = 'set outbound.tls = "starttls" (or implicit) and outbound.tls_verify = true'


def database(found: Settings) -> Iterator[Finding]:
    """Whether it answers, keeps what it is given, and has this program's schema."""
    url = without_password(found.database.url)
    if found.lacks_database:
        yield warn("database", f"{url} is not there yet", "mailgate db upgrade makes it, and so does mailgate run")
        return
    try:
        opened = open_database(found.database.url, pool_size=1)
    except ConfigError as error:
        yield fail("database", error.what, error.hint or "see docs/howto/install.md")
    except StoreUnavailable as error:
        text = "; ".join(filter(None, (f"{url}: {error}", underlying(error))))
        yield fail("database", text, _FILE_BAD if found.sqlite_file else "start it, or correct database.url")
    else:
        with contextlib.closing(opened):
            schema = _schema(url, opened)
            findings = [schema, *(_kept(opened) if schema.level == "ok" else ())]
        yield from findings


def _kept(opened: Database) -> Iterator[Finding]:
    """What can be relied on in a database of this program's schema."""
    if not opened.folds_letters():
        what = "its locale (LC_CTYPE) takes å and Å for different letters: addresses with such letters may be missed, also when erasing"
        yield warn("database", what, "move the data to a database made with createdb -E UTF8 -l C.UTF-8 -T template0")
    yield from _contents(opened)


def _contents(opened: Database) -> Iterator[Finding]:
    """Whether the bytes of the newest mails are still what was accepted."""
    with Store(opened, utc_now).reading() as uow:
        found = examined(uow, EXAMINED_MAILS)
    do = "look at disk and restores; mailgate ledger --deep compares all; bring the bytes back from a backup"
    yield from (fail("contents", fault, do) for fault in found.faults)
    if not found.faults:
        yield ok("contents", f"the bytes of the newest mails match their SHA-256 ({found.contents} compared)")


def _schema(url: str, opened: Database) -> Finding:
    try:
        migrate.check(opened)
    except SchemaMismatch as error:
        what, _, do = str(error).partition("; ")
        return fail("database", f"{url}: {what}", do or "run `mailgate db upgrade`")
    except StoreUnavailable as error:
        return fail("database", f"{url} does not answer: {error}", "look at its log")
    return ok("database", f"{url}, schema {migrate.head()}, flushes at every commit")


def broker(found: Settings, ask: Callable[[], str]) -> Iterator[Finding]:
    """Whether the broker answers (`Parts.broker_state`). Without it mail is slower, not lost."""
    shown = without_password(found.broker.url)
    if found.embedded:
        yield ok("broker", "memory://, one process")
        return
    try:
        evicting = ask()
    except TransientFailure as error:
        do = "start it, or correct broker.url; until then workers find work by polling the database"
        yield fail("broker", f"{shown} does not answer: {underlying(error) or error}", do)
        return
    if evicting:
        yield fail("broker", f"{shown} drops keys when it is full ({evicting})", "set maxmemory-policy noeviction")
    else:
        yield ok("broker", f"{shown} answers")


def smarthost(found: Settings) -> Iterator[Finding]:
    """Whether each next hop takes a session with the TLS and the user that are set. No mail is given to it."""
    out = found.outbound
    if out.delivery == "capture":
        yield ok("smarthost", "not used: outgoing mail is kept in the database (outbound.delivery = capture)")
        return
    for url, options in zip((out.smarthost, *out.fallback_smarthosts), all_smarthosts(found), strict=True):
        yield from _smarthost(
            url, replace(options, timeouts=SmarthostTimeouts(connect_s=TIMEOUT_S, banner_s=TIMEOUT_S * 2, command_s=TIMEOUT_S))
        )


def _is_away(error: SessionFailure | ConfigError) -> bool:
    return isinstance(error, SessionFailure) and error.answer.step == "connect"


def _smarthost(url: str, options: SmarthostOptions) -> Iterator[Finding]:
    try:
        connection = open_session(options, tls_context(options))
    except (SessionFailure, ConfigError) as error:
        yield fail("smarthost", f"{url}: {error}", _AWAY if _is_away(error) else "correct the [outbound] settings, or ask whoever runs it")
        yield from _certificate(options)
        return
    encrypted = connection.encrypted
    connection.quit(TIMEOUT_S)
    yield ok("smarthost", f"{url} takes our session, {'with' if encrypted else 'without'} TLS")
    if not encrypted and options.tls == "opportunistic":
        yield warn("smarthost", "no TLS comes up: mail goes in plain text", 'let it offer STARTTLS; set outbound.tls = "starttls"')
    yield from _certificate(options)


def _certificate(options: SmarthostOptions) -> Iterator[Finding]:
    """Whose certificate the smarthost shows, and whether it is verified when mail is sent."""
    try:
        shown = peer_certificate(options)
    except ConfigError:  # the finding above says so
        return
    if shown is None:
        return
    named = f"certificate of {shown.subject}, issued by {shown.issuer}, valid until {shown.expires_at:%Y-%m-%d}"
    if shown.problem:
        text = f"{named}, not verified: {shown.problem}"
        do = "let it use a certificate for its name, or name its authority in outbound.tls_ca_file"
        yield fail("certificate", text, do) if options.verifies else warn("certificate", text, do)
    elif not options.verifies:
        yield warn("certificate", f"{named}, good, but not verified when mail is sent", _VERIFY)
    else:
        yield ok("certificate", f"{named}, verified")
