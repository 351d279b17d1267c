"""The envelope of a mail in a file: what was given, else what the mail says of itself. In: raw bytes. Out: an `Envelope`. Changes nothing.

`explain` and `inject` share it, so that what is explained is what happens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mailgate.application.app import App
from mailgate.errors import Rejected
from mailgate.inbound.smtp.arguments import read_forward_path
from mailgate.inbound.smtp.recipients import Recipients
from mailgate.mail.guess_envelope import guessed
from mailgate.mail.model import Envelope
from mailgate.mail.read import read

HEAD_BYTES = 256 * 1024
_HEAD_END = re.compile(rb"\r?\n\r?\n")


def enveloping(app: App, reverse_path: str | None, recipients: Sequence[str]) -> Callable[[bytes], Envelope]:
    """The envelopes of any number of mails. `reverse_path`: None to guess it, "" for `<>`. `recipients`: none to guess them.

    Guessed recipients are those that the listener takes of Delivered-To, X-Original-To, To and Cc, else the support address; the guessed
    sender is Return-Path, else the author.
    """
    ours, main = app.parts.recipients(), app.settings.support_addresses[0]

    def envelope(raw: bytes) -> Envelope:
        if reverse_path is not None and recipients:
            return Envelope(reverse_path or None, tuple(recipients))
        end = _HEAD_END.search(raw)
        guess = guessed(read(raw[: end.end() if end else HEAD_BYTES][:HEAD_BYTES]), lambda address: _taken(ours, address), main)
        sender = guess.reverse_path if reverse_path is None else reverse_path or None
        return Envelope(sender, tuple(recipients) or guess.recipients)

    return envelope


def accepted(ours: Recipients, text: str) -> str:
    """A recipient as the listener takes it at RCPT. Raises Rejected for what it refuses."""
    path, _ = read_forward_path(f"<{text.strip().removeprefix('<').removesuffix('>')}>".encode())
    return ours(path)


def _taken(ours: Recipients, address: str) -> str | None:
    try:
        return accepted(ours, address)
    except Rejected:
        return None
