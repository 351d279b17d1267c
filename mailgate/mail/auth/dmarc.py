"""DMARC (RFC 7489): what a domain asks for, and whether a mail meets it. In: DNS texts, results of SPF and DKIM. Out: a verdict. Pure.

The domain is the author's, the one that people see. SPF and DKIM count only when the domain that they speak for is aligned with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailgate.mail.auth.org_domain import aligned

RECORD_MAX_CHARS = 4096
_VERSION = re.compile(rb"\s*v\s*=\s*DMARC1\s*(?:;|$)")
_POLICIES = ("none", "quarantine", "reject")
_REPORT = re.compile(r"\s*[a-z][a-z0-9+.-]*:[^\s,]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DmarcPolicy:
    """One policy. `strict_dkim`, `strict_spf`: the domains must be the same; else the same organisation is enough (`adkim`, `aspf`)."""

    policy: str
    subdomain_policy: str
    strict_dkim: bool = False
    strict_spf: bool = False

    def asks(self, own: bool) -> str:
        """What the owner asks for, of the domain itself or of one below it."""
        return self.policy if own else self.subdomain_policy


class BadRecord(ValueError):
    """There is a record, and it cannot be used. `str(error)` is the reason."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One domain that SPF or DKIM has judged, and the result in the words of RFC 8601."""

    domain: str
    result: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that may vouch for an author's domain."""

    author: str
    spf: Speaker
    dkim: Sequence[Speaker] = ()


def record_of(texts: Iterable[bytes]) -> DmarcPolicy | None:
    """The one record among TXT records (section 6.6.3); None without any. Raises BadRecord."""
    found = [text for text in texts if _VERSION.match(text)]
    if not found:
        return None
    if len(found) > 1:
        raise BadRecord(f"{len(found)} records: none counts")
    if len(found[0]) > RECORD_MAX_CHARS:
        raise BadRecord("the record is too long")
    return _parsed(found[0].decode("ascii", "replace"))


def _parsed(text: str) -> DmarcPolicy:
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    policy = tags.get("p", "").lower()
    below = tags.get("sp", policy).lower()
    if policy not in _POLICIES or below not in _POLICIES:
        if not any(_REPORT.fullmatch(uri) for uri in tags.get("rua", "").split(",")):
            raise BadRecord("no valid p= or sp=")
        policy = below = "none"  # section 6.6.3, step 6: who wants reports gets them
    return DmarcPolicy(policy, below, tags.get("adkim", "r").lower() == "s", tags.get("aspf", "r").lower() == "s")


def evaluate(record: DmarcPolicy, evidence: Evidence) -> str:
    """`pass`, `fail`, or `temperror` when a result that could have passed was not to be had (section 6.6.2, steps 5 and 6)."""
    results = {
        *(s.result for s in evidence.dkim if aligned(s.domain, evidence.author, strict=record.strict_dkim)),
        *(s.result for s in (evidence.spf,) if aligned(s.domain, evidence.author, strict=record.strict_spf)),
    }
    if "pass" in results:
        return "pass"
    return "temperror" if "temperror" in results else "fail"


def without_record(evidence: Evidence) -> str:
    """What aligned results say of an author whose domain has no DMARC record: `pass`, `fail` or `none`.

    An aligned pass is what a DMARC pass is made of, so it counts as one. A fail needs the domain's own word: `-all` of SPF for the aligned
    reverse-path, with no signature of the domain that passes or could not be looked up.
    """
    dkim = {s.result for s in evidence.dkim if aligned(s.domain, evidence.author)}
    spf = evidence.spf.result if aligned(evidence.spf.domain, evidence.author) else "none"
    if "pass" in (*dkim, spf):
        return "pass"
    return "fail" if spf == "fail" and "temperror" not in dkim else "none"
