"""What must hold of any mail and any DNS: SPF, DKIM, DMARC and ARC come to results in the words of RFC 8601, and nothing is raised.

An input is what the DNS says and a mail: texts with a NUL between them, two NULs, the mail. The seeds are well-formed, so that what is
mutated comes past the first checks: signed and sealed mails with the records that they need.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_network

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailgate.inbound.auth.authentication import read_auth_results
from mailgate.inbound.auth.resolver import DnsTrouble, Kind, Lookups, Values
from mailgate.inbound.auth.verify import verified
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.auth.dkim_key import record_text
from mailgate.mail.auth.dkim_sign import SigningKey, signed
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from mailgate.store.rows import ClaimedEntry

AT = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
MX = "mx.firma.test"
WORDS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy"})
RELAYS = (ip_network("10.0.0.0/8"),)
PLAIN = (
    b"Authentication-Results: mx.firma.test; spf=pass smtp.mailfrom=kari@kunde.no; dmarc=pass (p=none) header.from=kunde.no\r\n"
    b"Received: from post.kunde.no (post.kunde.no [192.0.2.1]) by mx.firma.test (Postfix) with ESMTP\r\n"
    b"From: Kari <kari@kunde.no>\r\nTo: support@firma.test\r\nSubject: Hei\r\nMessage-ID: <1@kunde.no>\r\n\r\nHei  du\r\n"
)
SPF = b"v=spf1 a:%{d} mx/24//64 include:%{o2}.no exists:%{ir}.%{v}._spf.%{d2} ip4:192.0.2.0/24 ptr:kunde.no -all"


class AnyDns:
    """A DNS that answers each question for texts with all of these, and for the rest with much of everything. No texts: it is away."""

    def __init__(self, texts: tuple[bytes, ...]) -> None:
        self._texts = texts

    def ask(self, name: str, kind: Kind, within_s: float) -> Values:
        """See `resolver.Dns`."""
        if not self._texts:
            raise DnsTrouble("it is away")
        odd = self._texts[0].decode("latin-1")[:80]
        others: dict[str, Values] = {
            "MX": ((1, "kunde.no"), (0, ""), (2, odd)),
            "A": ("192.0.2.9",),
            "AAAA": ("::1",),
            "PTR": ("a..b", odd),
        }
        return self._texts if kind == "TXT" else others[kind]


def check_origin(data: bytes) -> None:
    """The property, for one input."""
    head, _, raw = data.partition(b"\0\0")
    texts = tuple(head.split(b"\0")) if head else ()
    path, helo = raw[-20:].decode("latin-1"), raw[:20].decode("latin-1")
    for envelope, client in (
        (Envelope("kari@kunde.no", ("s@firma.test",)), "10.0.0.2"),
        (Envelope(path or None, ("s@firma.test",)), "192.0.2.1"),
    ):
        entry = ClaimedEntry("1", envelope, raw, "", AT, 1, 0, client, helo, "smtp", False, False)
        message = IntakeMessage(entry, read(raw, envelope=envelope))
        for found in (verified(message, Lookups(AnyDns(texts), 5), RELAYS), read_auth_results(message.mail, message.entry.envelope, {MX})):
            assert all(word.isalpha() for word in (found.spf, found.dkim, found.dmarc, found.arc)), found
            assert found.overall in ("pass", "fail", "none")
        results = verified(message, Lookups(AnyDns(texts), 5), RELAYS)
        assert {results.spf, results.dkim, results.dmarc, results.arc} <= WORDS, results


@cache
def _keys() -> tuple[RSAPrivateKey, Ed25519PrivateKey]:
    return generate_private_key(65537, 2048), Ed25519PrivateKey.generate()


def records() -> bytes:
    """What the DNS of a good domain says: one policy of each kind, and the keys."""
    rsa, ed25519 = _keys()
    keys = (record_text(rsa.public_key()), record_text(ed25519.public_key()))
    return b"\0".join((SPF, b"v=DMARC1; p=reject; sp=none; adkim=s; aspf=r; rua=mailto:d@kunde.no", *(key.encode() for key in keys)))


@cache
def seeds() -> tuple[bytes, ...]:
    """Inputs of which all is well: not signed, signed by us with both keys, sealed by dkimpy."""
    rsa, ed25519 = _keys()
    ours = signed(PLAIN, "kunde.no", (SigningKey("s", rsa), SigningKey("e", ed25519)), int(AT.timestamp()))
    pem = rsa.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    sealed = b"".join(dkim.arc_sign(PLAIN, b"s", b"kunde.no", pem, MX.encode())) + PLAIN
    return tuple(records() + b"\0\0" + mail for mail in (PLAIN, ours, sealed))
