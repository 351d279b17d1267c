"""A CSV file (RFC 4180) whose first line names the columns. In: its text. Out: the fields of each line, under the line's number.

Fields are separated by commas, semicolons or tabs; one in quotes may go on over several lines. It knows nothing of what the columns mean.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailgate.errors import Invalid

MAX_LINES = 50_000
DELIMITERS = ",;\t"  # a semicolon is what Excel writes in Norwegian


@dataclass(frozen=True, slots=True)
class CsvLine:
    """One line of data: the number of the line that it begins on (the first is 1), and column -> field without blanks around it."""

    number: int
    fields: Mapping[str, str]

    @property
    def name(self) -> str:
        """The first column, which names what the line is about."""
        return next(iter(self.fields.values()), "")


def csv_lines(text: str, columns: Sequence[str]) -> Sequence[CsvLine]:
    """The lines that say anything, their columns in this order. Raises Invalid for a file that cannot be read, or has other columns."""
    text = text.removeprefix("\ufeff")
    records = _records(text)
    _, first = next(records, (1, []))
    head = [name.strip().lower() for name in first]
    unknown = [name for name in head if name not in columns]
    if unknown or columns[0] not in head or len(set(head)) != len(head):
        more = f"; there is no column {unknown[0]!r}" if unknown else ""
        raise Invalid("head", "columns", f"line 1 must name the columns, such as {','.join(columns)}{more}")
    return list(_lines(records, head, columns))


def _lines(records: Iterator[tuple[int, list[str]]], head: Sequence[str], columns: Sequence[str]) -> Iterator[CsvLine]:
    for count, (number, values) in enumerate(records, start=1):
        if count > MAX_LINES:
            raise Invalid("file", "too_long", f"more than {MAX_LINES} lines; import them in several files")
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(head):
            raise Invalid("file", "csv", f"line {number} has {len(values)} fields, line 1 has {len(head)}")
        given = dict(zip(head, (value.strip() for value in values), strict=True))
        yield CsvLine(number, {name: given[name] for name in columns if name in given})


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of its first line. `newline=""`: line ends within quotes reach the reader as they are."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 1
    try:
        for values in reader:
            yield number, values
            number = reader.line_num + 1
    except csv.Error as error:
        raise Invalid("file", "csv", f"line {number} cannot be read: {error}") from None


def _delimiter(text: str) -> str:
    """Whichever line 1 has most of."""
    return max(DELIMITERS, key=io.StringIO(text, newline="").readline().count)
