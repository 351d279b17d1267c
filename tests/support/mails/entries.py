"""Values to put into the store: one line each, different for each number."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, CaseEvent, Change, Comment, Contact, Notice, Participant
from mailgate.mail.model import Envelope
from mailgate.mail.submission_key import submission_key
from mailgate.store.rows import ClaimedEntry, NewEntry, OutboxRow, SendResult
from mailgate.store.unit_of_work import Store

LEASE = timedelta(seconds=60)
SYSTEM = Actor("system")


def raw_mail(number: int, words: str = "Hei") -> bytes:
    """A small mail with CRLF."""
    return f"From: kari@kunde.example\r\nMessage-ID: <{number}@kunde.example>\r\nSubject: Sak {number}\r\n\r\n{words}\r\n".encode()


def entry(number: int, now: datetime, *, raw: bytes | None = None, sender: str | None = "kari@kunde.example", **more: object) -> NewEntry:
    """An accepted mail."""
    content = raw_mail(number) if raw is None else raw
    envelope = Envelope(sender, ("support@example.no",))
    digest = hashlib.sha256(content).hexdigest()
    values: dict[str, object] = {
        "client_address": "192.0.2.1", "helo": "mx.kunde.example", "protocol": "smtp", "tls": True, "smtp_utf8": False, "notes": (),
    } | more  # fmt: skip
    return NewEntry(new_id(now), now, envelope, content, digest, submission_key(envelope, content), **values)  # type: ignore[arg-type]


def accepted(store: Store, *numbers: int) -> list[str]:
    """Append the mails with these numbers in one transaction; their ids."""
    with store.transaction() as uow:
        return [one.journal_id for one in uow.journal.append([entry(number, store.now()) for number in numbers])]


def claimed(store: Store, limit: int = 50) -> list[ClaimedEntry]:
    """Claim in a transaction of its own, as a worker does."""
    with store.transaction() as uow:
        return uow.journal.claim(store.now(), limit, LEASE)


def contact(number: int, now: datetime, customer_id: str | None = None) -> Contact:
    """A person."""
    return Contact(new_id(now), number, f"Person{number}@Kunde.example", f"Person {number}", "nb", customer_id)


def case(number: int, reporter: Contact, now: datetime, **more: object) -> Case:
    """An open case with its reporter taking part."""
    fields: dict[str, object] = {
        "summary": f"Feil {number}", "status": "open", "case_type": "problem", "priority": "normal",
        "participants": (Participant(reporter, "reporter"),),
    } | more  # fmt: skip
    return Case(id=new_id(now), number=number, key=f"SUP-{number}", created_at=now, updated_at=now, reporter_id=reporter.id, **fields)  # type: ignore[arg-type]


def stored_case(store: Store, number: int = 1) -> Case:
    """A case that is in the database with its reporter."""
    with store.transaction() as uow:
        reporter = contact(uow.contacts.next_numbers(1)[0], store.now())
        uow.contacts.add([reporter])
        made = case(number, reporter, store.now())
        uow.cases.write([Change(made, created=True, participants_added=made.participants)])
    return made


def comment(of: Case, now: datetime, journal_id: str | None = None, text: str = "Takk", kind: str = "comment") -> Comment:
    """A comment of the system."""
    return Comment(new_id(now), of.id, kind, text, SYSTEM, now, journal_id)  # type: ignore[arg-type]


def event(of: Case, now: datetime) -> CaseEvent:
    """Something that happened."""
    return CaseEvent(new_id(now), of.id, "status_changed", SYSTEM, now, {"from": "open", "to": "resolved", "note": "blåbær"})


def notice(
    now: datetime, of: Case | None = None, address: str = "person1@kunde.example", window: timedelta = timedelta(0), **more: object
) -> Notice:
    """A notice to somebody."""
    fields: dict[str, object] = {
        "kind": "comment_added" if of else "redirect",
        "case_id": of.id if of else None,
        "facts": {"text": "æøå"},
    } | more
    return Notice(id=new_id(now), address=address, created_at=now, due_at=now + window, **fields)  # type: ignore[arg-type]


def frozen(number: int, now: datetime, **more: object) -> OutboxRow:
    """A mail on its way out."""
    fields: dict[str, object] = {
        "template": "comment_added", "address": f"person{number}@kunde.example", "reverse_path": "bounce@example.no",
        "raw": b"Subject: Hei\r\n\r\nHei\r\n",
    } | more  # fmt: skip
    return OutboxRow(
        id=new_id(now),
        message_id=f"{number}.{new_id(now)}@example.no",
        created_at=now,
        next_attempt_at=now,
        expires_at=now + timedelta(days=5),
        **fields,
    )  # type: ignore[arg-type]


def result(outbox_id: str, lease_token: int, state: str, now: datetime, **more: object) -> SendResult:
    """How an attempt ended."""
    return SendResult(outbox_id, lease_token, state, now, now, "smarthost.example", **more)  # type: ignore[arg-type]
