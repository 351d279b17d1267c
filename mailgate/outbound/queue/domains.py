"""How much mail one recipient domain may get at a time. In: mails begun and ended. Out: whether the next may begin, or when.

No domain gets all connections, and one that does not answer gets at most one, so that it cannot block the others. A domain that accepts
little at a time, and puts off what is more, is asked slowly: see `outbound.domain_per_minute`. Each process counts for itself.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal

SLOW_S = 300.0
MINUTE_S = 60.0
DOMAINS_MAX = 10_000

Verdict = Literal["go", "busy", "silent", "enough"]


@dataclass(frozen=True, slots=True)
class DomainOptions:
    """`connections` at a time for one domain, `per_minute` mails; 0: no limit of its own."""

    connections: int = 0
    per_minute: int = 0


class Domains:
    """The domains that a process sends to. Safe to use from several threads; times are of a monotonic clock."""

    def __init__(self, options: DomainOptions, connections: int) -> None:
        share = max(1, connections - 1)
        self._share = min(options.connections or share, share)
        self._per_minute = options.per_minute
        self._running: Counter[str] = Counter()
        self._slow_until_s: dict[str, float] = {}
        self._begun_s: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def ask(self, domain: str, now_s: float) -> Verdict:
        """Whether a mail for this domain may begin now; "silent": its last try got no reply and the next one still runs."""
        with self._lock:
            slow = self._slow_until_s.get(domain, 0.0) > now_s
            if self._running[domain] >= (1 if slow else self._share):
                return "silent" if slow else "busy"
            return "enough" if self._per_minute and self._sent_lately(domain, now_s) >= self._per_minute else "go"

    def begin(self, domain: str, now_s: float) -> None:
        """A mail for this domain is tried."""
        with self._lock:
            self._running[domain] += 1
            if self._per_minute:
                self._begun_s.setdefault(domain, deque()).append(now_s)

    def end(self, domain: str) -> None:
        """The try is over."""
        with self._lock:
            self._running[domain] -= 1
            if self._running[domain] <= 0:
                del self._running[domain]

    def slow(self, domain: str, now_s: float) -> None:
        """A try for this domain got no reply: its next mails go one at a time for a while."""
        with self._lock:
            self._slow_until_s = {name: until for name, until in self._slow_until_s.items() if until > now_s}
            if len(self._slow_until_s) < DOMAINS_MAX:
                self._slow_until_s[domain] = now_s + SLOW_S

    def wait_s(self, domain: str, place: int, now_s: float) -> float:
        """Seconds until the mail at this place (from 0) of those that wait for the domain's rate may begin."""
        with self._lock:
            begun = self._begun_s.get(domain)
            oldest_s = begun[0] if begun else now_s
            return max(0.0, oldest_s + MINUTE_S - now_s) + place * MINUTE_S / max(self._per_minute, 1)

    def _sent_lately(self, domain: str, now_s: float) -> int:
        begun = self._begun_s.get(domain)
        while begun and begun[0] <= now_s - MINUTE_S:
            begun.popleft()
        if begun is not None and not begun:
            del self._begun_s[domain]
        return len(begun or ())
