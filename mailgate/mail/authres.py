"""Authentication-Results (RFC 8601), read only when the field comes from a server that the operator trusts. Pure.

In: the fields of a mail in order, and the trusted authserv-ids. Out: what that server found. Anyone can write this field, so a field of any
other server is as good as absent (RFC 8601 section 1.6).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

FIELD = "authentication-results"
FIELDS_MAX = 20
LENGTH_MAX = 8192

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc|arc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuthResults:
    """Results in the words of RFC 8601 section 2.7 (`pass`, `fail`, `softfail`, `none`, `temperror`, …); "none" when nothing was said.

    `aligned`: what SPF and DKIM of the author's own domain come to where it has no DMARC record: `pass`, `fail` or `none`. Known only when
    the mail was verified here. `reasons`: (method, why it is so) for what did not pass.
    """

    spf: str = "none"
    dkim: str = "none"
    dmarc: str = "none"
    arc: str = "none"
    aligned: str = "none"
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def overall(self) -> str:
        """`pass`, `fail` or `none` for the author's domain.

        DMARC decides, since SPF and DKIM alone say nothing of the From (RFC 7489 section 3). Without a verdict of it, aligned results do.
        """
        return self.dmarc if self.dmarc in ("pass", "fail") else self.aligned


def read(fields: Iterable[tuple[str, str]], trusted_ids: Collection[str]) -> AuthResults:
    """The topmost field of a trusted server; nothing trusted, nothing believed. Several `dkim` results: one pass is a pass."""
    wanted = {name.lower() for name in trusted_ids}
    values = [value for name, value in fields if name.lower() == FIELD][:FIELDS_MAX]
    for value in values:
        server, _, rest = _without_comments(value[:LENGTH_MAX]).partition(";")
        if server.split() and server.split()[0].lower() in wanted:
            return _results(rest)
    return AuthResults()


def _without_comments(text: str) -> str:
    previous = ""
    while previous != text:  # comments nest (RFC 5322 section 3.2.2); each round takes the innermost
        previous, text = text, _COMMENT.sub(" ", text)
    return text


def _results(text: str) -> AuthResults:
    found: dict[str, str] = {}
    for clause in text.split(";"):
        match = _RESULT.match(clause)
        if match:
            method, result = match.group(1).lower(), match.group(2).lower()
            if found.get(method) != "pass":
                found[method] = result
    return AuthResults(found.get("spf", "none"), found.get("dkim", "none"), found.get("dmarc", "none"), found.get("arc", "none"))
