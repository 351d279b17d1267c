"""First look at a mail, in linear time and before any parser. In: raw bytes. Out: where the header section ends, and what is odd about it.

It looks at bytes only: no field is understood here. It must never cost more than a few passes over the bytes, whatever they are.
RFC 5322 section 2.1 (line ends), section 2.2 (header section ends at the first empty line).
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from mailgate.mail.limits import ReadLimits

_BLANK = re.compile(rb"\n\r?\n")  # begins with a byte that is sought fast; a CR before it is looked at where it was found
_BLANKS_ABOVE = re.compile(
    rb"[\r\n]{1,200}(?=(?:from|to|cc|subject|date|received|message-id|return-path|reply-to|sender|mime-version|(?:x|content|dkim|arc)-[!-9;-~]{1,60}):)",
    re.IGNORECASE,
)
_FIRST_LOOK_BYTES = 4096
_LOOK_AHEAD = 16
"""A header section over its limit is looked at this many times further, so that the ends of its long fields can be kept."""


class Scan(NamedTuple):
    """`raw` as it will be read; `header` without the empty line that ends it; the body is `raw[body_start:]`."""

    raw: bytes
    header: bytes
    body_start: int
    defects: tuple[str, ...] = ()


def scan(raw: bytes, limits: ReadLimits) -> Scan:
    """Find the header section and cut it to size."""
    defects: list[str] = []
    if not raw or raw.isspace():
        return Scan(b"", b"", 0, ("empty",))
    raw = _mend_line_ends(_without_front(raw, defects), defects)
    end, body_start = header_end(raw, 0, len(raw))
    header = raw[:end]
    if len(header) > limits.header_bytes:
        defects.append("header_too_large")
        header = header[: limits.header_bytes * _LOOK_AHEAD]
    if header.count(b"\r") != header.count(b"\r\n"):
        defects.append("bare_cr_in_header")
    return Scan(raw, header, body_start, tuple(defects))


def header_end(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header section that begins at `start` ends, and where its body begins; both `end` when there is no empty line."""
    if raw.startswith(b"\n", start, end):
        return start, start + 1
    if raw.startswith(b"\r\n", start, end):
        return start, start + 2
    found = _BLANK.search(raw, start, end + 1)
    if found is None:
        return end, end
    at = found.start()
    return (at - 1 if raw.startswith(b"\r", max(start, at - 1), at) else at), found.end()


def _without_front(raw: bytes, defects: list[str]) -> bytes:
    """The mail from its first field on, without a byte order mark and empty lines above it, which some scripts and exports write."""
    if raw.startswith(codecs.BOM_UTF8):
        defects.append("byte_order_mark")
        raw = raw[len(codecs.BOM_UTF8) :]
    if raw[:1] in (b"\r", b"\n") and (found := _BLANKS_ABOVE.match(raw)):
        defects.append("blank_line_in_header")
        raw = raw[found.end() :]
    return raw


def _mend_line_ends(raw: bytes, defects: list[str]) -> bytes:
    """A mail whose lines end with CR alone (old Mac tools, broken relays) is read as if they ended with LF.

    So is one whose lines end with CR CR LF: of programs that make CR LF of each LF twice.
    """
    look = raw[:_FIRST_LOOK_BYTES]
    if b"\r\r\n" in look and look.find(b"\r\r\n") == look.find(b"\n") - 2 == look.find(b"\r"):
        defects.append("bare_cr_in_header")
        return re.sub(rb"\r+\n", b"\n", raw)
    if b"\r" in look and (b"\n" not in look or (look.find(b"\r\r") >= 0 and look.find(b"\n") > look.find(b"\r\r"))):
        defects.append("cr_only_line_ends")
        return re.sub(rb"\r\n?", b"\n", raw)
    return raw
