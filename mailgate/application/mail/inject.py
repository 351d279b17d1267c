"""Accept mail from files exactly as SMTP would. In: raw bytes and an envelope. Out: one journal id or refusal per mail.

A mail goes through the reader of DATA, so size limit, bare CR and repairs are those of the listener; recipients must be ours, and senders
that the active policy refuses at RCPT are refused here too, unless the operator says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.audit import audit_row
from mailgate.application.mail.envelope import accepted, enveloping
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.config import Settings
from mailgate.errors import Invalid, Rejected
from mailgate.inbound.guards.sender_gate import Senders, everyone
from mailgate.inbound.smtp import replies
from mailgate.inbound.smtp.arguments import read_reverse_path
from mailgate.inbound.smtp.data import END, DataReader
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.limits import SmtpLimits
from mailgate.inbound.smtp.recipients import Recipients
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.store.rows import Appended, NewEntry
from mailgate.store.unit_of_work import UnitOfWork

GROUP = 100
_DOT_AT_LINE_START = re.compile(rb"(?:\A|(?<=\r\n))\.")


@dataclass(frozen=True, slots=True)
class Inject:
    """`mails`: (where it is from, raw bytes). `reverse_path`: None to take it from each mail, "" for `<>`. `recipients`: likewise.

    `take_refused`: accept mail of senders that the policy refuses, too.
    """

    mails: Iterable[tuple[str, bytes]]
    reverse_path: str | None = None
    recipients: Sequence[str] = ()
    take_refused: bool = False


@dataclass(frozen=True, slots=True)
class Injected:
    """One mail that is in the journal, durably. `duplicate`: it was there already."""

    path: str
    journal_id: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class RefusedHere:
    """A mail that SMTP would refuse (`whole`), or one recipient of it; `reply` is what SMTP would say."""

    path: str
    reply: str
    whole: bool


@guarded(Action.JOURNAL_INJECT, writes=True)
def inject(app: App, principal: Principal, command: Inject) -> Iterator[Injected | RefusedHere]:
    """Accept mail group by group; whatever worker runs processes it. Raises Invalid for an envelope address that cannot be used."""
    sender = _sender(command.reverse_path)
    ours = app.parts.recipients()
    envelope = enveloping(app, sender, [_recipient(ours, text) for text in command.recipients])
    gate = _Gate(app.settings, envelope, everyone if command.take_refused else app.parts.senders(app.store))
    journal = GroupCommitJournal(
        app.store, app.store.clock, lambda: None, beside=partial(_audit, principal)
    )  # no wakeup: a worker's sweep finds it
    return _injected(journal, gate, iter(command.mails))


def _audit(principal: Principal, uow: UnitOfWork, entries: Sequence[NewEntry], appended: Sequence[Appended]) -> None:
    """One row for each mail that was not in the journal yet, in the transaction that puts it there."""
    made = [entry for entry, one in zip(entries, appended, strict=True) if not one.duplicate]
    verb = Action.JOURNAL_INJECT.verb
    uow.audit.add([audit_row(principal, verb, ("journal", one.id), one.accepted_at, after={"state": "pending"}) for one in made])


def _injected(journal: GroupCommitJournal, gate: _Gate, mails: Iterator[tuple[str, bytes]]) -> Iterator[Injected | RefusedHere]:
    while group := list(islice(mails, GROUP)):
        taken = list[tuple[str, Submission]]()
        for path, raw in group:
            submission, refused = gate.admit(path, raw)
            yield from refused
            if submission is not None:
                taken.append((path, submission))
        for (path, _), receipt in zip(taken, journal.append_many(one for _, one in taken), strict=True):
            yield Injected(path, receipt.journal_id, receipt.duplicate)


@dataclass(frozen=True, slots=True)
class _Gate:
    """What the listener would do with a mail in its envelope."""

    settings: Settings
    envelope: Callable[[bytes], Envelope]
    senders: Senders

    def admit(self, path: str, raw: bytes) -> tuple[Submission | None, list[RefusedHere]]:
        """The submission, None when SMTP would refuse the mail; and what it would refuse."""
        try:
            content, notes = self._through_data(raw)
        except Rejected as error:
            return None, [RefusedHere(path, str(error), True)]
        wanted = self.envelope(content)
        sender = wanted.reverse_path
        taken, refused = list[str](), list[str]()
        for recipient in wanted.recipients:
            try:
                self.senders(sender, recipient)
                taken.append(recipient)
            except Rejected as error:
                refused.append(str(error))
        named = [RefusedHere(path, reply, whole=not taken and at == 0) for at, reply in enumerate(refused)]
        if not taken:
            return None, named
        envelope = Envelope(sender, tuple(taken))
        return Submission(envelope, content, "127.0.0.1", self.settings.hostname, "inject", False, True, notes), named

    def _through_data(self, raw: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The bytes as a careful client would send them, read by the reader of DATA. LF alone becomes CRLF without a note."""
        lines = raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")
        whole = lines if lines.endswith(b"\r\n") or not lines else lines + b"\r\n"
        reader = DataReader(self.settings.smtp.max_message_bytes, SmtpLimits().data_slack_bytes)
        reader.feed(_DOT_AT_LINE_START.sub(b"..", whole) + (END[2:] if whole else b".\r\n"))
        if reader.too_large:
            raise Rejected(replies.R552_TOO_LARGE, "too_large")
        content = reader.content()
        return content, reader.notes(content, declared_8bit=True)


def _sender(text: str | None) -> str | None:
    """None: look into each mail; "": the null reverse-path."""
    if text is None:
        return None
    bare = text.strip().removeprefix("<").removesuffix(">")
    if not bare:
        return ""
    try:
        path, _ = read_reverse_path(f"<{bare}>".encode())
    except Rejected:
        raise Invalid("reverse_path", "no_address", f"--reverse-path {text!r} is no address; write local@domain or <>") from None
    return str(path)


def _recipient(ours: Recipients, text: str) -> str:
    try:
        return accepted(ours, text)
    except Rejected as error:
        raise Invalid("recipients", "refused", f"--recipient {text!r} is refused: {error}") from None
