"""Addresses that get nothing. In: addresses about to be written to. Out: those that must not be, with the reason.

The one place that every outgoing path asks, notices, automatic answers and forwards alike: once before a mail is rendered, and once more
before it is sent, since an address may be suppressed while its mail waits. What leads to a suppression is decided where bounces are read.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailgate.store.unit_of_work import UnitOfWork


def refused(uow: UnitOfWork, addresses: Iterable[str]) -> dict[str, str]:
    """Lower-case address -> one line that says why it gets no mail. One statement for all."""
    found = uow.suppressions.which({address.lower() for address in addresses})
    return {address: f"the address is suppressed: {reason}" for address, reason in found.items()}
