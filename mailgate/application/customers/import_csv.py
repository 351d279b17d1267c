"""Customers and contacts from a CSV file: all lines or none. In: the file's text. Out: what became of each line.

A line whose thing exists changes what it gives and leaves the rest; a line that changes nothing leaves no trace, so that the same file may
come again. An empty field says nothing. Lines are checked before the transaction begins; in it, what there is is read once, and what is
new or changed is written in bulk. A dry run only reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.audit import difference
from mailgate.application.customers import import_lines
from mailgate.application.customers.import_lines import Asked, ImportStep, Line, Thing, WantedContact, WantedCustomer
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, guarded, query, use_case
from mailgate.cases.model import Contact
from mailgate.store.rows import SubjectKind


@dataclass(frozen=True, slots=True)
class ImportCustomers:
    """A file with the columns name, domains (separated by spaces), agreement, language; the first names them, all but name may be left out.

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
class Imported:
    """All lines in order. `written`: False after a dry run, and when a line is wrong: then nothing has changed."""

    lines: Sequence[Line]
    written: bool


@guarded(Action.CUSTOMER_IMPORT, writes=True)
def import_customers(app: App, principal: Principal, command: ImportCustomers) -> Imported:
    """Add and change customers as the lines of a CSV file say: all or none."""
    asked = import_lines.customers_asked(command.text, list(app.policies.peek().agreements))
    return (preview_customers if command.dry_run else write_customers)(app, principal, asked)


@guarded(Action.CONTACT_IMPORT, writes=True)
def import_contacts(app: App, principal: Principal, command: ImportContacts) -> Imported:
    """Add and change contacts as the lines of a CSV file say: all or none."""
    asked = import_lines.contacts_asked(command.text)
    return (preview_contacts if command.dry_run else write_contacts)(app, principal, asked)


@query(Action.CUSTOMER_IMPORT)
def preview_customers(act: Act, asked: Sequence[Asked[WantedCustomer]]) -> Imported:
    """What `import_customers` would do."""
    return Imported([one.line for one in import_lines.customer_steps(act, asked)[0]], written=False)


@query(Action.CONTACT_IMPORT)
def preview_contacts(act: Act, asked: Sequence[Asked[WantedContact]]) -> Imported:
    """What `import_contacts` would do."""
    return Imported([one.line for one in import_lines.contact_steps(act, asked)], written=False)


@use_case(Action.CUSTOMER_IMPORT)
def write_customers(act: Act, asked: Sequence[Asked[WantedCustomer]]) -> Imported:
    """The part of `import_customers` that writes."""
    steps, adopted = import_lines.customer_steps(act, asked, locked=True)
    done = _outcome(act, steps)
    if done.written:
        changed, new = _changes(steps)
        act.uow.customers.set_all([after for _, after in changed])
        act.uow.customers.add(new)
        act.uow.contacts.set_all([after for _, after in adopted])
        _record(act, "customer", changed, new)
        _record(act, "contact", adopted, [])
    return done


@use_case(Action.CONTACT_IMPORT)
def write_contacts(act: Act, asked: Sequence[Asked[WantedContact]]) -> Imported:
    """The part of `import_contacts` that writes."""
    steps = import_lines.contact_steps(act, asked, locked=True)
    done = _outcome(act, steps)
    if done.written:
        changed, new = _changes(steps)
        new = _numbered(act, new)
        act.uow.contacts.set_all([after for _, after in changed])
        act.uow.contacts.add(new)
        _record(act, "contact", changed, new)
    return done


def _outcome(act: Act, steps: Sequence[ImportStep[Thing]]) -> Imported:
    """What is answered. Nothing is written when a line is wrong; no audit row is missing when no line changes anything."""
    outcomes = {one.line.outcome for one in steps}
    if "wrong" in outcomes or outcomes <= {"unchanged"}:
        act.unchanged()
    return Imported([one.line for one in steps], "wrong" not in outcomes)


def _changes(steps: Sequence[ImportStep[Thing]]) -> tuple[list[tuple[Thing, Thing]], list[Thing]]:
    """What is changed, before and after, and what is new."""
    changed = [(one.before, one.after) for one in steps if one.before and one.after and one.before != one.after]
    return changed, [one.after for one in steps if one.after and one.before is None]


def _numbered(act: Act, new: Sequence[Contact]) -> list[Contact]:
    numbers = act.uow.contacts.next_numbers(len(new)) if new else ()
    return [replace(one, number=number) for one, number in zip(new, numbers, strict=True)]


def _record(act: Act, kind: SubjectKind, changed: Sequence[tuple[Thing, Thing]], new: Sequence[Thing]) -> None:
    for before, after in changed:
        act.record((kind, after.id), *difference(before, after))
    for one in new:
        act.record((kind, one.id), *difference(None, one))
