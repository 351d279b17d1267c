"""Tokens: the signed text that ties a reply or a bounce to what it is about. In: keys, numbers, a day. Out: text, or its meaning.

A token proves "received our mail", never "is this person". `examine` is the only function that says a token is good; whatever finds a
token, in an address, a Message-ID or a text, passes through it. The layout, before base32 (RFC 4648 section 6, lower case, no padding):

    octet 0     version 1 in the high half, scope in the low half (1 reply, 2 bounce)
    octet 1     key id, 1 to 255
    content     reply: case, contact, expiry day    bounce: outbox id (16 octets)
    16 octets   HMAC-SHA-256 over the octets before, cut to 128 bits (RFC 2104 section 5: no less than half of the hash)

Numbers are base-128 with a continuation bit, at most 2^35 - 1 (5 octets); the expiry day counts from 2020-01-01 in 2 octets. The longest
reply token has 48 characters, every bounce token 55: with `support+` before them they fit the 64 octets of RFC 5321 section 4.5.3.1.1.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal
from uuid import UUID

from mailgate.cases.ids import made_at, octets_of
from mailgate.values import value_class

MAX_NUMBER = 2**35 - 1
MAX_LOCAL_PART_OCTETS = 64
STAFF_NUMBER = 0
"""The contact's number in tokens of mail to our own people: the first contact is 1."""
BOUNCE_VALID_DAYS = 60
"""How long after its outbox row was made a bounce token counts: far over the 5 days of queueing (RFC 5321 section 4.5.4.1)."""
SHORTEST, LONGEST = 36, 55
"""Characters of a token of any scope."""

FIRST_LETTER = "cC"
"""What every token begins with, in either case: the five bits of version 1 and the highest of a scope."""

_VERSION = 1
_SCOPES = {"reply": 1, "bounce": 2}
_MAC_OCTETS = 16
_BLOCK_OCTETS = 64
_MIN_SECRET_OCTETS = 32
_LABEL = b"mailgate token v1\0"
_DAY_ZERO = date(2020, 1, 1)
_HEAD_OCTETS = 2
_OUTBOX_ID_OCTETS = 16
_LETTERS = re.compile("[a-zA-Z2-7]+")
_DIGITS = str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnop" * 2 + "qrstuv")
"""Base32 letters to the digits that `int(text, 32)` reads."""
_NO_LENGTHS = (1, 3, 6)
"""Lengths modulo 8 that base32 without padding never has."""
_MOST_CHARS = 128
_BASE32 = b"abcdefghijklmnopqrstuvwxyz234567" + bytes(224)

RefusalReason = Literal["malformed", "unknown_key", "retired_key", "forged", "expired"]


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """Key id -> secret (32 octets or more, RFC 2104 section 3). The highest key id signs; all of them verify.

    `valid_until` (key id -> last day) ends an old key's grace: rotate by adding a key with a higher id, and give the old one a last day.
    Raises ValueError when there is no key, an id is not 1 to 255, or a secret is short.
    """

    secrets: Mapping[int, bytes] = field(repr=False)
    valid_until: Mapping[int, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.secrets:
            raise ValueError("no token key is given")
        for key_id, secret in self.secrets.items():
            if not 1 <= key_id <= 255:
                raise ValueError(f"token key id {key_id} is not 1 to 255")
            if len(secret) < _MIN_SECRET_OCTETS:
                raise ValueError(f"the secret of token key {key_id} has {len(secret)} octets; it needs {_MIN_SECRET_OCTETS}")

    @property
    def newest(self) -> int:
        """The key id that signs."""
        return max(self.secrets)


@value_class
class ReplyToken:
    """The mail that carries it answers a mail of ours about this case to this contact. Good through `expires_on`."""

    case_number: int
    contact_number: int
    expires_on: date
    key_id: int


@value_class
class BounceToken:
    """The mail that carries it reports on this outbox row. Good through `expires_on`."""

    outbox_id: str
    expires_on: date
    key_id: int


Token = ReplyToken | BounceToken


@value_class
class TokenRefusal:
    """Why a text is no good token. `token` is set only for `expired` and `retired_key`: then the signature was right."""

    reason: RefusalReason
    token: Token | None = None


def reply_token(keys: TokenKeys, case_number: int, contact_number: int, expires_on: date) -> str:
    """The token of a reply address, 36 to 48 characters. Raises ValueError for a number or a day out of range."""
    return _sign(keys, "reply", _number(case_number) + _number(contact_number) + _day(expires_on))


def bounce_token(keys: TokenKeys, outbox_id: str) -> str:
    """The token of a return path, 55 characters. Ends BOUNCE_VALID_DAYS after the time in the id. Raises ValueError for no UUIDv7."""
    return _sign(keys, "bounce", octets_of(outbox_id))


def examine(keys: TokenKeys, text: str, today: date) -> Token | TokenRefusal:
    """What a good token says, or why it is none; `text` in any case of letters. The only check of a token.

    The signature is compared in constant time, and nothing of the content is read before it holds.
    """
    octets = _decode(text)
    if octets is None:
        return TokenRefusal("malformed")
    key_id, secret = octets[1], keys.secrets.get(octets[1])
    if secret is None:
        return TokenRefusal("unknown_key")
    body, mac = octets[:-_MAC_OCTETS], octets[-_MAC_OCTETS:]
    if not hmac.compare_digest(_mac(secret, body), mac):
        return TokenRefusal("forged")
    token = _content(body)
    if token is None:
        return TokenRefusal("malformed")
    if key_id in keys.valid_until and today > keys.valid_until[key_id]:
        return TokenRefusal("retired_key", token)
    return TokenRefusal("expired", token) if today > token.expires_on else token


def has_form(text: str) -> bool:
    """True when `text` could be a token: its length, its letters, its version. No key is asked, nothing is proven."""
    return _decode(text) is not None


def _sign(keys: TokenKeys, scope: str, content: bytes) -> str:
    key_id = keys.newest
    body = bytes((_VERSION << 4 | _SCOPES[scope], key_id)) + content
    return _base32(body + _mac(keys.secrets[key_id], body))


def _halves(size: int) -> tuple[int, int, int]:
    """Masks of one spreading step, for runs of `2 * size` groups of 5 bits that begin `2 * size` octets apart.

    The mask of each run's lower half, the mask of its higher half, and by how many bits the higher half moves.
    """
    low = sum(((1 << 5 * size) - 1) << at * 8 for at in range(0, _MOST_CHARS, 2 * size))
    return low, low << 5 * size, 3 * size


_APART = [_halves(_MOST_CHARS >> step) for step in range(1, _MOST_CHARS.bit_length())]


def _base32(octets: bytes) -> str:
    """Up to 80 octets as base32, lower case, no padding. All groups of 5 bits move apart at once, in a third of the library's time."""
    chars, spare_bits = divmod(8 * len(octets) + 4, 5)
    value = int.from_bytes(octets) << 4 - spare_bits
    for low, high, bits in _APART:
        value = value & low | (value & high) << bits
    return value.to_bytes(_MOST_CHARS).translate(_BASE32)[-chars:].decode()


def _mac(secret: bytes, body: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104 section 2), cut. The library hashes the key anew for each token, which takes twice the time."""
    inner, outer = _begun(secret)
    inner, outer = inner.copy(), outer.copy()
    inner.update(body)
    outer.update(inner.digest())
    return outer.digest()[:_MAC_OCTETS]


@lru_cache(maxsize=64)
def _begun(secret: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The inner and the outer hash with the key in them, shared by all tokens of the key."""
    key = (secret if len(secret) <= _BLOCK_OCTETS else hashlib.sha256(secret).digest()).ljust(_BLOCK_OCTETS, b"\0")
    return hashlib.sha256(bytes(octet ^ 0x36 for octet in key) + _LABEL), hashlib.sha256(bytes(octet ^ 0x5C for octet in key))


def _decode(text: str) -> bytes | None:
    """The octets of a token, None when it cannot be one. A token has one spelling, except for the case of its letters.

    Decoders ignore the spare bits at the end of base32: with them set, the text is another spelling of the same octets, and refused.
    """
    if not SHORTEST <= len(text) <= LONGEST or len(text) % 8 in _NO_LENGTHS or not _LETTERS.fullmatch(text):
        return None
    size, spare_bits = divmod(5 * len(text), 8)
    value = int(text.translate(_DIGITS), 32)  # a tenth of the time of the library's decoder
    if value & (1 << spare_bits) - 1:
        return None
    octets = (value >> spare_bits).to_bytes(size)
    return octets if octets[0] >> 4 == _VERSION and octets[0] & 0xF in _SCOPES.values() else None


def _content(body: bytes) -> Token | None:
    """Signed octets to a value. None for a layout that is not ours."""
    scope, key_id, content = body[0] & 0xF, body[1], body[_HEAD_OCTETS:]
    if scope == _SCOPES["bounce"]:
        return _bounce(content, key_id)
    case_number, contact_at = _read_number(content, 0)
    contact_number, day_at = _read_number(content, contact_at)
    day = content[day_at:]
    return ReplyToken(case_number, contact_number, _DAY_ZERO + timedelta(days=int.from_bytes(day)), key_id) if len(day) == 2 else None


def _bounce(content: bytes, key_id: int) -> BounceToken | None:
    if len(content) != _OUTBOX_ID_OCTETS:
        return None
    outbox_id = str(UUID(bytes=content))
    return BounceToken(outbox_id, made_at(outbox_id).date() + timedelta(days=BOUNCE_VALID_DAYS), key_id)


def _number(value: int) -> bytes:
    if not 0 <= value <= MAX_NUMBER:
        raise ValueError(f"{value} is out of the range of a token's numbers")
    octets = bytearray()
    while value > 0x7F:
        octets.append(0x80 | value & 0x7F)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def _read_number(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(content):
        octet = content[at]
        value |= (octet & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not octet & 0x80:
            break
    return value, at


def _day(value: date) -> bytes:
    days = (value - _DAY_ZERO).days
    if not 0 <= days <= 0xFFFF:
        raise ValueError(f"{value} is out of the range of a token's days")
    return days.to_bytes(2)
