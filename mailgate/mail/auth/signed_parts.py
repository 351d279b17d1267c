"""A mail as signatures see it: fields in order with their folds, and the body. In: raw bytes. Out: values. Pure.

It prepares mail for a verifier that was written for well-meant mail: sizes that make it slow are refused here, and spaces are squeezed in
linear time, since its own patterns take a time that grows with the square of a run of spaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailgate.mail.auth.dkim_sign import relaxed_body

HEAD_MAX_BYTES = 128 * 1024
FIELDS_MAX = 1000
_LF = re.compile(rb"\r?\n")
_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]+[ \t]*\Z")


class NotSignable(ValueError):
    """The mail's form is such that no signature of it can be checked."""


@dataclass(frozen=True, slots=True)
class SignedParts:
    """`fields`: (name, value with folds and the final CRLF). `mail` has CRLF line ends."""

    fields: tuple[tuple[bytes, bytes], ...]
    mail: bytes
    body_start: int

    @property
    def body(self) -> bytes:
        """The body, cut out: a mail without signatures needs no copy of it."""
        return self.mail[self.body_start :]

    def values(self, name: bytes) -> list[bytes]:
        """Every value of this field (lower-case name), in order."""
        return [value for key, value in self.fields if key.strip().lower() == name]

    def canonical(self, algorithm: bytes) -> bytes:
        """The body after `relaxed` or `simple` canonicalisation (RFC 6376 section 3.4)."""
        if algorithm == b"relaxed":
            return relaxed_body(self.body)
        body = self.body
        end = len(body)
        while body.endswith(b"\r\n\r\n", 0, end) or (end == 2 and body.startswith(b"\r\n")):
            end -= 2
        return body[:end] if body.endswith(b"\r\n", 0, end) else body[:end] + b"\r\n"


def parts_of(raw: bytes) -> SignedParts:
    """The parts. Raises NotSignable for a header section that is too large or has a line that is no field (RFC 5322 section 2.2)."""
    crlf = raw if raw.count(b"\n") == raw.count(b"\r\n") else _LF.sub(b"\r\n", raw)
    if crlf.startswith(b"\r\n"):
        return SignedParts((), crlf, 2)
    end = crlf.find(b"\r\n\r\n")
    head, body_start = (crlf[:end], end + 4) if end >= 0 else (crlf, len(crlf))
    if len(head) > HEAD_MAX_BYTES:
        raise NotSignable(f"the header section has {len(head)} bytes")
    texts = re.split(rb"\r\n(?![ \t])", head.removesuffix(b"\r\n"))
    if len(texts) > FIELDS_MAX:
        raise NotSignable(f"the mail has {len(texts)} header fields")
    return SignedParts(
        tuple(_field(text) for number, text in enumerate(texts) if number or not text.startswith(b"From ")), crlf, body_start
    )


def _field(text: bytes) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(b":")
    if not colon or not _NAME.match(name):
        raise NotSignable("a line of the header section is no field")
    return name, value + b"\r\n"
