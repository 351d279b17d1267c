"""What makes two submissions the same one: a hash over the envelope and the mail without its trace fields.

In: the envelope and the raw bytes as accepted. Out: SHA-256 in hex. Runs before 250, so it is one linear pass over the header section and
no parser. A client that never saw our 250 sends the same bytes again, perhaps by another route: relays put trace fields on top (RFC 5321
section 4.4, RFC 8601, RFC 8617) and change nothing else. Those fields are left out; any other difference makes another mail, which must
never be dropped. The Message-ID needs no place of its own: it is among the fields that count, and a mail without one is known by its
content.
"""

from __future__ import annotations

import hashlib

from mailgate.mail.model import Envelope

TRACE_FIELDS: frozenset[bytes] = frozenset(
    {
        b"received", b"return-path", b"delivered-to", b"x-original-to", b"authentication-results", b"received-spf", b"x-received",
        b"arc-seal", b"arc-message-signature", b"arc-authentication-results",
    }
)  # fmt: skip
_FIRST_BYTES = frozenset(b"rRdDxXaA")  # a line that begins otherwise is no trace field: most lines are passed with one look
_OF_ONE_DELIVERY = TRACE_FIELDS | {b"envelope-to", b"x-envelope-to", b"x-rcpt-to", b"x-delivered-to", b"x-real-to"}
_FIRST_OF_DELIVERY = _FIRST_BYTES | frozenset(b"eE")
_FOLDED = frozenset(b" \t")


def submission_key(envelope: Envelope, raw: bytes) -> str:
    """SHA-256 (lower-case hex) of reverse-path, recipients in any order and case, and the mail without its trace fields.

    `raw` may have CRLF or LF line ends. Linear in its size; the body is hashed where it lies.
    """
    reverse_path = "<>" if envelope.reverse_path is None else envelope.reverse_path
    recipients = sorted({recipient.lower() for recipient in envelope.recipients})
    # A line feed can stand in no address, so the parts cannot run into each other.
    digest = hashlib.sha256("\n".join((reverse_path, *recipients, "\n")).encode("utf-8", "surrogatepass"))
    end = _end_of_header(raw)
    digest.update(_without_trace(raw[:end]))
    digest.update(memoryview(raw)[end:])
    return digest.hexdigest()


def content_key(raw: bytes) -> str:
    """SHA-256 (lower-case hex) of the mail alone: the same for each delivery of one mail to several recipients.

    The fields in which servers write the recipient of the delivery at hand are left out beside the trace fields.
    """
    end = _end_of_header(raw)
    digest = hashlib.sha256(_without_fields(raw[:end], _OF_ONE_DELIVERY, _FIRST_OF_DELIVERY))
    digest.update(memoryview(raw)[end:])
    return digest.hexdigest()


def _end_of_header(raw: bytes) -> int:
    """Offset of the empty line that ends the header section (RFC 5322 section 2.1); the whole length when there is none."""
    if raw.startswith((b"\r\n", b"\n")):
        return 0
    crlf = raw.find(b"\n\r\n")
    lf = raw.find(b"\n\n", 0, crlf if crlf >= 0 else len(raw))
    ends = [end for end in (crlf, lf) if end >= 0]
    return min(ends) + 1 if ends else len(raw)


def _without_trace(header: bytes) -> bytes:
    """The header section without trace fields and their folded lines (RFC 5322 section 2.2.3)."""
    return _without_fields(header, TRACE_FIELDS, _FIRST_BYTES)


def _without_fields(header: bytes, fields: frozenset[bytes], first_bytes: frozenset[int]) -> bytes:
    kept: list[bytes] = []
    dropping = False
    for line in header.split(b"\n"):
        first = line[0] if line else 0
        if first in _FOLDED:
            if not dropping:
                kept.append(line)
            continue
        dropping = first in first_bytes and line.partition(b":")[0].rstrip().lower() in fields
        if not dropping:
            kept.append(line)
    return b"\n".join(kept)
