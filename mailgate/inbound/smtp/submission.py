"""Accept stage: what the session passes to the journal, and what it gets back. Values only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from mailgate.errors import StoreUnavailable
from mailgate.mail.model import Envelope
from mailgate.values import value_class

Transfer = Literal["smtp", "lmtp", "inject"]


@value_class
class Submission:
    """One message as it was received, before any parsing.

    `raw` is the DATA content byte for byte: dot-unstuffed (RFC 5321 section 4.5.2), CRLF line ends, NUL and 8-bit bytes kept, no trace
    line added. The data of a Received line (RFC 5321 section 4.4) is kept in fields: `client_address`, `helo`, `protocol`, `tls`, and the
    journal's acceptance time and id.
    `client_address` is the peer's IP address as text (from the PROXY header, if any), `helo` its greeting name as sent.
    `notes` are short words for repairs and oddities: `bare_lf` (a line ended in LF only), `8bit_undeclared`, `nul`.
    """

    envelope: Envelope
    raw: bytes
    client_address: str
    helo: str
    protocol: Transfer
    tls: bool
    smtp_utf8: bool
    notes: tuple[str, ...] = ()


@value_class
class Receipt:
    """The message is durable under `journal_id`. `duplicate`: it was already there."""

    journal_id: str
    duplicate: bool


Settled = Callable[[Receipt | StoreUnavailable], None]
"""Gets what became of a submission."""


class Accepting(Protocol):
    """What a session needs of the journal."""

    @property
    def healthy(self) -> bool:
        """False when the journal cannot make messages durable; then MAIL gets 451."""

    def submit(self, submission: Submission, settled: Settled) -> None:
        """Make the message durable, then call `settled` from the running event loop: once, and never before this returns.

        Raises StoreUnavailable when nothing is accepted now; then `settled` is not called.
        """
