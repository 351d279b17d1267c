"""A certificate that signs itself, for STARTTLS from the first start: other mail servers encrypt with it and verify nobody (RFC 7435).

In: two paths and a host name. Out: two PEM files, the key of mode 0600; files that are there are left alone. `python -m
mailgate.config.self_signed CERTIFICATE KEY NAME` does it from a script. Where names are verified, put a certificate of an authority there.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(days=3650)


def make(certificate: Path, key: Path, name: str) -> bool:
    """Write both files unless one is there; whether they were written. Raises OSError."""
    if certificate.exists() or key.exists():
        return False
    secret = ec.generate_private_key(ec.SECP256R1())
    plain = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(key, plain, 0o600)
    _write(certificate, _certificate(secret, name).public_bytes(serialization.Encoding.PEM), 0o644)
    return True


def _certificate(secret: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]), datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(secret, hashes.SHA256())
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(content)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
