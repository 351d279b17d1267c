"""Erases one person. In: their `Traces`. Out: how many rows of each kind changed or went. What others said stays, without the name.

The contact's row stays under another name, since cases refer to it: it gets no mail and no login any more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, func, or_, select, update

from mailgate.store.repositories.case_index import index_again
from mailgate.store.repositories.persons import redacting
from mailgate.store.repositories.persons.traces import Traces, chunks
from mailgate.store.repositories.statements import upsert
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
    recovery_codes,
    relay_ids,
    seen_content,
    sessions,
    soft_bounces,
    suppressions,
)

ERASED_DOMAIN = "erased.invalid"
"""RFC 2606: mail to it goes nowhere."""
KEPT_CAUSES = ("operator", "complaint")
"""Suppressions that stand for a wish: forgetting them would start the mail again."""


class Erasing:
    """Erases in the transaction of its connection. `marker` takes the place of words and names."""

    def __init__(self, connection: Connection, found: Traces, marker: str) -> None:
        self._connection, self._found, self._marker = connection, found, marker
        self._alias = f"erased-{found.contact.number}@{ERASED_DOMAIN}" if found.contact else ""
        names = [re.escape(found.address)]
        if found.contact and len(found.contact.name.split()) > 1:
            names.append(re.escape(found.contact.name))
        self._named = re.compile("|".join(names), re.IGNORECASE)

    def run(self, now: datetime) -> Mapping[str, int]:
        """Erase. The entries that wait for a person must have been discarded."""
        if sqlite := self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql("PRAGMA secure_delete = ON")
        done = {
            "accounts": self._accounts(),
            "mails_received": redacting.entries(self._connection, self._found.entries),
            "bytes_of_mails": redacting.bytes_of_entries(self._connection, self._found.entries),
            "comments": redacting.words(self._connection, self._found.comments, self._marker),
            "cases_reported": self._reported(),
            "mentions": self._mentions(),
            "mails_sent": redacting.mails(self._connection, self._found.mails, self._alias),
            "notices": redacting.notices_to(self._connection, self._found.notices, self._alias),
            "copies_in_other_mails": self._copies(),
            "limits": self._limits(),
            "audit": self._audit(),
            "contacts": self._contact(now),
        }
        index_again(self._connection, self._found.cases)
        if sqlite:
            self._connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        return done

    def _accounts(self) -> int:
        ids = self._found.accounts
        for table in (sessions, drafts, identities, recovery_codes, account_links):
            self._connection.execute(delete(table).where(table.c.account_id.in_(ids)))
        self._connection.execute(delete(account_links).where(func.lower(account_links.c.address) == self._found.address))
        return self._connection.execute(delete(accounts).where(accounts.c.id.in_(ids))).rowcount

    def _reported(self) -> int:
        done = 0
        for some in chunks(self._found.reported):
            gone = update(cases).where(cases.c.id.in_(some)).values(summary=self._marker, description="", environment="")
            done += self._connection.execute(gone).rowcount
        return done

    def _mentions(self) -> int:
        """Their address and full name, where others wrote them in the same cases, and as the author of comments and events."""
        if self._found.contact is not None:
            theirs = self._found.contact.id
            for table, author in ((comments, "author"), (events, "actor")):
                named = update(table).where(table.c[f"{author}_contact_id"] == theirs)
                self._connection.execute(named.values({f"{author}_name": self._marker}))
        return sum(
            self._replace(table, (table.c.case_id if table is not cases else table.c.id).in_(some), *columns)
            for some in chunks(self._found.cases)
            for table, columns in (
                (comments, ("text", "signature", "quoted", "author_name")),
                (events, ("facts", "actor_name")),
                (cases, ("summary", "description", "environment")),
            )
        )

    def _copies(self) -> int:
        """Mail to others about the same cases, which repeats what was said: its bytes and facts, once it is sent."""
        done = 0
        for some in chunks(self._found.cases):
            sent = select(outbox.c.id).where(outbox.c.case_id.in_(some), outbox.c.due_at.is_(None))
            done += redacting.bytes_of_mails(self._connection, list(self._connection.execute(sent).scalars()))
            rendered = update(notices).where(notices.c.case_id.in_(some), notices.c.due_at.is_(None))
            self._connection.execute(rendered.values(facts="{}"))
            self._replace(outbox, outbox.c.case_id.in_(some), "subject")
        return done

    def _limits(self) -> int:
        """What counts their mail, and what suppresses their address; a wish for no mail stays."""
        address = self._found.address
        wishes = suppressions.c.cause.in_(KEPT_CAUSES)
        gone = [
            delete(table).where(func.lower(table.c.address) == address)
            for table in (answers, answer_log, soft_bounces, legacy_refusals)
        ]  # fmt: skip
        gone.append(delete(suppressions).where(suppressions.c.address == address, ~wishes))
        gone.append(delete(seen_content).where(seen_content.c.fingerprint.endswith(f":{address}", autoescape=True)))
        return sum(self._connection.execute(one).rowcount for one in gone)

    def _audit(self) -> int:
        columns = ("principal", "principal_id", "subject_id", "reason", "before", "after", "detail")
        named = or_(*(func.lower(audit.c[name]).contains(self._found.address, autoescape=True) for name in columns))
        contact = self._found.contact
        about = [(audit.c.subject_kind == "account") & audit.c.subject_id.in_(self._found.accounts)]
        if contact is not None:
            about.append((audit.c.subject_kind == "contact") & (audit.c.subject_id == contact.id))
        self._connection.execute(update(audit).where(or_(*about)).values(before="{}", after="{}", detail="{}"))
        if contact is not None:
            named = or_(named, audit.c.principal_id == contact.id)
            self._connection.execute(update(audit).where(audit.c.principal_id == contact.id).values(principal=self._marker))
        return self._replace(audit, named, *columns)

    def _contact(self, now: datetime) -> int:
        contact = self._found.contact
        if contact is None:
            return 0
        for table in (relay_ids, notice_preferences, case_mutes):
            self._connection.execute(delete(table).where(table.c.contact_id == contact.id))
        left = delete(participants).where(participants.c.contact_id == contact.id, participants.c.role != "reporter")
        self._connection.execute(left)
        quiet = {"address": self._alias, "reason": "erased", "created_at": now, "cause": "operator"}
        self._connection.execute(upsert(self._connection, suppressions).values(quiet).on_conflict_do_nothing())
        nobody = {"address": self._alias, "address_lower": self._alias, "name": "", "language": "", "customer_id": None}
        nobody |= {"recent_endings": "[]", "company_access": "", "away_until": None}
        return self._connection.execute(update(contacts).where(contacts.c.id == contact.id).values(nobody)).rowcount

    def _replace(self, table: Table, where: Any, *names: str) -> int:
        """Put the marker in place of address and name in these columns; how many rows had them."""
        columns: Sequence[Column[Any]] = [table.c[name] for name in names]
        done = 0
        for row in self._connection.execute(select(table.c.id, *columns).where(where)).all():
            fresh = {name: self._named.sub(self._marker, getattr(row, name) or "") for name in names}
            if any(fresh[name] != (getattr(row, name) or "") for name in names):
                self._connection.execute(update(table).where(table.c.id == row.id).values(fresh))
                done += 1
        return done
