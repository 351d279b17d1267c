"""Accounts, their sessions and the links that are mailed to them. In: values of this module. Out: rows under locks where it matters.

Tokens come in as SHA-256 only: whoever reads the database can log in as nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, or_, select, update

from mailgate.cases.ids import is_id
from mailgate.errors import NotFound
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.statements import to_json, upsert
from mailgate.store.rows import LinkPurpose, MailedLink
from mailgate.store.schema.accounts import account_links, accounts, drafts, once_keys, rate_buckets, sessions

AccountKind = Literal["contact", "staff"]
SessionMethod = Literal["password", "totp", "recovery", "oidc"]

LATE = timedelta(minutes=2)
"""How long after a form was sent a draft of what was typed before may still arrive."""
_SENT = "form_token"
"""Stands in place of the fields when the form was sent; drafts keep no field of this name."""
_IS_SENT = drafts.c.body.startswith('{"form_token":', autoescape=True)


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The codes of an account's app (RFC 6238). `secret` is sealed, "" for none; `pending` is one that no code has confirmed yet.

    `step`: that of the last code that was taken. Written by `StaffRepository` alone.
    """

    secret: str = ""
    pending: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in. `roles`: agent, operator, admin (staff only). `password_hash` "" until a password is chosen."""

    id: str
    kind: AccountKind
    username: str
    address: str
    created_at: datetime
    name: str = ""
    contact_id: str | None = None
    roles: tuple[str, ...] = ()
    language: str = ""
    password_hash: str = field(default="", repr=False)
    logged_in_at: datetime | None = None
    disabled: bool = False
    second_factor: SecondFactor = field(default_factory=lambda: SecondFactor(), repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """One logged-in browser. `id` names it for people; the token itself is known to the browser alone."""

    id: str
    account_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    client: str = ""
    agent: str = ""
    method: SessionMethod = "password"


@dataclass(frozen=True, slots=True)
class AccountLink:
    """What a mailed link stands for. `facts`: what was filled in when it was asked for."""

    purpose: LinkPurpose
    created_at: datetime
    expires_at: datetime
    address: str = ""
    account_id: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    used_at: datetime | None = None


class AccountRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Account) -> None:
        """A new account. Raises StoreConflict when its user name, address or contact has one."""
        self._connection.execute(insert(accounts).values(id=new.id, **_account_row(new)))

    def set(self, before: Account, after: Account) -> None:
        """Write the fields that differ; the others may have been changed by somebody else since `before` was read.

        Raises NotFound, and StoreConflict when the user name or address is another one's.
        """
        read, wanted = _account_row(before), _account_row(after)
        changed = {name: value for name, value in wanted.items() if value != read[name]} or {"name": after.name}
        if not self._connection.execute(update(accounts).where(accounts.c.id == after.id).values(changed)).rowcount:
            raise NotFound("account", after.id)

    def lock_as_checked(self, checked: Account) -> bool:
        """Whether a password that was checked against this account is still good: the same hash and second factor, not disabled.

        Locked until the transaction ends: a new password waits, and then ends the session that is begun here.
        """
        factor = accounts.c.totp_secret == checked.second_factor.secret
        which = (accounts.c.id == checked.id) & (accounts.c.password_hash == checked.password_hash) & factor
        found = select(accounts.c.id).where(which, accounts.c.disabled.is_(False)).with_for_update()
        return self._connection.execute(found).first() is not None

    def get(self, id_: str) -> Account | None:
        """The account with this id."""
        return self._one(accounts.c.id == id_)

    def of_contact(self, contact_id: str) -> Account | None:
        """The account of this contact."""
        return self._one(accounts.c.contact_id == contact_id)

    def by_login(self, name: str) -> Account | None:
        """The account with this mail address or user name, case-insensitive; an address finds its owner before a user name of that form."""
        wanted = name.strip().lower()
        owns = accounts.c.address_lower == wanted
        found = select(accounts).where(or_(accounts.c.username_lower == wanted, owns)).order_by(owns.desc()).limit(1)
        row = self._connection.execute(found).first()
        return _account(row) if row else None

    def by_username(self, name: str) -> Account | None:
        """The account with this user name, any case."""
        return self._one(accounts.c.username_lower == name.strip().lower())

    def by_address(self, address: str) -> Account | None:
        """The account with this mail address, any case."""
        return self._one(accounts.c.address_lower == address.strip().lower())

    def list(self, after: str = "", limit: int = 100) -> Sequence[Account]:
        """By user name, those after this one."""
        found = select(accounts).where(accounts.c.username_lower > after.lower()).order_by(accounts.c.username_lower).limit(limit)
        return [_account(row) for row in self._connection.execute(found)]

    def has_admin(self) -> bool:
        """Whether any account that is not disabled has the role admin."""
        found = select(accounts.c.roles).where(accounts.c.kind == "staff", accounts.c.disabled.is_(False))
        return any("admin" in json.loads(row.roles) for row in self._connection.execute(found))

    def staff_names(self) -> frozenset[str]:
        """The names of those who work here, as customers read them."""
        found = select(accounts.c.name).where(accounts.c.kind == "staff", accounts.c.name != "")
        return frozenset(self._connection.execute(found).scalars())

    def has_staff(self) -> bool:
        """Whether there is any account of our staff."""
        return self._connection.execute(select(accounts.c.id).where(accounts.c.kind == "staff").limit(1)).first() is not None

    def begin_session(self, token_sha256: str, new: Session) -> None:
        """Keep a new session."""
        row = {name: getattr(new, name) for name in _SESSION}
        self._connection.execute(insert(sessions).values(token_sha256=token_sha256, **row))

    def session(self, token_sha256: str, now: datetime) -> tuple[Session, Account] | None:
        """The session with this token and its account; None for one that has ended or whose account is disabled."""
        found = (
            select(sessions, *(column.label(f"of_{column.name}") for column in accounts.c))
            .join(accounts, accounts.c.id == sessions.c.account_id)
            .where(sessions.c.token_sha256 == token_sha256, sessions.c.expires_at > now, accounts.c.disabled.is_(False))
        )
        row = self._connection.execute(found).first()
        if row is None:
            return None
        account = SimpleNamespace(**{column.name: getattr(row, f"of_{column.name}") for column in accounts.c})
        return Session(**{name: getattr(row, name) for name in _SESSION}), _account(account)

    def touch_session(self, token_sha256: str, seen_at: datetime) -> None:
        """Remember when the session was last used."""
        self._connection.execute(update(sessions).where(sessions.c.token_sha256 == token_sha256).values(seen_at=seen_at))

    def sessions_of(self, account_id: str, now: datetime) -> Sequence[Session]:
        """The account's sessions that have not ended, last used first."""
        found = select(sessions).where(sessions.c.account_id == account_id, sessions.c.expires_at > now).order_by(sessions.c.seen_at.desc())
        return [Session(**{name: getattr(row, name) for name in _SESSION}) for row in self._connection.execute(found)]

    def end_session(self, token_sha256: str) -> bool:
        """End one session by its token; whether there was one."""
        return bool(self._connection.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256)).rowcount)

    def end_sessions(self, account_id: str, *, session_id: str | None = None, but: str | None = None) -> int:
        """End all sessions of an account, the one with this id, or all `but` one; how many."""
        if session_id is not None and not is_id(session_id):
            return 0
        which = sessions.c.account_id == account_id
        which = which if session_id is None else which & (sessions.c.id == session_id)
        which = which if but is None else which & (sessions.c.id != but)
        return self._connection.execute(delete(sessions).where(which)).rowcount

    def add_link(self, token_sha256: str, new: AccountLink) -> None:
        """Keep what a link stands for."""
        self._connection.execute(
            insert(account_links).values(
                token_sha256=token_sha256, purpose=new.purpose, address=new.address, account_id=new.account_id,
                facts=to_json(dict(new.facts)), created_at=new.created_at, expires_at=new.expires_at,
            )
        )  # fmt: skip

    def add_mailed(self, new: Sequence[MailedLink]) -> None:
        """Keep what the links of mails stand for; nothing for none."""
        shared = ("token_sha256", "purpose", "address", "created_at", "expires_at")
        rows = [{name: getattr(one, name) for name in shared} | {"facts": to_json(dict(one.facts))} for one in new]
        insert_all(self._connection, account_links, rows)

    def link(self, token_sha256: str) -> AccountLink | None:
        """What the link with this token stands for, used or not, in time or not."""
        row = self._connection.execute(select(account_links).where(account_links.c.token_sha256 == token_sha256)).first()
        if row is None:
            return None
        return AccountLink(
            row.purpose, row.created_at, row.expires_at, row.address, row.account_id, json.loads(row.facts), row.used_at
        )  # fmt: skip

    def use_link(self, token_sha256: str, now: datetime) -> bool:
        """Use the link up; False when it has been used or its time is over. Of two at once one gets True."""
        which = (account_links.c.token_sha256 == token_sha256) & account_links.c.used_at.is_(None) & (account_links.c.expires_at > now)
        return bool(self._connection.execute(update(account_links).where(which).values(used_at=now)).rowcount)

    def drop_links(self, account_id: str) -> None:
        """Make the unused links of an account void: at a new password nothing mailed before may open it."""
        which = (account_links.c.account_id == account_id) & account_links.c.used_at.is_(None)
        self._connection.execute(delete(account_links).where(which))

    def charge(self, name: str, key_sha256: str, now: datetime, *, size: float, per_s: float) -> float:
        """Take one token from a bucket that holds `size` and fills at `per_s`, in one statement. Below 0: refused; how far it is from full.

        What is refused takes nothing, so that a client who goes on asking waits no longer than one token takes: a bucket below 0 lacks
        that much of the one token that was asked for.
        """
        now_s, held = now.timestamp(), rate_buckets.c
        filled = case((held.tokens < 0, held.tokens + 1), else_=held.tokens) + (now_s - held.updated_s) * per_s
        left = case((filled > size, size), else_=filled) - 1
        added = upsert(self._connection, rate_buckets).values(name=name, key_sha256=key_sha256, tokens=size - 1, updated_s=now_s)
        charged = added.on_conflict_do_update(
            index_elements=["name", "key_sha256"], set_={"tokens": case((left < -1, -1.0), else_=left), "updated_s": now_s}
        ).returning(held.tokens)
        return float(self._connection.execute(charged).scalar_one())

    def claim_once(self, key_sha256: str, now: datetime) -> str | None:
        """None when the key is ours from now on; else where the submission led that has it ("" when that is not known yet)."""
        added = upsert(self._connection, once_keys).values(key_sha256=key_sha256, result="", at=now).on_conflict_do_nothing()
        if self._connection.execute(added.returning(once_keys.c.key_sha256)).first() is not None:  # PostgreSQL's driver counts no rows here
            return None
        return self._connection.execute(select(once_keys.c.result).where(once_keys.c.key_sha256 == key_sha256)).scalar_one_or_none() or ""

    def once_result(self, key_sha256: str) -> str | None:
        """Where the submission with this key led, "" while that is not known; None when it was never claimed."""
        return self._connection.execute(select(once_keys.c.result).where(once_keys.c.key_sha256 == key_sha256)).scalar_one_or_none()

    def set_once_result(self, key_sha256: str, result: str) -> None:
        """Where a submission led."""
        self._connection.execute(update(once_keys).where(once_keys.c.key_sha256 == key_sha256).values(result=result))

    def draft(self, account_id: str, name: str) -> tuple[Mapping[str, str], datetime] | None:
        """What was typed into a form and not sent, and when it was kept."""
        found = select(drafts.c.body, drafts.c.updated_at).where(drafts.c.account_id == account_id, drafts.c.name == name)
        row = self._connection.execute(found.where(~_IS_SENT)).first()
        return (json.loads(row.body), row.updated_at) if row else None

    def drafts_of(self, account_id: str) -> Sequence[tuple[str, Mapping[str, str], datetime]]:
        """The account's drafts by form: its name, what was typed, when it was kept."""
        mine = drafts.c.account_id == account_id, ~_IS_SENT
        found = select(drafts).where(*mine).order_by(drafts.c.name)
        return [(row.name, json.loads(row.body), row.updated_at) for row in self._connection.execute(found)]

    def keep_draft(self, account_id: str, name: str, body: Mapping[str, str], now: datetime, form: str = "") -> bool:
        """Keep what is typed, in place of what was kept before; False when `form` (its token) has just been sent."""
        body_json, sent = to_json(dict(body)), _sent_body(form)
        added = upsert(self._connection, drafts).values(account_id=account_id, name=name, body=body_json, updated_at=now)
        still = or_(drafts.c.body != sent, drafts.c.updated_at <= now - LATE)
        new = {"body": body_json, "updated_at": now}
        done = added.on_conflict_do_update(index_elements=["account_id", "name"], set_=new, where=still)
        return self._connection.execute(done.returning(drafts.c.name)).first() is not None  # PostgreSQL's driver counts no rows here

    def drop_oldest_drafts(self, account_id: str, most: int) -> None:
        """Forget the account's drafts but the `most` that were kept last."""
        mine = select(drafts.c.name).where(drafts.c.account_id == account_id)
        spare = mine.order_by(drafts.c.updated_at.desc(), drafts.c.name).offset(most)
        names = list(self._connection.execute(spare.limit(most)).scalars())
        if names:
            self._connection.execute(delete(drafts).where(drafts.c.account_id == account_id, drafts.c.name.in_(names)))

    def drop_draft(self, account_id: str, name: str) -> None:
        """Forget a draft that was thrown away."""
        self._connection.execute(delete(drafts).where(drafts.c.account_id == account_id, drafts.c.name == name))

    def send_draft(self, account_id: str, name: str, form: str, now: datetime) -> None:
        """Forget a draft whose form was sent; of what was typed into it before and comes only now, nothing is kept."""
        over = _IS_SENT, drafts.c.updated_at <= now - LATE
        self._connection.execute(delete(drafts).where(drafts.c.account_id == account_id, *over))
        sent = {"body": _sent_body(form), "updated_at": now}
        added = upsert(self._connection, drafts).values(account_id=account_id, name=name, **sent)
        self._connection.execute(added.on_conflict_do_update(index_elements=["account_id", "name"], set_=sent))

    def purge(self, now: datetime, before: datetime) -> int:
        """Take away ended sessions and links, and buckets and keys that nobody used since `before`; how many rows."""
        gone = [
            delete(sessions).where(sessions.c.expires_at <= now),
            delete(account_links).where(account_links.c.expires_at <= before),
            delete(rate_buckets).where(rate_buckets.c.updated_s <= before.timestamp()),
            delete(once_keys).where(once_keys.c.at <= before),
        ]
        return sum(self._connection.execute(one).rowcount for one in gone)

    def count(self) -> int:
        """How many accounts there are."""
        return self._connection.execute(select(func.count()).select_from(accounts)).scalar_one()

    def _one(self, condition: ColumnElement[bool]) -> Account | None:
        row = self._connection.execute(select(accounts).where(condition)).first()
        return _account(row) if row else None


_SESSION = ("id", "account_id", "created_at", "seen_at", "expires_at", "client", "agent", "method")
_ACCOUNT = (
    "kind", "username", "address", "created_at", "name", "contact_id", "language", "password_hash", "logged_in_at", "disabled",
)  # fmt: skip


def _sent_body(form: str) -> str:
    return to_json({_SENT: form})


def _account(row: Any) -> Account:
    factor = SecondFactor(row.totp_secret, row.totp_pending, row.totp_step)
    return Account(id=row.id, roles=tuple(json.loads(row.roles)), second_factor=factor, **{name: getattr(row, name) for name in _ACCOUNT})


def _account_row(one: Account) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _ACCOUNT} | {
        "roles": json.dumps(list(one.roles)),
        "username_lower": one.username.lower(),
        "address_lower": one.address.lower(),
    }
