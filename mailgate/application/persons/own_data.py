"""One person's data as values that JSON can hold: what they may fetch by themselves, and what an operator's copy begins with.

In: their traces. Out: a mapping; names and times as they last. It holds their own words, not what others wrote, nor notes of staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mailgate.cases.model import Comment
from mailgate.store.repositories.accounts import Account
from mailgate.store.repositories.persons.traces import Traces
from mailgate.store.repositories.portal import UNCHOSEN
from mailgate.store.unit_of_work import UnitOfWork


def own_data(uow: UnitOfWork, found: Traces, now: datetime) -> dict[str, Any]:
    """Addresses, contacts, accounts with sessions and drafts, choices, and cases with their words."""
    accounts = [account for id_ in found.accounts if (account := uow.accounts.get(id_))]
    return {
        "addresses": list(found.addresses),
        "contacts": uow.persons.records(found).contacts(),
        "accounts": [_account(uow, one, now) for one in accounts],
        "notices": _choices(uow, found),
        "cases": _cases(uow, found),
    }


def _account(uow: UnitOfWork, one: Account, now: datetime) -> Mapping[str, Any]:
    return {
        "user_name": one.username, "mail_address": one.address, "name": one.name, "language": one.language, "made": one.created_at,
        "logged_in": one.logged_in_at,
        "sessions": [
            {"begun": each.created_at, "last_used": each.seen_at, "network_address": each.client, "browser": each.agent}
            for each in uow.accounts.sessions_of(one.id, now)
        ],
        "drafts": [{"form": form, "fields": fields, "kept": kept} for form, fields, kept in uow.accounts.drafts_of(one.id)],
    }  # fmt: skip


def _choices(uow: UnitOfWork, found: Traces) -> Mapping[str, Any]:
    """Which notices they want, and of which cases none; the defaults where they have chosen nothing."""
    ids = found.contact_ids
    made = uow.portal.choices(ids)
    chosen = next((made[id_] for id_ in ids if id_ in made), UNCHOSEN)
    muted = [key for id_ in ids for key in uow.portal.muted_keys(id_)]
    return {"wanted": chosen.wants, "digest_hour": chosen.hour, "muted_cases": muted}


def _cases(uow: UnitOfWork, found: Traces) -> Sequence[Mapping[str, Any]]:
    said: dict[str, list[Comment]] = {}
    for comment in uow.cases.comments_by_ids(found.comments).values():
        said.setdefault(comment.case_id, []).append(comment)
    rows = reversed(uow.persons.records(found).cases())
    return [{**_case(row), "my_comments": _comments(said.get(row["id"], ()))} for row in rows]


def _case(row: Mapping[str, Any]) -> Mapping[str, Any]:
    names = {"key": "key", "summary": "summary", "status": "status", "description": "description", "environment": "environment"}
    return {"made": row["created_at"], **{name: row[column] for column, name in names.items() if column in row}}


def _comments(said: Iterable[Comment]) -> list[Mapping[str, Any]]:
    return [
        {"id": one.id, "at": one.created_at, "text": one.text, "signature": one.signature, "files": [file.filename for file in one.files]}
        for one in said
    ]
