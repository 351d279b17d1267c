"""One mail ready to be sent, and the checks it must pass before any octet of it is written to a socket.

In: a frozen mail with its addresses, and what the smarthost offers. Out: the octets of commands and content, or an `UnsendableMail`.
It must never let a bare line end or a space in an address through: the smarthost could read the rest as a command (SMTP smuggling).
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mailgate.errors import PermanentFailure
from mailgate.mail.compose import LINE_MAX_OCTETS, has_long_line
from mailgate.mail.smtp_address import AddressRefused, smtp_address

_DOT_AT_START = re.compile(rb"\n\.")


@dataclass(frozen=True)
class OutgoingMessage:
    """One mail for one recipient, ready to go. `raw` has CRLF line ends, undotted; `reverse_path` None is `<>`."""

    address: str
    reverse_path: str | None
    raw: bytes

    @cached_property
    def dot_stuffed(self) -> bytes:
        """See the function; looked through once, for the check and for the socket. Raises Refusal."""
        return dot_stuffed(self.raw)

    @cached_property
    def paths(self) -> tuple[str, str, bool]:
        """Sender and recipient as they are sent, and whether they need SMTPUTF8. Raises Refusal."""
        return _addresses(self)


class UnsendableMail(PermanentFailure):
    """A mail that must not be sent as it is. `enhanced`: the status code a server would give (RFC 3463)."""

    def __init__(self, why: str, enhanced: str) -> None:
        super().__init__(why)
        self.enhanced = enhanced


def check(message: OutgoingMessage) -> None:
    """Every check that does not depend on the smarthost. Raises Refusal."""
    _ = message.paths, message.dot_stuffed


def commands(message: OutgoingMessage, features: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The MAIL and the RCPT line, with CRLF. `features` as EHLO gave them, names in lower case. Raises Refusal.

    SMTPUTF8 is asked for only when the recipient needs it, and refused with 5.6.7 where it is not offered (RFC 6531 section 3.2).
    """
    sender, recipient, needs_smtputf8 = message.paths
    words = [f"MAIL FROM:<{sender}>"]
    if "size" in features:
        words.append(_size(len(message.raw), features["size"].strip()))
    if needs_smtputf8:
        if "smtputf8" not in features:
            raise UnsendableMail("the address needs SMTPUTF8, which the smarthost does not offer", "5.6.7")
        words.append("SMTPUTF8")
    if not message.raw.isascii():
        if "8bitmime" not in features:
            raise UnsendableMail("the mail is 8-bit, which the smarthost does not accept", "5.6.3")
        words.append("BODY=8BITMIME")  # RFC 6152
    return f"{' '.join(words)}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode()


def _addresses(message: OutgoingMessage) -> tuple[str, str, bool]:
    try:
        sender = smtp_address(message.reverse_path).text if message.reverse_path else ""
        recipient = smtp_address(message.address)
    except AddressRefused as error:
        raise UnsendableMail(str(error), error.enhanced) from error
    if not sender.isascii():
        raise UnsendableMail("our own return path is not ASCII", "5.6.7")
    return sender, recipient.text, recipient.needs_smtputf8


def _size(size_bytes: int, limit: str) -> str:
    """The SIZE parameter (RFC 1870 section 6). Raises Refusal for a mail over the smarthost's limit."""
    if limit.isdecimal() and 0 < int(limit) < size_bytes:
        raise UnsendableMail(f"the mail has {size_bytes} bytes, the smarthost accepts {int(limit)}", "5.3.4")
    return f"SIZE={size_bytes}"


def dot_stuffed(raw: bytes) -> bytes:
    """`raw` dot-stuffed (RFC 5321 section 4.5.2), ending with CRLF, without the final dot.

    Raises Refusal for bare CR or LF, NUL, or a line over 998 octets. A bare line end could end the mail early at the next hop, which would
    read the rest as commands.
    """
    if not _has_only_crlf(raw):
        raise UnsendableMail("the mail contains a bare CR or LF", "5.6.0")
    if b"\0" in raw:
        raise UnsendableMail("the mail contains a NUL", "5.6.0")
    if has_long_line(raw):
        raise UnsendableMail(f"the mail has a line over {LINE_MAX_OCTETS} octets", "5.6.0")
    if raw.startswith(b"."):
        raw = b"." + raw
    raw = _DOT_AT_START.sub(b"\n..", raw)
    return raw if not raw or raw.endswith(b"\r\n") else raw + b"\r\n"


def _has_only_crlf(raw: bytes) -> bool:
    """Whether CR and LF come only as pairs. The decoder of text files notes which line ends it sees: several times as fast as counting."""
    decoder = io.IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(raw.decode("latin-1"), final=True)
    return decoder.newlines in (None, "\r\n")
