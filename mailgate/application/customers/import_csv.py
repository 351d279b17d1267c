"""Customers and contacts from a CSV file: all lines or none. In: the file's text. Out: what became of each line.

A line whose thing exists changes what it gives and leaves the rest; a line that changes nothing leaves no trace, so that the same file may
come again. An empty field says nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.customers import contacts, customers
from mailgate.application.customers.contacts import AddContact, SetContact
from mailgate.application.customers.customers import AddCustomer, SetCustomer
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, guarded, use_case
from mailgate.application.words import mail_address
from mailgate.errors import Ambiguous, Invalid, NotFound

MAX_LINES = 50_000
CUSTOMER_COLUMNS = ("name", "domains", "agreement", "language")
CONTACT_COLUMNS = ("address", "name", "language", "customer")
Outcome = Literal["added", "changed", "unchanged", "wrong"]
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImportCustomers:
    """A file with the columns name, domains (parted by spaces), agreement, language; the first names them, all but name may be left out.

    `dry_run`: say what would become of each line, and write nothing.
    """

    text: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportContacts:
    """The same with the columns address, name, language, customer (its name, domain or id)."""

    text: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one line of the file (the first line is 1): `name` of what it is about, `problem` of one that is wrong."""

    line: int
    outcome: Outcome
    name: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """All lines in order. `written`: False after a dry run, and when a line is wrong: then nothing has changed."""

    lines: Sequence[Line]
    written: bool


class _Undo(Exception):
    """Ends the transaction without a trace."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.lines = lines


@guarded(Action.CUSTOMER_IMPORT, writes=True)
def import_customers(app: App, principal: Principal, command: ImportCustomers) -> Imported:
    """Add and change customers as the lines of a CSV file say: all or none."""
    return _kept_or_undone(lambda: write_customers(app, principal, command))


@guarded(Action.CONTACT_IMPORT, writes=True)
def import_contacts(app: App, principal: Principal, command: ImportContacts) -> Imported:
    """Add and change contacts as the lines of a CSV file say: all or none."""
    return _kept_or_undone(lambda: write_contacts(app, principal, command))


@use_case(Action.CUSTOMER_IMPORT, policy=True)
def write_customers(act: Act, command: ImportCustomers) -> Sequence[Line]:
    """The lines of `import_customers`, in one transaction. Raises _Undo."""
    return _all(act, _rows(command.text, CUSTOMER_COLUMNS), _customer, command.dry_run)


@use_case(Action.CONTACT_IMPORT)
def write_contacts(act: Act, command: ImportContacts) -> Sequence[Line]:
    """The lines of `import_contacts`, in one transaction. Raises _Undo."""
    return _all(act, _rows(command.text, CONTACT_COLUMNS), _contact, command.dry_run)


def _kept_or_undone(write: Callable[[], Sequence[Line]]) -> Imported:
    try:
        return Imported(write(), written=True)
    except _Undo as undone:
        return Imported(undone.lines, written=False)


def _all(act: Act, rows: Sequence[tuple[int, Fields]], take: Callable[[Act, Fields], bool], dry_run: bool) -> Sequence[Line]:
    seen: dict[str, int] = {}
    lines = [_line(act, number, fields, take, seen) for number, fields in rows]
    if dry_run or any(one.outcome == "wrong" for one in lines):
        raise _Undo(lines)
    if not act.audit_rows:
        act.unchanged()
    return lines


def _line(act: Act, number: int, fields: Fields, take: Callable[[Act, Fields], bool], seen: dict[str, int]) -> Line:
    name = next(iter(fields.values()), "")
    earlier = seen.setdefault(name.casefold(), number)
    if earlier != number:
        return Line(number, "wrong", name, f"line {earlier} is about the same")
    before = len(act.audit_rows)
    try:
        is_new = take(act, fields)
    except (Invalid, NotFound, Ambiguous) as error:
        return Line(number, "wrong", name, str(error))
    changed: Outcome = "changed" if len(act.audit_rows) > before else "unchanged"
    return Line(number, "added" if is_new else changed, name)


def _customer(act: Act, fields: Fields) -> bool:
    """Take one customer; whether it is a new one."""
    name, agreement, language = fields["name"], fields.get("agreement") or None, fields.get("language") or None
    domains = fields.get("domains", "").replace(",", " ").split() or None
    known = [one for one in act.uow.customers.named(name) if one.name.casefold() == name.casefold()]
    if not known:
        customers.create(act, AddCustomer(name, domains, agreement, language))
    elif domains or agreement or language:
        customers.change(act, SetCustomer(known[0].id, domains=domains, agreement=agreement, language=language))
    return not known


def _contact(act: Act, fields: Fields) -> bool:
    """Take one contact; whether it is a new one."""
    address = mail_address(fields["address"])
    name, language, customer = (fields.get(column) or None for column in CONTACT_COLUMNS[1:])
    if not act.uow.contacts.by_addresses([address]):
        contacts.create(act, AddContact(address, name, language, customer))
        return True
    if name or language or customer:
        contacts.change(act, SetContact(address, name, language, customer))
    return False


def _rows(text: str, columns: Sequence[str]) -> Sequence[tuple[int, Fields]]:
    """Line number and fields of each line, the column that names the thing first. Raises Invalid for a file without its columns."""
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(), delimiter=_delimiter(text), strict=True)
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        unknown = [name for name in head if name not in columns]
        if unknown or columns[0] not in head or len(set(head)) != len(head):
            raise Invalid("head", "columns", f"line 1 must name the columns, such as {','.join(columns)}{_unknown(unknown)}")
        return list(_fields(reader, head, columns))
    except csv.Error as error:
        raise Invalid("file", "csv", f"line {reader.line_num} cannot be read: {error}") from None


def _fields(reader: Iterator[list[str]], head: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[int, Fields]]:
    for count, values in enumerate(reader, start=2):
        number = int(getattr(reader, "line_num", count))
        if count > MAX_LINES + 1:
            raise Invalid("file", "too_long", f"more than {MAX_LINES} lines; import them in several files")
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(head):
            raise Invalid("file", "csv", f"line {number} has {len(values)} fields, line 1 has {len(head)}")
        given = dict(zip(head, (value.strip() for value in values), strict=True))
        yield number, {name: given[name] for name in columns if name in given}


def _delimiter(text: str) -> str:
    """A comma, a semicolon (Excel in Norwegian) or a tab: whichever line 1 has most of."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _unknown(names: Sequence[str]) -> str:
    return f"; there is no column {names[0]!r}" if names else ""
