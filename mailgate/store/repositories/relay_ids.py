"""Ids that relays have put in place of ours, each for the one contact who taught it. See `inbound.intake.relay_ids` for when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields

from sqlalchemy import Connection, bindparam, func, select

from mailgate.clock import Clock
from mailgate.store.repositories.bulk import insert_all
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.rows import RelayId
from mailgate.store.schema import relay_ids

_COLUMNS = tuple(one.name for one in fields(RelayId))
_THEIRS = (relay_ids.c.sha256.in_(listed("hashes")), relay_ids.c.contact_id.in_(listed("contacts")))
_KNOWN = Prepared(select(relay_ids.c.sha256, relay_ids.c.contact_id).where(*_THEIRS))
_GOOD = Prepared(
    select(relay_ids.c.sha256, relay_ids.c.contact_id, relay_ids.c.case_id).where(*_THEIRS, relay_ids.c.valid_until > bindparam("now"))
)
_COUNTS = Prepared(
    select(relay_ids.c.contact_id, relay_ids.c.case_id, func.count().label("known"))
    .where(relay_ids.c.contact_id.in_(listed("contacts")))
    .group_by(relay_ids.c.contact_id, relay_ids.c.case_id)
)


class RelayIdRepository:
    """See the module."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def find(self, hashes: Collection[str], contact_ids: Collection[str]) -> dict[tuple[str, str], str]:
        """(hash, contact id) -> case id, for those that are known and still good."""
        if not hashes or not contact_ids:
            return {}
        rows = _GOOD.rows(self._connection, hashes=sorted(hashes), contacts=sorted(contact_ids), now=self._clock())
        return {(row.sha256, row.contact_id): row.case_id for row in rows}

    def learn(self, lessons: Sequence[RelayId], most: int) -> None:
        """Keep them. What is known stays as it is; a contact has at most `most` for one case, later ones are not kept."""
        if not lessons:
            return
        counts, known = self._counts({one.contact_id for one in lessons}), self._known(lessons)
        fresh: list[RelayId] = []
        for one in lessons:
            pair, key = (one.contact_id, one.case_id), (one.sha256, one.contact_id)
            if counts.get(pair, 0) < most and key not in known:
                counts[pair] = counts.get(pair, 0) + 1
                known.add(key)
                fresh.append(one)
        rows = [{name: getattr(one, name) for name in _COLUMNS} for one in fresh]
        insert_all(self._connection, relay_ids, rows, key=("sha256", "contact_id"))

    def _known(self, lessons: Sequence[RelayId]) -> set[tuple[str, str]]:
        hashes, contacts = sorted({one.sha256 for one in lessons}), sorted({one.contact_id for one in lessons})
        return {(row.sha256, row.contact_id) for row in _KNOWN.rows(self._connection, hashes=hashes, contacts=contacts)}

    def _counts(self, contact_ids: Collection[str]) -> dict[tuple[str, str], int]:
        rows = _COUNTS.rows(self._connection, contacts=sorted(contact_ids))
        return {(row.contact_id, row.case_id): row.known for row in rows}
