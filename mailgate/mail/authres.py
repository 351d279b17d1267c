"""Authentication-Results (RFC 8601), read only when the field comes from a server that the operator trusts. Pure.

In: the fields of a mail in order, and the trusted authserv-ids. Out: what that server found. Anyone can write this field, so a field of any
other server is as good as absent (RFC 8601 section 1.6).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mailgate.mail.org_domain import aligned

FIELD = "authentication-results"
FIELDS_MAX = 20
LENGTH_MAX = 8192

_OUTSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|[(;]|[^"();]+')
_IN_COMMENT = re.compile(r'\\.|[()]|[^()\\"]+')
_RESULT = re.compile(r"\s*(spf|dkim|dmarc|arc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE | re.ASCII)
_CLAUSE = re.compile(_RESULT.pattern + r'(?:\s+[a-z][\w.-]*\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s";])+)*\s*', re.IGNORECASE | re.ASCII)
_HEADER_FROM = re.compile(r'\sheader\.from\s*=\s*"?([^\s";]+)', re.IGNORECASE | re.ASCII)


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


def read(fields: Iterable[tuple[str, str]], trusted_ids: Collection[str], author_domain: str = "") -> AuthResults:
    """The topmost field of a trusted server; nothing trusted, nothing believed. `dmarc=pass` counts for the author's domain alone.

    What a sender wrote stands in the field, too (`smtp.mailfrom="a; dmarc=pass"@x.test`), and not every server quotes it well. So a pass
    counts only where quotes and comments add up and its clause is one by the grammar of RFC 8601 section 2.2, and of two results of
    one method the worse one does; but of several signatures one pass is a pass.
    """
    wanted = {name.lower() for name in trusted_ids}
    values = [value for name, value in fields if name.lower() == FIELD][:FIELDS_MAX]
    for value in values:
        text = value[:LENGTH_MAX]
        clauses = _clauses(text)
        server, *rest = clauses or text.split(";")
        if server.split() and server.split()[0].lower() in wanted:
            return _results(rest, clauses is not None and len(value) <= LENGTH_MAX, author_domain)
    return AuthResults()


def _clauses(text: str) -> list[str] | None:
    """What stands between the semicolons, without comments; None when quotes and comments do not add up, or a comment has quotes in it."""
    clauses, at, depth = [""], 0, 0
    while at < len(text):
        piece = (_IN_COMMENT if depth else _OUTSIDE).match(text, at)
        if piece is None:
            return None
        found, at = piece.group(), piece.end()
        if found == ";" and not depth:
            clauses.append("")
        elif not depth and found != "(":
            clauses[-1] += found
        elif found in "()":
            depth += 1 if found == "(" else -1
            clauses[-1] += " "
    return None if depth else clauses


def _results(clauses: Sequence[str], well_formed: bool, author_domain: str) -> AuthResults:
    found: dict[str, str] = {}
    for clause in clauses:
        match = _RESULT.match(clause)
        if match is None:
            continue
        method, result = match.group(1).lower(), match.group(2).lower()
        if result == "pass" and not (well_formed and _is_believed(clause, method, author_domain)):
            continue
        found[method] = _of_two(method, found.get(method, result), result)
    return AuthResults(found.get("spf", "none"), found.get("dkim", "none"), found.get("dmarc", "none"), found.get("arc", "none"))


def _of_two(method: str, one: str, other: str) -> str:
    if method == "dkim" and "pass" in (one, other):
        return "pass"
    return other if other == "fail" or one == "pass" else one


def _is_believed(clause: str, method: str, author_domain: str) -> bool:
    if not _CLAUSE.fullmatch(clause):
        return False
    judged = _HEADER_FROM.search(clause) if method == "dmarc" and author_domain else None
    return judged is None or aligned(judged.group(1).rpartition("@")[2], author_domain)
