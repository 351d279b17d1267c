"""Comments that change cases, with what is known of them. In: ids; the cases must be locked. Out: rows changed."""

from __future__ import annotations

import json

from sqlalchemy import Connection, select, update

from mailgate.store.repositories.case_index import WITHDRAWN, index_again
from mailgate.store.schema import cases, comments, events


def move_comment(connection: Connection, comment_id: str, case_id: str) -> None:
    """Put a comment with its files on another case. One that was withdrawn stays so there."""
    came_from = connection.execute(select(comments.c.case_id).where(comments.c.id == comment_id)).scalar_one()
    connection.execute(update(comments).where(comments.c.id == comment_id).values(case_id=case_id))
    said = connection.execute(select(events.c.id, events.c.facts).where(events.c.case_id == came_from, events.c.kind == WITHDRAWN)).all()
    ids = [row.id for row in said if json.loads(row.facts)["comment_id"] == comment_id]
    connection.execute(update(events).where(events.c.id.in_(ids)).values(case_id=case_id))
    index_again(connection, {came_from, case_id})


def merge_into(connection: Connection, duplicate_id: str, target_id: str) -> None:
    """Move all comments of a duplicate to the remaining case; cases merged into the duplicate earlier point there, too."""
    connection.execute(update(comments).where(comments.c.case_id == duplicate_id).values(case_id=target_id))
    connection.execute(update(events).where(events.c.case_id == duplicate_id, events.c.kind == WITHDRAWN).values(case_id=target_id))
    connection.execute(update(cases).where(cases.c.merged_into == duplicate_id).values(merged_into=target_id))
    index_again(connection, {duplicate_id, target_id})
