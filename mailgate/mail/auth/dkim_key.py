"""Key records of DKIM (RFC 6376 section 3.6.1, RFC 8463): read, checked, written. In: TXT records or a key. Out: values, text. Pure.

A record is what a stranger wrote. One that would cost more than a signature is worth, such as a modulus of a megabit, is refused unread.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

RECORD_MAX_BYTES = 2048
RSA_MIN_BITS, RSA_MAX_BITS = 1024, 4096
"""RFC 8301 section 3.2: what verifiers must take."""
EXPONENT_MAX_BITS = 64
ED25519_BYTES = 32
PublicKey = RSAPublicKey | Ed25519PublicKey


class BadKey(ValueError):
    """A key that cannot be used. `result` is the word of RFC 8601 for it, `str(error)` the reason."""

    def __init__(self, reason: str, result: str = "permerror") -> None:
        super().__init__(reason)
        self.result = result


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key as published. `text` is the record, for a verifier of its own; `exact_domain` is the flag `t=s`."""

    text: bytes
    key: PublicKey
    exact_domain: bool = False


def usable(texts: Iterable[bytes], algorithm: str) -> KeyRecord:
    """The first record with a key for `rsa-sha256` or `ed25519-sha256`. Raises BadKey with what is wrong with the last one."""
    problem = BadKey("no key is published")
    for text in texts:
        try:
            return _read(text, algorithm)
        except BadKey as error:
            problem = error
    raise problem


def record_text(key: PublicKey) -> str:
    """The TXT record to publish for a public key."""
    if isinstance(key, RSAPublicKey):
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; h=sha256; p={base64.b64encode(der).decode()}"
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; h=sha256; p={base64.b64encode(raw).decode()}"


def same_key(one: PublicKey, other: PublicKey) -> bool:
    """Whether both are the same key, whatever form their records have."""
    return record_text(one) == record_text(other)


def _read(text: bytes, algorithm: str) -> KeyRecord:
    if len(text) > RECORD_MAX_BYTES:
        raise BadKey(f"the key record has {len(text)} bytes")
    tags = _tags(text)
    kind, digest = algorithm.split("-")
    if tags.get("v", "DKIM1") != "DKIM1":
        raise BadKey("the key record is of another version")
    if tags.get("k", "rsa") != kind:
        raise BadKey(f"the key is no {kind} key")
    if "h" in tags and digest not in _words(tags["h"]):
        raise BadKey(f"the key is not for {digest}")
    if not {"*", "email"} & set(_words(tags.get("s", "*"))):
        raise BadKey("the key is not for mail")
    return KeyRecord(text, _public(tags.get("p"), kind), "s" in _words(tags.get("t", "")))


def _public(value: str | None, kind: str) -> PublicKey:
    if value is None:
        raise BadKey("the key record has no p=")
    if not value:
        raise BadKey("the key is revoked")
    try:
        der = base64.b64decode("".join(value.split()), validate=True)
    except ValueError:  # binascii.Error is one; text outside of ASCII raises its parent
        raise BadKey("the key is no base64") from None
    return _rsa(der) if kind == "rsa" else _ed25519(der)


def _ed25519(raw: bytes) -> Ed25519PublicKey:
    if len(raw) != ED25519_BYTES:
        raise BadKey(f"an ed25519 key has {ED25519_BYTES} bytes, not {len(raw)}")
    return Ed25519PublicKey.from_public_bytes(raw)


def _rsa(der: bytes) -> RSAPublicKey:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("the key is no RSA key in DER") from None
    if not isinstance(key, RSAPublicKey):
        raise BadKey("the key is no RSA key")
    if not RSA_MIN_BITS <= key.key_size <= RSA_MAX_BITS:
        raise BadKey(f"the key has {key.key_size} bits", "policy")
    numbers: RSAPublicNumbers = key.public_numbers()
    if numbers.e.bit_length() > EXPONENT_MAX_BITS:
        raise BadKey("the exponent of the key is too large", "policy")
    return key


def _words(value: str) -> list[str]:
    return [word.strip().lower() for word in value.split(":")]


def _tags(text: bytes) -> dict[str, str]:
    """A tag list (RFC 6376 section 3.2). Names are case-sensitive; a name that comes twice makes it void."""
    tags: dict[str, str] = {}
    for part in text.decode("utf-8", "replace").split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals:
            if name:
                raise BadKey("the key record is no tag list")
            continue
        if name in tags:
            raise BadKey(f"the key record has {name[:20]}= twice")
        tags[name] = value.strip()
    return tags
