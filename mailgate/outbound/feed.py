"""Hands claimed mails to the lanes one by one, and keeps their leases. In: due rows. Out: mails under lease, oldest first.

A domain that does not answer gets at most one lane, and never all of them, so that it cannot hold up the others. A lease is short, so that
the work of a dead process is soon taken over, and prolonged for as long as a try lasts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailgate import log
from mailgate.clock import monotonic_s
from mailgate.errors import TransientFailure
from mailgate.killpoint import reached
from mailgate.outbound import suppression
from mailgate.outbound.schedule import has_expired
from mailgate.store.rows import ClaimedMail
from mailgate.store.unit_of_work import Store

FENCE_FRESH_S = 1.0
SLOW_S = 300.0
HELD_BACK_MAX = 4

_log = log.get("send")


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How many mails are claimed at a time, for how long, and how many lanes there may be."""

    batch: int = 50
    lease: timedelta = timedelta(seconds=60)
    connections: int = 4


Refuse = Callable[[ClaimedMail, str, bool], None]
"""Told of a mail that will not be tried: why, and whether that is for good."""


def boot_s() -> float:
    """Seconds on a clock that also counts while the machine sleeps, where there is one: a lease does, too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else monotonic_s()


class Feed:
    """The mails of one run. Safe to use from all lanes."""

    def __init__(self, store: Store, options: FeedOptions, refuse: Refuse) -> None:
        self._store, self._options, self._refuse = store, options, refuse
        self._waiting: deque[ClaimedMail] = deque()
        self._in_hand: dict[str, ClaimedMail] = {}
        self._domains: Counter[str] = Counter()
        self._slow_until_s: dict[str, float] = {}
        self._lock = threading.RLock()
        self._kept_at_s = self._fenced_at_s = 0.0
        self._dry = self._stopped = False
        self.trouble: TransientFailure | None = None
        self.taken = 0

    def take(self) -> ClaimedMail | None:
        """The next mail to try, or None when there is none that may be tried now. Each one taken must be `done`."""
        with self._lock:
            while not self._stopped:
                mail = self._pick()
                if mail is not None:
                    self._domains[domain_of(mail)] += 1
                    return mail
                if self._dry or len(self._waiting) >= HELD_BACK_MAX * self._options.batch or not self._claim():
                    return None
            return None

    def done(self, mail: ClaimedMail) -> None:
        """The try is over, whatever came of it."""
        with self._lock:
            self._domains[domain_of(mail)] -= 1
            self._in_hand.pop(mail.id, None)

    def slow(self, mail: ClaimedMail) -> None:
        """A try for this mail's domain ended in silence: its next mails go one at a time for a while."""
        with self._lock:
            self._slow_until_s[domain_of(mail)] = monotonic_s() + SLOW_S

    def stop(self) -> None:
        """Hand out no more."""
        self._stopped = True

    @property
    def waits(self) -> bool:
        """True when there is more to do than the lanes have in hand."""
        return bool(self._waiting) and not self._stopped

    def confirm(self, mail: ClaimedMail) -> bool:
        """Right before a final dot: is the mail still ours? Asks the store unless it said so within the last second."""
        with self._lock:
            if mail.id not in self._in_hand:
                return False
            if boot_s() - self._fenced_at_s <= FENCE_FRESH_S:
                return True
            self._fence()
            return mail.id in self._in_hand

    def keep(self) -> None:
        """Prolong the leases when a third of their time is over. To be called often; a store that is away is no news here."""
        with self._lock:
            if not self._in_hand or boot_s() - self._kept_at_s < self._options.lease.total_seconds() / 3:
                return
            try:
                with self._store.transaction() as uow:
                    ours = uow.outbox.extend(self._in_hand.values(), self._store.now() + self._options.lease)
            except TransientFailure as error:
                _log.warning("lease_not_kept", error=str(error))
                return
            self._kept_at_s = self._fenced_at_s = boot_s()
            self._forget_all_but(ours)

    def give_back(self) -> None:
        """Let go of what was claimed and not tried: due again at once, the try not counted. What is past its life is given up."""
        now = self._store.now()
        with self._lock:
            unused, self._waiting = list(self._waiting), deque()
            for mail in unused:
                self._in_hand.pop(mail.id, None)
                if now >= mail.expires_at:
                    self._refuse(mail, _EXPIRED, True)
        if alive := [mail for mail in unused if now < mail.expires_at]:
            with self._store.transaction() as uow:
                uow.outbox.release(alive, now)

    def _pick(self) -> ClaimedMail | None:
        """The oldest waiting mail whose domain has a lane free. What waits behind a silent domain is put off on the way."""
        now_s, share = monotonic_s(), max(1, self._options.connections - 1)
        passed: list[ClaimedMail] = []
        found = None
        while self._waiting and found is None:
            mail = self._waiting.popleft()
            slow = self._slow_until_s.get(domain_of(mail), 0.0) > now_s
            if self._domains[domain_of(mail)] < (1 if slow else share):
                found = mail
            elif slow:
                self._in_hand.pop(mail.id, None)
                self._refuse(mail, "the last try for this domain got no answer, and the next one is not over yet", False)
            else:
                passed.append(mail)
        self._waiting.extendleft(reversed(passed))
        return found

    def _claim(self) -> bool:
        """Take what is due into hand. False when nothing is, or the store is away."""
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
        if not self._in_hand:
            self._kept_at_s = self._fenced_at_s = boot_s()
        # Fewer than asked for means that no more is due; but a mail whose last try was lost comes alone.
        self._dry = len(mails) < self._options.batch and not any(mail.maybe_sent for mail in mails)
        self.taken += len(mails)
        for mail in mails:
            reason = refused.get(mail.address.lower()) or (_EXPIRED if _expired(mail, now) else "")
            if reason:
                self._refuse(mail, reason, True)
            else:
                self._waiting.append(mail)
                self._in_hand[mail.id] = mail
        return bool(mails)

    def _fence(self) -> None:
        with self._store.reading() as uow:
            ours = uow.outbox.still_ours(self._in_hand.values(), self._store.now())
        self._fenced_at_s = boot_s()
        self._forget_all_but(ours)

    def _forget_all_but(self, ours: set[str]) -> None:
        lost = [id_ for id_ in self._in_hand if id_ not in ours]
        for id_ in lost:
            mail = self._in_hand.pop(id_)
            _log.warning("lease_lost", when="sending", outbox_id=id_, message_id=mail.message_id)
        if lost:
            self._waiting = deque(mail for mail in self._waiting if mail.id in self._in_hand)


_EXPIRED = "given up: it could not be delivered in its time"


def _expired(mail: ClaimedMail, now: datetime) -> bool:
    return has_expired(now, mail.expires_at, mail.attempts, at_most_once=mail.at_most_once)


def domain_of(mail: ClaimedMail) -> str:
    """The recipient's domain, in lower case."""
    return mail.address.rpartition("@")[2].lower()
