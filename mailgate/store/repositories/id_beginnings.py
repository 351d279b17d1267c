"""Ids that people type: the beginning of one is enough while no other id begins so. In: a column of ids. Out: a whole id, or beginnings.

Ids are ordered by time, so what two of them share is as long as they are near: a beginning of `SHORT_CHARS` names the millisecond. Where
several were made in it, as many characters more are needed as tell an id from its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

from sqlalchemy import Column, Connection, select

from mailgate.errors import Ambiguous, NotFound
from mailgate.store.repositories.statements import id_range, pieces

SHORT_CHARS = 13
NAMED = 5


def find(connection: Connection, column: Column[Any], beginning: str, what: str) -> str:
    """The whole id. Raises NotFound, Invalid for what begins no id, and Ambiguous, which names the first that begin so."""
    low, high = id_range(beginning)
    statement = select(column).where(column.between(low, high)).order_by(column).limit(NAMED + 1)
    ids = [str(id_) for id_ in connection.execute(statement).scalars()]
    if not ids:
        raise NotFound(what, beginning, f"there is no {what} that begins with {beginning}")
    if len(ids) > 1:
        short = shortest(connection, column, ids)
        first = ", ".join(short[id_] for id_ in ids[:NAMED]) + (", …" if len(ids) > NAMED else "")
        raise Ambiguous(what, beginning, ids, f"there is more than one {what} that begins with {beginning}: {first}; type one of them")
    return ids[0]


def shortest(connection: Connection, column: Column[Any], ids: Sequence[str]) -> dict[str, str]:
    """Id -> the beginning by which it is told from all others there are, at least `SHORT_CHARS` long."""
    other = column.table.alias("other").c[column.name]
    before = select(other).where(other < column).order_by(other.desc()).limit(1).scalar_subquery()
    after = select(other).where(other > column).order_by(other).limit(1).scalar_subquery()
    found = {}
    for some in pieces(ids):
        for id_, *neighbours in connection.execute(select(column, before, after).where(column.in_(some))):
            found[id_] = beginning(id_, [one for one in neighbours if one is not None])
    return found


def beginning(id_: str, others: Iterable[str]) -> str:
    """The beginning that tells an id from these others, at least `SHORT_CHARS` long."""
    shared = max((_shared(id_, one) for one in others), default=0)
    return id_[: max(SHORT_CHARS, shared + 1)].rstrip("-")


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=True)))
