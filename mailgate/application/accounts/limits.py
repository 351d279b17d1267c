"""How often something may be tried: named buckets in the database, by address, account and network. In: an act. Out: nothing, or TooMany.

Charged in a transaction of its own, before the work: what is refused or fails has been counted anyway. A client that was refused is refused
from memory until its next try would be allowed, so that a flood of tries writes nothing.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailgate.application.app import App
from mailgate.errors import TooMany

HOUR_S = 3600.0
WAITS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """Holds `size` tries and fills again in `fill_s` seconds."""

    size: int
    fill_s: float


BUCKETS = {
    "login:pair": Bucket(5, 15 * 60),  # one network at one account: the guesser waits, not the owner elsewhere
    "login:network": Bucket(30, 15 * 60),
    "login:account": Bucket(200, HOUR_S),  # against many networks; wide, since it also keeps the owner out
    "code:account": Bucket(10, 15 * 60),  # second factor: only somebody who knew the password gets there
    # Mail that a form sends. Each form has its own: somebody who keeps asking for accounts in a person's name cannot stop that person from
    # getting a new password or a code.
    "register:address": Bucket(3, HOUR_S),  # goes to strangers
    "reset:pair": Bucket(3, HOUR_S),  # one network for one account: others do not keep its owner out
    "reset:account": Bucket(12, HOUR_S),
    "claim:pair": Bucket(3, HOUR_S),
    "claim:address": Bucket(6, HOUR_S),
    "mail:network": Bucket(20, HOUR_S),
    "token:network": Bucket(60, HOUR_S),
    "claim:code": Bucket(5, 30 * 60),  # guesses at one code, which has eight digits
    "write:account": Bucket(120, HOUR_S),
    "text:account": Bucket(96, HOUR_S),  # of TEXT_CHARS each: a case is shown whole, to all who take part
    "files:account": Bucket(600, HOUR_S),  # of FILE_BYTES each
}
TEXT_CHARS, FILE_BYTES = 64 * 1024, 1024 * 1024


def charge(app: App, *tries: tuple[str, str]) -> None:
    """Take one try from each (bucket, key). Raises TooMany when one of them is empty."""
    now = app.now()
    buckets = [(name, hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()) for name, key in tries]
    _refuse_known(app, buckets, now)
    waits = {}
    with app.store.transaction() as uow:
        for name, key in buckets:
            per_s = BUCKETS[name].size / BUCKETS[name].fill_s
            left = uow.accounts.charge(name, key, now, size=BUCKETS[name].size, per_s=per_s)
            if left < 0:
                waits[(name, key)] = now + timedelta(seconds=-left / per_s)
    app.waits.update(waits)
    while len(app.waits) > WAITS_MAX:
        app.waits.popitem(last=False)
    _refuse_known(app, buckets, now)


def charge_change(app: App, account_id: str, chars: int, file_bytes: int) -> None:
    """Take what one change by a customer costs: a try, and more for much text and large files. Raises TooMany."""
    text = [("text:account", account_id)] * (chars // TEXT_CHARS)
    files = [("files:account", account_id)] * (file_bytes // FILE_BYTES)
    charge(app, ("write:account", account_id), *text, *files)


def _refuse_known(app: App, buckets: Sequence[tuple[str, str]], now: datetime) -> None:
    until = max((app.waits.get(bucket, now) for bucket in buckets), default=now)
    if until > now:
        raise TooMany(math.ceil((until - now).total_seconds()))


def network(client: str) -> str:
    """What counts as one client: an IPv4 address, a /64 of IPv6. Anything else stands for itself."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
