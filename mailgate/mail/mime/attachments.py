"""Parts that are not the text become `Attachment` values. In: names as sent, bytes. Out: safe names, hashes, what the part is for.

Nothing is dropped, unpacked or rendered. A safe name has no folder, no control, no invisible sign, no leading dash, no alternate
stream (`a.pdf:b.exe`) and no name of a device, and fits any file system; what was sent stays beside it. The letter of a drive at its
front is shown as sent (`C:TEMPa.png`, what RFC 5322 makes of a quoted path); what hands a file out writes `_` for its colon.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from mailgate.mail.mime.charset import one_line, without_bidi
from mailgate.mail.mime.filetype import detect, image_size_px
from mailgate.mail.model import Attachment, Disposal

_UNSAFE = re.compile(r"[<>\"|?*:\x00-\x1f\x7f]")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])\s*(\..*)?")
_DRIVE = re.compile(r"([A-Z]):(?=[^:]{2,}$)")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_MAX_NAME_BYTES = 200
_LOGO_BYTES = 16 * 1024
_LOGO_HEIGHT_PX = 200
_REPEATED_BYTES = 64 * 1024
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "text/plain": ".txt",
    "text/html": ".html",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "message/delivery-status": ".txt",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/octet-stream": ".bin",
}


@dataclass(frozen=True, slots=True)
class Raw:
    """A part on its way to be an attachment: `names` as sent, the best one first; `inline` when it stands in the text."""

    names: tuple[str, ...]
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str = ""


def finish(raws: list[Raw]) -> tuple[Attachment, ...]:
    """Attachments in order. Decorations are found last, since only the whole shows what is repeated."""
    if not raws:
        return ()
    made = [_make(raw, number) for number, raw in enumerate(raws, 1)]
    seen = Counter(one.sha256 for one in made)
    return tuple(replace(one, disposition="decoration") if _is_decoration(one, seen[one.sha256]) else one for one in made)


def safe_name(sent: str) -> str:
    """`sent` made safe for display, and but for a drive's colon for saving; "" when nothing is left of it."""
    name = without_bidi(one_line(sent))
    if not name.isascii():
        name = "".join(sign for sign in name if unicodedata.category(sign) not in _UNSEEN)
    name = re.split(r"[/\\]", name)[-1] if "/" in name or "\\" in name else name
    name = name.strip(" .")
    drive = _DRIVE.match(name)
    start = drive.end() if drive else 0
    name = name[:start] + _UNSAFE.sub("_", name[start:])
    if name.startswith("-"):
        name = "_" + name[1:]  # `rm *` takes it for an option
    if _RESERVED.fullmatch(name):
        name = "_" + name
    return _shortened(name)


def _shortened(name: str) -> str:
    """At most 200 bytes of UTF-8, the extension kept."""
    if len(name.encode("utf-8", "ignore")) <= _MAX_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    extension = dot + extension if dot and len(extension) <= 16 else ""
    room = _MAX_NAME_BYTES - len(extension.encode("utf-8", "ignore"))
    kept = (stem if extension else name).encode("utf-8", "ignore")[:room].decode("utf-8", "ignore")
    return kept + extension


def _make(raw: Raw, number: int) -> Attachment:
    sent = raw.names[0] if raw.names else ""
    disposition: Disposal = "inline" if raw.inline else "attachment"
    return Attachment(
        filename=safe_name(sent) or f"attachment-{number}{_extension(raw.content_type)}",
        content_type=raw.content_type,
        content=raw.content,
        sha256=hashlib.sha256(raw.content).hexdigest(),
        disposition=disposition,
        content_id=raw.content_id,
        filename_sent=sent,
        detected_type=detect(raw.content),
        other_names=tuple(name for name in raw.names[1:] if name != sent),
    )


def _extension(content_type: str) -> str:
    return _EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ""


def _is_decoration(one: Attachment, times: int) -> bool:
    """A small picture in the text that is a logo by its size, a counting pixel, or the same as another one in this mail."""
    if one.disposition != "inline" or not one.content_type.startswith("image/"):
        return False
    if times > 1 and one.size_bytes <= _REPEATED_BYTES:
        return True
    size = image_size_px(one.content)
    if size and size[0] <= 2 and size[1] <= 2:
        return True
    return one.size_bytes <= _LOGO_BYTES and (size is None or size[1] <= _LOGO_HEIGHT_PX)
