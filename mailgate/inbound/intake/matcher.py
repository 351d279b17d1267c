"""Which case does a mail belong to? From the three carriers of a token, then, as a hint only, from the subject.

In: a read mail with its envelope; for the look-ups, the store. Out: a `Match`: the case, the author as a contact, how they were found,
and the carriers that were refused. It must never take a text for a carrier that `cases.tokens` has not verified (trap F17), nor a
subject for authority (trap F18).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain, islice

from mailgate.cases import carriers
from mailgate.cases.model import Case, Contact, Customer, StaffAuthor
from mailgate.cases.tokens import BounceToken, ReplyToken, Token, TokenKeys
from mailgate.inbound.intake import relay_ids
from mailgate.inbound.intake.match import Hints, Match
from mailgate.mail.model import Envelope, Mail
from mailgate.mail.smtp_address import folded
from mailgate.store.protocols import IntakeUnit
from mailgate.store.rows import OutboxMail
from mailgate.values import value_class

MARKER_SEARCH_CHARS = 512 * 1024
_REWRITTEN = ("delivered-to", "x-original-to")
"""Fields that keep the recipient of before somebody rewrote the envelope."""
_REWRITTEN_CHARS = frozenset(map(len, _REWRITTEN))


@value_class
class CaseFinder:
    """What finding needs beside the mail: the token keys, how a case key looks in a subject (`SUP-123`), and whether staff of these roles
    may comment on cases.
    """

    keys: TokenKeys
    case_prefix: str
    may_comment: Callable[[Collection[str]], bool] = lambda _roles: False

    def hints(self, mail: Mail, envelope: Envelope, today: date) -> Hints:
        """All carriers of one mail, verified. Pure; linear in the mail's text."""
        addresses = list(dict.fromkeys((*envelope.recipients, *_shown(mail))))
        local_parts = list(dict.fromkeys(address.rpartition("@")[0] for address in addresses))
        examined = {part: carriers.examined(self.keys, part, today) for part in local_parts}
        by_part = {part: carriers.first_good(texts) for part, texts in examined.items()}
        found = [("address", token) for token in by_part.values()]
        found += [
            ("message_id", token) for token in carriers.in_message_ids(self.keys, (*mail.in_reply_to, *reversed(mail.references)), today)
        ]
        marked = carriers.in_text(self.keys, mail.text[-MARKER_SEARCH_CHARS:], today)
        found += [("marker", token) for token in marked]
        refused = tuple(refusal.reason for refusal in carriers.refusals(chain.from_iterable(examined.values())))
        if mail.bounce and mail.bounce.return_path:
            found.append(("bounce", carriers.in_local_part(self.keys, mail.bounce.return_path.rpartition("@")[0], today)))
        return Hints(
            tokens=_replies(found), outbox_id=_reported(found), reported_ids=_named_ids(mail), refused=refused,
            subject_number=self._subject_number(mail.subject), foreign_ids=relay_ids.hashes(mail),
            reply_addresses=tuple(address.lower() for address in addresses if isinstance(by_part[address.rpartition("@")[0]], ReplyToken)),
            repeats_us=bool(marked and carriers.in_text(self.keys, mail.reply.text[-MARKER_SEARCH_CHARS:], today)),
        )  # fmt: skip

    def find(self, uow: IntakeUnit, mails: Sequence[tuple[Mail, Hints]]) -> list[Match]:
        """Look up cases, contacts and customers of a whole batch with a constant number of statements."""
        hints = [one for _, one in mails]
        addresses = [folded(mail.author.address) if mail.author else "" for mail, _ in mails]
        reported = _reported_mails(uow, hints)
        contacts = uow.contacts.by_addresses(sorted(set(filter(None, addresses))))
        customers = uow.customers.by_domains(sorted({address.rpartition("@")[2] for address in addresses if address}))
        companies = {one.id: one for one in customers.values()}
        companies |= uow.customers.get({one.customer_id for one in contacts.values() if one.customer_id} - companies.keys())
        writers = [(one, contacts[address]) for one, address in zip(hints, addresses, strict=True) if address in contacts]
        cases = _cases(uow, hints, writers, reported)
        known = _Known(cases, reported, contacts, customers, companies, self._staff(uow, addresses, hints))
        return [_match(address, one, known) for address, one in zip(addresses, hints, strict=True)]

    def _staff(self, uow: IntakeUnit, addresses: Sequence[str], hints: Sequence[Hints]) -> Mapping[str, StaffAuthor]:
        """The authors who are our staff and may comment, of mail with a token or a case that a person named: of others nothing follows."""
        named = (bool(one.tokens or one.operator_case_number) for one in hints)
        wanted = {address for address, has_case in zip(addresses, named, strict=True) if address and has_case}
        return {address: one for address, one in uow.staff.by_addresses(sorted(wanted)).items() if self.may_comment(one.roles)}

    def _subject_number(self, subject: str) -> int | None:
        match = _key_of(self.case_prefix).search(subject)
        return int(match.group(1)) if match else None


@lru_cache(maxsize=8)
def _key_of(prefix: str) -> re.Pattern[str]:
    """What a case key looks like in a subject."""
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(prefix)}-([0-9]{{1,10}})(?![0-9])", re.IGNORECASE)


@value_class
class _Cases:
    """Cases by what names them: number, id, the number in a participant's subject, and the relay ids that a contact has taught."""

    by_number: Mapping[int, Case]
    by_id: Mapping[str, Case]
    hinted: Mapping[tuple[int, str], Case]
    relayed: Mapping[tuple[str, str], str]


@value_class
class _Known:
    """What the store knows of a batch: `contacts` and `staff` by address, `customers` by mail domain, `companies` by id."""

    cases: _Cases
    reported: Mapping[str, OutboxMail]
    contacts: Mapping[str, Contact]
    customers: Mapping[str, Customer]
    companies: Mapping[str, Customer]
    staff: Mapping[str, StaffAuthor]


def _reported_mails(uow: IntakeUnit, hints: Iterable[Hints]) -> Mapping[str, OutboxMail]:
    """Mails of ours by outbox id and by Message-ID, as far as reports of the batch name them."""
    rows = list(hints)
    ids = sorted({h.outbox_id for h in rows if h.outbox_id})
    message_ids = sorted({id_ for h in rows if not h.outbox_id for id_ in h.reported_ids})
    by_id = uow.outbox.by_ids(ids) if ids else {}
    return {**by_id, **(uow.outbox.by_message_ids(message_ids) if message_ids else {})}


def _shown(mail: Mail) -> Iterator[str]:
    """The addresses in the header, which still have the token when a relay or a catch-all has rewritten the envelope."""
    yield from (box.address for box in islice((*mail.to, *mail.cc), carriers.MAX_CANDIDATES))
    fields = [(key.lower(), text) for key, text in mail.headers if len(key) in _REWRITTEN_CHARS]
    yield from (text.strip().strip("<>") for name in _REWRITTEN for key, text in fields if key == name)


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


def _cases(uow: IntakeUnit, hints: Sequence[Hints], writers: Sequence[tuple[Hints, Contact]], reported: Mapping[str, OutboxMail]) -> _Cases:
    """`writers`: the hints whose author is a contact. Only for them are relay ids looked up, and subjects where no token names a case."""
    numbers = {token.case_number for one in hints for _, token in one.tokens}
    numbers |= {one.operator_case_number for one in hints if one.operator_case_number}
    foreign = [(one, writer.id) for one, writer in writers if one.foreign_ids]
    relayed = uow.relay_ids.find({id_ for one, _ in foreign for id_ in one.foreign_ids}, {contact_id for _, contact_id in foreign})
    ids = {mail.case_id for mail in reported.values() if mail.case_id} | set(relayed.values())
    by_number, by_id = uow.cases.by_numbers(sorted(numbers)), uow.cases.by_ids(sorted(ids))
    unproven = [(one, writer) for one, writer in writers if not any(token.case_number in by_number for _, token in one.tokens)]
    hinted = {(one.subject_number, writer.id) for one, writer in unproven if one.subject_number}
    return _Cases(by_number, by_id, uow.cases.of_participants(hinted), relayed)


def _match(address: str, hints: Hints, known: _Known) -> Match:
    author = known.contacts.get(address)
    customer = known.companies.get((author.customer_id if author else None) or "") or known.customers.get(address.rpartition("@")[2])
    ids = (hints.outbox_id,) if hints.outbox_id else hints.reported_ids
    reported = next((known.reported[id_] for id_ in ids if id_ in known.reported), None)
    relayed = _relayed(hints, author, known.cases)
    case, matched_by = _case(hints, known.cases, author, relayed, reported)
    named = tuple((where, token.case_number) for where, token in hints.tokens)
    named = named or tuple(("relay_id", one.number) for one in relayed)  # what was learned never outweighs a good token of the mail at hand
    return Match(hints, case, author, customer, _made_for(hints.token, case), matched_by, reported, named, known.staff.get(address))


def _relayed(hints: Hints, author: Contact | None, cases: _Cases) -> list[Case]:
    """The cases that ids of relays stand for, as this author has taught them, nearest id first."""
    ids = [cases.relayed.get((one, author.id), "") for one in hints.foreign_ids] if author and cases.relayed else []
    return [cases.by_id[id_] for id_ in dict.fromkeys(ids) if id_ in cases.by_id]


def _case(
    hints: Hints, cases: _Cases, author: Contact | None, relayed: Sequence[Case], reported: OutboxMail | None
) -> tuple[Case | None, str]:
    if hints.operator_case_number in cases.by_number and hints.operator_case_number:
        return cases.by_number[hints.operator_case_number], "operator"
    for where, token in hints.tokens:
        if token.case_number in cases.by_number:
            return cases.by_number[token.case_number], where
    if relayed:
        return relayed[0], "relay_id"
    if reported and reported.case_id and reported.case_id in cases.by_id:
        return cases.by_id[reported.case_id], "bounce"
    if author and hints.subject_number and (hinted := cases.hinted.get((hints.subject_number, author.id))):
        return hinted, "subject"
    return None, ""


def _made_for(token: ReplyToken | None, case: Case | None) -> Contact | None:
    """The contact whose token it is, while they still take part in the case."""
    if token is None or case is None:
        return None
    return next((p.contact for p in case.participants if p.contact.number == token.contact_number and p.approved), None)
