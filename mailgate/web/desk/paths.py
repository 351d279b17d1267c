"""Addresses of the desk's pages. In: keys and ids. Out: paths."""

from __future__ import annotations

from urllib.parse import quote


def case_path(key: str) -> str:
    """The desk's page of a case."""
    return f"/desk/cases/{quote(key, safe='')}"


def mail_path(id_: str) -> str:
    """The desk's page of an accepted mail."""
    return f"/desk/mail/{quote(id_, safe='')}"
