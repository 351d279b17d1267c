"""The state of a backtest: the state as it was at each moment, under one policy, in memory.

In: what is kept of the past (`History`), then the time of each mail in order. Out: to `intake` and `apply` it looks like a unit of work, so
that the very code that decides and applies mail runs in it. What people did happens in every state at its time, what mail did as the
state's own policy says. It must never touch a database.

What no record has is taken as it is now: customers' agreements, domains and languages, names, staff, and lifted suppressions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailgate.backtest.replay_journal import ReplayJournal
from mailgate.backtest.replay_staff import ReplayStaff
from mailgate.cases.history import CaseRecord, after, beginning, outside
from mailgate.cases.ids import made_at
from mailgate.cases.model import Case, CaseEvent, Change, Contact, Customer, Notice, StaffAuthor
from mailgate.cases.workflow import Workflow
from mailgate.mail.same_mailbox import counted_as
from mailgate.rules.reachability import (
    LIFTED_BY_ITS_OWNER,
    BounceLimits,
    DeliveryFailure,
    Suppression,
    counts_once,
    counts_softly,
    suppression_after,
)
from mailgate.store.history_rows import EarlierDelivery, GivenAnswer
from mailgate.store.rows import Delivery, OutboxMail, RelayId

_MS = timedelta(milliseconds=1)


@dataclass
class History:
    """What is kept of the past, shared by all states of a backtest and filled as its mails need it.

    `mails`: ids of the entries that are run; all that others did stands as it was. `answers`, `contents`, `suppressions` are in order.
    `soft_bounces`: (address, outbox id, when) from before. `relayed`: what is known of each relay id that was looked up.
    `delivered`: which mail from before acted with this Message-ID.
    """

    mails: Collection[str]
    begins_at: datetime
    customers: Mapping[str, Customer] = field(default_factory=dict)
    answers: Sequence[GivenAnswer] = ()
    contents: Sequence[tuple[str, datetime]] = ()
    suppressions: Sequence[Suppression] = ()
    soft_bounces: Sequence[tuple[str, str, datetime]] = ()
    relayed: dict[str, list[RelayId]] = field(default_factory=dict)
    records: dict[str, CaseRecord] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    outside: dict[str, list[CaseEvent]] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    staff: dict[str, StaffAuthor] = field(default_factory=dict)
    made_by_mail: set[str] = field(default_factory=set)
    reported: dict[str, OutboxMail] = field(default_factory=dict)
    delivered: dict[str, Sequence[EarlierDelivery]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_domain = {domain.lower(): one for one in self.customers.values() for domain in one.domains}

    def add_case(self, record: CaseRecord) -> None:
        """Know one more case."""
        self.records[record.case.id] = record
        self.numbers[record.case.number] = record.case.id
        self.outside[record.case.id] = outside(record, self.mails)

    def add_relay_ids(self, hashes: Iterable[str], known: Iterable[RelayId]) -> None:
        """Remember what was found about these ids, or that nothing was."""
        self.relayed.update((one, []) for one in hashes)
        for found in known:
            self.relayed[found.sha256].append(found)

    def add_deliveries(self, message_ids: Iterable[str], known: Iterable[EarlierDelivery]) -> None:
        """Remember which earlier mail had these Message-IDs, or that none had."""
        found: dict[str, list[EarlierDelivery]] = {id_: [] for id_ in message_ids}
        for one in known:
            if one.journal_id not in self.mails:
                found[one.message_id].append(one)
        self.delivered.update(found)

    def note_maker(self, entry_at: datetime, decided_at: datetime, address: str) -> None:
        """A mail of this author has made a case: a contact that appeared meanwhile was made by it, not by a person."""
        known = self.contacts.get(address)
        if known is not None and entry_at - _MS <= made_at(known.id) <= decided_at:
            self.made_by_mail.add(address)


class ReplayState:
    """See the module. The attributes are named as those of a unit of work."""

    def __init__(self, history: History, workflow: Workflow) -> None:
        self.history, self.workflow, self.now = history, workflow, history.begins_at
        self.cases, self.contacts, self.customers = _Cases(self), _Contacts(self), _Customers(self)
        self.answers, self.suppressions = _Answers(self), _Suppressions(self)
        self.relay_ids, self.staff = _RelayIds(self), ReplayStaff(history.staff)
        self.outbox, self.notices, self.journal, self.blobs = _Outbox(self), _Notices(), ReplayJournal(history.delivered), _Blobs()

    def go_to(self, now: datetime) -> None:
        """Let what others did until then happen. Time does not go back."""
        self.now = max(now, self.now)
        self.answers.catch_up()
        self.suppressions.catch_up()

    def take_notified(self) -> list[tuple[str, str]]:
        """(kind, address) of each notice that would have been sent since the last call."""
        found, self.notices.notified = self.notices.notified, []
        return [(notice.kind, notice.address.lower()) for notice in found]

    def has(self, id_: str) -> bool:
        """Whether the thing with this id was made by now. Ids tell when they were made."""
        return made_at(id_) <= self.now


class _Cases:
    def __init__(self, state: ReplayState) -> None:
        self._state = state
        self._states: dict[str, tuple[Case, int]] = {}
        self._mailed: dict[str, list[datetime]] = {}

    def by_ids(self, ids: Collection[str]) -> dict[str, Case]:
        return {id_: case for id_ in ids if (case := self._now(id_))}

    def by_numbers(self, numbers: Collection[int]) -> dict[int, Case]:
        known = self._state.history.numbers
        return {number: case for number in numbers if (case := self._now(known.get(number, "")))}

    lock = by_ids

    def of_participants(self, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Case]:
        found = {(number, who): case for number, who in wanted if (case := self._now(self._state.history.numbers.get(number, "")))}
        return {key: case for key, case in found.items() if any(one.contact.id == key[1] and one.approved for one in case.participants)}

    def changed_by_mail(self, ids: Collection[str], windows: Sequence[tuple[datetime, datetime, int]]) -> dict[str, tuple[int, ...]]:
        return {
            id_: tuple(min(len([at for at in self._comments(id_) if since <= at <= until]), enough) for since, until, enough in windows)
            for id_ in ids
        }

    def next_number(self) -> int:
        return 0

    def write(self, changes: Sequence[Change]) -> None:
        """A case that a mail makes here is not kept: a case that was made is there as it was, and no mail knows any other."""
        for change in changes:
            self._state.notices.add(change.notices)
            if change.created or change.case.id not in self._states:
                continue
            self._states[change.case.id] = (change.case, self._states[change.case.id][1])
            self._comments(change.case.id).extend(one.created_at for one in change.comments)

    def _now(self, id_: str) -> Case | None:
        history, now = self._state.history, self._state.now
        record = history.records.get(id_)
        if record is None or record.case.created_at > now:
            return None
        case, done = self._states.get(id_) or (beginning(record), 0)
        events = history.outside[id_]
        while done < len(events) and events[done].at <= now:
            case, done = after(case, events[done], self._state.workflow, record.people), done + 1
        self._states[id_] = (case, done)
        return case

    def _comments(self, id_: str) -> list[datetime]:
        """When mail has added a comment or a note to the case; at first, by mail that is not run again."""
        if id_ not in self._mailed:
            history = self._state.history
            record = history.records.get(id_)
            made = record.by_mail if record else ()
            self._mailed[id_] = [one.created_at for one in made if one.journal_id not in history.mails]
        return self._mailed[id_]


class _Contacts:
    def __init__(self, state: ReplayState) -> None:
        self._state = state
        self._introduced: dict[str, Contact] = {}
        self._endings: dict[str, tuple[str, ...]] = {}

    def by_addresses(self, addresses: Collection[str]) -> dict[str, Contact]:
        return {address: self._known_by(contact) for address in map(str.lower, addresses) if (contact := self._now(address))}

    def remember_endings(self, endings: Mapping[str, Sequence[str]]) -> None:
        self._endings.update((id_, tuple(blocks)) for id_, blocks in endings.items())

    def remember_absences(self, absences: Mapping[str, datetime]) -> None:
        """Nobody is mailed in a backtest."""

    def _known_by(self, contact: Contact) -> Contact:
        """The contact with the signature that the mails run again have taught, not those that came later."""
        return replace(contact, recent_endings=self._endings.get(contact.id, ()))

    def next_numbers(self, count: int) -> range:
        return range(-len(self._introduced) - count, -len(self._introduced))

    def add(self, new: Iterable[Contact]) -> None:
        """Who was made a contact by mail stays the one that they became, whose number is in the reply addresses."""
        for one in new:
            address = one.address.lower()
            self._introduced[address] = self._state.history.contacts.get(address, one)

    def _now(self, address: str) -> Contact | None:
        if address in self._introduced:
            return self._introduced[address]
        contact = self._state.history.contacts.get(address)
        if contact is None or address in self._state.history.made_by_mail or not self._state.has(contact.id):
            return None
        return contact


class _Customers:
    def __init__(self, state: ReplayState) -> None:
        self._state = state

    def by_domains(self, domains: Collection[str]) -> dict[str, Customer]:
        known = self._state.history.by_domain
        return {domain: one for domain in domains if (one := known.get(domain.lower())) and self._state.has(one.id)}

    def get(self, ids: Collection[str]) -> dict[str, Customer]:
        known = self._state.history.customers
        return {id_: known[id_] for id_ in ids if id_ in known}


class _Outbox:
    def __init__(self, state: ReplayState) -> None:
        self._state = state

    def by_ids(self, ids: Collection[str]) -> dict[str, OutboxMail]:
        known = self._state.history.reported
        return {id_: mail for id_ in ids if (mail := known.get(id_)) and mail.created_at <= self._state.now}

    def by_message_ids(self, message_ids: Collection[str]) -> dict[str, OutboxMail]:
        return self.by_ids(message_ids)

    def record_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Nothing that is decided later looks at it."""


class _Answers:
    """Fits `answer_gate.AnswerCounters` and `caps.CapCounters` of `inbound.guards`, with the same bounds as the store's."""

    def __init__(self, state: ReplayState) -> None:
        self._state = state
        self._coming = deque(answer for answer in state.history.answers if answer.journal_id not in state.history.mails)
        self._reserved: dict[tuple[str, str], datetime] = {}
        self._given: list[datetime] = []
        self._to_domain: dict[str, list[datetime]] = defaultdict(list)
        self._to: dict[str, list[datetime]] = defaultdict(list)
        self._seen: dict[str, list[datetime]] = defaultdict(list)
        for fingerprint, at in state.history.contents:
            self._seen[fingerprint].append(at)

    def catch_up(self) -> None:
        while self._coming and self._coming[0].at <= self._state.now:
            given = self._coming.popleft()
            mailbox, domain = counted_as(given.address.lower())
            self._count(mailbox, given.template, given.at, domain)

    def reserve(self, address: str, template: str, now: datetime, window: timedelta, domain: str = "") -> bool:
        before = self._reserved.get((address.lower(), template))
        if before is not None and before > now - window:
            return False
        self._count(address.lower(), template, now, domain or address.rpartition("@")[2].lower())
        return True

    def answered_since(self, since: datetime, domain: str | None = None, *, now: datetime | None = None) -> int:
        return _later(self._given if domain is None else self._to_domain[domain.lower()], since)

    def answered_to(self, address: str, since: datetime) -> int:
        return _later(self._to[address.lower()], since)

    def content_seen(self, fingerprint: str, since: datetime, now: datetime) -> int:
        seen = self.counted(fingerprint, since, now)
        self.count([fingerprint], now)
        return seen

    def counted(self, key: str, since: datetime, now: datetime) -> int:
        times = self._seen[key]
        return len(times) - bisect_left(times, since)

    def count(self, keys: Sequence[str], now: datetime) -> None:
        for key in keys:
            insort(self._seen[key], now)

    def suppressed(self, address: str) -> str:
        return self._state.suppressions.which([address]).get(address.lower(), "")

    def _count(self, address: str, template: str, at: datetime, domain: str) -> None:
        self._reserved[(address, template)] = at
        for times in (self._given, self._to_domain[domain], self._to[address]):
            insort(times, at)


def _later(times: Sequence[datetime], since: datetime) -> int:
    return len(times) - bisect_right(times, since)


class _Suppressions:
    """Suppressions by reports are repeated in each state, from the beginning of the backtest; those by people happen at their time."""

    def __init__(self, state: ReplayState) -> None:
        self._state = state
        history = state.history
        self._held = {one.address: one for one in history.suppressions if one.created_at < history.begins_at}
        self._coming = deque(one for one in history.suppressions if one.created_at >= history.begins_at and one.cause == "operator")
        self._soft: dict[str, dict[str, datetime]] = defaultdict(dict)
        for address, outbox_id, at in history.soft_bounces:
            self._soft[address][outbox_id] = at

    def catch_up(self) -> None:
        while self._coming and self._coming[0].created_at <= self._state.now:
            self.add([self._coming.popleft()])

    def which(self, addresses: Collection[str]) -> dict[str, str]:
        return {address: one.reason for address in map(str.lower, addresses) if (one := self._now(address))}

    def learn(self, failure: DeliveryFailure, limits: BounceLimits) -> Suppression | None:
        failures, times = 0, self._soft[failure.address.lower()]
        if counts_once(failure):
            if failure.outbox_id in times:
                return None
            times[failure.outbox_id] = failure.at
        if counts_softly(failure):
            failures = sum(1 for at in times.values() if at > failure.at - limits.soft_window)
        found = suppression_after(failure, failures, limits)
        if found is not None:
            self.add([found])
        return found

    def add(self, entries: Sequence[Suppression]) -> None:
        """As in the store: an operator's stands over a report's, a final one over a pause."""
        for one in entries:
            before = self._now(one.address.lower())
            if before is None or one.cause == "operator" or (before.cause != "operator" and (_pauses(before) or not _pauses(one))):
                self._held[one.address.lower()] = one

    def revive(self, addresses: Collection[str]) -> set[str]:
        wanted = {address.lower() for address in addresses}
        for address in wanted:
            self._soft.pop(address, None)
        gone = {address for address in wanted if address in self._held and self._held[address].cause in LIFTED_BY_ITS_OWNER}
        for address in gone:
            del self._held[address]
        return gone

    def _now(self, address: str) -> Suppression | None:
        found = self._held.get(address)
        return found if found is not None and (found.until is None or found.until > self._state.now) else None


def _pauses(one: Suppression) -> bool:
    return one.cause == "soft_bounces" or one.until is not None


class _RelayIds:
    """What mail taught before, or mail that is not run again; then what this state's mail teaches."""

    def __init__(self, state: ReplayState) -> None:
        self._state = state
        self._learned: dict[tuple[str, str], RelayId] = {}

    def find(self, hashes: Collection[str], contact_ids: Collection[str]) -> dict[tuple[str, str], str]:
        history, now = self._state.history, self._state.now
        kept = [
            one for id_ in hashes for one in history.relayed.get(id_, ()) if one.journal_id not in history.mails and one.learned_at <= now
        ]
        learned = [one for id_ in hashes for who in contact_ids if (one := self._learned.get((id_, who)))]
        return {(one.sha256, one.contact_id): one.case_id for one in (*learned, *kept) if one.valid_until > now}

    def learn(self, lessons: Sequence[RelayId], most: int) -> None:
        for one in lessons:
            self._learned.setdefault((one.sha256, one.contact_id), one)


class _Notices:
    def __init__(self) -> None:
        self.notified: list[Notice] = []

    def add(self, new: Sequence[Notice]) -> None:
        self.notified.extend(new)

    def withhold(self, new: Sequence[Notice], reason: str) -> None:
        """Nobody is notified."""

    def caused(self, journal_ids: Collection[str]) -> set[tuple[str, str, str]]:
        """Nothing: a person's decision is run in a state where the mail was held and has caused nothing."""
        return set()


class _Blobs:
    def put(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Nothing is kept."""
