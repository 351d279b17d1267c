"""Rich text as Outlook packs it. In: PR_RTF_COMPRESSED. Out: plain text. [MS-OXRTFCP] (the packing), RTF 1.9 (the words that make text).

Only what makes text is understood; pictures, fonts and styles are skipped. Output is bounded, whatever the input claims.
"""

from __future__ import annotations

import re
import struct
from html import escape
from itertools import islice

from mailgate.mail.mime.charset import clean, codec_name

_PRELOAD = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_MAX_BYTES = 4 * 1024 * 1024
_MARK_BYTES = 1024
_MAX_TOKENS = 200_000
"""Words, groups and pieces of text; a page of Outlook has a few thousand."""
_WINDOW = 4096
_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
_SKIPPED = frozenset(
    {
        b"fonttbl",
        b"colortbl",
        b"stylesheet",
        b"info",
        b"pict",
        b"object",
        b"themedata",
        b"listtable",
        b"listoverridetable",
        b"generator",
        b"header",
        b"footer",
        b"htmltag",
    }
)
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"lquote": "\u2018", b"rquote": "\u2019",
           b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022", b"endash": "\u2013", b"emdash": "\u2014"}  # fmt: skip


def unpack_rtf(data: bytes) -> bytes:
    """The RTF behind the packing; b"" when it is no packed RTF. At most 4 MiB."""
    if len(data) < 16:
        return b""
    _, raw_size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == 0x414C454D:  # MELA: stored as it is
        return data[16 : 16 + min(raw_size, _MAX_BYTES)]
    return _unpack(data, min(raw_size, _MAX_BYTES)) if kind == 0x75465A4C else b""


def _unpack(data: bytes, wanted: int) -> bytes:
    """Section 2.1.3: runs of eight tokens, each a byte or a reference into the last 4,096 bytes. Linear, with few steps per byte."""
    out = bytearray(_WINDOW - len(_PRELOAD)) + _PRELOAD  # what the window holds before the first byte
    end, at, write = _WINDOW + wanted, 16, len(_PRELOAD)
    while at < len(data) and len(out) < end:
        control, at = data[at], at + 1
        if not control:
            piece = data[at : at + 8]
            out += piece
            at, write = at + 8, write + len(piece)
            continue
        for bit in range(8):
            if at >= len(data) or len(out) >= end:
                break
            if not control >> bit & 1:
                out.append(data[at])
                at, write = at + 1, write + 1
                continue
            if at + 2 > len(data):
                return bytes(out[_WINDOW:end])
            offset, length, at = data[at] << 4 | data[at + 1] >> 4, (data[at + 1] & 15) + 2, at + 2
            if offset == write % _WINDOW:
                return bytes(out[_WINDOW:end])
            back = (write - offset) % _WINDOW
            piece = bytes(out[-back : len(out) - back + length])
            out += (piece * (length // len(piece) + 1))[:length]
            write += length
    return bytes(out[_WINDOW:end])


def rtf_to_text(rtf: bytes) -> str:
    """The text of an RTF document; HTML packed into RTF gives its text without the tags."""
    return clean(_read(rtf, _Rtf())).strip() if rtf.lstrip().startswith(b"{\\rtf") else ""


def rtf_to_html(rtf: bytes) -> str:
    """The HTML that Outlook packed into an RTF document ([MS-OXRTFEX] section 2.1), "" when it was made from something else."""
    return clean(_read(rtf, _Rtf(as_html=True))) if b"\\fromhtml" in rtf[:_MARK_BYTES] else ""


def _read(rtf: bytes, reader: _Rtf) -> str:
    for match in islice(_TOKEN.finditer(rtf[:_MAX_BYTES]), _MAX_TOKENS):
        reader.token(match)
    reader.flush()
    return "".join(reader.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # `\\u` names the halves of a letter


class _Rtf:
    """State that groups save and restore: whether text is skipped, whether it is a tag, and how many letters stand in for a Unicode one.

    Letters of several bytes come as several hex tokens: they wait until something else comes. `as_html`: tags are given, too.
    """

    def __init__(self, as_html: bool = False) -> None:
        self.as_html = as_html
        self.out: list[str] = []
        self.stack: list[tuple[bool, int, bool]] = []
        self.skip = False
        self.tag = False
        self.after_unicode = 1
        self.swallow = 0
        self.codec = "cp1252"
        self.waiting = bytearray()

    def token(self, match: re.Match[bytes]) -> None:
        word, number, hexa, symbol, brace, text = match.groups()
        if hexa is None:
            self.flush()
        if brace == b"{":
            if len(self.stack) < 1_000:
                self.stack.append((self.skip, self.after_unicode, self.tag))
        elif brace == b"}":
            self.skip, self.after_unicode, self.tag = self.stack.pop() if self.stack else (False, 1, False)
        elif word is not None:
            self._word(word, int(number) if number else None)
        elif symbol == b"*":
            self.skip = True
        elif not self.skip:
            self._text(hexa, symbol, text)

    def flush(self) -> None:
        """The letters that wait are whole."""
        if self.waiting:
            self._add(self.waiting.decode(self.codec, "replace"))
            self.waiting.clear()

    def _add(self, letters: str) -> None:
        self.out.append(escape(letters, quote=False) if self.as_html and not self.tag else letters)

    def _word(self, word: bytes, number: int | None) -> None:
        if word == b"htmltag" and self.as_html:
            self.skip, self.tag = False, True
        elif word in _SKIPPED or (word == b"htmlrtf" and number != 0):
            self.skip = True
        elif word == b"htmlrtf":
            self.skip = False
        elif word == b"ansicpg" and number:
            self.codec = codec_name(f"cp{number}") or "cp1252"
        elif word == b"uc":
            self.after_unicode = number or 0
        elif word == b"u" and number is not None and not self.skip:
            self._add(chr(number % 65_536))
            self.swallow = self.after_unicode
        elif word in _BREAKS and not self.skip:
            self.out.append(_BREAKS[word])

    def _text(self, hexa: bytes | None, symbol: bytes | None, text: bytes | None) -> None:
        if hexa is not None:
            if self.swallow:
                self.swallow -= 1
            else:
                self.waiting += bytes.fromhex(hexa.decode("ascii"))
            return
        if symbol is not None:
            letters = {b"~": "\u00a0", b"_": "-", b"-": ""}.get(symbol, symbol.decode("latin-1"))
        else:
            letters = (text or b"").decode(self.codec, "replace")
        if self.swallow:
            letters, self.swallow = letters[self.swallow :], max(0, self.swallow - len(letters))
        self._add(letters)
