"""Erases one person. In: their `Traces`. Out: how many rows of each kind changed or went. What others said stays, without the name.

Each contact's row stays under another name, since cases refer to it: it gets no mail and no login any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from mailgate.cases.model import Contact
from mailgate.store.repositories.case_index import index_again
from mailgate.store.repositories.persons import redacting
from mailgate.store.repositories.persons.finding import ERASED_DOMAIN
from mailgate.store.repositories.persons.mentions import Mentions
from mailgate.store.repositories.persons.traces import Traces
from mailgate.store.repositories.statements import chunks, upsert
from mailgate.store.schema import (
    account_links,
    accounts,
    answer_log,
    answers,
    audit,
    case_mutes,
    cases,
    comments,
    contacts,
    drafts,
    events,
    identities,
    legacy_refusals,
    notice_preferences,
    notices,
    outbox,
    participants,
    presences,
    recovery_codes,
    relay_ids,
    seen_content,
    sessions,
    soft_bounces,
    suppressions,
)

KEPT_CAUSES = ("operator", "complaint")
"""Suppressions that stand for a wish: forgetting them would start the mail again."""
THEIR_WORDS = ("text", "files", "actor", "author", "author_name", "subject", "answered_subject")
"""Facts of a notice that say who did what caused it, and in which words."""


class Erasing:
    """Erases in the transaction of its connection. `marker` takes the place of words and names."""

    def __init__(self, connection: Connection, found: Traces, marker: str) -> None:
        self._connection, self._found, self._marker = connection, found, marker
        self._mentions = Mentions(connection, found.addresses, self._full_names(), marker)
        self._cases = sorted({*found.cases, *self._mentions.cases()})
        self._entries, self._reported = frozenset(found.entries), frozenset(found.reported)

    def run(self, now: datetime) -> Mapping[str, int]:
        """Erase. The entries that wait for a person must have been discarded."""
        if sqlite := self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql("PRAGMA secure_delete = ON")
        done = {
            "accounts": self._accounts(),
            "mails_received": redacting.entries(self._connection, self._found.entries),
            "bytes_of_mails": redacting.bytes_of_entries(self._connection, self._found.entries),
            "comments": redacting.words(self._connection, self._found.comments, self._marker),
            "cases_reported": self._cases_reported(),
            "mails_sent": redacting.mails(self._connection, self._found.mails, self._alias()),
            "notices": redacting.notices_to(self._connection, self._found.notices, self._alias()),
            "copies_in_other_mails": self._copies(),
            "limits": self._limits(),
            "audit": self._audit(),
            "mentions": self._named_by_others(),
            "contacts": sum(self._contact(one, now) for one in self._found.contacts),
        }
        for some in chunks(self._cases):
            index_again(self._connection, some)
        if sqlite:
            self._connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        return done

    def _alias(self) -> str:
        """What takes the place of their address where it has no row of its own."""
        return _alias_of(self._found.contact) if self._found.contact else ""

    def _full_names(self) -> set[str]:
        """Names of two words or more, as their contacts, accounts and mails have them."""
        logins = select(accounts.c.name).where(accounts.c.id.in_(self._found.accounts))
        names = {one.name for one in self._found.contacts} | {*self._connection.execute(logins).scalars()}
        for some in chunks(self._found.comments):
            unknown = select(comments.c.author_name).where(comments.c.id.in_(some), self._theirs_or_nobodys())
            names |= {*self._connection.execute(unknown).scalars()}
        return {name for name in names if len(name.split()) > 1}

    def _theirs_or_nobodys(self) -> ColumnElement[bool]:
        """Comments whose author they are, or whose author has no contact: in their own mails, that is them."""
        author = comments.c.author_contact_id
        return or_(author.is_(None), author.in_(self._found.contact_ids))

    def _accounts(self) -> int:
        ids = self._found.accounts
        for table in (sessions, drafts, identities, recovery_codes, presences, account_links):
            self._connection.execute(delete(table).where(table.c.account_id.in_(ids)))
        people = [account_links.c.facts.contains(one) for one in self._found.contact_ids]
        theirs = or_(func.lower(account_links.c.address).in_(self._found.addresses), *people)
        self._connection.execute(delete(account_links).where(theirs))
        return self._connection.execute(delete(accounts).where(accounts.c.id.in_(ids))).rowcount

    def _cases_reported(self) -> int:
        done = 0
        for some in chunks(self._found.reported):
            gone = update(cases).where(cases.c.id.in_(some)).values(summary=self._marker, description="", environment="")
            done += self._connection.execute(gone).rowcount
            redacting.fields_of_cases(self._connection, some, self._marker)
            # A mail's subject is the summary, and later mails of the thread would take it over.
            self._connection.execute(update(outbox).where(outbox.c.case_id.in_(some)).values(subject=""))
        self._links_to_reported()
        return done

    def _links_to_reported(self) -> None:
        """Links that others were mailed name the case by its summary."""
        found = select(account_links.c.token_sha256, account_links.c.facts).where(account_links.c.facts.contains('"summary"'))
        for row in self._connection.execute(found).all():
            facts = json.loads(row.facts)
            if facts.get("case_id") in self._reported and facts.get("summary"):
                fresh = json.dumps(facts | {"summary": self._marker}, ensure_ascii=False)
                this = account_links.c.token_sha256 == row.token_sha256
                self._connection.execute(update(account_links).where(this).values(facts=fresh))

    def _named_by_others(self) -> int:
        """Their addresses and full names, where others wrote them, and as the author of comments and events."""
        theirs = self._found.contact_ids
        for table, author in ((comments, "author"), (events, "actor")):
            named = update(table).where(table.c[f"{author}_contact_id"].in_(theirs))
            self._connection.execute(named.values({f"{author}_name": self._marker}))
        for some in chunks(self._found.comments):
            written = update(comments).where(comments.c.id.in_(some), self._theirs_or_nobodys())
            self._connection.execute(written.values(author_name=self._marker))
        return self._mentions.in_cases(self._cases) + self._mentions.everywhere()

    def _copies(self) -> int:
        """Mail to others about the same cases or about their mail, which repeats what was said: its bytes and facts, once it is sent."""
        done = 0
        for some in chunks(self._cases):
            sent = select(outbox.c.id).where(outbox.c.case_id.in_(some), outbox.c.due_at.is_(None))
            done += redacting.bytes_of_mails(self._connection, list(self._connection.execute(sent).scalars()))
            self._tell_others(notices.c.case_id.in_(some))
        for some in chunks(self._found.notices_to_others):
            self._tell_others(notices.c.id.in_(some))
        for some in chunks(self._found.mails_to_others):
            without_case = select(outbox.c.id).where(outbox.c.id.in_(some), outbox.c.case_id.is_(None))
            ids = list(self._connection.execute(without_case).scalars())
            done += len(ids)
            redacting.contents_of_mails(self._connection, ids)
        return done

    def _tell_others(self, which: Any) -> None:
        """Notices to others: the facts of those that are in a mail go. One that may still be sent stays, without their words.

        A forward has nothing but their mail: it is not sent any more.
        """
        self._connection.execute(update(notices).where(which, notices.c.state == "rendered").values(facts="{}"))
        columns = notices.c.id, notices.c.kind, notices.c.case_id, notices.c.journal_id, notices.c.event_id, notices.c.facts
        rows = self._connection.execute(select(*columns).where(which, notices.c.state != "rendered", notices.c.facts != "{}")).all()
        acted = self._acted([row.event_id for row in rows if row.event_id])
        for row in rows:
            self._tell_one(row, caused=row.event_id in acted or row.journal_id in self._entries)
        redacting.stop_notices(self._connection, [row.id for row in rows if row.kind == "forward"])

    def _acted(self, event_ids: Sequence[str]) -> set[str]:
        """Those of these events that they caused."""
        found = select(events.c.id).where(events.c.actor_contact_id.in_(self._found.contact_ids))
        return {id_ for some in chunks(event_ids) for id_ in self._connection.execute(found.where(events.c.id.in_(some))).scalars()}

    def _tell_one(self, row: Any, *, caused: bool) -> None:
        facts = json.loads(self._mentions.without_in_json(row.facts))
        theirs = {*(THEIR_WORDS if caused else ()), *(("summary",) if row.case_id in self._reported else ())}
        fresh = facts | {name: "" if name == "files" else self._marker for name in theirs if facts.get(name)}
        self._connection.execute(update(notices).where(notices.c.id == row.id).values(facts=json.dumps(fresh, ensure_ascii=False)))

    def _limits(self) -> int:
        """What counts their mail, and what suppresses their address; a wish for no mail stays."""
        addresses = self._found.addresses
        wishes = suppressions.c.cause.in_(KEPT_CAUSES)
        gone = [
            delete(table).where(func.lower(table.c.address).in_(addresses))
            for table in (answers, answer_log, soft_bounces, legacy_refusals)
        ]  # fmt: skip
        gone.append(delete(suppressions).where(suppressions.c.address.in_(addresses), ~wishes))
        gone += [delete(seen_content).where(seen_content.c.fingerprint.endswith(f":{one}", autoescape=True)) for one in addresses]
        return sum(self._connection.execute(one).rowcount for one in gone)

    def _audit(self) -> int:
        """What was changed of their contacts and accounts, and what they changed themselves; addresses elsewhere are mentions."""
        people = self._found.contact_ids
        about = or_(
            (audit.c.subject_kind == "account") & audit.c.subject_id.in_(self._found.accounts),
            (audit.c.subject_kind == "contact") & audit.c.subject_id.in_(people),
        )
        done = self._connection.execute(update(audit).where(about).values(before="{}", after="{}", detail="{}")).rowcount
        theirs = audit.c.principal_id.in_(people)
        done += self._connection.execute(update(audit).where(theirs).values(principal=self._marker)).rowcount
        self._mentions.of(audit, theirs)
        return done

    def _contact(self, contact: Contact, now: datetime) -> int:
        for table in (relay_ids, notice_preferences, case_mutes):
            self._connection.execute(delete(table).where(table.c.contact_id == contact.id))
        left = delete(participants).where(participants.c.contact_id == contact.id, participants.c.role != "reporter")
        self._connection.execute(left)
        alias = _alias_of(contact)
        quiet = {"address": alias, "reason": "erased", "created_at": now, "cause": "operator"}
        self._connection.execute(upsert(self._connection, suppressions).values(quiet).on_conflict_do_nothing())
        nobody = {"address": alias, "address_lower": alias, "name": "", "language": "", "customer_id": None}
        nobody |= {"recent_endings": "[]", "company_access": "", "away_until": None}
        return self._connection.execute(update(contacts).where(contacts.c.id == contact.id).values(nobody)).rowcount


def _alias_of(contact: Contact) -> str:
    return f"erased-{contact.number}@{ERASED_DOMAIN}"
