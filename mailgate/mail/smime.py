"""Opaque S/MIME opened for reading. In: the DER of a signed message. Out: what was signed, or None. RFC 5652 section 5, RFC 8551.

No signature is checked here: the caller marks the text `signature_unverified`. Encrypted messages give None and stay attachments.
A small reader of BER, since senders use indefinite lengths; bounded in depth and steps.
"""

from __future__ import annotations

import base64
import binascii

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_MAX_STEPS = 200_000


class _Malformed(Exception):
    """The bytes are no BER that this reader understands. Never leaves this module."""


def signed_content(der: bytes) -> bytes | None:
    """The encapsulated content of SignedData; None when it is something else (encrypted, detached, broken)."""
    if der.lstrip().startswith(b"-----BEGIN"):
        der = _from_pem(der)
    try:
        return _Ber(der).signed()
    except (_Malformed, IndexError):
        return None


def _from_pem(data: bytes) -> bytes:
    lines = [line for line in data.split(b"\n") if not line.startswith(b"-----")]
    try:
        return base64.b64decode(b"".join(lines))
    except binascii.Error:
        return b""


class _Ber:
    """Reads tag, length, value from the front; knows just the path to eContent."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.steps = 0

    def signed(self) -> bytes:
        """ContentInfo { OID signedData, [0] SignedData { version, digests, ContentInfo { OID data, [0] OCTET STRING } } }."""
        at = self.enter(0, 0x30)
        at = self.expect_oid(at, _SIGNED_DATA)
        at = self.enter(self.enter(at, 0xA0), 0x30)
        at = self.skip(self.skip(at))
        at = self.enter(at, 0x30)
        at = self.expect_oid(at, _DATA)
        at = self.enter(at, 0xA0)
        return self.octets(at, 0)[0]

    def head(self, at: int) -> tuple[int, int, int | None]:
        """(tag, where the value begins, its length or None for indefinite)."""
        self.steps += 1
        if self.steps > _MAX_STEPS or at + 2 > len(self.data):
            raise _Malformed
        tag, first = self.data[at], self.data[at + 1]
        if first < 0x80:
            return tag, at + 2, first
        if first == 0x80:
            return tag, at + 2, None
        count = first & 0x7F
        if count > 8:
            raise _Malformed
        return tag, at + 2 + count, int.from_bytes(self.data[at + 2 : at + 2 + count], "big")

    def enter(self, at: int, wanted: int) -> int:
        tag, start, _ = self.head(at)
        if tag != wanted:
            raise _Malformed
        return start

    def expect_oid(self, at: int, oid: bytes) -> int:
        tag, start, length = self.head(at)
        if tag != 0x06 or length != len(oid) or self.data[start : start + length] != oid:
            raise _Malformed
        return start + length

    def skip(self, at: int, depth: int = 0) -> int:
        _, start, length = self.head(at)
        if length is not None:
            return start + length
        if depth > 20:
            raise _Malformed
        while self.data[start : start + 2] != b"\0\0":
            start = self.skip(start, depth + 1)
        return start + 2

    def octets(self, at: int, depth: int) -> tuple[bytes, int]:
        """An OCTET STRING, in one piece (0x04) or in many (0x24)."""
        tag, start, length = self.head(at)
        if tag == 0x04 and length is not None:
            if start + length > len(self.data):
                raise _Malformed
            return self.data[start : start + length], start + length
        if tag != 0x24 or depth > 4:
            raise _Malformed
        pieces: list[bytes] = []
        end = None if length is None else start + length
        while (end is None and self.data[start : start + 2] != b"\0\0") or (end is not None and start < end):
            piece, start = self.octets(start, depth + 1)
            pieces.append(piece)
        return b"".join(pieces), start + (2 if end is None else 0)
