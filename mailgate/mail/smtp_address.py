"""Addresses as they go out on the wire. In: `local@domain` as stored. Out: ASCII where it can be, or a refusal before any byte is sent.

Nothing that passes here can end a command, start another one, or be read as a second parameter (RFC 5321 sections 4.1.2 and 4.5.3.1).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import idna

from mailgate.errors import PermanentFailure

LOCAL_PART_MAX_OCTETS = 64  # RFC 5321 section 4.5.3.1.1
DOMAIN_MAX_OCTETS = 255  # section 4.5.3.1.2
PATH_MAX_OCTETS = 256  # section 4.5.3.1.3, with the angle brackets

# Written as what is left out: `re` compiles a set that reaches past ASCII much faster this way.
_ATOM = r"[^\x00- \"(),.:;<>@\[\\\]\x7f-\xa0\ud800-\udfff]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED_STRING = re.compile(r'"(?:[^\x00-\x1f"\\\x7f-\xa0\ud800-\udfff]|\\[ -~])*"')
_HOST = re.compile(r"(?=.{1,255}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]")


class AddressRefused(PermanentFailure):
    """An address that can never be put on the wire. `enhanced` is the RFC 3463 code that a server would give."""

    def __init__(self, why: str, enhanced: str = "5.1.3") -> None:
        super().__init__(why)
        self.enhanced = enhanced


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """`text` is `local@domain` with the domain as A-labels; `needs_smtputf8` when the local part is not ASCII (RFC 6531 section 3.2)."""

    text: str
    needs_smtputf8: bool = False


@lru_cache(maxsize=4096)
def smtp_address(address: str) -> SmtpAddress:
    """The form of `address` that may be sent. Raises AddressRefused for anything but one plain mailbox.

    A non-ASCII domain becomes A-labels (RFC 5890 section 2.3.2.1), so only the local part can ask for SMTPUTF8.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local:
        raise AddressRefused("the address is not of the form local@domain")
    if not (_DOT_STRING.fullmatch(local) or _QUOTED_STRING.fullmatch(local)):
        raise AddressRefused("the part before @ has characters that no mail address may have")
    if len(local.encode()) > LOCAL_PART_MAX_OCTETS:
        raise AddressRefused(f"the part before @ is longer than {LOCAL_PART_MAX_OCTETS} octets")
    host = _smtp_domain(domain)
    if len(local.encode()) + len(host) + 3 > PATH_MAX_OCTETS:
        raise AddressRefused(f"the address is longer than {PATH_MAX_OCTETS} octets")
    return SmtpAddress(f"{local}@{host}", needs_smtputf8=not local.isascii())


def folded(address: str) -> str:
    """The address as it is compared: lower case, composed (NFC), its domain as A-labels. What could not be written to: without A-labels."""
    if address.isascii():
        return address.lower()
    address = unicodedata.normalize("NFC", address)
    try:
        return smtp_address(address).text.lower()
    except AddressRefused:
        return address.lower()


def _smtp_domain(domain: str) -> str:
    if domain.isascii():
        if _HOST.fullmatch(domain) or _LITERAL.fullmatch(domain):
            return domain
        raise AddressRefused("the part after @ is not a host name", "5.1.2")
    try:
        host = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise AddressRefused("the part after @ is not an international host name", "5.1.2") from error
    if len(host) > DOMAIN_MAX_OCTETS or not _HOST.fullmatch(host):
        raise AddressRefused("the part after @ is not a host name", "5.1.2")
    return host
