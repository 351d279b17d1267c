"""Customers at the pages: an account with a session in an installation's database, and requests to `mailgate web` over one connection.

In: a gateway, the id of a contact. Out: how long each answer took. Loopback only, plain HTTP, as a proxy on the same host asks.
"""

from __future__ import annotations

import contextlib
import http.client
import statistics
import threading
import time
from collections.abc import Iterator, Sequence

from mailgate.application.accounts import links
from mailgate.cases.ids import new_id
from mailgate.clock import utc_now
from mailgate.store.database import open_database
from mailgate.store.repositories.accounts import Account, Session
from mailgate.store.unit_of_work import Store
from tests.support.processes.gateway import Gateway
from tests.support.waiting import answers, free_port, until

DAY_S = 24 * 3600


def session_of(database_url: str, contact_id: str) -> str:
    """The token of a session of this contact, whose account is made."""
    now = utc_now()
    account = Account(new_id(now), "contact", f"u{contact_id[-8:]}", f"{contact_id}@bench.example", now, contact_id=contact_id)
    return _session_of(database_url, account)


def agent_session(database_url: str, name: str) -> str:
    """The token of a session of an agent, whose account is made."""
    now = utc_now()
    return _session_of(database_url, Account(new_id(now), "staff", name, f"{name}@firma.example", now, name=name, roles=("agent",)))


def _session_of(database_url: str, account: Account) -> str:
    database, now, token = open_database(database_url), utc_now(), links.fresh_token()
    try:
        with Store(database, utc_now).transaction() as uow:
            uow.accounts.add(account)
            ends_at = now.replace(year=now.year + 1)
            uow.accounts.begin_session(links.digest(token), Session(new_id(now), account.id, now, now, ends_at, "127.0.0.1"))
    finally:
        database.close()
    return token


@contextlib.contextmanager
def pages_of(gateway: Gateway) -> Iterator[int]:
    """The port of `mailgate web`, in a process of its own."""
    port = free_port()
    gateway.start("web", wait=False, MAILGATE_WEB__LISTEN=f"127.0.0.1:{port}")
    until(lambda: answers(port), 60.0, "the pages are served", detail=gateway.logs)
    yield port


class Visitor:
    """One browser's connection. `ask` gives milliseconds until the whole answer is there."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Cookie": f"session={token}", "Accept-Encoding": "gzip", "Accept-Language": "nb"}

    def ask(self, path: str) -> float:
        """Raises AssertionError for anything but a page."""
        began_s = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, f"{path}: {answer.status} {answer.getheader('Location', '')}"
        return (time.perf_counter() - began_s) * 1e3

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def p95_ms(port: int, token: str, paths: Sequence[str], count: int) -> tuple[float, float]:
    """95 of 100 answers come within so many milliseconds, and half of them. The paths are asked in turn, after each was asked once."""
    visitor = Visitor(port, token)
    for path in paths:
        visitor.ask(path)
    found = [visitor.ask(paths[number % len(paths)]) for number in range(count)]
    visitor.close()
    return statistics.quantiles(found, n=20)[-1], statistics.median(found)


@contextlib.contextmanager
def asking(port: int, token: str, path: str, per_s: float) -> Iterator[list[float]]:
    """Ask for a page so often while the block runs; how long each took."""
    found: list[float] = []
    over = threading.Event()

    def work() -> None:
        visitor, due_s = Visitor(port, token), time.monotonic()
        while not over.wait(max(0.0, due_s - time.monotonic())):
            due_s += 1 / per_s
            found.append(visitor.ask(path))
        visitor.close()

    thread = threading.Thread(target=work, name="visitor", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join(60)
