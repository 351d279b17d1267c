"""What bytes are, by their first ones. In: content. Out: a media type, "" when unknown. Nothing is unpacked or rendered.

Binary formats are recognised by the library `filetype`; formats that are text, and the two of Microsoft that it does not know, here.
"""

from __future__ import annotations

import codecs
import re
import struct

import filetype

_LOOK_BYTES = 4096
_TEXT_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_OWN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"#!", "text/x-script"),
    (b"-----BEGIN PGP", "application/pgp"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_NAMES = {
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
    "application/x-executable": "application/x-elf",
    "audio/ogg": "application/ogg",
    "audio/x-wav": "audio/wav",
}
"""Names of the library -> those that policies know."""


def detect(content: bytes) -> str:
    """The media type that the first bytes prove."""
    head = content[:_LOOK_BYTES]
    for magic, kind in _OWN:
        if head.startswith(magic):
            return kind
    if _is_text(head):
        return _markup(head)
    kind = filetype.guess_mime(head) or ""
    return "" if kind == "image/bmp" and not _is_bitmap(content) else _NAMES.get(kind, kind)


def _is_text(head: bytes) -> bool:
    """Whether it reads as UTF-8 text: words may begin like a binary format (`BM`, `MZ`)."""
    if _TEXT_CONTROLS.search(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _markup(head: bytes) -> str:
    start = head[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in head.lower()):
        return "image/svg+xml"
    return "text/xml" if start.startswith(b"<?xml") else ""


def _is_bitmap(content: bytes) -> bool:
    return len(content) > 26 and content[6:10] == b"\0\0\0\0"


def image_size_px(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, BMP or JPEG from its header, None when they cannot be read."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    if content.startswith(b"GIF8") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return int(width), int(height)
    return _jpeg_size_px(content) if content.startswith(b"\xff\xd8") else None


def _jpeg_size_px(content: bytes) -> tuple[int, int] | None:
    """Walk the segments to the frame header (ITU T.81 annex B.2)."""
    at = 2
    for _ in range(100):
        if at + 9 > len(content) or content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
