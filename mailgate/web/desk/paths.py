"""Addresses of the desk's pages. In: keys, ids, mail addresses. Out: paths."""

from __future__ import annotations

from urllib.parse import quote

SLASH, PERCENT = "%2F", "%25"
"""A mail address may hold a slash (RFC 5322 section 3.2.3). Servers decode a path before they divide it: it is encoded twice."""


def case_path(key: str) -> str:
    """The desk's page of a case."""
    return f"/desk/cases/{quote(key, safe='')}"


def customer_path(id_: str) -> str:
    """The page of a customer."""
    return f"/desk/customers/{quote(id_, safe='')}"


def contact_path(address: str) -> str:
    """The page of a contact."""
    return f"/desk/contacts/{quote(address.replace('%', PERCENT).replace('/', SLASH), safe='')}"


def contact_in(part: str) -> str:
    """The mail address in the part of such a path, which the server has decoded once."""
    return part.replace(SLASH, "/").replace(PERCENT, "%")
