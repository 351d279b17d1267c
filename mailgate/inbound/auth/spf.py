"""SPF (RFC 7208): may this client send for this domain? In: client, reverse-path and lookups. Out: a result in the words of RFC 8601.

pyspf decides; its questions go to our resolver, and its limits are those of section 4.6.4: 10 terms that ask, 10 names of an MX or PTR, 2
answers without records. Nothing that a record holds, and nothing that pyspf stumbles over, leaves here as an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import spf

from mailgate.inbound.auth.resolver import DnsTrouble, Lookups
from mailgate.mail.auth.org_domain import ascii_name
from mailgate.mail.auth.received import SmtpClient

RECORD_MAX_BYTES = 4096
REASON_MAX_CHARS = 200
RESULTS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"})
LIBRARY_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, OSError)
"""What pyspf raises on malformed input."""


@dataclass(frozen=True, slots=True)
class SpfResult:
    """`domain` is the one that was asked: of the reverse-path, or of the greeting for a null one (section 2.4)."""

    result: str
    domain: str
    reason: str = ""


def check(client: SmtpClient, reverse_path: str | None, lookups: Lookups) -> SpfResult:
    """The result for this client. Never raises for what mail or DNS hold."""
    domain = ascii_name((reverse_path or client.helo).rpartition("@")[2])
    if not domain or "." not in domain:
        return SpfResult("none", "", "neither reverse-path nor greeting names a domain")
    local = reverse_path.rpartition("@")[0] if reverse_path else "postmaster"
    try:
        query = _Query(client.address, f"{local}@{domain}", client.helo, lookups)
        result, _, words = query.check()
    except DnsTrouble as error:
        return SpfResult("temperror", domain, str(error))
    except (spf.PermError, spf.TempError, spf.AmbiguityWarning, *LIBRARY_ERRORS) as error:
        return SpfResult("permerror", domain, _short(f"{type(error).__name__}: {error}"))
    if result not in RESULTS:
        return SpfResult("permerror", domain, _short(str(words)))
    return SpfResult(result, domain, _short(str(words)) if result in ("temperror", "permerror") else "")


class _Query(spf.query):  # type: ignore[misc]  # pyspf has no types
    """pyspf's evaluation of one mail, with questions that go to our resolver."""

    def __init__(self, address: str, sender: str, helo: str, lookups: Lookups) -> None:
        super().__init__(i=address, s=sender, h=helo, strict=True)
        self._lookups = lookups
        self._answers: dict[tuple[str, str], list[Any]] = {}

    def dns(self, name: Any, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """The records of a name in pyspf's form. More than two void answers are a permerror; a name that cannot exist is not asked for."""
        wanted = ascii_name(str(name))
        if not wanted or "." not in wanted:
            return []
        if (wanted, qtype) not in self._answers:
            self._answers[wanted, qtype] = self._asked(wanted, qtype)
        found = self._answers[wanted, qtype]
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"more than {spf.MAX_VOID_LOOKUPS} lookups without an answer")
        return found

    def _asked(self, name: str, qtype: str) -> list[Any]:
        """For TXT a record is a list of strings; the rest is as the resolver has it."""
        if qtype not in ("TXT", "A", "AAAA", "MX", "PTR"):
            return []
        try:
            values = self._lookups.ask(name, qtype)  # type: ignore[arg-type]  # checked above
        except DnsTrouble as error:
            raise spf.TempError(str(error)) from None
        if qtype == "TXT":
            return [[_bounded(value)] for value in values]
        return list(values)

    def get_explanation(self, spec: str) -> None:
        """`exp=` is not fetched: the domain's words would be shown to nobody (section 6.2)."""
        return


def _bounded(record: bytes) -> bytes:
    """An SPF record that is too long (section 3.4 asks for 450 bytes) is made invalid: cut, it would say something else."""
    return b"v=spf1 too-long" if len(record) > RECORD_MAX_BYTES and record.lower().startswith(b"v=spf1") else record


def _short(text: str) -> str:
    return " ".join(text.split())[:REASON_MAX_CHARS]
