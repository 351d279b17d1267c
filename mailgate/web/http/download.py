"""Files of cases as they are handed out: always saved, never opened in our origin. In: a stored file. Out: an inert answer.

The type is one of ours or "some bytes"; the sender's word for it is not used. Name: RFC 6266, RFC 8187.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from starlette.responses import Response

from mailgate.web.http.security import Cache, file_headers

OWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/zip", "text/plain"})

# What stands for a folder, a drive, an alternate stream (`a.pdf:b.exe`) or a wildcard when the file is saved.
_UNSAVED = '/\\"%:*?<>|'


def download(content: bytes, filename: str, content_type: str, cache: Cache = "private") -> Response:
    """The file as an attachment."""
    kind = content_type if content_type in OWN_TYPES else "application/octet-stream"
    kind += "; charset=utf-8" if kind == "text/plain" else ""
    return Response(content, headers=file_headers(cache) | {"Content-Type": kind, "Content-Disposition": disposition(filename)})


def disposition(filename: str) -> str:
    """`attachment` with the name twice: for all, and in full for those who read RFC 8187."""
    clean = _saved(filename)
    plain = _saved(unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode())
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def _saved(name: str) -> str:
    return "".join("_" if one in _UNSAVED or unicodedata.category(one)[0] == "C" else one for one in name).strip(" .") or "file"
