"""Stories of a help desk: mail, and what operators do between it, on a real store with real stages and a clock of their own.

The same story can be played into another database, under another policy. Ids differ then; case and contact numbers do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from mailgate.cases import carriers, changes, ids
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Contact, Customer
from mailgate.cases.tokens import reply_token
from mailgate.clock import SteppedClock
from mailgate.config import Settings
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.rules.reachability import Suppression
from mailgate.runtime import bootstrap
from mailgate.store.unit_of_work import Store
from tests.support.harness.kept_work import put_empty_database

OPERATOR = Actor("operator", "Kjersti")
PEOPLE = ("per@kunde.example", "eva@kunde.example", "ola@annen.example")
TRUSTED = "Authentication-Results: mx.example.test; dmarc="


@dataclass(frozen=True)
class Step:
    """One thing that happens, `after_s` seconds after the one before. `what`: mail, operate, join, leave, assign, priority, release or
    suppress. `who`: an address; `case`: which of the cases (0 or 1), None for none.
    """

    what: str
    after_s: int
    who: str = ""
    case: int | None = None
    word: str = ""
    raw: bytes = b""


class Office:
    """One installation in which stories are played. It begins with three people, a customer and two cases."""

    def __init__(self, settings: Settings, policy: str, begins_at: datetime) -> None:
        ids._start_afresh()  # as in a process of its own: ids tell the time of this story, not of the one before
        self.settings, self.clock = settings, SteppedClock(begins_at)
        if settings.database.url.startswith("sqlite:///"):
            put_empty_database(Path(settings.database.url.removeprefix("sqlite:///")))
        self.store: Store = bootstrap.open_store(settings, self.clock)
        self.journal = GroupCommitJournal(self.store, self.clock, lambda: None)
        self.intake = bootstrap.make_intake(settings, self.store, lambda _stage: None, reads_aside=False)
        self.mails: list[str] = []
        self.released: list[set[int]] = []
        self._like: Office | None = None
        with self.store.transaction() as uow:
            uow.policies.add(policy, "Kjersti", "fortellingen begynner", self.clock())
            uow.customers.add([Customer(new_id(self.clock()), "Kunde AS", "standard", ("kunde.example",))])
            numbers = uow.contacts.next_numbers(len(PEOPLE))
            people = [Contact(new_id(self.clock()), n, a) for n, a in zip(numbers, PEOPLE, strict=True)]
            uow.contacts.add(people)
            self.people = {one.address: one for one in people}
            customer = uow.customers.by_domains(["kunde.example"])["kunde.example"].id
            made = [self._case(uow.cases.next_number(), replace(people[n], customer_id=customer)) for n in (0, 2)]
            uow.cases.write(made)
            self.cases = [change.case.id for change in made]
            self.numbers = [change.case.number for change in made]

    def _case(self, number: int, reporter: Contact) -> changes.Change:
        return changes.create_case(
            NewCase(number, f"SUP-{number}", reporter, "Feil i rapport", case_type="spørsmål", priority="normal"),
            ChangeContext(OPERATOR, self.clock()),
        )

    def play(self, steps: Sequence[Step], like: Office | None = None) -> None:
        """All steps in order. `like`: people release the mails that they released there, and no others."""
        self._like = like
        for step in steps:
            self.clock.step(timedelta(seconds=step.after_s))
            getattr(self, f"_{step.what}")(step)
            self.clock.step(timedelta(seconds=1))

    def close(self) -> None:
        self.intake.close()
        self.store.database.close()

    def states(self) -> list[str]:
        """The state of each mail, in order."""
        with self.store.reading() as uow:
            return [uow.journal.get(id_).state for id_ in self.mails]

    def notified(self) -> Counter[tuple[str, str]]:
        """(kind, address) of all notices that mail has caused."""
        found = "SELECT kind, address FROM notices WHERE journal_id IS NOT NULL"
        with self.store.database.reading.connect() as connection:
            return Counter((kind, address.lower()) for kind, address in connection.exec_driver_sql(found))

    def _mail(self, step: Step) -> None:
        to = "support@example.test"
        if step.case is not None:
            contact = self.people.get(step.word or step.who) or self.people[PEOPLE[0]]
            token = reply_token(
                bootstrap.token_keys(self.settings), self.numbers[step.case], contact.number, (self.clock() + timedelta(days=90)).date()
            )
            to = carriers.reply_local_part(token, "support") + "@example.test"
        sender = None if step.raw.startswith(b"Auto-Submitted") else step.who
        receipt = self.journal.append_many([Submission(Envelope(sender, (to,)), step.raw, "127.0.0.1", "t", "smtp", False, False)])[0]
        self.mails.append(receipt.journal_id)
        self.clock.step(timedelta(seconds=2))
        self.intake.run(lambda: False)

    def _change(self, step: Step, make) -> None:
        with self.store.transaction() as uow:
            case = uow.cases.lock([self.cases[step.case or 0]])[self.cases[step.case or 0]]
            change = make(case, ChangeContext(OPERATOR, self.clock()))
            if change.events:
                uow.cases.write([change])

    def _operate(self, step: Step) -> None:
        """Operators' tools ask what is possible; a story only says where the case is to go."""
        self._change(step, lambda case, context: changes._move(case, step.word, "moved", context))

    def _join(self, step: Step) -> None:
        self._change(step, lambda case, context: changes.add_participant(case, self.people[step.who], context))

    def _leave(self, step: Step) -> None:
        self._change(
            step,
            lambda case, context: (
                changes.remove_participant(case, step.who, context)
                if self.people[step.who].id != case.reporter_id
                else changes.assign(case, "Kjersti", context)
            ),
        )

    def _priority(self, step: Step) -> None:
        self._change(step, lambda case, context: changes.set_fields(case, {"priority": step.word}, context))

    def _assign(self, step: Step) -> None:
        self._change(step, lambda case, context: changes.assign(case, step.word, context))

    def _release(self, step: Step) -> None:
        """Release what is held as a comment on a case."""
        with self.store.transaction() as uow:
            held = [entry.id for entry in uow.journal.list("held", None)]
            wanted = self._like.released[len(self.released)] if self._like else {self.mails.index(id_) for id_ in held}
            self.released.append(wanted)
            held = [id_ for id_ in held if self.mails.index(id_) in wanted]
            decision = OperatorDecision("comment", "Kjersti", self.numbers[step.case or 0])
            uow.journal.reopen(held, self.clock(), from_states=("held",), operator_decision=decision)
        self.clock.step(timedelta(seconds=2))
        self.intake.run(lambda: False)

    def _suppress(self, step: Step) -> None:
        with self.store.transaction() as uow:
            uow.suppressions.add([Suppression(step.who, "ba om det", self.clock())])


def mail(author: str, subject: str, body: str, *extra: str) -> bytes:
    """One mail to support."""
    lines = [*extra, f"From: {author}", "To: support@example.test", f"Subject: {subject}"]
    return ("\r\n".join([*lines, f"Message-ID: <{abs(hash((author, subject, body, extra)))}@x.example>", "", body]) + "\r\n").encode()


def golden(folder: Path) -> list[bytes]:
    """The golden mails of a folder, with the line ends of SMTP."""
    return [path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for path in sorted(folder.glob("*.eml"))]
