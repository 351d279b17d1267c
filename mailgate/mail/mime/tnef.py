"""winmail.dat opened. In: the bytes of a TNEF stream. Out: its files and its text, bounded. [MS-OXTNEF], [MS-OXCDATA] section 2.11.

Outlook sends this to people outside by mistake; without it the mail has no text and no files. Damaged streams give what could be read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailgate.mail.mime.charset import clean, decode
from mailgate.mail.mime.rtf import rtf_to_html, rtf_to_text, unpack_rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTACH_BEGIN, _ATTACH_DATA, _ATTACH_TITLE, _ATTACH_PROPS = 0x9002, 0x800F, 0x8010, 0x9005
_BODY, _MESSAGE_PROPS, _CODE_PAGE = 0x800C, 0x9003, 0x9007
_P_BODY, _P_HTML, _P_RTF, _P_HTML_CODE_PAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
_CODE_PAGES = {20127: "us-ascii", 20866: "koi8-r", 21866: "koi8-u", 28591: "iso-8859-1", 28592: "iso-8859-2", 28605: "iso-8859-15",
               50220: "iso-2022-jp", 51932: "euc-jp", 54936: "gb18030", 65001: "utf-8"}  # fmt: skip
_P_LONG_NAME, _P_NAME, _P_DATA, _P_TYPE, _P_ID = 0x3707, 0x3704, 0x3701, 0x370E, 0x3712
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_FIXED_BYTES = {0x01: 4, 0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_MAX_ATTRIBUTES = 5_000
_MAX_PROPERTIES = 2_000


@dataclass(slots=True)
class TnefFile:
    """One file of the stream."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    """What a stream holds. `damaged` when it ended too early, broke its own rules, or has more files than are taken out."""

    files: list[TnefFile] = field(default_factory=list)
    text: str = ""
    html: str = ""
    damaged: bool = False


class _Cut(Exception):
    """The bytes end before a value does. Never leaves this module."""


def read_tnef(data: bytes, max_files: int = 100) -> Tnef:
    """Read a stream. Bytes that are no TNEF give an empty, damaged result."""
    out = Tnef(damaged=not data.startswith(SIGNATURE))
    if out.damaged:
        return out
    state = _State(out, max_files)
    out.damaged = True  # until an attribute is read
    try:
        for number, (tag, value) in enumerate(_attributes(data)):
            if number > _MAX_ATTRIBUTES:
                break
            state.take(tag, value)
            out.damaged = state.over
    except _Cut:
        out.damaged = True
    out.files = [one for one in out.files if one.content or one.name]
    return out


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(attribute id, its bytes), section 2.1.3: level, id, type, length, data, checksum."""
    at = 6
    while at + 11 <= len(data):
        tag, _, length = struct.unpack_from("<HHI", data, at + 1)
        end = at + 9 + length
        if end > len(data):
            yield tag, data[at + 9 :]
            raise _Cut
        yield tag, data[at + 9 : end]
        at = end + 2


class _State:
    """Puts attributes where they belong; those of a file follow the one that begins it."""

    def __init__(self, out: Tnef, max_files: int) -> None:
        self.out = out
        self.max_files = max_files
        self.code_page = "cp1252"
        self.over = False

    def take(self, tag: int, value: bytes) -> None:
        if tag == _CODE_PAGE and len(value) >= 4:
            page = int(struct.unpack_from("<I", value)[0])
            self.code_page = _CODE_PAGES.get(page, f"cp{page}")
        elif tag == _ATTACH_BEGIN:
            self.over = self.over or len(self.out.files) >= self.max_files
            if not self.over:
                self.out.files.append(TnefFile())
        elif tag == _BODY and not self.out.text:
            self.out.text = clean(self._string8(value))
        elif tag == _MESSAGE_PROPS:
            self._message(value)
        elif self.out.files and not self.over:
            self._file(self.out.files[-1], tag, value)

    def _string8(self, value: bytes) -> str:
        return decode(value.rstrip(b"\0"), self.code_page)[0]

    def _text_of(self, kind: int, value: bytes) -> str:
        return value.decode("utf-16-le", "replace").rstrip("\0") if kind == _UNICODE else self._string8(value)

    def _message(self, value: bytes) -> None:
        found = list(_properties(value))
        page = next((int.from_bytes(content, "little") for _, tag, content in found if tag == _P_HTML_CODE_PAGE), 0)
        charset = _CODE_PAGES.get(page, f"cp{page}") if page else "utf-8"
        for kind, tag, content in found:
            if tag == _P_BODY and kind in (_STRING8, _UNICODE):
                self.out.text = clean(self._text_of(kind, content)) or self.out.text
            elif tag == _P_HTML and kind in (_BINARY, _STRING8, _UNICODE):
                self.out.html = clean(decode(content, charset)[0] if kind == _BINARY else self._text_of(kind, content))
            elif tag == _P_RTF and kind == _BINARY and not (self.out.text or self.out.html):
                rtf = unpack_rtf(content)
                self.out.html = rtf_to_html(rtf)
                self.out.text = "" if self.out.html else rtf_to_text(rtf)

    def _file(self, one: TnefFile, tag: int, value: bytes) -> None:
        if tag == _ATTACH_TITLE:
            one.name = one.name or self._string8(value)
        elif tag == _ATTACH_DATA:
            one.content = value
        elif tag == _ATTACH_PROPS:
            for kind, prop, content in _properties(value):
                self._file_property(one, kind, prop, content)

    def _file_property(self, one: TnefFile, kind: int, prop: int, content: bytes) -> None:
        if prop == _P_LONG_NAME:
            one.name = self._text_of(kind, content) or one.name
        elif prop == _P_NAME and not one.name:
            one.name = self._text_of(kind, content)
        elif prop == _P_TYPE:
            one.content_type = self._text_of(kind, content).lower()
        elif prop == _P_ID:
            one.content_id = self._text_of(kind, content)
        elif prop == _P_DATA and kind in (_OBJECT, _BINARY) and not one.content:
            one.content = content[16:] if kind == _OBJECT else content  # an object begins with the id of its interface


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, id, value) of each MAPI property, section 2.1.3.4; of several values the first."""
    at, count = 4, int.from_bytes(data[:4], "little")
    for _ in range(min(count, _MAX_PROPERTIES)):
        if at + 4 > len(data):
            return
        kind, tag = struct.unpack_from("<HH", data, at)
        at = _skip_name(data, at + 4) if tag >= 0x8000 else at + 4
        values, at = _values(data, at, kind)
        if values:
            yield kind & 0xFFF, tag, values[0]


def _skip_name(data: bytes, at: int) -> int:
    """A named property: set id, then a number or a name."""
    if at + 24 > len(data):
        raise _Cut
    by_name, size = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (_padded(size) if by_name == 1 else 0)


def _values(data: bytes, at: int, kind: int) -> tuple[list[bytes], int]:
    many, base = bool(kind & 0x1000), kind & 0xFFF
    sized = base in (_STRING8, _UNICODE, _OBJECT, _BINARY)
    count = 1
    if many or sized:
        count, at = _number(data, at), at + 4
    out: list[bytes] = []
    for _ in range(min(count, _MAX_PROPERTIES)):
        size = _FIXED_BYTES.get(base)
        if sized:
            size, at = _number(data, at), at + 4
        if size is None or at + size > len(data):
            raise _Cut
        out.append(data[at : at + size])
        at += _padded(size)
    return out, at


def _number(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise _Cut
    return int(struct.unpack_from("<I", data, at)[0])


def _padded(size: int) -> int:
    return (size + 3) & ~3
