"""Accept stage: counts what clients use. In: addresses and a monotonic time. Out: a `Reply` to refuse with, or None.

Rates are kept in two fixed windows each and weighed (a sliding window that needs two numbers): approximate by design. Counts live in this
process alone; several listeners count apart. Never does I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from mailgate.errors import Reply
from mailgate.inbound import smtp_replies as replies
from mailgate.inbound.limits import Limits

MINUTE_S, HOUR_S = 60.0, 3600.0
LOCAL = "local"
"""The client address of a Unix socket: only programs of this host get there, so it has no limits per address."""

MAX_ADDRESSES = 100_000
"""Addresses remembered at most; above it the idle ones are forgotten first."""


def plain_address(text: str) -> str:
    """The address without zone, an IPv4 address out of its IPv6 mapping; `text` itself when it is none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def account_of(address: str) -> str:
    """Whom to count `address` with: an IPv6 client has a whole /64 to speak from, so that is one client."""
    if ":" not in address:
        return address
    try:
        network = int(ip_address(address)) >> 64 << 64
    except ValueError:
        return address
    return f"{IPv6Address(network)}/64"


@dataclass(slots=True)
class Rate:
    """Events per window, sliding by weight."""

    window_s: float
    _window: int = 0
    _now: int = 0
    _before: int = 0

    def count(self, now_s: float) -> float:
        """Events within the last window, about."""
        self._turn(now_s)
        share = now_s / self.window_s - self._window
        return self._now + self._before * (1 - share)

    def add(self, now_s: float) -> None:
        """One more event."""
        self._turn(now_s)
        self._now += 1

    def _turn(self, now_s: float) -> None:
        window = int(now_s / self.window_s)
        if window != self._window:
            self._before = self._now if window == self._window + 1 else 0
            self._now, self._window = 0, window


@dataclass(slots=True)
class _Account:
    open: int = 0
    connections: Rate = field(default_factory=lambda: Rate(MINUTE_S))
    messages: Rate = field(default_factory=lambda: Rate(MINUTE_S))
    refused: Rate = field(default_factory=lambda: Rate(HOUR_S))

    def idle(self, now_s: float) -> bool:
        return not self.open and max(self.connections.count(now_s), self.messages.count(now_s), self.refused.count(now_s)) < 1


class Accounting:
    """Per client address: open connections, connections and messages a minute, refused recipients an hour."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._accounts: dict[str, _Account] = {}
        self._exempt: dict[str, bool] = {}

    def connected(self, address: str, now_s: float) -> Reply | None:
        """Count a new connection. A reply means: refuse it; it is not counted as open then, and `closed` is not to be called."""
        if self._is_exempt(address):
            return None
        account = self._account(address, now_s)
        account.connections.add(now_s)
        limits = self._limits
        if account.open >= limits.address_connections:
            return replies.R421_ADDRESS_CONNECTIONS
        if account.connections.count(now_s) > limits.address_connections_minute:
            return replies.R421_ADDRESS_RATE
        if account.refused.count(now_s) > limits.address_refused_hour:
            return replies.R421_ADDRESS_RATE
        account.open += 1
        return None

    def closed(self, address: str) -> None:
        """A connection that `connected` let in is over."""
        account = self._accounts.get(account_of(address))
        if account is not None and account.open:
            account.open -= 1

    def message(self, address: str, now_s: float) -> Reply | None:
        """Count a MAIL command. A reply means: refuse it and close."""
        if self._is_exempt(address):
            return None
        rate = self._account(address, now_s).messages
        rate.add(now_s)
        return replies.R421_ADDRESS_RATE if rate.count(now_s) > self._limits.address_messages_minute else None

    def refused_recipient(self, address: str, now_s: float) -> None:
        """Count a recipient that does not exist."""
        if not self._is_exempt(address):
            self._account(address, now_s).refused.add(now_s)

    def forget_idle(self, now_s: float) -> None:
        """Drop the accounts that count nothing any more. Call now and then; it walks all accounts."""
        for key in [key for key, account in self._accounts.items() if account.idle(now_s)]:
            del self._accounts[key]
        self._exempt.clear()

    def __len__(self) -> int:
        return len(self._accounts)

    def _account(self, address: str, now_s: float) -> _Account:
        key = account_of(address)
        account = self._accounts.get(key)
        if account is None:
            if len(self._accounts) >= MAX_ADDRESSES:
                self.forget_idle(now_s)
            account = self._accounts[key] = _Account()
        return account

    def _is_exempt(self, address: str) -> bool:
        if address == LOCAL:
            return True
        if not self._limits.exempt:
            return False
        known = self._exempt.get(address)
        if known is None:
            known = self._exempt[address] = self._in_exempt_network(address)
        return known

    def _in_exempt_network(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._limits.exempt)


class DataBudget:
    """Bytes of messages in work, of all sessions together, against one cap."""

    def __init__(self, cap_bytes: int) -> None:
        self._cap_bytes = cap_bytes
        self.held_bytes = 0
        self.messages = 0

    def fits(self, declared_bytes: int) -> bool:
        """True when a message of this size has room beside what is held now."""
        return self.held_bytes + declared_bytes <= self._cap_bytes

    def open(self) -> None:
        """Begin a message."""
        self.messages += 1

    def hold(self, more_bytes: int) -> bool:
        """Take `more_bytes` (less when negative). False when the cap is passed; they are held all the same until given back."""
        self.held_bytes += more_bytes
        return self.held_bytes <= self._cap_bytes

    def close(self, held_bytes: int) -> None:
        """End a message and give back what it holds."""
        self.messages -= 1
        self.held_bytes -= held_bytes
