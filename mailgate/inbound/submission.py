"""Accept stage: the value that the listener hands to the journal, and the journal's answer. Nothing here reads, writes or decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from mailgate.mail.model import Envelope

Transfer = Literal["smtp", "lmtp", "inject"]


@dataclass(frozen=True, slots=True)
class Submission:
    """One message as it came in, before any reading.

    `raw` is the DATA content byte for byte: dot-unstuffed (RFC 5321 section 4.5.2), CRLF line ends, NUL and 8-bit bytes kept, no trace
    line added. What RFC 5321 section 4.4 puts into a Received line is held beside it: `client_address`, `helo`, `protocol`, `tls`, and the
    journal's own acceptance time and id.
    `client_address` is the peer's IP address as text (the one that a PROXY header gave, if any), `helo` its greeting name as sent.
    `notes` are short words for what was repaired or looked odd on the wire: `bare_lf` (a line ended in LF alone), `8bit_undeclared`, `nul`.
    """

    envelope: Envelope
    raw: bytes
    client_address: str
    helo: str
    protocol: Transfer
    tls: bool
    smtp_utf8: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The journal's promise: the message is durable under `journal_id`. `duplicate`: it was there before."""

    journal_id: str
    duplicate: bool


class Accepting(Protocol):
    """What the listener needs of a journal."""

    @property
    def healthy(self) -> bool:
        """False when the journal cannot promise durability any more; the listener then answers 451 before DATA."""

    async def append(self, submission: Submission) -> Receipt:
        """Return when the message is durable. Goes on when the caller is cancelled. Raises StoreUnavailable, never anything permanent."""
