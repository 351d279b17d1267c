"""In which order a batch is read: cheap mails first, and senders whose mail was expensive last. In: entries, and what reading took. Pure.

Mails that take long to read must not hold up others: a batch stops reading after a while (`IntakeOptions.batch_reading_s`), and what is
left goes to the end of the queue. What a sender's mail costs is remembered per domain and client, with a half-life of a minute. A client
that is a relay of ours brings everybody's mail, so it has no account of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from mailgate.clock import monotonic_s
from mailgate.mail.auth.org_domain import organisational
from mailgate.mail.auth.received import Network, is_within
from mailgate.store.rows import ClaimedEntry

HALF_LIFE_S = 60.0
CHEAP_S = 0.05
"""Reading a usual mail takes a tenth of this; what costs less is not remembered against anybody."""
CHEAP_BYTES = 64 * 1024
TOGETHER = 10
ACCOUNTS_MAX = 2_000


class ReadingOrder:
    """The accounts of one worker."""

    def __init__(self, relays: Sequence[Network] = (), clock_s: Callable[[], float] = monotonic_s) -> None:
        self._relays, self._clock_s = relays, clock_s
        self._accounts: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def groups(self, entries: Sequence[ClaimedEntry]) -> Iterator[list[ClaimedEntry]]:
        """The entries in the order in which they are read: cheap ones by TOGETHER, each of the others alone."""
        costs = {entry.id: self._cost_s(entry) for entry in entries}
        ordered = sorted(entries, key=lambda entry: (costs[entry.id], len(entry.raw) // CHEAP_BYTES, entry.id))
        cheap = [entry for entry in ordered if costs[entry.id] <= 0 and len(entry.raw) < CHEAP_BYTES]
        rest = iter(cheap)
        while group := list(islice(rest, TOGETHER)):
            yield group
        known = {entry.id for entry in cheap}
        yield from ([entry] for entry in ordered if entry.id not in known)

    def note(self, group: Sequence[ClaimedEntry], seconds: float) -> None:
        """Record how long reading this group took."""
        each_s = seconds / len(group)
        if each_s < CHEAP_S:
            return
        now_s = self._clock_s()
        for entry in group:
            for key in self._keys(entry):
                self._accounts[key] = (self._balance_s(key, now_s) + each_s, now_s)
                self._accounts.move_to_end(key)
        while len(self._accounts) > ACCOUNTS_MAX:
            self._accounts.popitem(last=False)

    def _cost_s(self, entry: ClaimedEntry) -> float:
        if not self._accounts:
            return 0.0
        now_s = self._clock_s()
        cost_s = max((self._balance_s(key, now_s) for key in self._keys(entry)), default=0.0)
        return cost_s if cost_s >= CHEAP_S else 0.0

    def _balance_s(self, key: str, now_s: float) -> float:
        seconds, at_s = self._accounts.get(key, (0.0, now_s))
        return float(seconds * 0.5 ** ((now_s - at_s) / HALF_LIFE_S))

    def _keys(self, entry: ClaimedEntry) -> tuple[str, ...]:
        domain = (entry.envelope.reverse_path or "").rpartition("@")[2].lower()
        owner = (f"domain {organisational(domain) or domain}",) if domain else ()
        client = entry.client_address
        return (*owner, f"client {client}") if client and not is_within(client, self._relays) else owner
