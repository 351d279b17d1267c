"""How often mail has changed cases lately. In: cases, windows of time. Out: counts; one statement for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Integer, ScalarSelect, bindparam, func, select

from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import id_floor, literal
from mailgate.store.schema import cases, comments

Window = tuple[datetime, datetime, int]
"""Since, until, and how many are enough."""


def counts(connection: Connection, ids: Collection[str], windows: Sequence[Window]) -> dict[str, tuple[int, ...]]:
    """Case id -> how many comments and notes mail made on it in each window; counted no further than is enough.

    Reads at most that many rows of each case and window, however many comments it has.
    """
    if not ids:
        return {}
    bounds: dict[str, Any] = {}
    for number, (since, until, enough) in enumerate(windows):
        bounds |= {f"since_{number}": since, f"until_{number}": until, f"floor_{number}": id_floor(since), f"enough_{number}": enough}
    return {id_: tuple(changes) for id_, *changes in _counting(len(windows)).rows(connection, ids=ids, **bounds)}


@cache
def _counting(windows: int) -> Prepared:
    counted = [_count(number).label(f"changes_{number}") for number in range(windows)]
    return Prepared(select(cases.c.id, *counted).where(cases.c.id.in_(listed("ids"))))


def _count(number: int) -> ScalarSelect[int]:
    """How many of the case of the row, in the window of this number."""
    since: BindParameter[datetime] = bindparam(f"since_{number}")
    until: BindParameter[datetime] = bindparam(f"until_{number}")
    by_mail = (
        select(literal(1).label("one"))
        .where(comments.c.case_id == cases.c.id, comments.c.id >= bindparam(f"floor_{number}"), comments.c.created_at.between(since, until))
        .where(comments.c.journal_id.is_not(None), comments.c.kind.in_([literal("comment"), literal("note")]))
        .limit(bindparam(f"enough_{number}", type_=Integer))
        .correlate(cases)
        .subquery()
    )
    return select(func.count()).select_from(by_mail).scalar_subquery()
