"""Passwords: what may be one, hashing and checking (argon2id, RFC 9106). The only user of argon2.

One hash takes about 0.1 s of CPU and 19 MiB: limits are charged before, and two at a time are worked on.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailgate.errors import Invalid

MIN_CHARS, MAX_CHARS = 12, 512
OWN_WORD_MIN_CHARS = 4
AT_ONCE = 2

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turns = threading.BoundedSemaphore(AT_ONCE)


def checked(password: str, own_words: Sequence[str], field: str = "password") -> str:
    """The password, when it may be one: 12 to 512 characters, not common, not made of the person's own words. Raises Invalid."""
    normal = unicodedata.normalize("NFKC", password)
    if len(normal) < MIN_CHARS:
        raise Invalid(field, "too_short", f"the password has fewer than {MIN_CHARS} characters", least=MIN_CHARS)
    if len(normal) > MAX_CHARS:
        raise Invalid(field, "too_long", f"the password has more than {MAX_CHARS} characters", most=MAX_CHARS)
    bare = normal.casefold()
    if bare in _common() or len(set(bare)) < 5:
        raise Invalid(field, "common", "the password is among the first that are tried")
    for word in own_words:
        if len(word) >= OWN_WORD_MIN_CHARS and word.casefold() in bare:
            raise Invalid(field, "own_word", "the password has a name or address of yours in it")
    return password


def hashed(password: str) -> str:
    """The hash to store, with its salt and parameters."""
    with _turns:
        return _hasher.hash(unicodedata.normalize("NFKC", password))


def matches(password_hash: str, password: str) -> bool:
    """Whether the password is right. `password_hash` "" stands for an account that does not exist: checking takes as long, and fails."""
    with _turns:
        try:
            return _hasher.verify(password_hash or _dummy(), unicodedata.normalize("NFKC", password)) and bool(password_hash)
        except (VerificationError, InvalidHashError):
            return False


@lru_cache(maxsize=1)
def _dummy() -> str:
    return _hasher.hash("no account has this password")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    text = files("mailgate.application.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
