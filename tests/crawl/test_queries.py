"""Statements per page: as many as the design allows, and the same number for one row and for many."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mailgate.application.cases import comment, create, people
from mailgate.application.customers import contacts
from tests.crawl.conftest import Crawl
from tests.crawl.pages import pages
from tests.support.desks.crawl import OWN
from tests.support.desks.office import EVA, KARI
from tests.support.harness.statements import statements

SESSION = 3
"""Statements that find out who asks."""
MOST: Mapping[str, int] = {
    "/cases": 5, "/cases?text": 6, "/browse/{key}": 9, "/browse/{key}/edit": 8, "/new": 4, "/me": 5, "/": 0,
    "/desk": 9, "/desk/cases/{key}": 22, "/desk/held": 6, "/desk/mail/{id}": 8, "/desk/customers/{name}": 18, "/desk/contacts/{address}": 8,
}  # fmt: skip
"""web-style, "Speed habits": at most so many besides those of the session. Pages that are not listed have at most `OTHERS`."""
OTHERS = 5


@pytest.fixture(scope="module")
def counts(crawl: Crawl) -> Mapping[str, tuple[int, int]]:
    """Path -> statements with one row and with many."""
    few = _counted(crawl)
    app = crawl.scene.app
    for number in range(30):
        create.create_case(app, EVA, create.CreateCase(f"Sak {number}", KARI))
        comment.add_comment(app, EVA, comment.AddComment(OWN, f"Svar {number}", (comment.NewFile(f"{number}.txt", b"x", "text/plain"),)))
        contacts.add_contact(app, EVA, contacts.AddContact(f"p{number}@kunde.example", f"P {number}"))
        people.add_participant(app, EVA, people.AddParticipant(OWN, f"p{number}@kunde.example"))
        crawl.scene.session("reporter")
    many = _counted(crawl)
    return {path: (few[path], many[path]) for path in few}


def _counted(crawl: Crawl) -> dict[str, int]:
    found = {}
    every = [*((route.path, kind, path) for route, kind, path in pages(crawl.scene)), ("/cases?text", "reporter", "/cases?text=skriver")]
    for name, kind, path in every:
        who = crawl.visitor(kind)
        who.get(path)  # what is asked for once only has been
        with statements(crawl.scene.app.store.database) as seen:
            who.get(path)
        found[name] = len(seen)
    return found


def test_given_one_row_and_many_when_pages_are_opened_then_the_number_of_statements_is_the_same(
    counts: Mapping[str, tuple[int, int]],
) -> None:
    assert {path: found for path, found in counts.items() if found[0] != found[1]} == {}


def test_given_every_page_when_opened_then_it_asks_no_more_than_its_budget(counts: Mapping[str, tuple[int, int]]) -> None:
    over = {path: found for path, (_, found) in counts.items() if found > SESSION + MOST.get(path, OTHERS)}
    assert over == {}


def test_given_a_page_that_asks_once_per_row_when_counted_then_the_recorder_sees_it(crawl: Crawl) -> None:
    database = crawl.scene.app.store.database
    with statements(database) as seen, crawl.scene.app.store.reading() as uow:
        for _ in range(3):
            uow.cases.get(OWN)
    assert len(seen) == 6  # the case, and who takes part
