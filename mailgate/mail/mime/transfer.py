"""Content-Transfer-Encoding undone. In: a part's bytes and its encoding. Out: the decoded bytes and defects. RFC 2045 section 6.

Broken base64 gives every byte that can be had; text after the padding is tried as a further piece, since gateways glue pieces together.
"""

from __future__ import annotations

import binascii
import contextlib
import io
import re
from itertools import islice

_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_BLANK = b"\r\n \t"
_PIECE_BYTES = 1024 * 1024
_SOFT_BLANK = re.compile(rb"=[ \t]+(?=\r?\n)")
_PIECE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_UU_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,250})\r?\n")
_MAX_PIECES = 1_000
IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none", "utf-8"})
_KNOWN = ("base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue")


def encoding_name(values: list[str]) -> tuple[str, tuple[str, ...]]:
    """The encoding that counts among the values of all Content-Transfer-Encoding fields: the first known word of the first field."""
    if not values:
        return "", ()
    first = values[0].lower().strip()
    if len(values) == 1 and (first in _KNOWN or first in IDENTITY):
        return first, ()
    words = re.split(r"[\s,;\"'()]+", first)
    words = [word for word in words if word]
    known = [word for word in words if word in _KNOWN or word in IDENTITY]
    defects: tuple[str, ...] = ()
    if len(values) > 1 or len(set(known)) > 1:
        defects = ("ambiguous_encoding",)
    if known:
        return known[0], defects
    return "", (*defects, "unknown_encoding") if words else defects


def decode_body(where: bytes | memoryview, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    """The bytes behind `encoding`; with a defect when they had to be mended. Large base64 is read where it lies."""
    if encoding == "base64":
        return _base64(where)
    body = bytes(where)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_SOFT_BLANK.sub(b"=", body) if b"= " in body or b"=\t" in body else body), ()
    if encoding in _KNOWN:
        files = uu_files(body)
        return (files[0][1], ()) if files else (body, ("broken_uuencode",))
    return body, ()


def _base64(where: bytes | memoryview) -> tuple[bytes, tuple[str, ...]]:
    if len(where) > _PIECE_BYTES:
        with contextlib.suppress(binascii.Error):
            return _in_pieces(where), ()
    body = bytes(where)
    with contextlib.suppress(binascii.Error):
        return _in_one(body), ()
    letters = body.partition(b"\n--")[0].translate(None, _NOT_BASE64)
    pieces = islice(_PIECE.finditer(letters), _MAX_PIECES)
    return b"".join(_piece(piece.group()) for piece in pieces), ("broken_base64",)


def _in_one(body: bytes) -> bytes:
    return binascii.a2b_base64(body.translate(None, _BLANK), strict_mode=True)


def _in_pieces(body: bytes | memoryview) -> bytes:
    """The same without a second copy of a large body. Raises binascii.Error for whatever is odd: then the whole is looked at."""
    out, rest, padded = io.BytesIO(), b"", False
    for at in range(0, len(body), _PIECE_BYTES):
        letters = rest + bytes(body[at : at + _PIECE_BYTES]).translate(None, _BLANK)
        if padded and letters:
            raise binascii.Error("data after the padding")
        whole = len(letters) - len(letters) % 4
        out.write(binascii.a2b_base64(letters[:whole], strict_mode=True))
        rest, padded = letters[whole:], padded or b"=" in letters
    if rest:
        raise binascii.Error("an unfinished group")
    return out.getvalue()


def _piece(piece: bytes) -> bytes:
    piece = piece.rstrip(b"=")
    piece = piece[:-1] if len(piece) % 4 == 1 else piece
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def uu_files(body: bytes, limit: int = 100) -> list[tuple[str, bytes, int, int]]:
    """Uuencoded files in plain text: (name, content, where it starts, where it ends). Only what has a proper `begin` and decodes."""
    files: list[tuple[str, bytes, int, int]] = []
    at = 0
    for _ in range(limit):
        begin = _UU_BEGIN.search(body, at)
        end = _uu_end(body, begin.end()) if begin else None
        if begin is None or end is None:
            break
        at = begin.end()
        content = _uu_lines(body[begin.end() : end[0]])
        if content is not None:
            files.append((begin.group(1).decode("utf-8", "replace").strip(), content, begin.start(), end[1]))
            at = end[1]
    return files


def _uu_end(body: bytes, start: int) -> tuple[int, int] | None:
    """Where the line `end` begins and ends; the end of the body when it is missing."""
    found = re.compile(rb"(?m)^end[ \t]*\r?$\n?").search(body, start)
    return (found.start(), found.end()) if found else None


def _uu_lines(block: bytes) -> bytes | None:
    """The decoded block; None when its first line is no uuencoded line, as in prose that begins with the word `begin`."""
    out: list[bytes] = []
    for line in block.split(b"\n"):
        line = line.rstrip(b"\r")
        if not line or line in (b"`", b" "):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:count]))
            except binascii.Error:
                if not out:
                    return None
    return b"".join(out) if out else None
