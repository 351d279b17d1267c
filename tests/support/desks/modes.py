"""The three modes of `intake.authentication` on a desk, and the intakes that a mail can come by. For tests of who is believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from mailgate.inbound.auth.verify import Verifier, VerifyOptions
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from tests.support.desks.desk import Desk
from tests.unit.inbound.auth.zone import Answers, Zone

Mode = Literal["off", "header", "verify"]
MODES: tuple[Mode, ...] = ("off", "header", "verify")
MX = "mx.firma.example"
FRONT, STRANGE = "127.0.0.1", "198.51.100.9"


def set_mode(desk: Desk, mode: Mode, answers: Answers | None = None) -> None:
    """As `bootstrap` makes it from the settings; `answers` is the DNS."""
    verifier = Verifier(Zone(answers or {}), VerifyOptions()) if mode == "verify" else None
    options = replace(desk.intake._options, authserv_ids=frozenset({MX}), authenticate=mode != "off", verifier=verifier)
    desk.intake._options = options


def deliver(
    desk: Desk, text: str, to: str, sender: str | None, client: str = FRONT, protocol: Literal["smtp", "lmtp", "inject"] = "smtp"
) -> str:
    """Accept one mail and run intake; the journal id."""
    raw = text.replace("\n", "\r\n").encode()
    receipt = desk.journal.append_many([Submission(Envelope(sender, (to,)), raw, client, "t", protocol, False, False)])[0]
    desk.intake.run(lambda: False)
    return receipt.journal_id


def results(*fields: str) -> str:
    """Authentication-Results of our own server in front, one field each, as lines of a header."""
    return "".join(f"Authentication-Results: {MX}; {field}\n" for field in fields)
