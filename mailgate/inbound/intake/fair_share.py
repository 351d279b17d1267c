"""Which of the newest mails a batch takes when not all fit: the clients take turns. In: waiting entries. Out: ids. Pure.

A client that brings a hundred mails gets no more turns than one that brings one, so a flood delays only itself. A relay of ours brings
everybody's mail: behind it the domain of the reverse-path stands for the client.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice, zip_longest

from mailgate.mail.auth.org_domain import organisational
from mailgate.mail.auth.received import Network, is_within
from mailgate.store.queue_rows import WaitingEntry


def fair_share(waiting: Sequence[WaitingEntry], most: int, relays: Sequence[Network] = ()) -> list[str]:
    """The ids of at most `most` entries, from each client in turn. `waiting`: the newest first; so are the turns of one client.

    The client with the least mail waiting has the first turn.
    """
    by_client: dict[str, list[str]] = {}
    ours = {address for address in {entry.client_address for entry in waiting} if not address or is_within(address, relays)}
    for entry in waiting:
        by_client.setdefault(_domain(entry) if entry.client_address in ours else entry.client_address, []).append(entry.id)
    turns = zip_longest(*sorted(by_client.values(), key=len))
    return list(islice((id_ for id_ in chain.from_iterable(turns) if id_ is not None), most))


def _domain(entry: WaitingEntry) -> str:
    domain = (entry.reverse_path or "").rpartition("@")[2].lower()
    return f"domain {organisational(domain) or domain}"
