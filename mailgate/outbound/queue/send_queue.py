"""Gives claimed mails to the workers one by one, and renews their leases. In: due rows. Out: mails under lease, by lane and age.

What a domain may not get now stands aside (`domains`), so that it does not hold up the others. Leases are short, so that another process
soon takes over from a dead one, and are renewed while a try lasts. It must never hand out a mail whose lease was lost.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailgate import log
from mailgate.clock import monotonic_s
from mailgate.errors import TransientFailure
from mailgate.killpoint import reached
from mailgate.outbound import suppression
from mailgate.outbound.queue.domains import DomainOptions, Domains
from mailgate.outbound.queue.schedule import has_expired
from mailgate.store.rows import ClaimedMail
from mailgate.store.unit_of_work import Store

FENCE_FRESH_S = 1.0
HELD_BACK_MAX = 4

_log = log.get("send")


@dataclass(frozen=True, slots=True)
class SendQueueOptions:
    """How many mails are claimed at a time, for how long, and the maximum number of workers (connections)."""

    batch: int = 50
    lease: timedelta = timedelta(seconds=60)
    connections: int = 4


Refusal = Literal["deferred", "failed", "suppressed"]
"""How a mail ends that is not tried: for now, for good, or for good unless its address is no longer suppressed."""
Refuse = Callable[[ClaimedMail, str, Refusal], None]
"""Called for a mail that is not tried, with the reason."""


def boot_s() -> float:
    """Seconds of a clock that, where available, includes time in suspend: leases run on then, too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else monotonic_s()


class SendQueue:
    """The mails of one run. Safe to use from all workers."""

    def __init__(self, store: Store, options: SendQueueOptions, refuse: Refuse, domains: Domains | None = None) -> None:
        self._store, self._options, self._refuse = store, options, refuse
        self._domains = domains or Domains(DomainOptions(), options.connections)
        self._aside: list[ClaimedMail] = []
        self._waiting: deque[ClaimedMail] = deque()
        self._leased: dict[str, ClaimedMail] = {}
        self._lock = threading.RLock()
        self._renewed_at_s = self._fenced_at_s = 0.0
        self._exhausted = self._stopped = False
        self.trouble: TransientFailure | None = None
        self.taken = 0

    def take(self) -> ClaimedMail | None:
        """The next mail to try, or None when there is none that may be tried now. Call `done` for each one taken."""
        with self._lock:
            while not self._stopped:
                mail = self._pick()
                if mail is not None:
                    self._domains.begin(domain_of(mail), monotonic_s())
                    return mail
                held_back = len(self._waiting) + len(self._aside)
                if self._exhausted or held_back >= HELD_BACK_MAX * self._options.batch or not self._claim():
                    return None
            return None

    def done(self, mail: ClaimedMail) -> None:
        """The try is over, whatever its result."""
        with self._lock:
            self._domains.end(domain_of(mail))
            self._leased.pop(mail.id, None)

    def slow(self, mail: ClaimedMail) -> None:
        """A try for this mail's domain got no reply: its next mails go one at a time for a while."""
        self._domains.slow(domain_of(mail), monotonic_s())

    def stop(self) -> None:
        """Hand out no more."""
        self._stopped = True

    @property
    def waits(self) -> bool:
        """True when mails wait that no worker has taken."""
        return bool(self._waiting) and not self._stopped

    def confirm(self, mail: ClaimedMail) -> bool:
        """Right before a final dot: is the mail still leased to us? Asks the store unless it did within the last second."""
        with self._lock:
            if mail.id not in self._leased:
                return False
            if boot_s() - self._fenced_at_s <= FENCE_FRESH_S:
                return True
            self._fence()
            return mail.id in self._leased

    def renew(self) -> None:
        """Renew the leases when a third of their time is over. Call often. A store that is away is only logged."""
        with self._lock:
            if not self._leased or boot_s() - self._renewed_at_s < self._options.lease.total_seconds() / 3:
                return
            try:
                with self._store.transaction() as uow:
                    ours = uow.outbox.extend(self._leased.values(), self._store.now() + self._options.lease)
            except TransientFailure as error:
                _log.warning("lease_not_renewed", error=str(error))
                return
            self._renewed_at_s = self._fenced_at_s = boot_s()
            self._forget_all_but(ours)

    def give_back(self) -> None:
        """Release what was claimed and not tried, the try not counted. Due again at once, or when its domain may get more; expired mails
        are failed.
        """
        now = self._store.now()
        with self._lock:
            unused, self._waiting = [*self._waiting, *self._aside], deque()
            later, self._aside = self._later(now), []
            for mail in unused:
                self._leased.pop(mail.id, None)
                if now >= mail.expires_at:
                    self._refuse(mail, _EXPIRED, "failed")
        if alive := [mail for mail in unused if now < mail.expires_at]:
            with self._store.transaction() as uow:
                for mail_at, mails in _by_time(alive, later, now).items():
                    uow.outbox.release(mails, mail_at)

    def _later(self, now: datetime) -> dict[str, datetime]:
        """When each mail that stands aside is due again: as far apart as its domain's rate wants."""
        now_s, places = monotonic_s(), Counter[str]()
        due: dict[str, datetime] = {}
        for mail in self._aside:
            domain = domain_of(mail)
            due[mail.id] = now + timedelta(seconds=self._domains.wait_s(domain, places[domain], now_s))
            places[domain] += 1
        return due

    def _pick(self) -> ClaimedMail | None:
        """The first waiting mail whose domain may get one. Mails passed that wait for a silent domain are deferred."""
        now_s = monotonic_s()
        passed: list[ClaimedMail] = []
        found = None
        while self._waiting and found is None:
            mail = self._waiting.popleft()
            verdict = self._domains.ask(domain_of(mail), now_s)
            if verdict == "go":
                found = mail
            elif verdict == "silent":
                self._leased.pop(mail.id, None)
                self._refuse(mail, "the last try for this domain got no reply, and the next one is still running", "deferred")
            elif verdict == "enough":
                self._aside.append(mail)
            else:
                passed.append(mail)
        self._waiting.extendleft(reversed(passed))
        return found

    def _claim(self) -> bool:
        """Lease what is due. False when nothing is, or the store is away."""
        now = self._store.now()
        try:
            with self._store.transaction() as uow:
                mails = uow.outbox.claim(now, self._options.batch, self._options.lease)
                refused = suppression.refused(uow, [mail.address for mail in mails]) if mails else {}
        except TransientFailure as error:
            self.trouble, self._stopped = error, True
            return False
        if mails:
            reached("send_claimed")
        if not self._leased:
            self._renewed_at_s = self._fenced_at_s = boot_s()
        # Fewer than asked for means that no more is due, except that a mail with a lost last try is claimed alone.
        self._exhausted = len(mails) < self._options.batch and not any(mail.maybe_sent for mail in mails)
        self.taken += len(mails)
        for mail in mails:
            if refusal := self._why_not(mail, refused, now):
                self._refuse(mail, *refusal)
            else:
                self._waiting.append(mail)
                self._leased[mail.id] = mail
        return bool(mails)

    def _why_not(self, mail: ClaimedMail, suppressed: Mapping[str, str], now: datetime) -> tuple[str, Refusal] | None:
        if not mail.intact:
            _log.error("corrupt", outbox_id=mail.id, hint="stored bytes have changed: mailgate ledger --deep")
            return CORRUPT, "failed"
        if reason := suppressed.get(mail.address.lower()):
            return reason, "suppressed"
        return (_EXPIRED, "failed") if _expired(mail, now) else None

    def _fence(self) -> None:
        with self._store.reading() as uow:
            ours = uow.outbox.still_ours(self._leased.values(), self._store.now())
        self._fenced_at_s = boot_s()
        self._forget_all_but(ours)

    def _forget_all_but(self, ours: set[str]) -> None:
        lost = [id_ for id_ in self._leased if id_ not in ours]
        for id_ in lost:
            mail = self._leased.pop(id_)
            _log.warning("lease_lost", when="sending", outbox_id=id_, message_id=mail.message_id)
        if lost:
            self._waiting = deque(mail for mail in self._waiting if mail.id in self._leased)
            self._aside = [mail for mail in self._aside if mail.id in self._leased]


def _by_time(mails: Sequence[ClaimedMail], later: Mapping[str, datetime], now: datetime) -> dict[datetime, list[ClaimedMail]]:
    found: dict[datetime, list[ClaimedMail]] = {}
    for mail in mails:
        found.setdefault(later.get(mail.id, now), []).append(mail)
    return found


_EXPIRED = "expired: it could not be delivered in time"
CORRUPT = "corrupt: the frozen bytes are missing or do not match their SHA-256"


def _expired(mail: ClaimedMail, now: datetime) -> bool:
    return has_expired(now, mail.expires_at, mail.attempts, at_most_once=mail.at_most_once)


def domain_of(mail: ClaimedMail) -> str:
    """The recipient's domain, in lower case."""
    return mail.address.rpartition("@")[2].lower()
