"""Opaque S/MIME opened for reading. In: the DER or BER of a signed message. Out: what was signed, or None. RFC 5652 section 5, RFC 8551.

No signature is checked here: the caller marks the text `signature_unverified`. Encrypted messages give None and stay attachments.
asn1crypto reads linearly, but takes 50 µs for each piece of a content sent in pieces: of more pieces than any sender makes nothing is read.
"""

from __future__ import annotations

import base64
import binascii
import re
from itertools import islice
from typing import Any

_MAX_BYTES = 64 * 1024 * 1024
_PIECE = re.compile(rb"\x04(?:[\x00-\x7f]|[\x81-\x84])")
_MAX_PIECES = 10_000


def signed_content(der: bytes) -> bytes | None:
    """The encapsulated content of SignedData; None when it is something else (encrypted, detached, broken)."""
    if der.lstrip().startswith(b"-----BEGIN"):
        der = _from_pem(der)
    if not der.startswith(b"\x30") or len(der) > _MAX_BYTES or _is_shredded(der):
        return None
    from asn1crypto import cms  # type: ignore[import-untyped]  # 2 MB, which few processes need

    try:
        return _content_of(cms.ContentInfo.load(der, strict=False))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        return None  # whatever a stranger has put together: it stays a file


def _content_of(info: Any) -> bytes | None:
    if info["content_type"].native != "signed_data":
        return None
    package = info["content"]["encap_content_info"]
    if package["content_type"].native != "data":
        return None
    content = package["content"].native
    return content if isinstance(content, bytes) else None


def _is_shredded(der: bytes) -> bool:
    """Too many pieces; what only looks like one in binary content counts, too: signed content is text as a rule."""
    return next(islice(_PIECE.finditer(der), _MAX_PIECES, None), None) is not None


def _from_pem(data: bytes) -> bytes:
    lines = [line for line in data.split(b"\n") if not line.startswith(b"-----")]
    try:
        return base64.b64decode(b"".join(lines))
    except binascii.Error:
        return b""
