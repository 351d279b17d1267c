"""Signs each outgoing mail once, when it is frozen (DKIM). In: settings and a clock. Out: the function that the freezer calls.

The keys are held by the process, parsed: reading one again costs more than a signature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailgate.clock import Clock
from mailgate.mail.auth.dkim_sign import SigningKey, signed

if TYPE_CHECKING:
    from mailgate.config import Settings


def signing_keys(settings: Settings) -> tuple[SigningKey, ...]:
    """The keys with their selectors; RSA first, since some verifiers check only the first signature and only RSA."""
    rsa, ed25519 = settings.signing.rsa, settings.signing.ed25519
    return (
        *((SigningKey(settings.dkim.selector, rsa),) if rsa else ()),
        *((SigningKey(settings.dkim.ed25519_selector, ed25519),) if ed25519 else ()),
    )


def signer(settings: Settings, clock: Clock) -> Callable[[bytes], bytes]:
    """A function that signs composed bytes with every configured key; without keys it returns them unchanged."""
    keys, domain = signing_keys(settings), settings.signing_domain
    if not keys:
        return bytes
    return lambda raw: signed(raw, domain, keys, int(clock().timestamp()))
