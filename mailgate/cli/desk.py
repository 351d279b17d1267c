"""What the commands on cases and people share: the store, the operator, how a case is changed. In: names as typed. Out: values.

A change is made under the case's lock, in one transaction. Notices become due in the database; the worker's sweeper finds them.
"""

from __future__ import annotations

import os
import pwd
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mailgate.cases.changes import Stamp
from mailgate.cases.model import Actor, Case, Change, Contact, Customer
from mailgate.cli.opening import settings as read_settings
from mailgate.errors import PermanentFailure, UsageError
from mailgate.mail.address import normal
from mailgate.mail.wire import folded, wire_address

if TYPE_CHECKING:
    from mailgate.config import Settings
    from mailgate.rules.policy import Policy
    from mailgate.store.unit_of_work import Store, UnitOfWork

LANGUAGES = ("nb", "nn", "en")
MAX_LINE_CHARS = 250
MAX_TEXT_CHARS = 1024 * 1024
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")


@dataclass(frozen=True, slots=True)
class Desk:
    """One operator at work: settings, store, policy and the name that stands in the events."""

    settings: Settings
    store: Store
    operator: str
    policy: Policy

    def stamp(self, uow: UnitOfWork, people: Sequence[Contact]) -> Stamp:
        """Who, when and how notices to these people are made."""
        companies = uow.customers.get({person.customer_id for person in people if person.customer_id})
        return Stamp(
            actor=Actor("operator", self.operator),
            now=self.store.now(),
            workflow=self.policy.workflow,
            notice_window=self.policy.notices.window,
            told=self.policy.notices.told,
            languages={id_: company.language for id_, company in companies.items()},
            default_language=self.settings.service.default_language,
        )

    def change(self, key: str, make: Callable[[UnitOfWork, Case, Stamp], Change]) -> Case:
        """Change one case under its lock; the case after it. Raises UsageError for an unknown key, and what `make` raises."""
        with self.store.transaction() as uow:
            found = uow.cases.get(key)
            case = uow.cases.lock([found.id])[found.id]
            change = make(uow, case, self.stamp(uow, [person.contact for person in case.participants]))
            if change.events:
                uow.cases.write([change])
        return change.case


@contextmanager
def open_desk(config: Path | None, operator: str | None = None) -> Iterator[Desk]:
    """Settings read, store opened and closed again. `operator` None: the login name.

    Raises ConfigError, SchemaMismatch, StoreUnavailable.
    """
    from mailgate import bootstrap

    name = one_line(operator, "the operator's name") if operator is not None else login_name()
    settings = read_settings(config)
    store = bootstrap.open_store(settings)
    try:
        yield Desk(settings, store, name, bootstrap.policy_in_force(settings, store).peek())
    finally:
        store.database.close()


def login_name() -> str:
    """Who runs this process, by the system's user table; `operator` where the user has no name there (as in containers)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "operator"


def one_line(text: str, what: str) -> str:
    """The text without control characters and line ends. Raises UsageError when nothing is left or it is too long."""
    clean = " ".join("".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text).split())
    if not clean:
        raise UsageError(f"{what} is empty")
    if len(clean) > MAX_LINE_CHARS:
        raise UsageError(f"{what} has {len(clean)} characters; {MAX_LINE_CHARS} are the most")
    return clean


def whole_text(text: str, what: str) -> str:
    """A text of several lines, from standard input when it is `-`: LF line ends, no control characters but LF and TAB."""
    if text == "-":
        text = sys.stdin.buffer.read(4 * MAX_TEXT_CHARS + 1).decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")).strip("\n")
    if not clean.strip():
        raise UsageError(f"{what} is empty")
    if len(clean) > MAX_TEXT_CHARS:
        raise UsageError(f"{what} is too long; {MAX_TEXT_CHARS} characters are the most")
    return clean


def mail_address(text: str) -> str:
    """`local@domain`, domain in lower case and as A-labels. Raises UsageError for what could not be written to."""
    try:
        return wire_address(normal(text)).text
    except PermanentFailure as error:
        raise UsageError(f"{text!r} is no mail address: {error}") from error


def mail_domain(text: str) -> str:
    """A mail domain in lower case, as A-labels. Raises UsageError for what is none."""
    domain = text.strip().lower().removeprefix("@").rstrip(".")
    try:
        domain = wire_address(f"x@{domain}").text.partition("@")[2].lower()
    except PermanentFailure:
        domain = ""
    if not _DOMAIN.fullmatch(domain):
        raise UsageError(f"{text!r} is no mail domain, such as kunde.example")
    return domain


def one_of(word: str, words: Sequence[str], what: str) -> str:
    """The word, when it is one of these. Raises UsageError, which lists them."""
    if word not in words:
        raise UsageError(f"there is no {what} {word!r}; there are {', '.join(words)}")
    return word


def contact_of(uow: UnitOfWork, address: str) -> Contact:
    """The contact with this address. Raises UsageError, which says how to add one."""
    wanted = folded(normal(address))
    found = uow.contacts.by_addresses([wanted]).get(wanted)
    if found is None:
        raise UsageError(f"there is no contact {address}; mailgate contact add {address}")
    return found


def customer_of(uow: UnitOfWork, name: str) -> Customer:
    """The customer of this id, name or mail domain, any case. Raises UsageError when there is none, or more than one."""
    wanted = name.strip().casefold()
    found = [one for one in uow.customers.list() if wanted in (one.id, one.name.casefold(), *one.domains)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} customers are named {name}; name one by id: {', '.join(one.id for one in found)}")
    raise UsageError(f"there is no customer {name}; mailgate customer add {name!r}")
