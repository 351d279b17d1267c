"""Statements that are made once and run many times, at the cost of the driver alone.

In: a SQLAlchemy statement with bound parameters, at the top of a module; then values. Out: rows, or how many were touched. SQLAlchemy
makes the text and knows how each type is stored and read; both are asked once and kept. Building a statement again and running it through
SQLAlchemy costs more than the database needs to answer. `bulk` describes how values reach the drivers.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, LargeBinary, bindparam

from mailgate.store.columns import from_driver, to_driver
from mailgate.store.repositories import bulk

KEPT_VALUES = 256
"""A list is filled up to a power of two with its last value, so that batches of all sizes share a few texts; longer lists are not."""


def listed(name: str) -> BindParameter[Any]:
    """A parameter for the right side of `in_` that takes a collection of values, of any length but zero."""
    return bindparam(name, expanding=True)


class Prepared:
    """One statement, select or change. Make it once, at the top of a module; safe to share between threads."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """Run it; the rows as named tuples, by the names of the columns."""
        compiled = self._on(connection.dialect)
        found = bulk.execute(connection, *compiled.given(values), binary=compiled.has_bytes)
        return list(map(compiled.read, found.fetchall()))

    def run(self, connection: Connection, **values: Any) -> int:
        """Run it; how many rows it touched."""
        return int(bulk.execute(connection, *self._on(connection.dialect).given(values)).rowcount)

    def run_each(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Run it once for each row of values, none of them a list; nothing for none."""
        given = list(map(self._on(connection.dialect).given, rows))
        if given:
            bulk.execute_many(connection, given[0][0], [parameters for _, parameters in given])

    def _on(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(self._statement, bulk.driver_dialect(dialect))
        return found


class _Compiled:
    """A statement for one kind of database. `read` makes a named tuple of a driver's row; `has_bytes`: a column of the rows is bytes."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        self._made = statement.compile(dialect=dialect)
        binds, columns = self._made.binds, self._made._result_columns
        self._lists = sorted(name for name, bind in binds.items() if bind.expanding)
        self._constants = {name: bind.value for name, bind in binds.items() if not (bind.required or bind.expanding)}
        self._convert = {name: to_driver(bind.type, dialect) for name, bind in binds.items()}
        self._sized: dict[tuple[int, ...], tuple[str, Sequence[str]]] = {}
        self.read = _reader(columns, dialect)
        self.has_bytes = any(isinstance(column.type, LargeBinary) for column in columns)

    def given(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """The text for lists of these lengths, and the values as the driver takes them."""
        given = {**self._constants, **values, **{name: _filled_up(values[name]) for name in self._lists}}
        text, names = self._for(given)
        parameters: list[Any] = []
        for name in names:
            convert, value = self._convert[name], given[name]
            if name in self._lists:
                parameters += value if convert is None else map(convert, value)
            else:
                parameters.append(value if convert is None else convert(value))
        return text, parameters

    def _for(self, given: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
        """The text, and the names of its parameters in their order; kept for as many lengths of lists as batches have."""
        lengths = tuple(len(given[name]) for name in self._lists)
        found = self._sized.get(lengths)
        if found is None:
            state = self._made.construct_expanded_state(given)
            first = {names[0]: name for name, names in state.parameter_expansion.items()}
            rest = {other for names in state.parameter_expansion.values() for other in names[1:]}
            # The values of a list stand side by side, so the first one stands for all.
            found = state.statement, [first.get(name, name) for name in state.positiontup if name not in rest]
            if sum(lengths) <= KEPT_VALUES:
                self._sized[lengths] = found
        return found


def _filled_up(values: Collection[Any]) -> Sequence[Any]:
    """The same set of values as a list of one of the usual lengths."""
    listed = list(values)
    missing = (1 << (len(listed) - 1).bit_length()) - len(listed)
    return listed + listed[-1:] * missing if len(listed) < KEPT_VALUES else listed


def _reader(columns: Any, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    row: Any = namedtuple("Row", [column.keyname for column in columns])  # type: ignore[misc]
    made = partial(tuple.__new__, row)  # as `row._make` does, but for its check
    processors = [from_driver(column.type, dialect) for column in columns]
    converted = [(at, processor) for at, processor in enumerate(processors) if processor is not None]

    def read(found: Sequence[Any]) -> Any:
        values = list(found)
        for at, processor in converted:
            values[at] = processor(values[at])
        return made(values)

    return read if converted else made
