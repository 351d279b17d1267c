"""The check that no accepted mail is missing, and that every final state has its effect.

In: nothing. Out: the figures of guarantee 9 and the faults found. The count of what was accepted is kept apart from the journal
(`tallies`, written by the accept stage), so that a row that vanished or appeared shows. Each state is held against its effect in other
tables.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, exists, func, select

from mailgate.store.repositories.statements import literal
from mailgate.store.rows import JOURNAL_STATES
from mailgate.store.schema import blobs, cases, comments, decisions, journal, notices, tallies

UNSETTLED = ("pending", "held", "shunted")


class LedgerRepository:
    """See the module. Use it in `Store.reading`, so that all its questions see one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def figures(self) -> dict[str, int | bool]:
        """`accepted`, the count of every state, and `balanced`: the sum is right and there are no faults."""
        accepted, counts = self._accepted(), self._counts()
        balanced = accepted == sum(counts.values()) and set(counts) <= set(JOURNAL_STATES) and not self._effects_missing()
        states: dict[str, int] = {state: counts.get(state, 0) for state in JOURNAL_STATES if state != "pending"}
        return {"accepted": accepted, **states, "pending": counts.get("pending", 0), "balanced": balanced}

    def faults(self) -> list[str]:
        """One line for each kind of thing that is wrong; [] when the ledger balances."""
        accepted, counts = self._accepted(), self._counts()
        total = sum(counts.values())
        found = [f"{accepted} mails were accepted, but the journal has {total} entries"] if accepted != total else []
        found += [f"{counts[state]} entries have the unknown state {state}" for state in sorted(set(counts) - set(JOURNAL_STATES))]
        return found + self._effects_missing()

    def _accepted(self) -> int:
        return int(self._connection.execute(select(func.coalesce(func.sum(tallies.c.accepted), 0))).scalar_one())

    def _counts(self) -> dict[str, int]:
        counted = select(journal.c.state, func.count()).group_by(journal.c.state)
        return dict(self._connection.execute(counted).all())

    def _effects_missing(self) -> list[str]:
        checks = (
            ("entries are final without a recorded decision", ~_of_state(*UNSETTLED) & ~_decided()),
            ("entries are called commented without a comment", _of_state("commented") & ~_has_comment("comment")),
            (
                "entries are called noted on a case without a note",
                _of_state("noted") & _decided(decisions.c.case_id.is_not(None)) & ~_has_comment(),
            ),
            ("entries are called created without a case", _of_state("created") & ~_has_case()),
            (
                "entries are called redirected with neither an answer nor a reason for none",
                _of_state("redirected") & ~_has_notice() & ~_decided(decisions.c.reason != ""),
            ),
            ("entries are called forwarded without a mail", _of_state("forwarded") & ~_has_notice()),
            ("entries that are not settled have a comment all the same", _of_state(*UNSETTLED, "discarded") & _has_comment()),
            (
                "entries that are not settled have lost their bytes",
                _of_state(*UNSETTLED) & ~exists().where(blobs.c.sha256 == journal.c.raw_sha256),
            ),
        )
        found = ((words, self._count(condition)) for words, condition in checks)
        return [f"{count} {words}" for words, count in found if count]

    def _count(self, condition: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).select_from(journal).where(condition)).scalar_one()


def _of_state(*states: str) -> ColumnElement[bool]:
    return journal.c.state.in_([literal(state) for state in states])


def _decided(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(decisions.c.journal_id == journal.c.id, *conditions)


def _has_comment(*kinds: str) -> ColumnElement[bool]:
    conditions = [comments.c.kind.in_(kinds)] if kinds else []
    return exists().where(comments.c.journal_id == journal.c.id, *conditions)


def _has_case() -> ColumnElement[bool]:
    return exists().where(decisions.c.journal_id == journal.c.id, decisions.c.case_id == cases.c.id)


def _has_notice() -> ColumnElement[bool]:
    return exists().where(notices.c.journal_id == journal.c.id)
