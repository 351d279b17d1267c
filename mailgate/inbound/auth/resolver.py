"""The one place that asks the DNS. In: a name and a record type. Out: values as the DNS has them, or DnsTrouble when there is no answer.

Answers are kept for their TTL, silence for half a minute, within a bound of bytes. One lookup has a time, and a mail has one for all of its
lookups (`Lookups`). It must never wait longer, and never take "no answer" for "there is none".
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from mailgate.clock import monotonic_s
from mailgate.errors import TransientFailure

Kind = Literal["TXT", "A", "AAAA", "MX", "PTR"]
Values = tuple[Any, ...]
"""TXT: bytes, the strings of a record joined. A, AAAA: text. MX: (preference, name). PTR: name. Names have no final dot."""

TTL_MAX_S, TTL_NONE_MAX_S, TTL_TROUBLE_S = 3600.0, 300.0, 30.0
CACHE_BYTES = 16 * 1024 * 1024
ENTRY_BYTES = 300
"""What an entry of the cache costs beside its values, roughly."""
RECORDS_MAX = 100
"""More records of one kind than any of our questions needs; the rest are ignored."""


class DnsTrouble(TransientFailure):
    """The DNS gave no answer: neither yes nor no."""


class Dns(Protocol):
    """What is asked. No values is the answer "there is none"; no answer raises DnsTrouble. Safe for several threads at once."""

    def ask(self, name: str, kind: Kind, within_s: float) -> Values:
        """The records of this name and type, CNAMEs followed."""
        ...


@dataclass(frozen=True, slots=True)
class ResolverOptions:
    """Seconds for one lookup, and the servers as (address, port); none: those of the machine."""

    lookup_timeout_s: float = 2.0
    servers: tuple[tuple[str, int], ...] = ()
    cache_bytes: int = CACHE_BYTES


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer and how long it holds. `trouble` says why there was none."""

    values: Values
    until_s: float
    trouble: str = ""

    @property
    def size_bytes(self) -> int:
        return ENTRY_BYTES + sum(len(value) if isinstance(value, bytes) else 80 for value in self.values)


class DnsResolver:
    """Asks recursive resolvers and caches their answers."""

    def __init__(self, options: ResolverOptions, clock_s: Callable[[], float] = monotonic_s) -> None:
        self._options, self._clock_s = options, clock_s
        self._cache: OrderedDict[tuple[str, Kind], _Kept] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()
        self._asker: dns.resolver.Resolver | None = None

    def ask(self, name: str, kind: Kind, within_s: float) -> Values:
        """See Dns."""
        key = (name.lower().rstrip("."), kind)
        kept = self._known(key)
        if kept is None:
            within_s = min(within_s, self._options.lookup_timeout_s)
            if within_s <= 0:
                raise DnsTrouble(f"no time is left to look up {_shown(name)}")
            kept = self._asked(key, within_s)
            self._keep(key, kept)
        if kept.trouble:
            raise DnsTrouble(kept.trouble)
        return kept.values

    def _known(self, key: tuple[str, Kind]) -> _Kept | None:
        with self._lock:
            kept = self._cache.get(key)
            if kept is None or kept.until_s <= self._clock_s():
                return None
            self._cache.move_to_end(key)
            return kept

    def _keep(self, key: tuple[str, Kind], kept: _Kept) -> None:
        """Evict the least recently used."""
        with self._lock:
            before = self._cache.pop(key, None)
            self._cache[key] = kept
            self._held_bytes += kept.size_bytes - (before.size_bytes if before else 0)
            while self._held_bytes > self._options.cache_bytes and self._cache:
                self._held_bytes -= self._cache.popitem(last=False)[1].size_bytes

    def _asked(self, key: tuple[str, Kind], within_s: float) -> _Kept:
        name, kind = key
        try:
            absolute = dns.name.from_text(f"{name}.")
            answer = self._resolver().resolve(absolute, kind, lifetime=within_s, raise_on_no_answer=False, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.YXDOMAIN) as error:
            return self._kept((), _none_ttl_s(error))
        except dns.resolver.NoNameservers as error:
            if any(isinstance(tried[-2], dns.message.ChainTooLong) for tried in error.kwargs.get("errors", ())):
                return self._kept((), TTL_NONE_MAX_S)  # a CNAME loop leads to nothing, however often it is asked
            return self._trouble(f"no server can answer for {_shown(name)} {kind}")
        except (dns.resolver.LifetimeTimeout, dns.exception.Timeout):
            return self._trouble(f"no answer in time for {_shown(name)} {kind}")
        except (dns.exception.SyntaxError, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.IDNAException):
            return self._kept((), TTL_NONE_MAX_S)  # what is no name has no records
        except (dns.exception.DNSException, OSError, ValueError) as error:
            return self._trouble(f"{type(error).__name__} for {_shown(name)} {kind}")
        if answer.rrset is None:
            return self._kept((), _none_ttl_s(answer.response))
        return self._kept(tuple(_value(record, kind) for record in list(answer.rrset)[:RECORDS_MAX]), float(answer.rrset.ttl))

    def _resolver(self) -> dns.resolver.Resolver:
        """Made when first asked, so that a gateway without DNS starts. Making it twice is harmless."""
        if self._asker is None:
            asker = dns.resolver.Resolver(configure=not self._options.servers)
            if self._options.servers:
                asker.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in self._options.servers]
            asker.timeout = self._options.lookup_timeout_s / 2  # time for a second try
            asker.use_edns(0, 0, 1232)
            self._asker = asker
        return self._asker

    def _kept(self, values: Values, ttl_s: float) -> _Kept:
        return _Kept(values, self._clock_s() + min(ttl_s, TTL_MAX_S))

    def _trouble(self, why: str) -> _Kept:
        return _Kept((), self._clock_s() + TTL_TROUBLE_S, why)


class Lookups:
    """The questions that one mail may cause: all of them within `time_s` from now on."""

    def __init__(self, dns_: Dns, time_s: float, clock_s: Callable[[], float] = monotonic_s) -> None:
        self._dns, self._clock_s = dns_, clock_s
        self._until_s = clock_s() + time_s

    def ask(self, name: str, kind: Kind) -> Values:
        """The records; none when there are none. Raises DnsTrouble."""
        return self._dns.ask(name, kind, self._until_s - self._clock_s())

    def texts(self, name: str) -> Sequence[bytes]:
        """The TXT records of a name. Raises DnsTrouble."""
        return self.ask(name, "TXT")


def _value(record: Any, kind: Kind) -> Any:
    if kind == "TXT":
        return b"".join(record.strings)
    if kind == "MX":
        return (int(record.preference), record.exchange.to_text(omit_final_dot=True))
    if kind == "PTR":
        return record.target.to_text(omit_final_dot=True)
    return str(record.address)


def _none_ttl_s(source: Any) -> float:
    """How long "there is none" holds: what the SOA says (RFC 2308 section 5), bounded."""
    responses = source.kwargs.get("responses", {}).values() if isinstance(source, dns.resolver.NXDOMAIN) else [source]
    for response in responses:
        for rrset in getattr(response, "authority", ()):
            if rrset.rdtype == dns.rdatatype.SOA:
                return float(min(rrset.ttl, rrset[0].minimum, TTL_NONE_MAX_S))
    return TTL_TROUBLE_S


def _shown(name: str) -> str:
    return name[:80]
