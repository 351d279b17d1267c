"""The scene of the outbound stages: a SQLite store, a clock that is turned by hand, a case with two participants."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext, NewCase, NewComment
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Change, Contact, Notice
from mailgate.cases.tokens import TokenKeys
from mailgate.clock import SteppedClock
from mailgate.mail.model import Mailbox
from mailgate.outbound.compose_stage import NoticeOptions, NoticeStage
from mailgate.outbound.freeze import Freezer, SenderIdentity
from mailgate.outbound.render import Renderer, Wording
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.store.database import open_database
from mailgate.store.rows import OutboxRow
from mailgate.store.unit_of_work import Store
from tests.support.harness.kept_work import put_empty_database

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEYS = TokenKeys({1: b"k" * 32})
PORTAL = "https://supportweb.example"
SHARED = {
    "portal_url": PORTAL,
    "new_case_url": PORTAL,
    "company": "Eksempel Støtte",
    "portal": "supportweb",
    "settings_url": f"{PORTAL}/me",
    "logo": "",
}
IDENTITY = SenderIdentity(
    author=Mailbox("support@example.no", "Eksempel Støtte"),
    domain="example.no",
    reply_domain="example.no",
    reply_mailbox="support",
    bounce_mailbox="bounce",
    case_link=lambda key: f"{PORTAL}/browse/{key}",
)
RENDERER = Renderer(Wording(shared=SHARED))
OPERATOR = Actor("operator", "Ola Hansen")


@dataclass
class Scene:
    store: Store
    clock: SteppedClock
    kari: Contact
    per: Contact
    case: Case

    def context(self, actor: Actor = OPERATOR) -> ChangeContext:
        return ChangeContext(actor, self.clock(), notice_window=timedelta(seconds=10))

    def write(self, change: Change) -> None:
        self.case = change.case
        with self.store.transaction() as uow:
            uow.cases.write([change])

    def comment(self, text: str, move_to: str | None = None, actor: Actor = OPERATOR) -> None:
        self.write(changes.add_comment(self.case, NewComment(text), self.context(actor), move_to))

    def notices(self, *kinds_and_facts: tuple[str, dict[str, str]], address: str = "ny@kunde.example", language: str = "nb") -> None:
        made = [
            Notice(new_id(self.clock()), kind, address, self.clock(), self.clock(), language=language, facts=facts)
            for kind, facts in kinds_and_facts
        ]
        with self.store.transaction() as uow:
            uow.notices.add(made)

    def queued(
        self, count: int, *, at_most_once: bool = False, address: str = "u{n}@kunde.example", life: timedelta = timedelta(days=5)
    ) -> list[str]:
        """Frozen mails, straight into the outbox; their ids in order."""
        now = self.clock()
        rows = [self._row(n, address.format(n=n), at_most_once, now, life) for n in range(count)]
        with self.store.transaction() as uow:
            uow.outbox.add(rows)
        return [row.id for row in rows]

    def _row(self, number: int, address: str, at_most_once: bool, now: datetime, life: timedelta) -> OutboxRow:
        id_ = new_id(now)
        raw = f"Subject: {number}\r\nMessage-ID: <{id_}@example.no>\r\nX-Mailgate-Key: {id_}\r\n\r\nHei\r\n".encode()
        return OutboxRow(
            id_, "redirect" if at_most_once else "comment_added", address, None if at_most_once else "bounce+x@example.no",
            f"{id_}@example.no", raw, now, now, now + life, case_id=None if at_most_once else self.case.id, at_most_once=at_most_once,
        )  # fmt: skip

    def states(self) -> dict[str, str]:
        with self.store.reading() as uow:
            return {mail.id: mail.state for mail in uow.outbox.list(limit=None)}

    def mails(self):
        with self.store.reading() as uow:
            return sorted((uow.outbox.get(mail.id) for mail in uow.outbox.list(limit=None)), key=lambda mail: mail.id)

    def raw(self, id_: str) -> bytes:
        with self.store.reading() as uow:
            return uow.outbox.raw(id_)

    def events(self) -> list[str]:
        with self.store.reading() as uow:
            return [event.kind for event in uow.cases.events(self.case.id)]


@pytest.fixture
def scene(tmp_path):
    clock = SteppedClock(START)
    database = open_database(put_empty_database(tmp_path / "mailgate.db"))
    store = Store(database, clock)
    people = [
        Contact(new_id(clock()), 1, "kari@kunde.example", "Kari Nordmann", "nb"),
        Contact(new_id(clock()), 2, "per@kunde.example", "Per Pløen", "nn"),
    ]
    new = NewCase(
        123,
        "SUP-123",
        people[0],
        "Får ikke logget inn",
        "Det står feil passord.",
        participants=(people[1],),
        case_type="spørsmål",
        priority="normal",
    )
    change = changes.create_case(new, ChangeContext(Actor("contact", "Kari Nordmann", people[0].id), clock(), notice_kinds=frozenset()))
    with store.transaction() as uow:
        uow.contacts.add(people)
        uow.cases.write([change])
    yield Scene(store, clock, *people, change.case)
    database.close()


@pytest.fixture
def notified() -> list[str]:
    return []


@pytest.fixture
def stage(scene, notified):
    freezer = Freezer(IDENTITY, RENDERER, KEYS, lambda: SUPPORTWEB_POLICY)
    return NoticeStage(scene.store, freezer, NoticeOptions(), notified.append)
