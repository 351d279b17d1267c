"""Content-Transfer-Encoding undone. In: a part's bytes and its encoding. Out: the decoded bytes and defects. RFC 2045 section 6.

Broken base64 gives every byte that can be had; text after the padding is tried as a further piece, since gateways glue pieces together.
"""

from __future__ import annotations

import binascii
import contextlib
import io
import re
from itertools import islice

_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_BLANK = b"\r\n \t"
_PIECE_BYTES = 1024 * 1024
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)|=[ \t]*\r(?!\n)")
"""A soft line break with blanks behind it, or by a CR alone: the library drops all that follows one of those, up to the next LF."""
_PIECE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_UU_BEGIN = re.compile(rb"(?m)^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,250})\r?\n")
_UU_END, _UU_END_BASE64 = re.compile(rb"(?m)^end[ \t]*\r?$\n?"), re.compile(rb"(?m)^====[ \t]*\r?$\n?")
_MAX_PIECES = 1_000
_PROSE_WORDS, _PROSE_WORD_BYTES = 3, 20
_LONG_CODE = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")
_UU_LINE = re.compile(rb"[ -`]{1,62}")
IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none", "utf-8"})
_KNOWN = ("base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_MAX_NAME_CHARS = 1_000
_SPELT = {
    "base64": "base64", "quotedprintable": "quoted-printable", "qp": "quoted-printable", "uuencode": "uuencode", "xuuencode": "uuencode",
}  # fmt: skip
"""Names without their signs, as broken programs spell them: `base-64`, `quoted printable`, `base64.`"""


def encoding_name(values: list[str]) -> tuple[str, tuple[str, ...]]:
    """The encoding that counts among the values of all Content-Transfer-Encoding fields: the first known word of the first field.

    The field takes no parameters (RFC 2045 section 6.1): readers differ on `base64; x=y`, so it is a defect.
    """
    if not values:
        return "", ()
    first = _COMMENT.sub(" ", values[0][:_MAX_NAME_CHARS]).lower().strip()
    if len(values) == 1 and (first in _KNOWN or first in IDENTITY):
        return first, ()
    words = re.split(r"[\s,;\"'()]+", first)
    words = [word for word in words if word]
    known = [word for word in words if word in _KNOWN or word in IDENTITY]
    defects: tuple[str, ...] = ()
    if len(values) > 1 or len(set(known)) > 1:
        defects = ("ambiguous_encoding",)
    if known:
        more = len(words) > 1 or first.rstrip(" ;") != known[0]
        return known[0], defects or (("misspelt_encoding",) if more else ())
    if spelt := _SPELT.get(re.sub(r"[^a-z0-9]", "", first[:40])):
        return spelt, (*defects, "misspelt_encoding")
    return "", (*defects, "unknown_encoding") if words else defects


def decode_body(where: bytes | memoryview, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    """The bytes behind `encoding`; with a defect when they had to be mended. Large base64 is read where it lies."""
    if encoding == "base64":
        return _base64(where)
    body = bytes(where)
    if encoding == "quoted-printable":
        return _quoted_printable(body), ()
    if encoding in _KNOWN:
        files = uu_files(body)
        content = files[0][1] if files else _uu_bare(body)
        return (body if content is None else content), () if files else ("broken_uuencode",)
    return body, ()


def _quoted_printable(body: bytes) -> bytes:
    if b"= " in body or b"=\t" in body or body.count(b"=\r") != body.count(b"=\r\n"):
        body = _SOFT_BREAK.sub(lambda found: b"=\n" if found.group().endswith(b"\r") else b"=", body)
    return binascii.a2b_qp(body)


def _base64(where: bytes | memoryview) -> tuple[bytes, tuple[str, ...]]:
    if len(where) > _PIECE_BYTES:
        with contextlib.suppress(binascii.Error):
            return _in_pieces(where), ()
    body = bytes(where)
    with contextlib.suppress(binascii.Error):
        return _in_one(body), ()
    letters = _coded_lines(body).translate(_URL_SAFE).translate(None, _NOT_BASE64)
    if not letters:
        return body, ("broken_base64",)  # words that were never encoded
    pieces = islice(_PIECE.finditer(letters), _MAX_PIECES)
    return b"".join(_piece(piece.group()) for piece in pieces), ("broken_base64",)


def _coded_lines(body: bytes) -> bytes:
    """The lines that are base64, without what gateways write above and mailing lists and scanners below; b"" when there are none."""
    lines = body.partition(b"\n--")[0].split(b"\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if _is_prose(lines[first]) or _is_word(lines[first]):
        first = next((at for at, line in enumerate(lines) if _LONG_CODE.fullmatch(line.strip())), len(lines))
    last = next((at for at, line in enumerate(lines[first:], first) if line.strip() and _is_prose(line)), len(lines))
    return b"\n".join(lines[first:last])


def _is_word(line: bytes) -> bool:
    """A short line that ends as a sentence does, or with letters past ASCII: `Takk!`."""
    line = line.strip()
    return len(line) < _PROSE_WORD_BYTES and (line.endswith((b"!", b"?", b".", b",", b":", b")")) or not line.isascii())


def _is_prose(line: bytes) -> bool:
    """Whether a line is words, or a rule of signs that base64 has not."""
    words = line.split()
    if len(words) >= _PROSE_WORDS and len(line) < _PROSE_WORD_BYTES * len(words):
        return True
    return len(line.translate(None, _NOT_BASE64)) * 2 < len(line.strip())


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
    """Uuencoded files in plain text: (name, content, where it starts, where it ends). Only what has a proper `begin` and decodes.

    `begin-base64` is the other form of POSIX uuencode, which ends in `====`.
    """
    files: list[tuple[str, bytes, int, int]] = []
    at, without_end = 0, set[bool]()
    for begin in islice(_UU_BEGIN.finditer(body), limit):
        is_base64 = begin.group(1) is not None
        if begin.start() < at or is_base64 in without_end:
            continue
        end = _uu_end(body, begin.end(), is_base64)
        if end is None:
            without_end.add(is_base64)
            end = None if is_base64 else _uu_cut_off(body, begin.end())
        if end is None:
            continue
        block = body[begin.end() : end[0]]
        content = _uu_base64(block) if is_base64 else _uu_lines(block)
        if content is not None:
            files.append((begin.group(2).decode("utf-8", "replace").strip(), content, begin.start(), end[1]))
            at = end[1]
    return files


def _uu_end(body: bytes, start: int, is_base64: bool) -> tuple[int, int] | None:
    """Where the last line (`end`, or `====`) begins and ends."""
    found = (_UU_END_BASE64 if is_base64 else _UU_END).search(body, start)
    return (found.start(), found.end()) if found else None


def _uu_cut_off(body: bytes, start: int) -> tuple[int, int] | None:
    """A file whose end was cut off with the end of the mail: nothing but its lines follow."""
    lines = body[start:].split(b"\n")
    whole = all(_UU_LINE.fullmatch(line.rstrip(b"\r")) or not line.strip() for line in lines)
    return (len(body), len(body)) if whole else None


def _uu_base64(block: bytes) -> bytes | None:
    try:
        return _in_one(block)
    except binascii.Error:
        return None


def _uu_bare(body: bytes) -> bytes | None:
    """What a part that says it is uuencoded holds without a proper `begin`, or after it without an `end`."""
    lines = body.split(b"\n")
    begins = next((at for at, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    ends = next((at for at, line in enumerate(lines) if line.strip() == b"end"), len(lines))
    return _uu_lines(b"\n".join(lines[begins + 1 : ends]))


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
