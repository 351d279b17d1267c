"""One-time codes of an app (TOTP, RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes. In: secrets, texts, a time. Out: steps, hashes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

import pyotp

STEP_S = 30
SKEW_STEPS = 1
"""Clocks may differ by so many steps (RFC 6238 section 5.2)."""
RECOVERY_CODES = 10


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226 section 4)."""
    return pyotp.random_base32()


def app_link(secret: str, username: str, company: str) -> str:
    """The `otpauth:` address that apps read from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=company)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, of now and one step around it; None for a wrong code."""
    digits = code.replace(" ", "")
    current, app = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret)
    steps = range(current - SKEW_STEPS, current + SKEW_STEPS + 1)
    right = [step for step in steps if hmac.compare_digest(app.at(step * STEP_S).encode(), digits.encode())]
    return right[0] if right else None


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes of 80 random bits each, as people copy them: `abcd-efgh-ijkl-mnop`."""
    return tuple(_grouped(pyotp.random_base32(32)[:16].lower()) for _ in range(RECOVERY_CODES))


def recovery_hash(code: str) -> str:
    """What is stored of a recovery code, however it is written."""
    return hashlib.sha256("".join(sign for sign in code.lower() if sign.isalnum()).encode("utf-8", "replace")).hexdigest()


def looks_like_recovery(code: str) -> bool:
    """Whether this is meant as a recovery code and not as one of the app."""
    return sum(sign.isalnum() for sign in code) > 8


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
