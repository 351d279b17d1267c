"""What is seen of waiting mail before it is claimed. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    """A journal row that is due. `client_address`: who brought it; `reverse_path` without brackets, None for the null one."""

    id: str
    client_address: str
    reverse_path: str | None
