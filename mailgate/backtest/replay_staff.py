"""The staff of a backtest's state, by mail address: as they are now, since no record says who had an account when."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mailgate.cases.model import StaffAuthor


class ReplayStaff:
    """Fits `store.protocols.Staff`. `known` is filled as the mails need it."""

    def __init__(self, known: Mapping[str, StaffAuthor]) -> None:
        self._known = known

    def by_addresses(self, addresses: Collection[str]) -> dict[str, StaffAuthor]:
        """Those of these addresses that are staff's."""
        return {address: self._known[address] for address in addresses if address in self._known}
