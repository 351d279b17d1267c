"""Suppressed addresses. In: recipients of outgoing mail. Out: those that must not get it, with the reason.

Every outgoing path checks here, whether notice, automatic answer or forward: before a mail is rendered, and again before it is sent, since
an address may be suppressed in between. It must never decide what leads to a suppression: `rules/reachability` does.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailgate.store.unit_of_work import UnitOfWork


def refused(uow: UnitOfWork, addresses: Iterable[str]) -> dict[str, str]:
    """Lower-case address -> the reason why it gets no mail, one line. One statement for all addresses."""
    found = uow.suppressions.which({address.lower() for address in addresses})
    return {address: f"the address is suppressed: {reason}" for address, reason in found.items()}
