"""What customers choose on the web: which notices they want, and redirected mail that they take up. In: values. Out: rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, exists, func, select, update

from mailgate.cases.model import NoticeWish
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import id_floor, upsert
from mailgate.store.schema import case_mutes, cases, claims, customers, journal, notice_preferences, participants

DIGEST_HOUR = 7
"""Local hour of the daily mail of those who have chosen no other."""


class NoticeChoice(NamedTuple):
    """Which notices a person wants, and the local hour of their daily mail."""

    wants: NoticeWish = "all"
    hour: int = DIGEST_HOUR


UNCHOSEN = NoticeChoice()
_CHOICES = Prepared(select(notice_preferences).where(notice_preferences.c.contact_id.in_(listed("contact_ids"))))
_MUTED = Prepared(
    select(case_mutes.c.contact_id, case_mutes.c.case_id).where(
        case_mutes.c.contact_id.in_(listed("contact_ids")), case_mutes.c.case_id.in_(listed("case_ids"))
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A redirected mail whose link was used. Nobody has it until `contact_id` is set; `case_key` is what it became, "" for nothing yet."""

    journal_id: str
    opened_at: datetime
    denied_at: datetime | None = None
    claimed_at: datetime | None = None
    contact_id: str | None = None
    case_key: str = ""


class ClaimCount(NamedTuple):
    """Of the redirected mails of one reverse-path (lower case): how many links were used, mails taken up, cases made."""

    address: str
    opened: int
    claimed: int
    registered: int


class PortalRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def choices(self, contact_ids: Collection[str]) -> Mapping[str, NoticeChoice]:
        """Contact id -> what they have chosen; a contact that is not there has chosen nothing (`UNCHOSEN`)."""
        if not contact_ids:
            return {}
        rows = _CHOICES.rows(self._connection, contact_ids=sorted(contact_ids))
        return {row.contact_id: NoticeChoice(row.wants, row.digest_hour) for row in rows}

    def choose(self, contact_id: str, choice: NoticeChoice, *, wants: bool = True, hour: bool = True) -> None:
        """From now on they want this. `wants`, `hour`: which of it is new; of the rest, what was chosen before stands."""
        values = {"wants": choice.wants, "digest_hour": choice.hour}
        new = {name: values[name] for name, is_new in (("wants", wants), ("digest_hour", hour)) if is_new}
        added = upsert(self._connection, notice_preferences).values(contact_id=contact_id, **values)
        self._connection.execute(added.on_conflict_do_update(index_elements=["contact_id"], set_=new))

    def muted(self, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Of these (contact id, case id), those who want to be told nothing of the case."""
        if not pairs:
            return set()
        contact_ids, case_ids = (sorted(set(ids)) for ids in zip(*pairs, strict=True))
        rows = _MUTED.rows(self._connection, contact_ids=contact_ids, case_ids=case_ids)
        return {tuple(row) for row in rows} & set(pairs)

    def muted_and_agreement(self, contact_id: str, case_id: str, customer_id: str | None) -> tuple[bool, str]:
        """Whether they want to be told nothing of the case, and the key of its customer's agreement, "" without a customer."""
        muted = exists().where(case_mutes.c.contact_id == contact_id, case_mutes.c.case_id == case_id)
        agreement = select(customers.c.agreement).where(customers.c.id == customer_id).scalar_subquery()
        row = self._connection.execute(select(muted, agreement)).one()
        return bool(row[0]), row[1] or ""

    def mutes_of(self, contact_id: str) -> Sequence[tuple[str, str]]:
        """(key, summary) of the cases of which they want to be told nothing, as long as they take part in them."""
        found = select(cases.c.key, cases.c.summary).join(case_mutes, case_mutes.c.case_id == cases.c.id)
        takes_part = exists().where(
            participants.c.case_id == cases.c.id, participants.c.contact_id == contact_id, participants.c.approved.is_(True)
        )
        rows = self._connection.execute(found.where(case_mutes.c.contact_id == contact_id, takes_part).order_by(cases.c.id.desc()))
        return [(row.key, row.summary) for row in rows]

    def muted_keys(self, contact_id: str) -> Sequence[str]:
        """Keys of all cases that they have muted, also of those that they have left since."""
        found = select(cases.c.key).join(case_mutes, case_mutes.c.case_id == cases.c.id)
        return list(self._connection.execute(found.where(case_mutes.c.contact_id == contact_id).order_by(cases.c.id.desc())).scalars())

    def set_mute(self, contact_id: str, case_id: str, *, muted: bool) -> bool:
        """Tell them nothing of the case from now on, or again; whether that is a change."""
        if muted:
            added = upsert(self._connection, case_mutes).values(contact_id=contact_id, case_id=case_id).on_conflict_do_nothing()
            return self._connection.execute(added.returning(case_mutes.c.case_id)).first() is not None  # PostgreSQL's driver counts no rows
        gone = delete(case_mutes).where(case_mutes.c.contact_id == contact_id, case_mutes.c.case_id == case_id)
        return bool(self._connection.execute(gone).rowcount)

    def claim(self, journal_id: str) -> Claim | None:
        """What became of the claim link of a mail; None when nobody has used it."""
        return self._one(select(claims, cases.c.key).outerjoin(cases, cases.c.id == claims.c.case_id), journal_id)

    def lock_claim(self, journal_id: str) -> Claim | None:
        """The same, locked until the transaction ends."""
        self._connection.execute(select(claims.c.journal_id).where(claims.c.journal_id == journal_id).with_for_update())
        return self.claim(journal_id)

    def _one(self, found: Any, journal_id: str) -> Claim | None:
        row = self._connection.execute(found.where(claims.c.journal_id == journal_id)).first()
        if row is None:
            return None
        return Claim(row.journal_id, row.opened_at, row.denied_at, row.claimed_at, row.contact_id, row.key or "")

    def open_claim(self, journal_id: str, now: datetime) -> None:
        """Remember that somebody has used the link; a second time changes nothing."""
        added = upsert(self._connection, claims).values(journal_id=journal_id, opened_at=now)
        self._connection.execute(added.on_conflict_do_nothing())

    def deny_claim(self, journal_id: str, now: datetime) -> bool:
        """Record that the user of the link did not write the mail; returns whether the claim was free until now."""
        return self._set(journal_id, claims.c.contact_id.is_(None) & claims.c.denied_at.is_(None), denied_at=now)

    def take_claim(self, journal_id: str, contact_id: str, now: datetime) -> bool:
        """Give the mail to this person; False when another one has it or it was denied. Of two at once one gets True."""
        free = claims.c.denied_at.is_(None) & claims.c.contact_id.is_(None)
        if self._set(journal_id, free, contact_id=contact_id, claimed_at=now):
            return True
        found = self.claim(journal_id)
        return found is not None and found.contact_id == contact_id

    def finish_claim(self, journal_id: str, case_id: str) -> bool:
        """The mail has become this case; False when it became one before."""
        return self._set(journal_id, claims.c.case_id.is_(None), case_id=case_id)

    def _set(self, journal_id: str, condition: Any, **values: Any) -> bool:
        changed = update(claims).where(claims.c.journal_id == journal_id, condition).values(**values)
        return bool(self._connection.execute(changed).rowcount)

    def claim_counts(self, begin: datetime, end: datetime) -> list[ClaimCount]:
        """What became of the claim links of mail accepted in [begin, end), by reverse-path."""
        address = func.lower(journal.c.reverse_path)
        found = (
            select(address, func.count(), func.count(claims.c.claimed_at), func.count(claims.c.case_id))
            .join(journal, journal.c.id == claims.c.journal_id)
            .where(claims.c.journal_id >= id_floor(begin), claims.c.journal_id < id_floor(end), journal.c.reverse_path.is_not(None))
            .group_by(address)
        )
        return [ClaimCount(*row) for row in self._connection.execute(found)]
