"""What a status looks like: the colour family shows whose turn it is, the icon which status it is; its label says both in words. In: keys
of the workflow.
"""

from __future__ import annotations

from collections.abc import Mapping

FAMILY: Mapping[str, str] = {
    "open": "ours", "investigating": "ours", "in_progress": "ours", "proposed": "yours", "waiting_customer": "yours",
    "on_hold": "paused", "frozen": "paused", "resolved": "done", "closed": "done", "reopened": "again",
}  # fmt: skip
ICON: Mapping[str, str] = {
    "open": "open", "investigating": "search", "in_progress": "half", "proposed": "diamond", "waiting_customer": "return",
    "on_hold": "pause", "frozen": "snow", "resolved": "check", "closed": "box", "reopened": "again",
}  # fmt: skip
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("yours", ("yours",)),
    ("ours", ("ours", "again")),
    ("paused", ("paused",)),
    ("done", ("done",)),
)
"""Headings of the case list, in order, with the families under each."""


def group_of(status: str) -> str:
    """Under which heading of the list a case stands."""
    family = FAMILY.get(status, "ours")
    return next(name for name, families in GROUPS if family in families)
