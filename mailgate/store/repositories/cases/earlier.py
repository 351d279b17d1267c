"""What was said in a case before something. In: points in cases. Out: ids of comments.

One statement for all points that are comments, and one for what was withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from mailgate.cases.ids import is_id
from mailgate.store.repositories.case_index import WITHDRAWN
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import literal
from mailgate.store.schema import comments, events

Point = tuple[str, str]
"""Case id, and the id of a comment or of what came with it."""

_earlier = comments.alias("earlier")
_BEFORE_COMMENTS = Prepared(
    select(
        comments.c.case_id,
        comments.c.id,
        select(_earlier.c.id)
        .where(_earlier.c.case_id == comments.c.case_id, _earlier.c.id < comments.c.id, _earlier.c.kind == literal("comment"))
        .order_by(_earlier.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("earlier_id"),
    ).where(comments.c.id.in_(listed("ids")))
)
_BEFORE_ANYTHING = Prepared(
    select(comments.c.id)
    .where(comments.c.case_id == bindparam("case"), comments.c.id < bindparam("before"), comments.c.kind == literal("comment"))
    .order_by(comments.c.id.desc())
    .limit(1)
)


_WITHDRAWN = Prepared(
    select(events.c.facts).where(events.c.case_id.in_(listed("cases")), events.c.kind == literal(WITHDRAWN)),
)


def ids_before(connection: Connection, points: Collection[Point]) -> dict[Point, str]:
    """Point -> the id of the last comment before it, where there is one. Notes do not count, nor what was withdrawn."""
    ids = [before for _, before in points if is_id(before)]
    known = {(row.case_id, row.id): row.earlier_id for row in (_BEFORE_COMMENTS.rows(connection, ids=ids) if ids else ())}
    found = {point: known[point] if point in known else _before_anything(connection, *point) for point in points}
    said = {point: id_ for point, id_ in found.items() if id_}
    rows = _WITHDRAWN.rows(connection, cases={case_id for case_id, _ in said}) if said else ()
    gone = {json.loads(row.facts)["comment_id"] for row in rows}
    still = {point: _not_withdrawn(connection, point[0], id_, gone) for point, id_ in said.items()}
    return {point: id_ for point, id_ in still.items() if id_}


def _not_withdrawn(connection: Connection, case_id: str, id_: str | None, gone: Collection[str]) -> str | None:
    while id_ in gone and id_:
        id_ = _before_anything(connection, case_id, id_)
    return id_


def _before_anything(connection: Connection, case_id: str, before_id: str) -> str | None:
    rows = _BEFORE_ANYTHING.rows(connection, case=case_id, before=before_id)
    return rows[0].id if rows else None
