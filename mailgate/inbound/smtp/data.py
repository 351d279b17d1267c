"""Accept stage: reads the message of one DATA command (RFC 5321 sections 2.3.8, 4.1.1.4 and 4.5.2). In: chunks. Out: its bytes.

Only CRLF.CRLF ends it. Whole chunks are searched, never single lines, so the cost is linear in the bytes.
A bare CR is refused at once; a bare LF becomes CRLF and is noted: the result must never contain what a laxer reader would take for the end
of the message ("SMTP smuggling"). Memory stays below the size limit: what comes after it is counted and discarded. No I/O.
"""

from __future__ import annotations

import re

from mailgate.errors import Rejected
from mailgate.inbound.smtp import replies as replies

END = b"\r\n.\r\n"
_DOT = END[:3]
_PARTIAL_ENDS = (END[:4], END[:3], END[:2], END[:1])
# A dot before a bare LF stays: a client that dot-stuffs would have sent two.
_DOT_STUFFED = re.compile(rb"\r\n\.(?!\n)")


class DataReader:
    """Reads one message. `feed` until it returns the rest; then `content`. `stored_bytes` is what it holds in memory now."""

    __slots__ = ("_bare_lf", "_blocks", "_held", "_limit_bytes", "_over", "_slack_bytes", "discarding", "sent_bytes", "stored_bytes")

    def __init__(self, limit_bytes: int, slack_bytes: int) -> None:
        self._limit_bytes, self._slack_bytes = limit_bytes, slack_bytes
        self._held = b"\r\n"  # the line end before the first line, so that a first line `.` ends an empty message
        self._blocks: list[bytes] = []
        self._bare_lf = False
        self.stored_bytes = 0
        self.sent_bytes = 0
        self.discarding = self._over = False

    @property
    def too_large(self) -> bool:
        """True when the message is over the limit, as it is kept or as it was sent."""
        return self._over or self.sent_bytes > self._limit_bytes + len(END)

    def feed(self, chunk: bytes) -> bytes | None:
        """Add a chunk. None while the message goes on; after its end, the bytes that follow it.

        Raises Rejected (which closes the session) for a bare CR, and when the message runs past limit and slack without an end.
        """
        self.sent_bytes += len(chunk)
        block = self._held + chunk
        dot = block.find(_DOT)
        end = block.find(END, dot) if dot >= 0 else -1
        if end >= 0:
            self._keep(block[: end + 2], has_dots=dot < end)
            return block[end + len(END) :]
        self._held = next((partial for partial in _PARTIAL_ENDS if block.endswith(partial)), b"")
        self._keep(block[: -len(self._held)] if self._held else block, has_dots=dot >= 0)
        if self.discarding and self.sent_bytes > self._limit_bytes + self._slack_bytes:
            raise Rejected(replies.R552_TOO_LARGE, "too_large", close=True)
        return None

    def discard(self) -> None:
        """Drop what was read and what follows: the message will be refused at its end."""
        self.discarding = True
        self._blocks.clear()
        self.stored_bytes = 0

    def content(self) -> bytes:
        """The message: dot-unstuffed, CRLF line ends, otherwise as sent. Call once, after the end."""
        blocks, self._blocks = self._blocks, []
        return blocks[0][2:] if len(blocks) == 1 else b"".join(blocks)[2:]

    def notes(self, content: bytes, *, declared_8bit: bool) -> tuple[str, ...]:
        """Short words for oddities of `content` as it was sent."""
        notes = ["bare_lf"] if self._bare_lf else []
        if not declared_8bit and not content.isascii():
            notes.append("8bit_undeclared")
        if b"\0" in content:
            notes.append("nul")
        return tuple(notes)

    def _keep(self, block: bytes, *, has_dots: bool) -> None:
        """A block never ends inside CRLF or CRLF-dot (see `_held`), so each one can be checked and rewritten alone."""
        sound = _with_crlf(block) == block  # a quarter of the time that counting CR, LF and CRLF takes
        if not sound and block.count(b"\r") != block.count(b"\r\n"):
            raise Rejected(replies.R550_BARE_CR, "bare_cr", close=True)
        if has_dots:
            block = _DOT_STUFFED.sub(b"\r\n", block)
        if not sound:
            self._bare_lf = True
            block = _with_crlf(block)
        if self.discarding:
            return
        self._blocks.append(block)
        self.stored_bytes += len(block)
        if self.stored_bytes > self._limit_bytes + 2:
            self._over = True
            self.discard()


def _with_crlf(block: bytes) -> bytes:
    """The block with every line feed as CRLF, and no other CR."""
    return block.replace(b"\r", b"").replace(b"\n", b"\r\n")
