"""Writes text as encoded words of a header field (RFC 2047). In: text. Out: words of at most 75 ASCII characters. Pure."""

from __future__ import annotations

import base64

WORD_MAX_CHARS = 75  # RFC 2047 section 2, one encoded word
# RFC 2047 section 5 (3): the characters that may stand for themselves in an encoded word anywhere in a header.
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q_CODES = tuple(chr(n) if n in _Q_PLAIN else "_" if n == 0x20 else f"={n:02X}" for n in range(256))


def encoded_words(text: str, first_max_chars: int = WORD_MAX_CHARS) -> list[str]:
    """`text` as UTF-8 encoded words of at most 75 characters, no character split between two (RFC 2047 sections 2 and 5).

    Q where most is ASCII, B otherwise. `first_max_chars` is the room for the first one.
    """
    octets = text.encode()
    whole = "".join([_Q_CODES[octet] for octet in octets])
    if len(whole) <= 1.4 * len(octets):
        if len(whole) + 12 <= min(first_max_chars, WORD_MAX_CHARS):
            return [f"=?utf-8?q?{whole}?="]
        pieces = ["".join([_Q_CODES[octet] for octet in char.encode()]) for char in text]
        return _packed(list(zip(pieces, map(len, pieces), strict=True)), first_max_chars)
    return _base64_words(text, first_max_chars)


def _packed(pieces: list[tuple[str, int]], first_max_chars: int) -> list[str]:
    words: list[str] = []
    current: list[str] = []
    room = left = min(first_max_chars, WORD_MAX_CHARS) - 12  # len("=?utf-8?q?") + len("?=")
    for piece, size in pieces:
        if size > left:
            words.append("".join(current))
            current, left = [], WORD_MAX_CHARS - 12
        current.append(piece)
        left -= size
    words.append("".join(current))
    return [f"=?utf-8?q?{word}?=" for word in words if word or room <= 0]


def _base64_words(text: str, first_max_chars: int) -> list[str]:
    words: list[str] = []
    chunk = b""
    room_bytes = (min(first_max_chars, WORD_MAX_CHARS) - 12) // 4 * 3
    for char in text:
        octets = char.encode()
        if len(chunk) + len(octets) > room_bytes:
            words.append(base64.b64encode(chunk).decode())
            chunk, room_bytes = b"", (WORD_MAX_CHARS - 12) // 4 * 3
        chunk += octets
    words.append(base64.b64encode(chunk).decode())
    return [f"=?utf-8?b?{word}?=" for word in words if word]
