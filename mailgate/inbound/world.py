"""A world of its own for a backtest: the state as it was at each moment, under one policy, in memory.

In: what is kept of the past (`Past`), then the time of each mail in order. Out: to `intake` and `apply` it looks like a unit of work, so
that the very code that decides and applies mail runs in it. What people did happens in every world at its time, what mail did as the
world's own policy says. It must never touch a database.

What no record tells is taken as it is now: customers' agreements, domains and languages, names, and lifted suppressions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailgate.cases.history import CaseRecord, after, beginning, outside
from mailgate.cases.ids import made_at
from mailgate.cases.model import Case, Change, Contact, Customer, Event, Notice
from mailgate.cases.workflow import Workflow
from mailgate.inbound.redirect import counted_as
from mailgate.rules.reachability import LIFTED_BY_ITS_OWNER, BounceLimits, Failure, Suppression, counts_softly, suppression_after
from mailgate.store.rows import ClaimedEntry, Delivery, GivenAnswer, OutboxMail, Outcome, RelayId

_MS = timedelta(milliseconds=1)


@dataclass
class Past:
    """What is kept of the past, shared by all worlds of a backtest and filled as its mails need it.

    `mails`: ids of the entries that are run; all that others did stands as it was. `answers`, `contents`, `suppressions` are in order.
    `soft_bounces`: (address, outbox id, when) from before. `relayed`: what is known of each relay id that was looked up.
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
    outside: dict[str, list[Event]] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    made_by_mail: set[str] = field(default_factory=set)
    reported: dict[str, OutboxMail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_domain = {domain.lower(): one for one in self.customers.values() for domain in one.domains}

    def add_case(self, record: CaseRecord) -> None:
        """Know one more case."""
        self.records[record.case.id] = record
        self.numbers[record.case.number] = record.case.id
        self.outside[record.case.id] = outside(record, self.mails)

    def add_relay_ids(self, hashes: Iterable[str], known: Iterable[RelayId]) -> None:
        """Know what was found about these ids, be it nothing."""
        self.relayed.update((one, []) for one in hashes)
        for found in known:
            self.relayed[found.sha256].append(found)

    def note_maker(self, entry_at: datetime, decided_at: datetime, address: str) -> None:
        """A mail of this author has made a case: a contact that appeared meanwhile was made by it, not by a person."""
        known = self.contacts.get(address)
        if known is not None and entry_at - _MS <= made_at(known.id) <= decided_at:
            self.made_by_mail.add(address)


class World:
    """See the module. The attributes are named as those of a unit of work."""

    def __init__(self, past: Past, workflow: Workflow) -> None:
        self.past, self.workflow, self.now = past, workflow, past.begins_at
        self.cases, self.contacts, self.customers = _Cases(self), _Contacts(self), _Customers(self)
        self.answers, self.suppressions = _Answers(self), _Suppressions(self)
        self.relay_ids = _RelayIds(self)
        self.outbox, self.notices, self.journal, self.blobs = _Outbox(self), _Notices(), _Journal(), _Blobs()

    def go_to(self, now: datetime) -> None:
        """Let what others did until then happen. Time does not go back."""
        self.now = max(now, self.now)
        self.answers.catch_up()
        self.suppressions.catch_up()

    def take_told(self) -> list[tuple[str, str]]:
        """(kind, address) of who would have been told what since this was asked last."""
        found, self.notices.told = self.notices.told, []
        return [(notice.kind, notice.address.lower()) for notice in found]

    def has(self, id_: str) -> bool:
        """Whether the thing with this id was made by now. Ids tell when they were made."""
        return made_at(id_) <= self.now


class _Cases:
    def __init__(self, world: World) -> None:
        self._world = world
        self._states: dict[str, tuple[Case, int]] = {}
        self._mailed: dict[str, list[datetime]] = {}

    def by_ids(self, ids: Collection[str]) -> dict[str, Case]:
        return {id_: case for id_ in ids if (case := self._now(id_))}

    def by_numbers(self, numbers: Collection[int]) -> dict[int, Case]:
        known = self._world.past.numbers
        return {number: case for number in numbers if (case := self._now(known.get(number, "")))}

    lock = by_ids

    def of_participants(self, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Case]:
        found = {(number, who): case for number, who in wanted if (case := self._now(self._world.past.numbers.get(number, "")))}
        return {key: case for key, case in found.items() if any(one.contact.id == key[1] and one.approved for one in case.participants)}

    def changed_by_mail(self, ids: Collection[str], windows: Sequence[tuple[datetime, datetime, int]]) -> dict[str, tuple[int, ...]]:
        return {
            id_: tuple(min(len([at for at in self._comments(id_) if since <= at <= until]), enough) for since, until, enough in windows)
            for id_ in ids
        }

    def next_number(self) -> int:
        return 0

    def write(self, changes: Iterable[Change]) -> None:
        """A case that a mail makes here is not kept: a case that was made is there as it was, and no mail knows any other."""
        for change in changes:
            self._world.notices.add(change.notices)
            if change.created or change.case.id not in self._states:
                continue
            self._states[change.case.id] = (change.case, self._states[change.case.id][1])
            self._comments(change.case.id).extend(one.created_at for one in change.comments if one.kind == "comment")

    def _now(self, id_: str) -> Case | None:
        past, now = self._world.past, self._world.now
        record = past.records.get(id_)
        if record is None or record.case.created_at > now:
            return None
        case, done = self._states.get(id_) or (beginning(record), 0)
        events = past.outside[id_]
        while done < len(events) and events[done].at <= now:
            case, done = after(case, events[done], self._world.workflow, record.people), done + 1
        self._states[id_] = (case, done)
        return case

    def _comments(self, id_: str) -> list[datetime]:
        """When mail has commented on the case; at first, what mail did that is not run again."""
        if id_ not in self._mailed:
            past = self._world.past
            record = past.records.get(id_)
            made = record.by_mail if record else ()
            self._mailed[id_] = [one.created_at for one in made if one.kind == "comment" and one.journal_id not in past.mails]
        return self._mailed[id_]


class _Contacts:
    def __init__(self, world: World) -> None:
        self._world = world
        self._introduced: dict[str, Contact] = {}

    def by_addresses(self, addresses: Collection[str]) -> dict[str, Contact]:
        return {address: contact for address in map(str.lower, addresses) if (contact := self._now(address))}

    def next_numbers(self, count: int) -> range:
        return range(-len(self._introduced) - count, -len(self._introduced))

    def add(self, new: Iterable[Contact]) -> None:
        """Who was made a contact by mail stays the one that they became, whose number stands in the reply addresses."""
        for one in new:
            address = one.address.lower()
            self._introduced[address] = self._world.past.contacts.get(address, one)

    def _now(self, address: str) -> Contact | None:
        if address in self._introduced:
            return self._introduced[address]
        contact = self._world.past.contacts.get(address)
        if contact is None or address in self._world.past.made_by_mail or not self._world.has(contact.id):
            return None
        return contact


class _Customers:
    def __init__(self, world: World) -> None:
        self._world = world

    def by_domains(self, domains: Collection[str]) -> dict[str, Customer]:
        known = self._world.past.by_domain
        return {domain: one for domain in domains if (one := known.get(domain.lower())) and self._world.has(one.id)}

    def get(self, ids: Collection[str]) -> dict[str, Customer]:
        known = self._world.past.customers
        return {id_: known[id_] for id_ in ids if id_ in known}


class _Outbox:
    def __init__(self, world: World) -> None:
        self._world = world

    def by_ids(self, ids: Collection[str]) -> dict[str, OutboxMail]:
        known = self._world.past.reported
        return {id_: mail for id_ in ids if (mail := known.get(id_)) and mail.created_at <= self._world.now}

    def by_message_ids(self, message_ids: Collection[str]) -> dict[str, OutboxMail]:
        return self.by_ids(message_ids)

    def record_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Nothing that is decided later looks at it."""


class _Answers:
    """Fits `Counters` of `inbound.redirect` and of `inbound.caps`, with the same bounds as the store's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._coming = deque(answer for answer in world.past.answers if answer.journal_id not in world.past.mails)
        self._reserved: dict[tuple[str, str], datetime] = {}
        self._given: list[datetime] = []
        self._to_domain: dict[str, list[datetime]] = defaultdict(list)
        self._to: dict[str, list[datetime]] = defaultdict(list)
        self._seen: dict[str, list[datetime]] = defaultdict(list)
        for fingerprint, at in world.past.contents:
            self._seen[fingerprint].append(at)

    def catch_up(self) -> None:
        while self._coming and self._coming[0].at <= self._world.now:
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

    def count(self, keys: Iterable[str], now: datetime) -> None:
        for key in keys:
            insort(self._seen[key], now)

    def suppressed(self, address: str) -> str:
        return self._world.suppressions.which([address]).get(address.lower(), "")

    def _count(self, address: str, template: str, at: datetime, domain: str) -> None:
        self._reserved[(address, template)] = at
        for times in (self._given, self._to_domain[domain], self._to[address]):
            insort(times, at)


def _later(times: Sequence[datetime], since: datetime) -> int:
    return len(times) - bisect_right(times, since)


class _Suppressions:
    """What reports suppress happens in each world anew, from the beginning of the backtest; what people suppress happens at its time."""

    def __init__(self, world: World) -> None:
        self._world = world
        past = world.past
        self._held = {one.address: one for one in past.suppressions if one.created_at < past.begins_at}
        self._coming = deque(one for one in past.suppressions if one.created_at >= past.begins_at and one.cause == "operator")
        self._soft: dict[str, dict[str, datetime]] = defaultdict(dict)
        for address, outbox_id, at in past.soft_bounces:
            self._soft[address][outbox_id] = at

    def catch_up(self) -> None:
        while self._coming and self._coming[0].created_at <= self._world.now:
            self.add([self._coming.popleft()])

    def which(self, addresses: Collection[str]) -> dict[str, str]:
        return {address: one.reason for address in map(str.lower, addresses) if (one := self._now(address))}

    def learn(self, failure: Failure, limits: BounceLimits) -> Suppression | None:
        failures = 0
        if counts_softly(failure):
            times = self._soft[failure.address.lower()]
            times.setdefault(failure.outbox_id, failure.at)
            failures = sum(1 for at in times.values() if at > failure.at - limits.soft_window)
        found = suppression_after(failure, failures, limits)
        if found is not None:
            self.add([found])
        return found

    def add(self, entries: Sequence[Suppression]) -> None:
        """As in the store: an operator's stands over a report's, a final one over a pause."""
        for one in entries:
            before = self._now(one.address.lower())
            final = before is not None and before.cause != "operator" and one.cause != "soft_bounces"
            if before is None or one.cause == "operator" or before.cause == "soft_bounces" or final:
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
        return found if found is not None and (found.until is None or found.until > self._world.now) else None


class _RelayIds:
    """What mail taught before, or mail that is not run again; then what this world's mail teaches."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._learned: dict[tuple[str, str], RelayId] = {}

    def find(self, hashes: Collection[str], contact_ids: Collection[str]) -> dict[tuple[str, str], str]:
        past, now = self._world.past, self._world.now
        kept = [one for id_ in hashes for one in past.relayed.get(id_, ()) if one.journal_id not in past.mails and one.learned_at <= now]
        learned = [one for id_ in hashes for who in contact_ids if (one := self._learned.get((id_, who)))]
        return {(one.sha256, one.contact_id): one.case_id for one in (*learned, *kept) if one.valid_until > now}

    def learn(self, lessons: Sequence[RelayId], most: int) -> None:
        for one in lessons:
            self._learned.setdefault((one.sha256, one.contact_id), one)


class _Notices:
    def __init__(self) -> None:
        self.told: list[Notice] = []

    def add(self, new: Iterable[Notice]) -> None:
        self.told.extend(new)

    def caused(self, journal_ids: Collection[str]) -> set[tuple[str, str, str]]:
        """Nothing: a person's order is run in a world where the mail was held and has caused nothing."""
        return set()


class _Journal:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def hold_ground(self, claims: Iterable[ClaimedEntry]) -> set[str]:
        return {claim.id for claim in claims}

    def finish(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = list(outcomes)


class _Blobs:
    def put(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Nothing is kept."""
