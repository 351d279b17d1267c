"""Keys and signatures for tests: made here with `cryptography` alone or by dkimpy, and published in the zones of `zones.py`."""

from __future__ import annotations

import base64
import time
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailgate.mail.auth.dkim_key import record_text

PLAIN = (
    b"From: Kari <kari@kunde.no>\r\nTo: support@firma.test\r\nDate: Mon, 09 Mar 2026 12:02:00 +0100\r\nSubject: Hei\r\n"
    b"Message-ID: <1@kunde.no>\r\n\r\nHei  du \r\nder\r\n\r\n"
)


@cache
def rsa(bits: int = 2048, number: int = 0) -> RSAPrivateKey:
    """A key, made once per run; `number` tells keys of one size apart."""
    return generate_private_key(65537, bits)


@cache
def ed25519() -> Ed25519PrivateKey:
    """A key, made once per run."""
    return Ed25519PrivateKey.generate()


def pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    """A private key as OpenSSL writes it (RSA: PKCS#1; Ed25519: PKCS#8)."""
    form = PrivateFormat.TraditionalOpenSSL if isinstance(key, RSAPrivateKey) else PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


def by_dkimpy(raw: bytes, selector: str, domain: str = "kunde.no", *, length: bool = False, names: list[bytes] | None = None) -> bytes:
    """`raw` signed by dkimpy with the RSA key of 2048 bits."""
    signer = dkim.DKIM(raw)
    field = signer.sign(
        selector.encode(), domain.encode(), pem(rsa()), canonicalize=(b"relaxed", b"relaxed"), include_headers=names, length=length
    )
    return bytes(field) + raw


def by_dkimpy_ed25519(raw: bytes, selector: str, domain: str = "kunde.no") -> bytes:
    """`raw` signed by dkimpy with the Ed25519 key."""
    seed = base64.b64encode(ed25519().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    field = dkim.DKIM(raw, signature_algorithm=b"ed25519-sha256").sign(selector.encode(), domain.encode(), seed)
    return bytes(field) + raw


def zone() -> str:
    """The key records, good and bad."""
    good, small = record_text(rsa().public_key()), record_text(rsa(1024).public_key())
    value = good.partition("p=")[2]
    records = {
        "god": good,
        "ed": record_text(ed25519().public_key()),
        "annen": record_text(rsa(2048, 1).public_key()),
        "liten": small,
        "trukket": "v=DKIM1; k=rsa; p=",
        "soppel": "v=DKIM1; k=rsa; p=%%%",
        "ingenp": "v=DKIM1; k=rsa",
        "sha1": f"v=DKIM1; h=sha1; p={value}",
        "ikkepost": f"v=DKIM1; s=web; p={value}",
        "strengt": f"v=DKIM1; t=s; p={value}",
        "svaer": f"v=DKIM1; n={'x' * 3000}; p={value}",
    }
    return "\n".join(f"{name}._domainkey.kunde.no. IN TXT {strings(text)}" for name, text in records.items())


def now_s() -> float:
    """The time of acceptance of a mail that is signed now."""
    return time.time()


def strings(text: str) -> str:
    """A TXT value as the strings of a zone file."""
    return " ".join('"{}"'.format(text[at : at + 250].replace(";", r"\;")) for at in range(0, len(text), 250))
