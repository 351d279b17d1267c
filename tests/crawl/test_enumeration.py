"""Who has an account is told to nobody: answers, header fields, cookies and times are the same for those who have one and those who do not.

And 20 wrong passwords slow whoever guesses, not the owner.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from mailgate.web.app import WebOptions
from tests.support.desks.office import KARI, open_office
from tests.support.desks.site import PASSWORD, Answer, SiteUnderTest, Visitor, serve

UNKNOWN = "ukjent@kunde.example"
ROUNDS = 15
MOST_RATIO = 1.6
VARIES = frozenset({"date", "content-length"})
Ask = Callable[[Visitor, str], Answer]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteUnderTest]:
    """Kari has an account; a proxy on this host is trusted, so that visitors may come from anywhere."""
    with open_office(tmp_path) as office, serve(office.app, WebOptions(trusted=(ip_network("127.0.0.0/8"),))) as port:
        made = SiteUnderTest(office, port)
        made.add_account(KARI, "kari")
        yield made


def register(who: Visitor, address: str) -> Answer:
    typed = {"name": "Kari", "address": address, "username": address.partition("@")[0] + "2"}
    return who.submit(who.get("/register"), "/register", typed)


def log_in(who: Visitor, address: str) -> Answer:
    return who.submit(who.get("/login"), "/login", {"name": address, "password": "feil passord her"})


def forgotten(who: Visitor, address: str) -> Answer:
    return who.submit(who.get("/password"), "/password", {"name": address})


FORMS: tuple[Ask, ...] = (register, log_in, forgotten)


def forget_tries(site: SiteUnderTest) -> None:
    """No bucket is empty."""
    with site.office.app.store.transaction() as uow:
        uow.accounts._connection.exec_driver_sql("DELETE FROM rate_buckets")


@pytest.mark.parametrize("ask", FORMS)
def test_given_an_address_with_and_without_an_account_when_asked_then_the_answers_are_the_same(site: SiteUnderTest, ask: Ask) -> None:
    known, unknown = site.visitor(), site.visitor()
    answers = (ask(known, KARI), ask(unknown, UNKNOWN))
    texts = [answer.shown().replace(address, "X") for answer, address in zip(answers, (KARI, UNKNOWN), strict=True)]
    assert texts[0] == texts[1]
    assert answers[0].status == answers[1].status
    fields = [{name: value for name, value in answer.headers.items() if name not in VARIES} for answer in answers]
    assert fields[0] == fields[1]
    assert sorted(known.cookies) == sorted(unknown.cookies)
    assert [one.partition("=")[0] for one in answers[0].cookies] == [one.partition("=")[0] for one in answers[1].cookies]


@pytest.mark.parametrize("ask", FORMS)
def test_given_too_many_tries_when_refused_then_that_is_the_same_for_both(site: SiteUnderTest, ask: Ask) -> None:
    counts = []
    for address in (KARI, UNKNOWN):
        forget_tries(site)
        who = site.visitor()
        counts.append([ask(who, address).status for _ in range(8)])
    assert counts[0] == counts[1]
    assert counts[0][-1] == 429


@pytest.mark.timing
@pytest.mark.parametrize("ask", FORMS)
def test_given_both_when_timed_by_turns_then_neither_takes_longer(site: SiteUnderTest, ask: Ask) -> None:
    spent: dict[str, list[float]] = {KARI: [], UNKNOWN: []}
    for _ in range(ROUNDS):
        for address, found in spent.items():
            forget_tries(site)
            who = site.visitor()
            began_s = time.perf_counter()
            ask(who, address)
            found.append(time.perf_counter() - began_s)
    slow, fast = sorted(map(min, spent.values()), reverse=True)  # the shortest time is the work itself, whatever else the machine does
    assert slow / fast < MOST_RATIO, spent


def test_given_twenty_wrong_passwords_when_the_owner_logs_in_then_the_guesser_waits_and_the_owner_does_not(site: SiteUnderTest) -> None:
    guesser, owner = _from("198.51.100.66", site), _from("203.0.113.7", site)
    statuses = [_try(guesser, f"galt passord {number}").status for number in range(20)]
    assert statuses[0] == 422
    assert statuses.count(429) >= 14
    refused = _try(guesser, PASSWORD)
    assert (refused.status, int(refused.headers["retry-after"]) > 0) == (429, True)  # the right one, too: nothing is learned
    assert (_try(owner, PASSWORD).status, "session" in owner.cookies) == (303, True)


class _Far(Visitor):
    """Somebody at another address of the network."""

    address = ""

    def _ask(self, method, path, body, headers):  # type: ignore[no-untyped-def]
        return super()._ask(method, path, body, {**headers, "X-Forwarded-For": self.address})


def _from(address: str, site: SiteUnderTest) -> Visitor:
    who = _Far(site.port)
    who.address = address
    return who


def _try(who: Visitor, password: str) -> Answer:
    return who.submit(who.get("/login"), "/login", {"name": "kari", "password": password})
