"""Our own files: one style sheet, one module, one sheet of icons, with the hash of all in the path and a year's cache.

In: files of `web/static`. Out: bytes, gzip made once at the start. A path with another hash gets today's file and no cache. The sheet of
icons is the site's own icon, too: one request less.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from starlette.responses import Response

from mailgate.web.http.security import page_headers

TYPES: Mapping[str, str] = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    content_type: str
    plain: bytes
    packed: bytes


class Static:
    """All assets, read once."""

    def __init__(self) -> None:
        root = files("mailgate.web").joinpath("static")
        styles = sorted((one.name, one.read_bytes()) for one in root.joinpath("css").iterdir() if one.name.endswith(".css"))
        found = {
            "site.css": b"\n".join(content for _, content in styles),
            "app.js": root.joinpath("js", "app.js").read_bytes(),
            "icons.svg": root.joinpath("icons.svg").read_bytes(),
        }
        self.hash = hashlib.sha256(b"".join(name.encode() + found[name] for name in sorted(found))).hexdigest()[:16]
        self._assets = {name: Asset(TYPES[name.rpartition(".")[2]], raw, gzip.compress(raw, 9, mtime=0)) for name, raw in found.items()}

    def url(self, name: str) -> str:
        """The path under which pages ask for a file."""
        return f"/static/{self.hash}/{name}"

    def size_bytes(self, name: str, *, packed: bool = False) -> int:
        """How large a file is, for the test of the budget."""
        asset = self._assets[name]
        return len(asset.packed if packed else asset.plain)

    def answer(self, wanted_hash: str, name: str, accepts: str, *, secure: bool) -> Response | None:
        """The file, None when there is no such one."""
        asset = self._assets.get(name)
        if asset is None:
            return None
        headers = page_headers("immutable" if wanted_hash == self.hash else "private", secure=secure)
        headers |= {"Content-Type": asset.content_type, "Vary": "Accept-Encoding"}
        if "gzip" in accepts:
            return Response(asset.packed, headers=headers | {"Content-Encoding": "gzip"})
        return Response(asset.plain, headers=headers)
