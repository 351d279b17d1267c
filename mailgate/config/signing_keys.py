"""The private keys that sign our mail, from PEM files. In: the settings of [dkim]. Out: keys, or ConfigError. Values never reach a message.

Read once, when the settings are loaded; a key that changed counts from the next start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mailgate.config import secret_file
from mailgate.config.document import SettingsDocument
from mailgate.errors import ConfigError

if TYPE_CHECKING:  # OpenSSL takes a while to load: only where a key is set
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

RSA_MIN_BITS, RSA_MAX_BITS = 2048, 4096
"""RFC 8301 section 3.2: signers should use 2048 or more, and verifiers need not take more than 4096."""
MAKE_HINT = "leave the setting out and run mailgate dkim: it makes keys"


@dataclass(frozen=True)
class SigningKeys:
    """The keys; None where none is set."""

    rsa: RSAPrivateKey | None = field(default=None, repr=False)
    ed25519: Ed25519PrivateKey | None = field(default=None, repr=False)


def load(document: SettingsDocument, rsa_path: Path | None, ed25519_path: Path | None) -> SigningKeys:
    """Read and check the keys that the settings name. Raises ConfigError at the line of the setting."""
    return SigningKeys(_rsa(document, rsa_path), _ed25519(document, ed25519_path))


def _rsa(document: SettingsDocument, path: Path | None) -> RSAPrivateKey | None:
    if path is None:
        return None
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    key = _key(document, "rsa_key", path)
    if not isinstance(key, RSAPrivateKey):
        document.fail("dkim", "rsa_key", f"dkim.rsa_key {path} is no RSA key", MAKE_HINT)
    if not RSA_MIN_BITS <= key.key_size <= RSA_MAX_BITS:
        what = f"dkim.rsa_key {path} has {key.key_size} bits; receivers believe {RSA_MIN_BITS} to {RSA_MAX_BITS}"
        document.fail("dkim", "rsa_key", what, MAKE_HINT)
    return key


def _ed25519(document: SettingsDocument, path: Path | None) -> Ed25519PrivateKey | None:
    if path is None:
        return None
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = _key(document, "ed25519_key", path)
    if not isinstance(key, Ed25519PrivateKey):
        document.fail("dkim", "ed25519_key", f"dkim.ed25519_key {path} is no Ed25519 key", MAKE_HINT)
    return key


def _key(document: SettingsDocument, key: str, path: Path) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        secret_file.check_private(path, "the private key")
        return load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        document.fail("dkim", key, f"dkim.{key} {path} cannot be read: {error.strerror}", MAKE_HINT)
    except ConfigError as error:
        document.fail("dkim", key, f"dkim.{key} {path}: {error.what}", error.hint)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        document.fail("dkim", key, f"dkim.{key} {path} holds no PEM key that can be used without a password", MAKE_HINT)
