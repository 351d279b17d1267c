"""Statements that are made once and run many times, at the cost of the driver alone.

In: a SQLAlchemy statement with bound parameters, at the top of a module; then values. Out: rows, or how many were touched. SQLAlchemy
makes the text and knows how each type is stored and read; both are asked once and kept. Building a statement anew and running it through
SQLAlchemy costs more than the database needs to answer. `bulk` describes how values reach the drivers.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, LargeBinary, bindparam

from mailgate.store.columns import Converter, from_driver, to_driver
from mailgate.store.repositories import bulk

KEPT_VALUES = 256
"""A list is filled up with its last value to a power of two, so that batches of all sizes share a few texts; one that is longer is not."""

Slot = tuple[str, bool, Converter | None]
"""Where the driver's next value comes from, or its next values when it is a list: the parameter's name, and how it is stored."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    slots: Sequence[Slot]
    constants: Mapping[str, Any]
    read: Callable[[Sequence[Any]], Any]
    has_bytes: bool

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """The values as the driver takes them, in the order of the text."""
        given = {**self.constants, **values}
        found: list[Any] = []
        for name, is_list, convert in self.slots:
            if is_list:
                found += given[name] if convert is None else map(convert, given[name])
            else:
                found.append(given[name] if convert is None else convert(given[name]))
        return found


def listed(name: str) -> BindParameter[Any]:
    """A parameter for the right side of `in_` that takes a collection of values, of any length but zero."""
    return bindparam(name, expanding=True)


class Prepared:
    """One statement, select or change. Make it once, at the top of a module; safe to share between threads."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._lists: list[str] | None = None
        self._compiled: dict[tuple[str | int, ...], _Compiled] = {}

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """Run it; the rows as named tuples, by the names of the columns."""
        compiled, given = self._for(connection.dialect, values)
        found = bulk.execute(connection, compiled.text, compiled.parameters(given), binary=compiled.has_bytes)
        return list(map(compiled.read, found.fetchall()))

    def run(self, connection: Connection, **values: Any) -> int:
        """Run it; how many rows it touched."""
        compiled, given = self._for(connection.dialect, values)
        return int(bulk.execute(connection, compiled.text, compiled.parameters(given)).rowcount)

    def run_each(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Run it once for each row of values, none of them a list; nothing for none."""
        if rows:
            compiled, _ = self._for(connection.dialect, rows[0])
            bulk.execute_many(connection, compiled.text, list(map(compiled.parameters, rows)))

    def _for(self, dialect: Dialect, values: dict[str, Any]) -> tuple[_Compiled, Mapping[str, Any]]:
        """The text for lists of these lengths, kept for as many lengths as batches have; and the values with which to run it."""
        if self._lists is None:
            binds = self._statement.compile(dialect=bulk.driver_dialect(dialect)).binds
            self._lists = sorted(name for name, bind in binds.items() if bind.expanding)
        given = values | {name: _filled_up(values[name]) for name in self._lists} if self._lists else values
        lengths = [len(given[name]) for name in self._lists]
        found = self._compiled.get((dialect.name, *lengths))
        if found is None:
            found = self._compile(bulk.driver_dialect(dialect), given)
            if sum(lengths) <= KEPT_VALUES:
                self._compiled[(dialect.name, *lengths)] = found
        return found, given

    def _compile(self, dialect: Dialect, values: Mapping[str, Any]) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)
        sized = compiled.construct_expanded_state(values)
        first = {names[0]: name for name, names in sized.parameter_expansion.items()}
        rest = {other for names in sized.parameter_expansion.values() for other in names[1:]}
        # The values of a list stand side by side, so the first one stands for all.
        names = [(first.get(name, name), name in first) for name in sized.positiontup if name not in rest]
        slots = [(name, is_list, to_driver(compiled.binds[name].type, dialect)) for name, is_list in names]
        constants = {name: bind.value for name, bind in compiled.binds.items() if not (bind.required or bind.expanding)}
        columns = compiled._result_columns
        has_bytes = any(isinstance(column.type, LargeBinary) for column in columns)
        return _Compiled(sized.statement, slots, constants, _reader(columns, dialect), has_bytes)


def _filled_up(values: Collection[Any]) -> Sequence[Any]:
    """The same set of values as a list of one of the usual lengths."""
    listed = list(values)
    missing = (1 << (len(listed) - 1).bit_length()) - len(listed)
    return listed + listed[-1:] * missing if len(listed) < KEPT_VALUES else listed


def _reader(columns: Any, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    """Makes a named tuple of a driver's row."""
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
