"""Which case does a mail belong to? From the three carriers of a token, then, as a hint only, from the subject.

In: a read mail with its envelope; for the look-ups, the store. Out: a `Match`: the case, the author as a contact, how they were found,
and the carriers that were refused. It must never take a text for a carrier that `cases.tokens` has not verified (trap F17), nor a
subject for authority (trap F18).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from mailgate.cases import carriers
from mailgate.cases.model import Case, Contact, Customer
from mailgate.cases.tokens import BounceToken, ReplyToken, Token, TokenKeys
from mailgate.mail.model import Envelope, Mail
from mailgate.mail.wire import folded
from mailgate.store.rows import OutboxMail
from mailgate.store.unit_of_work import UnitOfWork

MARKER_SEARCH_CHARS = 512 * 1024


@dataclass(frozen=True, slots=True)
class Hints:
    """What a mail itself says of its case; pure. `tokens` are good ones as (carrier, token); `refused` says why others are not.

    `outbox_id` comes from a signed return path, `reported_ids` are the Message-IDs that a report names: both lead to the
    mail it reports on.
    `ordered_number` is the case that a person named when they released the mail.
    """

    tokens: tuple[tuple[str, ReplyToken], ...] = ()
    outbox_id: str | None = None
    reported_ids: tuple[str, ...] = ()
    ordered_number: int | None = None
    refused: tuple[str, ...] = ()
    subject_number: int | None = None

    @property
    def token(self) -> ReplyToken | None:
        """The token of the strongest carrier: reply address, then message id, then marker."""
        return self.tokens[0][1] if self.tokens else None

    @property
    def disagree(self) -> bool:
        """True when good tokens of the mail name more than one case: then none of them decides."""
        return len({token.case_number for _, token in self.tokens}) > 1


@dataclass(frozen=True, slots=True)
class Match:
    """The case and the people of a mail. `matched_by`: `address`, `message_id`, `marker`, `bounce`, `subject`, `operator` or "".

    `customer` is the one that an operator has put the author with, else the one who has the author's mail domain.
    `reported` is the mail of ours that a report is about, tied by what only its receivers can know.
    """

    hints: Hints
    case: Case | None = None
    author: Contact | None = None
    customer: Customer | None = None
    token_contact: Contact | None = None
    matched_by: str = ""
    reported: OutboxMail | None = None


@dataclass(frozen=True, slots=True)
class CaseFinder:
    """What finding needs beside the mail: the token keys and how a case key looks in a subject (`SUP-123`)."""

    keys: TokenKeys
    case_prefix: str

    def hints(self, mail: Mail, envelope: Envelope, today: date) -> Hints:
        """All carriers of one mail, verified. Pure; linear in the mail's text."""
        local_parts = list(dict.fromkeys(address.rpartition("@")[0] for address in (*envelope.recipients, *_shown(mail))))
        found = [("address", carriers.in_local_part(self.keys, part, today)) for part in local_parts]
        found += [
            ("message_id", token) for token in carriers.in_message_ids(self.keys, (*mail.in_reply_to, *reversed(mail.references)), today)
        ]
        found += [("marker", token) for token in carriers.in_text(self.keys, mail.text[-MARKER_SEARCH_CHARS:], today)]
        refused = tuple(refusal.reason for refusal in carriers.refusals(self.keys, local_parts, today))
        if mail.bounce and mail.bounce.return_path:
            found.append(("bounce", carriers.in_local_part(self.keys, mail.bounce.return_path.rpartition("@")[0], today)))
        return Hints(
            tokens=_replies(found), outbox_id=_reported(found), reported_ids=_named_ids(mail), refused=refused,
            subject_number=self._subject_number(mail.subject),
        )  # fmt: skip

    def find(self, uow: UnitOfWork, mails: Sequence[tuple[Mail, Hints]]) -> list[Match]:
        """Look up cases, contacts and customers of a whole batch with a constant number of statements."""
        hints = [one for _, one in mails]
        reported = _reported_mails(uow, hints)
        cases = self._cases(uow, hints, reported)
        authors = {folded(mail.author.address) for mail, _ in mails if mail.author}
        contacts = uow.contacts.by_addresses(sorted(authors))
        customers = uow.customers.by_domains(sorted({address.rpartition("@")[2] for address in authors}))
        companies = uow.customers.get({one.customer_id for one in contacts.values() if one.customer_id})
        known = _Known(cases, reported, contacts, customers, companies)
        return [_match(mail, one, known) for mail, one in mails]

    def _cases(self, uow: UnitOfWork, hints: Iterable[Hints], reported: Mapping[str, OutboxMail]) -> _Cases:
        rows = list(hints)
        numbers = {token.case_number for h in rows for _, token in h.tokens} | {h.subject_number for h in rows if h.subject_number}
        numbers |= {h.ordered_number for h in rows if h.ordered_number}
        case_ids = {mail.case_id for mail in reported.values() if mail.case_id}
        by_number = uow.cases.by_numbers(sorted(numbers)) if numbers else {}
        by_id = uow.cases.by_ids(sorted(case_ids)) if case_ids else {}
        return _Cases(by_number, by_id)

    def _subject_number(self, subject: str) -> int | None:
        match = re.search(rf"(?<![A-Za-z0-9]){re.escape(self.case_prefix)}-([0-9]{{1,10}})(?![0-9])", subject, re.IGNORECASE)
        return int(match.group(1)) if match else None


@dataclass(frozen=True, slots=True)
class _Cases:
    by_number: Mapping[int, Case]
    by_id: Mapping[str, Case]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows of a batch: `contacts` by address, `customers` by mail domain, `companies` by id."""

    cases: _Cases
    reported: Mapping[str, OutboxMail]
    contacts: Mapping[str, Contact]
    customers: Mapping[str, Customer]
    companies: Mapping[str, Customer]


def _reported_mails(uow: UnitOfWork, hints: Iterable[Hints]) -> Mapping[str, OutboxMail]:
    """Mails of ours by outbox id and by Message-ID, as far as reports of the batch name them."""
    rows = list(hints)
    ids = sorted({h.outbox_id for h in rows if h.outbox_id})
    message_ids = sorted({id_ for h in rows if not h.outbox_id for id_ in h.reported_ids})
    by_id = uow.outbox.by_ids(ids) if ids else {}
    return {**by_id, **(uow.outbox.by_message_ids(message_ids) if message_ids else {})}


def _shown(mail: Mail) -> Iterator[str]:
    """The addresses in the header, which still have the token when a relay or a catch-all has rewritten the envelope."""
    yield from (box.address for box in islice((*mail.to, *mail.cc), carriers.MAX_CANDIDATES))
    yield from (text.strip().strip("<>") for name in ("Delivered-To", "X-Original-To") for text in mail.header_all(name))


def _replies(found: Iterable[tuple[str, Token | None]]) -> tuple[tuple[str, ReplyToken], ...]:
    return tuple((where, token) for where, token in found if isinstance(token, ReplyToken))


def _reported(found: Iterable[tuple[str, Token | None]]) -> str | None:
    return next((token.outbox_id for _, token in found if isinstance(token, BounceToken)), None)


def _named_ids(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs that a report names: that of the mail it returns, then those it answers, the last one first."""
    if mail.bounce is None:
        return ()
    ids = (mail.bounce.original_message_id, *mail.in_reply_to, *reversed(mail.references))
    return tuple(dict.fromkeys(id_ for id_ in ids[: carriers.MAX_CANDIDATES] if id_))


def _match(mail: Mail, hints: Hints, known: _Known) -> Match:
    address = folded(mail.author.address) if mail.author else ""
    author = known.contacts.get(address)
    customer = known.companies.get((author.customer_id if author else None) or "") or known.customers.get(address.rpartition("@")[2])
    named = (hints.outbox_id,) if hints.outbox_id else hints.reported_ids
    reported = next((known.reported[id_] for id_ in named if id_ in known.reported), None)
    case, matched_by = _case(hints, known.cases, reported)
    return Match(hints, case, author, customer, _made_for(hints.token, case), matched_by, reported)


def _case(hints: Hints, cases: _Cases, reported: OutboxMail | None) -> tuple[Case | None, str]:
    if hints.ordered_number in cases.by_number and hints.ordered_number:
        return cases.by_number[hints.ordered_number], "operator"
    for where, token in hints.tokens:
        if token.case_number in cases.by_number:
            return cases.by_number[token.case_number], where
    if reported and reported.case_id and reported.case_id in cases.by_id:
        return cases.by_id[reported.case_id], "bounce"
    if hints.subject_number in cases.by_number and hints.subject_number:
        return cases.by_number[hints.subject_number], "subject"
    return None, ""


def _made_for(token: ReplyToken | None, case: Case | None) -> Contact | None:
    """The contact whose token it is, while they still take part in the case."""
    if token is None or case is None:
        return None
    return next((p.contact for p in case.participants if p.contact.number == token.contact_number and p.approved), None)
