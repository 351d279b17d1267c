"""A database in which one person's address, name and words stand in every table that can hold them, beside others who must be left alone.

In: an empty store. Out: what was made. Each table with a column of text is filled, or says in NOBODY why no person is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import LargeBinary, Table, Text, insert, select, text, update

from mailgate.application.audit import audit_row
from mailgate.application.principal import Principal, operator
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, CaseEvent, Change, Comment, Contact, Participant, StoredFile
from mailgate.store.columns import PlainText, Sha256
from mailgate.store.repositories.accounts import Account, AccountLink, Session
from mailgate.store.rows import Outcome
from mailgate.store.schema import (
    attempts,
    contacts,
    identities,
    journal,
    metadata,
    outbox,
    recovery_codes,
    relay_ids,
    soft_bounces,
    suppressions,
)
from mailgate.store.unit_of_work import Store, UnitOfWork
from tests.support.mails.entries import case, claimed, contact, entry, frozen, notice

WORD, NAME, ADDRESS, OTHER = "hemmeligord", "Kåri Lunde", "Kåri.Æ@kunde.example", "kaari@hjemme.example"
WRITTEN = "KÅRI.Æ@kunde.example"
"""The address as their mail program writes it."""
ALIKE = "okåri.æ@kunde.example"
"""Somebody else's address, which ends like theirs."""
PER = "per@kunde.example"
NOBODY = {
    "counters": "names of counters",
    "customers": "companies",
    "customer_domains": "companies",
    "entry_tags": "names that the policy gives",
    "notice_preferences": "a choice, by the contact's id",
    "once_keys": "hashes, and paths of pages",
    "participants": "a role, by the contact's id",
    "policy_activations": "operators and what they say of the policy",
    "policy_versions": "the policy, which operators write",
    "presences": "staff",
    "rate_buckets": "hashes",
    "reply_texts": "texts of the desk",
}
"""Tables with a column of text in which nobody who writes to us is named, and what is there instead."""


@dataclass(frozen=True)
class Everywhere:
    """What was made. `mail`: the entry of theirs. `notices`: those to others by what they are."""

    person: Contact
    colleague: Contact
    cases: tuple[Case, Case, Case]
    mail: str
    notices: dict[str, str]


def fill(store: Store) -> Everywhere:
    """Fill the tables: their own case, one that they have left, and one in which others only name them."""
    with store.transaction() as uow:
        people = _people(uow, store)
    mail, other_mail = _mails(store, people)
    author = {"author": WRITTEN, "subject": WORD, "reason": f"mail.subject is {WORD}"}
    with store.transaction() as uow:
        made = _cases(uow, store, people, (mail, other_mail))
        made_notices = _notices(uow, store, people, made[0], mail)
        _sent(uow, store, people, made[0], mail)
        _accounts(uow, store, people, made)
        _limits(uow, store, people, made[0])
        _audit(uow, store, people, made[0])
        uow.journal.finish([
            Outcome(mail, "commented", **author, trail={"author": WRITTEN}, defects=(WORD,)),
            Outcome(other_mail, "commented", author=PER, subject=f"Fra {ADDRESS}", trail={"people": [ADDRESS, ALIKE]}),
        ])  # fmt: skip
    return Everywhere(people[0], people[2], made, mail, made_notices)


def texts(store: Store) -> dict[str, str]:
    """Every value of every table as one text in lower case, and the words of the search index; by table."""
    with store.reading() as uow:
        db = uow.persons._connection
        found = {table.name: list(db.execute(select(table))) for table in metadata.sorted_tables}
        columns = "public, internal" if store.database.is_sqlite else "words::text"
        found["case_search"] = list(db.execute(text(f"SELECT {columns} FROM case_search")))
    return {name: "\n".join(_shown(value) for row in rows for value in row).lower() for name, rows in found.items()}


def with_words() -> Iterator[Table]:
    """The tables that have a column of text or of bytes."""
    for table in metadata.sorted_tables:
        if any(isinstance(column.type, Text | PlainText | LargeBinary) and not isinstance(column.type, Sha256) for column in table.c):
            yield table


def _shown(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _people(uow: UnitOfWork, store: Store) -> tuple[Contact, Contact, Contact]:
    """The person, their second contact, which was joined with the first, and a colleague."""
    first, second, third = (contact(number, store.now()) for number in uow.contacts.next_numbers(3))
    people = (
        replace(first, address=ADDRESS, name=NAME),
        replace(second, address=OTHER, name="K. Lunde"),
        replace(third, address=PER, name="Per"),
    )
    uow.contacts.add(people)
    uow.contacts.remember_endings({people[0].id: [f"Hilsen {NAME}"]})
    uow.persons._connection.execute(update(contacts).where(contacts.c.id == second.id).values(joined_into=first.id))
    return people


def _mails(store: Store, people: tuple[Contact, Contact, Contact]) -> tuple[str, str]:
    """A mail of theirs and one of the colleague's, in the hands of a worker."""
    new = [entry(1, store.now(), raw=f"{WORD} {ADDRESS}".encode(), sender=WRITTEN, notes=(WORD,)), entry(2, store.now(), sender=PER)]
    with store.transaction() as uow:
        uow.journal.append(new)
        uow.persons._connection.execute(update(journal).where(journal.c.id == new[1].id).values(error=f"{ADDRESS} was unknown"))
    claimed(store)
    return new[0].id, new[1].id


def _cases(uow: UnitOfWork, store: Store, people: tuple[Contact, Contact, Contact], mails: tuple[str, str]) -> tuple[Case, Case, Case]:
    person, joined, colleague = people
    now, actor = store.now(), Actor("contact", NAME, person.id)
    takes_part = Participant(colleague, "participant")
    own = case(1, person, now, summary=WORD, description=WORD, environment=WORD, participants=(Participant(person, "reporter"), takes_part))
    left, third = case(2, colleague, now), case(3, colleague, now, description=f"Spør {ADDRESS}")
    file = StoredFile(hashlib.sha256(WORD.encode()).hexdigest(), f"{WORD}.txt", "text/plain", len(WORD))
    named = StoredFile(hashlib.sha256(b"x").hexdigest(), f"{ADDRESS}.txt", "text/plain", 1)
    uow.blobs.put([(file.sha256, WORD.encode()), (named.sha256, b"x")])
    edited = {"field": "summary", "from": f"{WORD} 1", "to": WORD}
    answered = _said(own, now, Actor("operator", "eva"), f"Til {NAME} <{WRITTEN}>")
    agrees = replace(_said(own, now, Actor("contact", "Per", colleague.id), "Enig", mails[1]), quoted=f"{NAME} skrev:", signature=ADDRESS)
    uow.cases.write([
        Change(own, created=True, participants_added=own.participants,
               comments=(_said(own, now, actor, WORD, mails[0], (file,)), answered, agrees),
               events=(CaseEvent(new_id(now), own.id, "commented", actor, now, {"note": WRITTEN}),
                       CaseEvent(new_id(now), own.id, "field_changed", actor, now, edited))),
        Change(left, created=True, participants_added=left.participants,
               comments=(_said(left, now, Actor("contact", "K. Lunde", joined.id), WORD),),
               events=(CaseEvent(new_id(now), left.id, "participant_removed", Actor("operator", "eva"), now, {"address": WRITTEN}),)),
        Change(third, created=True, participants_added=third.participants,
               comments=(_said(third, now, Actor("operator", "eva"), f"Spør {ADDRESS}, ikke {ALIKE}", files=(named,)),)),
    ])  # type: ignore[arg-type]  # fmt: skip
    return own, left, third


def _said(of: Case, now: Any, author: Actor, words: str, journal_id: str | None = None, files: tuple[StoredFile, ...] = ()) -> Comment:
    return Comment(new_id(now), of.id, "comment", words, author, now, journal_id, files=files)


def _notices(uow: UnitOfWork, store: Store, people: tuple[Contact, Contact, Contact], own: Case, mail: str) -> dict[str, str]:
    """Notices to the person and, about what they wrote, to others."""
    now, words = store.now(), {"text": WORD, "actor": NAME, "files": f"{WORD}.txt", "summary": WORD}
    about = {"case_id": own.id, "kind": "comment_added", "journal_id": mail, "contact_id": people[2].id, "facts": words}
    made = {
        "to them": notice(now, own, ADDRESS, facts=words, contact_id=people[0].id),
        "to their other address": notice(now, None, OTHER, kind="account_password", facts={"name": NAME}),
        "pending": notice(now, None, PER, **about),
        "failed": notice(now, None, PER, **about),
        "withheld": notice(now, None, PER, **about),
        "rendered": notice(now, None, PER, **about),
        "forward": notice(now, None, "team@example.no", kind="forward", journal_id=mail, facts={"author": WRITTEN, "subject": WORD}),
        "team": notice(now, None, "team@example.no", kind="team_notice", journal_id=mail, facts={"author": WRITTEN, "subject": WORD}),
        "todo": notice(
            now, None, "desk@example.no", kind="todo_list", facts={"waiting": json.dumps([{"first": [ADDRESS]}], ensure_ascii=False)}
        ),
    }
    uow.notices.add([one for name, one in made.items() if name != "withheld"])
    uow.notices.withhold([made["withheld"]], "kept")
    uow.notices.fail([made["failed"].id], f"{ADDRESS} cannot be rendered")
    uow.notices._connection.execute(
        text("UPDATE notices SET state = 'rendered', due_at = NULL WHERE id IN (:one, :two)"),
        {"one": made["rendered"].id, "two": made["todo"].id},
    )
    return {name: one.id for name, one in made.items()}


def _sent(uow: UnitOfWork, store: Store, people: tuple[Contact, Contact, Contact], own: Case, mail: str) -> None:
    """Mail to the person, to a colleague about what they wrote, and a forward of theirs."""
    now = store.now()
    shared = {"subject": WORD, "raw": f"{WORD} {ADDRESS}".encode()}
    new = [
        frozen(1, now, address=WRITTEN, **shared),
        frozen(2, now, address=PER, case_id=own.id, **shared),
        frozen(4, now, address=PER, **shared | {"subject": f"Om {ADDRESS}", "raw": b"Hei"}),
        frozen(3, now, address="team@example.no", template="forward", journal_id=mail, **shared),
    ]
    uow.outbox.add(new)
    db = uow.outbox._connection
    db.execute(update(outbox).values(state="sent", due_at=None, error=WRITTEN, delivery_text=f"550 <{WRITTEN}>"))
    tried = {"number": 1, "state": "sent", "started_at": now, "ended_at": now, "text": f"250 to {WRITTEN}"}
    db.execute(insert(attempts), [{"id": new_id(now), "outbox_id": one.id, **tried} for one in new])


def _accounts(uow: UnitOfWork, store: Store, people: tuple[Contact, Contact, Contact], made: tuple[Case, Case, Case]) -> None:
    """Their account with all that hangs on it, a link that a colleague was mailed, and a draft of staff."""
    now = store.now()
    theirs = Account(new_id(now), "contact", "kåri", ADDRESS, now, NAME, people[0].id, password_hash=WORD)
    staff = Account(new_id(now), "staff", "eva", "eva@example.no", now, "Eva")
    uow.accounts.add(theirs)
    uow.accounts.add(staff)
    uow.accounts.begin_session("ab" * 32, Session(new_id(now), theirs.id, now, now, now + timedelta(days=1), "192.0.2.9", NAME))
    uow.accounts.keep_draft(theirs.id, "new", {"summary": WORD}, now)
    uow.accounts.keep_draft(staff.id, "SUP-1", {"text": f"Hei {ADDRESS}"}, now)
    later = now + timedelta(days=1)
    answer = {"contact_id": people[2].id, "case_id": made[0].id, "summary": WORD}
    uow.accounts.add_link("01" * 32, AccountLink("reset", now, later, account_id=theirs.id))
    uow.accounts.add_link("02" * 32, AccountLink("register", now, later, address=OTHER, facts={"name": NAME}))
    uow.accounts.add_link("03" * 32, AccountLink("answer", now, later, address=PER, facts=answer))
    db = uow.accounts._connection
    db.execute(insert(identities).values(issuer="https://id.example", subject=ADDRESS, account_id=theirs.id))
    db.execute(insert(recovery_codes).values(account_id=theirs.id, code_sha256="cd" * 32))


def _limits(uow: UnitOfWork, store: Store, people: tuple[Contact, Contact, Contact], own: Case) -> None:
    now, lower = store.now(), ADDRESS.lower()
    uow.answers.reserve(lower, "redirect", now, timedelta(days=1))
    uow.answers.count([f"cap:{lower}"], now)
    uow.legacy.add_refused([(date(2026, 11, 20), lower, 1)])
    db = uow.answers._connection
    db.execute(insert(suppressions).values(address=lower, reason=f"550 <{ADDRESS}>", created_at=now, cause="bounce"))
    db.execute(insert(soft_bounces).values(address=OTHER, outbox_id=new_id(now), bounced_at=now))
    learned = {"contact_id": people[1].id, "case_id": own.id, "journal_id": new_id(now), "learned_at": now, "valid_until": now}
    db.execute(insert(relay_ids).values(sha256="ef" * 32, **learned))
    uow.portal.set_mute(people[0].id, own.id, muted=True)


def _audit(uow: UnitOfWork, store: Store, people: tuple[Contact, Contact, Contact], own: Case) -> None:
    now, eva = store.now(), operator("eva")
    after = {"summary": WORD, "participants": [ADDRESS, ALIKE]}
    uow.audit.add([
        audit_row(eva, "set", ("contact", people[1].id), now, after={"name": NAME}),
        audit_row(eva, "add", ("suppression", ADDRESS), now, reason=f"{WRITTEN} ba om det"),
        audit_row(Principal("contact", people[0].id, NAME), "create", ("case", own.id), now, after=after),
    ])  # fmt: skip
