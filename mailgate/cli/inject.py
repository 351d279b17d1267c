"""`mailgate inject`: put mail into the journal exactly as SMTP would. In: paths. Out: one journal id per mail.

A file goes through the reader of DATA, so size limit, bare CR and repairs are those of the listener; recipients must be ours, and senders
whom the policy in force refuses at RCPT are refused here, too, unless the operator says otherwise.
"""

from __future__ import annotations

import re
import sys
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

import typer

from mailgate import bootstrap
from mailgate.cli import output
from mailgate.cli.mailpaths import counted, read_mails
from mailgate.cli.opening import ConfigOption, JsonOption, settings
from mailgate.config import Settings
from mailgate.errors import NotAllowed, Rejected, UsageError
from mailgate.inbound import smtp_replies as replies
from mailgate.inbound.journal import Journal
from mailgate.inbound.limits import Limits
from mailgate.inbound.recipients import Recipients, own_recipients
from mailgate.inbound.sender_gate import Senders, everyone
from mailgate.inbound.smtp_address import read_forward_path, read_reverse_path
from mailgate.inbound.smtp_data import END, DataReader
from mailgate.inbound.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from mailgate.store.unit_of_work import Store

GROUP = 100
_LINE_START_DOT = re.compile(rb"(?:\A|(?<=\r\n))\.")


def inject(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="An .eml file, a folder of them, an mbox with --mbox, or -.")],
    reverse_path: Annotated[
        str | None, typer.Option("--reverse-path", metavar="A", help="Envelope sender; <> for none. Else Return-Path, else From.")
    ] = None,
    recipient: Annotated[
        list[str] | None, typer.Option("--recipient", metavar="A", help="Envelope recipient. Else the support address.")
    ] = None,
    mbox: Annotated[bool, typer.Option("--mbox", help="The paths are mbox files.")] = False,
    take_refused: Annotated[
        bool, typer.Option("--take-refused", help="Take mail of senders whom the policy refuses (legacy phase refuse), too.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put mail into the journal as SMTP would: durable when the id is printed, worked on by whatever worker runs."""
    found = settings(config, make_secrets=True)
    sender, recipients = _sender(reverse_path), _recipients(found, recipient or [found.support_addresses[0]])
    store = bootstrap.open_store(found)
    refused = 0
    with closing(store.database):
        gate = _Gate(found, sender, recipients, everyone if take_refused else _senders(found, store))
        journal = Journal(store, store.clock, lambda: None)  # no bell: a worker's sweeper finds what is due
        mails = counted(mail for path in paths for mail in read_mails(path, mbox))
        while group := list(islice(mails, GROUP)):
            taken = [(label, submission) for label, raw in group if (submission := gate.admit(label, raw))]
            refused += len(group) - len(taken)
            for (label, _), receipt in zip(taken, journal.append_many(one for _, one in taken), strict=True):
                _show(label, receipt.journal_id, receipt.duplicate, as_json)
    if refused:
        raise NotAllowed(f"{refused} mails were refused")


@dataclass(frozen=True, slots=True)
class _Gate:
    """What the listener would do with a mail of this sender and these recipients."""

    settings: Settings
    reverse_path: str | None
    recipients: tuple[str, ...]
    senders: Senders

    def admit(self, label: str, raw: bytes) -> Submission | None:
        """The submission, or None when SMTP would refuse it, which is said on standard error, as is each recipient it would refuse."""
        try:
            content, notes = self._through_data(raw)
        except Rejected as error:
            _say(label, error)
            return None
        sender = (self._sender_of(content) if self.reverse_path is None else self.reverse_path) or None
        open_to_them = tuple(recipient for recipient in self.recipients if self._may_write(label, sender, recipient))
        if not open_to_them:
            return None
        envelope = Envelope(sender, open_to_them)
        return Submission(envelope, content, "127.0.0.1", self.settings.hostname, "inject", False, True, notes)

    def _may_write(self, label: str, sender: str | None, recipient: str) -> bool:
        try:
            self.senders(sender, recipient)
        except Rejected as error:
            _say(label, error)
            return False
        return True

    def _through_data(self, raw: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The bytes as a careful client would send them, read back by the reader of DATA. Files with LF alone become CRLF, unnoted."""
        lines = raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")
        whole = lines if lines.endswith(b"\r\n") or not lines else lines + b"\r\n"
        reader = DataReader(self.settings.smtp.max_message_bytes, Limits().data_slack_bytes)
        reader.feed(_LINE_START_DOT.sub(b"..", whole) + (END[2:] if whole else b".\r\n"))
        if reader.too_large:
            raise Rejected(replies.R552_TOO_LARGE, "too_large")
        content = reader.content()
        return content, reader.notes(content, declared_8bit=True)

    def _sender_of(self, content: bytes) -> str:
        mail = read(content)
        shown = (mail.header("Return-Path") or "").strip()
        if shown:
            return shown.strip("<>")
        return mail.author.address if mail.author else ""


def _senders(found: Settings, store: Store) -> Senders:
    """Whom the listener refuses, by the policy in force."""
    return bootstrap.make_gate(found, store.clock, bootstrap.policy_in_force(found, store).peek()).check


def _say(label: str, error: Rejected) -> None:
    print(f"mailgate inject: {label}: {output.one_line(str(error))}", file=sys.stderr)


def _sender(text: str | None) -> str | None:
    """None: look into the mail; "": the null reverse-path. Raises UsageError."""
    if text is None:
        return None
    bare = text.strip().removeprefix("<").removesuffix(">")
    if not bare:
        return ""
    try:
        path, _ = read_reverse_path(f"<{bare}>".encode())
    except Rejected:
        raise UsageError(f"--reverse-path {text!r} is no address; write local@domain or <>") from None
    return str(path)


def _recipients(found: Settings, texts: list[str]) -> tuple[str, ...]:
    ours = own_recipients(bootstrap.own_addresses(found))
    return tuple(_recipient(ours, text) for text in texts)


def _recipient(ours: Recipients, text: str) -> str:
    bare = text.strip().removeprefix("<").removesuffix(">")
    try:
        path, _ = read_forward_path(f"<{bare}>".encode())
        return ours(path)
    except Rejected as error:
        raise UsageError(f"--recipient {text!r} is refused: {error}") from None


def _show(label: str, journal_id: str, duplicate: bool, as_json: bool) -> None:
    if as_json:
        print(output.json_line({"path": label, "journal_id": journal_id, "duplicate": duplicate}))
    else:
        print(f"{journal_id}  {output.one_line(label)}" + ("  (was there already)" if duplicate else ""))
