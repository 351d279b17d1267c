"""Accept stage: counts what clients use. In: addresses and a monotonic time. Out: a `SmtpReply` to refuse with, or None.

Rates use two fixed windows, weighted (a sliding window that needs two numbers): approximate by design. Each process counts for itself.
It must never do I/O.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from mailgate.errors import SmtpReply
from mailgate.inbound.smtp import replies as replies
from mailgate.inbound.smtp.limits import Network, SmtpLimits

MINUTE_S, HOUR_S = 60.0, 3600.0
LOCAL = "local"
"""The client address of a Unix socket: only programs of this host can connect, so it has no limits per address."""

MAX_ADDRESSES = 100_000
"""Addresses kept at most; above it idle ones are dropped first."""


def plain_address(text: str) -> str:
    """The address without zone id, an IPv4-mapped IPv6 address as IPv4; `text` itself when it is no address."""
    if ":" not in text:  # IPv4 has one form, and most clients have it
        return text
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def account_of(address: str) -> str:
    """The key under which `address` is counted: for IPv6 its /64, since one client usually has all of it."""
    if ":" not in address:
        return address
    try:
        network = int(ip_address(address)) >> 64 << 64
    except ValueError:
        return address
    return f"{IPv6Address(network)}/64"


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Whether `address` (as `plain_address` gives it) is in one of the networks. False for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


@dataclass(slots=True)
class Rate:
    """Events per sliding window."""

    window_s: float
    _window: int = 0
    _now: int = 0
    _before: int = 0

    def count(self, now_s: float) -> float:
        """Events within the last window, approximately."""
        self._advance(now_s)
        share = now_s / self.window_s - self._window
        return self._now + self._before * (1 - share)

    def add(self, now_s: float) -> None:
        """Count one event."""
        self._advance(now_s)
        self._now += 1

    def _advance(self, now_s: float) -> None:
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

    def __init__(self, limits: SmtpLimits) -> None:
        self._limits = limits
        self._accounts: dict[str, _Account] = {}
        self._exempt: dict[str, bool] = {}

    def connected(self, address: str, now_s: float) -> SmtpReply | None:
        """Count a new connection. A reply means: refuse it; then it is not counted as open, and `closed` must not be called."""
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
        """A connection that `connected` accepted has ended."""
        account = self._accounts.get(account_of(address))
        if account is not None and account.open:
            account.open -= 1

    def message(self, address: str, now_s: float) -> SmtpReply | None:
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

    def client(self, address: str) -> str:
        """The key that `address` shares with the other addresses of its client; "" for one without limits."""
        return "" if self._is_exempt(address) else account_of(address)

    def forget_idle(self, now_s: float) -> None:
        """Drop accounts that count nothing any more. Call about once a minute; it walks all accounts."""
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
        return is_in(address, self._limits.exempt)


class DataBudget:
    """Memory of the messages being received, of all sessions together, against one cap, with a fair share for each client.

    A client's messages may hold half of what is free, or as much as one message may have (`message_bytes`), whichever is more. So one
    client fills at most a third of a large budget, and memory is left for the next one.
    """

    def __init__(self, cap_bytes: int, message_bytes: int) -> None:
        self._cap_bytes, self._message_bytes = cap_bytes, message_bytes
        self._clients: dict[str, _Held] = {}
        self.held_bytes = 0
        self.messages = 0

    def fits(self, client: str, declared_bytes: int) -> bool:
        """True when one more message of this size fits. `client` as `Accounting.client` gives it, "" for one without a share."""
        held = self._clients.get(client)
        return self.held_bytes + declared_bytes <= self._cap_bytes and (
            held is None or self._is_fair(held.size_bytes + declared_bytes, declared_bytes)
        )

    def open(self, client: str) -> None:
        """Begin a message."""
        self.messages += 1
        if client:
            self._clients.setdefault(client, _Held()).messages += 1

    def hold(self, client: str, more_bytes: int) -> bool:
        """Take `more_bytes` (less when negative). False when cap or share is exceeded; they still count until given back."""
        self.held_bytes += more_bytes
        held = self._clients.get(client)
        if held is None:
            return self.held_bytes <= self._cap_bytes
        held.size_bytes += more_bytes
        return self.held_bytes <= self._cap_bytes and self._is_fair(held.size_bytes, 0)

    def close(self, client: str, held_bytes: int) -> None:
        """End a message and give back what it holds."""
        self.messages -= 1
        self.held_bytes -= held_bytes
        held = self._clients.get(client)
        if held is not None:
            held.messages -= 1
            held.size_bytes -= held_bytes
            if not held.messages:
                del self._clients[client]

    def _is_fair(self, client_bytes: int, more_bytes: int) -> bool:
        return client_bytes <= max(self._message_bytes, (self._cap_bytes - self.held_bytes - more_bytes) / 2)


@dataclass(slots=True)
class _Held:
    messages: int = 0
    size_bytes: int = 0
