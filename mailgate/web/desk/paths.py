"""Addresses of the desk's pages. In: keys and ids. Out: paths."""

from __future__ import annotations

from urllib.parse import quote


def case_path(key: str) -> str:
    """The desk's page of a case."""
    return f"/desk/cases/{quote(key, safe='')}"
