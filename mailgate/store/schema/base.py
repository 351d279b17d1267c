"""What all tables share: the metadata, and columns and constraints of the same form."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, MetaData, text

from mailgate.store.columns import Moment, PlainText, identifier

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

BY_SUPPRESSION, BY_RESTORE = "suppression", "restore"
"""Values of `stopped_by`; "" for a row that nothing of the kind has stopped."""


def id_column() -> Column[str]:
    """The primary key `id`, a UUIDv7."""
    return Column("id", identifier(), primary_key=True)


def text_column(name: str, **more: Any) -> Column[str]:
    """A text that is there, if empty."""
    return Column(name, PlainText, nullable=False, server_default=text("''"), **more)


def count_column(name: str) -> Column[int]:
    """An integer that begins at 0."""
    return Column(name, Integer, nullable=False, server_default=text("0"))


def flag_column(name: str) -> Column[bool]:
    """A truth value that begins as false."""
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def stopped_by_column() -> Column[str]:
    """Why the row is final, or waits for a person, where that decides what may make it due again. `error` says so in words."""
    return text_column("stopped_by")


def moment_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """A UTC time."""
    return Column(name, Moment, nullable=nullable)


def due_index(table: str, where: str = "due_at IS NOT NULL", name: str = "due") -> Index:
    """The partial index of due rows, by which workers claim."""
    return partial_index(f"ix_{table}_{name}", "due_at", "id", where=where)


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of the rows for which `where` holds. Migrations make it on both databases; `postgresql_where` is named only there, since
    naming it here would load PostgreSQL's dialect into every process.
    """
    return Index(name, *columns, sqlite_where=text(where))


def due_at_iff(*states: str) -> CheckConstraint:
    """The check that `due_at` is set exactly in these states."""
    listed = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"(due_at IS NOT NULL) = (state IN ({listed}))", name="due_at_iff_unfinished")
