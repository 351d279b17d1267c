"""Secrets that must be read again are stored encrypted: the database alone reveals none. In: a text. Out: `key id:base64`.

AES-256-GCM (NIST SP 800-38D) under a key that HKDF (RFC 5869) makes of a token key in the secrets file. What it is for is authenticated
with it, so that a sealed text moved to another account opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailgate.config import Settings

NONCE_BYTES = 12


def seal(settings: Settings, purpose: str, text: str) -> str:
    """The text sealed under the newest key."""
    key_id, nonce = max(settings.vault.token_keys), secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(settings.vault.token_keys[key_id]).encrypt(nonce, text.encode(), purpose.encode())
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(settings: Settings, purpose: str, sealed: str) -> str | None:
    """The text; None when the key is gone, or it was sealed for something else."""
    key_id, _, body = sealed.partition(":")
    key = settings.vault.token_keys.get(int(key_id)) if key_id.isdigit() else None
    if key is None:
        return None
    try:
        raw = base64.b64decode(body, validate=True)
        return _cipher(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()
    except (binascii.Error, InvalidTag, ValueError):
        return None


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"mailgate sealed secrets").derive(key))
