"""Header sections: bytes to fields, fields to text. In: the bytes of a header section. Out: fields in order, and named defects.

RFC 5322 section 2.2 and 3.6, RFC 2047 (encoded words), RFC 6532 (UTF-8). Broken sections are read as far as they make sense.
Never splits a field at a bare CR, never lets a CR or LF out of an encoded word survive.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailgate.mail.limits import DEFAULT_LIMITS, ReadLimits
from mailgate.mail.mime.charset import codec_name, decode, is_seven_bit, one_line

_NAME = re.compile(rb"[!-9;-~]+")
_FIELD_OR_LINE = re.compile(rb"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\S\n]*\S[^\n]*)*)(?:\n|\Z)|([^\n]*\n|[^\n]+)")
"""A field as it should be, with its continuation lines; or else a line that makes the section be read line by line."""
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?(.*?)(?:\?=|(?=\s{1,8}=\?[^?\s]{1,60}\?[bBqQ]\?)|\Z)", re.DOTALL)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_URL_SAFE = str.maketrans("-_", "+/")
TRACE_FIELDS = frozenset(
    {"received", "received-spf", "return-path", "delivered-to", "x-original-to", "authentication-results", "arc-authentication-results"}
)
"""Fields of servers, which quote what a sender said; RFC 2047 section 5 forbids encoded words there. Decoded, a reverse-path or a greeting
like `=?utf-8?q?=3B_dmarc=3Dpass?=` would become words of the server."""
_MAX_WORDS = 500


Field = tuple[str, bytes]
"""One header field: its name as sent, and the value's bytes, folding and all, without the last line end."""


@dataclass(slots=True)
class HeaderSection:
    """A header section read. `rest` is what stood in it but is body, when the empty line was missing.

    `by_name`: raw values in order, by the name in lower case. Some thirty fields are sought in each mail.
    """

    fields: tuple[Field, ...]
    defects: tuple[str, ...] = ()
    rest: bytes = b""
    by_name: dict[str, list[bytes]] = field(init=False)

    def __post_init__(self) -> None:
        index: dict[str, list[bytes]] = {}
        for name, raw in self.fields:
            index.setdefault(name.lower(), []).append(raw)
        self.by_name = index

    def first(self, name: str) -> bytes | None:
        """Raw value of the first field `name` (lower case)."""
        values = self.by_name.get(name)
        return values[0] if values else None

    def all(self, name: str) -> list[bytes]:
        """Raw values of all fields `name` (lower case), in order."""
        return self.by_name.get(name, [])


class _Reader:
    """Goes over the lines once; keeps the field under way and what did not fit."""

    def __init__(self, limits: ReadLimits) -> None:
        self.limits = limits
        self.fields: list[Field] = []
        self.defects: list[str] = []
        self.junk: list[tuple[int, bytes]] = []
        self.name = ""
        self.lines: list[bytes] = []
        self.kept_bytes = 0

    @property
    def full(self) -> bool:
        """Whether the limits of the section are reached."""
        return len(self.fields) >= self.limits.header_fields or self.kept_bytes >= self.limits.header_bytes

    def close(self) -> None:
        if self.name:
            raw = b"\n".join(self.lines)
            if len(raw) > self.limits.field_bytes:
                self.note("field_too_long")
                raw = _both_ends(raw, self.limits.field_bytes)
            self.fields.append((self.name, raw))
            self.kept_bytes += len(raw) + len(self.name)
        self.name, self.lines = "", []

    def note(self, defect: str) -> None:
        if defect not in self.defects:
            self.defects.append(defect)

    def line(self, line: bytes) -> None:
        if line[:1] in (b" ", b"\t"):
            self._continued(line)
            return
        name, colon, value = line.partition(b":")
        if not (colon and _NAME.fullmatch(name)):
            trimmed = name.rstrip()
            if not (colon and _NAME.fullmatch(trimmed)):
                self._odd(line)
                return
            self.note("space_before_colon_in_from" if trimmed.lower() == b"from" else "space_before_colon")
            name = trimmed
        self.close()
        self.name, self.lines = name.decode("ascii"), [value.strip(b" \t")]

    def _continued(self, line: bytes) -> None:
        if not line.strip():
            self.note("blank_line_in_header")
        if self.name:
            self.lines.append(line)
        else:
            self._odd(line)

    def _odd(self, line: bytes) -> None:
        if not self.fields and not self.name and line.startswith((b"From ", b">From ")):
            return  # the first line of an mbox entry, left in by a careless export
        self.close()
        self.junk.append((len(self.fields), line))


def read_section(block: bytes, limits: ReadLimits = DEFAULT_LIMITS) -> HeaderSection:
    """Fields of a header section (LF or CRLF line ends). Never raises.

    Lines that are no field are dropped with the defect `header_without_colon`; when no field follows them they are body instead.
    """
    if len(block) <= min(limits.field_bytes, limits.header_bytes):
        fields = _plain_fields(block)
        if fields is not None and len(fields) <= limits.header_fields:
            return HeaderSection(tuple(fields))
    reader = _Reader(limits)
    for line in block.split(b"\n"):
        if reader.full:
            reader.note("too_many_headers" if len(reader.fields) >= limits.header_fields else "header_too_large")
            break
        if line.endswith(b"\r"):
            line = line[:-1]
        if line:
            reader.line(line)
    reader.close()
    reader.fields = reader.fields[: limits.header_fields]
    rest = [line for at, line in reader.junk if at >= len(reader.fields)]
    if rest:
        reader.note("missing_header_body_separator" if reader.fields else "no_header")
    if len(rest) < len(reader.junk):
        reader.note("header_without_colon")
        author = next((at for at, (name, _) in enumerate(reader.fields) if name.lower() == "from"), -1)
        if any(at <= author for at, _ in reader.junk):
            reader.note("odd_line_above_from")  # to most readers the body begins at that line, and nobody wrote the mail
    return HeaderSection(tuple(reader.fields), tuple(reader.defects), b"\n".join(rest))


def _plain_fields(block: bytes) -> list[Field] | None:
    """All fields of a section in which nothing is odd, by one pattern; None when it must be read line by line."""
    fields: list[Field] = []
    for name, value, odd in _FIELD_OR_LINE.findall(block.removesuffix(b"\r").replace(b"\r\n", b"\n")):
        if odd:
            return None
        first, line_end, more = value.partition(b"\n")
        fields.append((name.decode("ascii"), first.rstrip(b" \t") + line_end + more))
    return fields


def _both_ends(raw: bytes, room: int) -> bytes:
    """The first three quarters and the last quarter of what fits: in a long References both ends are needed."""
    head, tail = raw[: room * 3 // 4], raw[-room // 4 :]
    return head.rpartition(b" ")[0] + b" " + tail.partition(b" ")[2] if b" " in head and b" " in tail else head


def unfold(raw: bytes) -> bytes:
    """RFC 5322 section 2.2.3: line ends out, the white space after them stays."""
    return raw.replace(b"\r", b"").replace(b"\n", b"") if b"\n" in raw or b"\r" in raw else raw


def to_text(raw: bytes, hint: str = "", max_chars: int = 65_536, *, words: bool = True) -> str:
    """A field's value as one line of decoded text. `hint` is the charset for bytes that stand there unencoded. Not `words`: encoded words
    stay as they are.
    """
    if raw.isascii() and b"=?" not in raw:
        if b"\x1b" in raw and is_seven_bit(hint):
            return one_line(decode(unfold(raw[: max_chars * 4]), hint)[0])[:max_chars]
        plain = raw[:max_chars].decode("ascii")
        return plain.strip() if plain.isprintable() else one_line(unfold(raw[:max_chars]).decode("ascii"))
    text = decode(unfold(raw[: max_chars * 4]), hint if not _is_utf8(raw) else "")[0]
    return one_line(decode_words(text) if words and "=?" in text else text)[:max_chars]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def decode_words(text: str) -> str:
    """Encoded words of RFC 2047 decoded, in their broken forms too; what is none stays as it is. Bounded to 500 words, linear.

    Neighbours of one charset are joined before decoding, since many senders cut a letter in two. Not flanker's decoder: that one is
    quadratic in the number of words, guesses charsets by statistics and runs any codec that the sender names.
    """
    out = _Words()
    at = 0
    for count, word in enumerate(_WORD.finditer(text)):
        if count >= _MAX_WORDS:
            return out.text() + "\u2026"
        out.plain(text[at : word.start()])
        out.word(*word.groups())
        at = word.end()
    return out.text() + text[at:]


class _Words:
    """What was decoded so far; bytes of neighbouring words wait until their charset ends."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.charset = ""
        self.waiting = bytearray()

    def plain(self, text: str) -> None:
        if not self.charset or text.strip():
            self.done.append(self._flush())
            self.done.append(text)

    def word(self, charset: str, encoding: str, payload: str) -> None:
        charset = charset.partition("*")[0].lower()  # RFC 2231 section 5: charset*language
        if not self._goes_on(charset):
            self.done.append(self._flush())
            self.charset = charset
        self.waiting += _unbase64(payload) if encoding in "bB" else _unquote(payload, charset)

    def _goes_on(self, charset: str) -> bool:
        """Whether it is the charset of the words before, under this name or another (`UTF8`)."""
        return charset == self.charset or (bool(self.charset) and codec_name(charset) == codec_name(self.charset) is not None)

    def _flush(self) -> str:
        text = decode(bytes(self.waiting), self.charset)[0] if self.waiting else ""
        self.charset = ""
        self.waiting.clear()
        return text

    def text(self) -> str:
        self.done.append(self._flush())
        return "".join(self.done)


def _unquote(payload: str, charset: str) -> bytes:
    """Q encoding, RFC 2047 section 4.2. Letters that stand in it unencoded are of the word's own charset."""
    if payload.isascii():
        return binascii.a2b_qp(payload, header=True)
    try:
        return binascii.a2b_qp(payload.encode(codec_name(charset) or "utf-8"), header=True)
    except UnicodeError:
        return binascii.a2b_qp(payload.encode("utf-8", "replace"), header=True)


def _unbase64(payload: str) -> bytes:
    """Base64 as senders break it: blanks inside, padding missing or in the middle, a letter too many, the letters of RFC 4648 section 5."""
    pieces = _NOT_BASE64.sub("", payload.translate(_URL_SAFE)).split("=")
    return b"".join(_unpadded(piece) for piece in pieces if piece)


def _unpadded(piece: str) -> bytes:
    piece = piece[:-1] if len(piece) % 4 == 1 else piece
    return binascii.a2b_base64(piece + "=" * (-len(piece) % 4))


def pairs(fields: Iterable[Field], hint: str = "") -> tuple[tuple[str, str], ...]:
    """Every field as (name as sent, decoded value)."""
    return tuple([(name, to_text(raw, hint, words=b"=?" not in raw or name.lower() not in TRACE_FIELDS)) for name, raw in fields])
