"""Mail of ours that went out, and reports on it as real servers write them (`bounces/*.eml`, texts of `tests.unit.mail`).

In a report, `{to}`, `{address}`, `{return_path}` and `{message_id}` stand for what our mail had.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailgate.cases.ids import new_id
from mailgate.cases.tokens import bounce_token
from mailgate.store.rows import OutboxMail, OutboxRow
from tests.support.desks.desk import KEYS, Desk

REPORTS = {path.stem: path.read_text("utf-8") for path in sorted(Path(__file__).with_name("bounces").glob("*.eml"))}
SUPPORT = "support@firma.example"


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail that went out. An automatic answer has a null reverse-path: then `return_path` is ""."""

    id: str
    address: str
    message_id: str
    return_path: str

    def report(self, name: str, to: str = "") -> str:
        """The golden report `name` about this mail, addressed to `to` (default: its return path)."""
        return self.filled(REPORTS[name], to or self.return_path)

    def filled(self, text: str, to: str) -> str:
        """A report with its marks filled in."""
        for mark, value in (("to", to), ("address", self.address), ("return_path", self.return_path), ("message_id", self.message_id)):
            text = text.replace(f"{{{mark}}}", value)
        return text


def sent(desk: Desk, address: str, template: str = "comment_added", *, answer: bool = False) -> Sent:
    """Put a mail of ours into the outbox as it is after it was sent: a notice on the case, or an automatic answer."""
    now = desk.clock()
    row_id = new_id(now)
    path = "" if answer else f"bounce+{bounce_token(KEYS, row_id)}@firma.example"
    made = Sent(row_id, address, f"{row_id.replace('-', '')}@firma.example", path)
    with desk.store.transaction() as uow:
        uow.outbox.add(
            [
                OutboxRow(
                    row_id, "redirect" if answer else template, address, path or None, made.message_id, b"raw", now, now,
                    now + timedelta(days=5), case_id=None if answer else desk.case_id, at_most_once=answer,
                )
            ]
        )  # fmt: skip
    return made


def outcome(desk: Desk, mail: Sent) -> tuple[str, str]:
    """What the reports came to: the delivery state of the mail, and the cause that suppresses its address ("" for none)."""
    with desk.store.reading() as uow:
        row: OutboxMail = uow.outbox.get(mail.id)
        stopped = uow.suppressions.of([mail.address])
    return row.delivery, stopped[0].cause if stopped else ""
