"""Authentication-Results (RFC 8601), read only when the field comes from a server that the operator trusts. Pure.

In: the fields of a mail in order, and the trusted authserv-ids. Out: what those servers found. Anyone can write this field, so a field of
any other server is ignored (RFC 8601 section 1.6). Each filter of a server may add a field of its own (sections 4.1 and 5), so all fields
of the trusted ids are one finding, and of two verdicts of one method the worse one decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from mailgate.mail.auth.org_domain import aligned
from mailgate.values import value_class

FIELD = "authentication-results"
FIELDS_MAX = 50
"""Fields of trusted ids that are read. With more than that no `pass` counts."""
LENGTH_MAX = 8192
WORST_FIRST = ("fail", "softfail", "policy", "permerror", "temperror", "neutral", "none")
"""Verdicts from the worst on; `pass` and unknown words come last."""

_OUTSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|[(;]|[^"();]+')
_IN_COMMENT = re.compile(r'\\.|[()]|[^()\\"]+')
_RESULT = re.compile(r"\s*(spf|dkim|dmarc|arc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE | re.ASCII)
_CLAUSE = re.compile(_RESULT.pattern + r'(?:\s+[a-z][\w.-]*\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s";])+)*\s*', re.IGNORECASE | re.ASCII)
_SPF_OF_HELO = re.compile(r"\ssmtp\.helo\s*=", re.IGNORECASE | re.ASCII)
_SPF_OF_MAIL_FROM = re.compile(r'\ssmtp\.mailfrom\s*=\s*("(?:[^"\\]|\\.)*"(?:@[^\s;]+)?|[^\s;]*)', re.IGNORECASE | re.ASCII)
_METHODS = ("spf", "dkim", "dmarc", "arc")
_HEADER_FROM = re.compile(r'\sheader\.from\s*=\s*"?([^\s";]+)', re.IGNORECASE | re.ASCII)


@value_class
class AuthResults:
    """Results in the words of RFC 8601 section 2.7 (`pass`, `fail`, `softfail`, `none`, `temperror`, …); "none" when nothing was said.

    `aligned`: the result of SPF and DKIM for the author's own domain where it has no DMARC record: `pass`, `fail` or `none`. Known only
    when the mail was verified here. `reverse_path`: the result of SPF and DMARC for the reverse-path's domain: `pass`, `fail` or `none`.
    `reasons`: (method, why it is so) for what did not pass.
    """

    spf: str = "none"
    dkim: str = "none"
    dmarc: str = "none"
    arc: str = "none"
    aligned: str = "none"
    reverse_path: str = "none"
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def overall(self) -> str:
        """`pass`, `fail` or `none` for the author's domain.

        DMARC decides, since SPF and DKIM alone say nothing of the From (RFC 7489 section 3). Without a verdict of it, aligned results do.
        """
        return self.dmarc if self.dmarc in ("pass", "fail") else self.aligned


def read(
    fields: Iterable[tuple[str, str]], trusted_ids: Collection[str], author_domain: str = "", reverse_path_domain: str = ""
) -> AuthResults:
    """The findings of all fields of trusted servers; without trusted ids nothing is believed.

    `dmarc=pass` counts for the author's domain alone. What a sender wrote is in the field, too (`smtp.mailfrom="a; dmarc=pass"@x.test`),
    and not every server quotes it well. So a pass counts only where quotes and comments add up and its clause fits the grammar of RFC 8601
    section 2.2. Of several DKIM signatures one pass is a pass; for all other methods the worse verdict decides.
    """
    wanted = {name.lower() for name in trusted_ids}
    found: list[_Finding] = []
    read_fields = 0
    for value in (value for name, value in fields if name.lower() == FIELD):
        text = value[:LENGTH_MAX]
        clauses = _clauses(text)
        server, *rest = clauses or text.split(";")
        if _authserv_id(server) not in wanted:
            continue
        read_fields += 1
        if read_fields > FIELDS_MAX:
            return _merged([one for one in found if one.result != "pass"], author_domain, reverse_path_domain)
        found += _findings(rest, clauses is not None and len(value) <= LENGTH_MAX)
    return _merged(found, author_domain, reverse_path_domain)


@value_class
class _Finding:
    """One clause of a field. `judged`: the domain of `header.from`, `sender` that of `smtp.mailfrom`, "" when it is not given.

    `helo`: SPF of the greeting alone.
    """

    method: str
    result: str
    judged: str = ""
    sender: str = ""
    helo: bool = False


def _authserv_id(text: str) -> str:
    """The id of a field, "" without one; a version may follow it."""
    words = text.split()
    return words[0].strip('"').rstrip(".").lower() if words else ""


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


def _findings(clauses: Sequence[str], well_formed: bool) -> Iterator[_Finding]:
    """The findings of one field. A `pass` in a field that is not well formed is left out."""
    for clause in clauses:
        match = _RESULT.match(clause)
        if match is None:
            continue
        method, result = match.group(1).lower(), match.group(2).lower()
        result = "fail" if result == "hardfail" else result  # its name in RFC 5451
        if result == "pass" and not (well_formed and _CLAUSE.fullmatch(clause)):
            continue
        judged = _HEADER_FROM.search(clause) if method == "dmarc" else None
        sender = _SPF_OF_MAIL_FROM.search(clause) if method == "spf" else None
        of_helo = method == "spf" and bool(_SPF_OF_HELO.search(clause)) and sender is None
        yield _Finding(method, result, _domain_in(judged), _domain_in(sender), of_helo)


def _domain_in(found: re.Match[str] | None) -> str:
    """The domain of the address or domain that was found, "" without one."""
    return found.group(1).rpartition("@")[2].strip('"<>').rstrip(".").lower() if found else ""


def _merged(found: Sequence[_Finding], author_domain: str, reverse_path_domain: str) -> AuthResults:
    counted = [one for one in found if not _is_anothers_pass(one, author_domain)]
    spf, dkim, dmarc, arc = (_verdict(method, [one.result for one in counted if one.method == method]) for method in _METHODS)
    return AuthResults(spf, dkim, dmarc, arc, reverse_path=_of_reverse_path(found, author_domain, reverse_path_domain))


def _is_anothers_pass(one: _Finding, author_domain: str) -> bool:
    """A DMARC pass of another domain than the author's."""
    return one.method == "dmarc" and one.result == "pass" and bool(one.judged and author_domain) and not aligned(one.judged, author_domain)


def _is_anothers_spf(one: _Finding, domain: str) -> bool:
    return one.result == "pass" and bool(one.sender and domain) and not aligned(one.sender, domain)


def _verdict(method: str, results: Sequence[str]) -> str:
    if method == "dkim" and "pass" in results:
        return "pass"
    return min(results, key=_badness, default="none")


def _badness(result: str) -> int:
    return WORST_FIRST.index(result) if result in WORST_FIRST else len(WORST_FIRST)


def _of_reverse_path(found: Sequence[_Finding], author_domain: str, domain: str) -> str:
    """SPF of the reverse-path, and DMARC where the domain that it judged is the reverse-path's: one fail is a fail.

    A DMARC finding without `header.from` is about the author's domain. A pass of another sender than the reverse-path says nothing of it.
    """
    spf = [one.result for one in found if one.method == "spf" and not one.helo and not _is_anothers_spf(one, domain)]
    dmarc = [one.result for one in found if one.method == "dmarc" and domain and aligned(one.judged or author_domain, domain)]
    if "fail" in spf or "fail" in dmarc:
        return "fail"
    return "pass" if _verdict("spf", spf) == "pass" or _verdict("dmarc", dmarc) == "pass" else "none"
