"""What is seen of waiting mail before it is claimed. Values only."""

from __future__ import annotations

from typing import NamedTuple


class DueKinds(NamedTuple):
    """Which kinds of journal rows are due: `tried` by a worker before, or `fresh`."""

    tried: bool
    fresh: bool


class WaitingEntry(NamedTuple):
    """A journal row that is due. `client_address`: who brought it; `reverse_path` without brackets, None for the null one."""

    id: str
    client_address: str
    reverse_path: str | None
