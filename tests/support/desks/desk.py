"""A support desk on a real SQLite database, for tests of intake: contacts, a case in Venter på kunde, a clock that is turned by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network

from mailgate.application.access import may_answer_by_mail
from mailgate.cases import carriers, changes
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Contact
from mailgate.cases.tokens import TokenKeys, reply_token
from mailgate.clock import SteppedClock
from mailgate.inbound.intake.intake import IntakeOptions, IntakeStage
from mailgate.inbound.intake.matcher import CaseFinder
from mailgate.inbound.intake.reader_process import read_here
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.limits import Ours
from mailgate.mail.model import Envelope
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.store.unit_of_work import Store

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
KEYS = TokenKeys({1: bytes(range(32))})
OPERATOR = Actor("operator", "Kjersti")
OWN = frozenset({"support@firma.example"})


class Desk:
    """A store, an intake and one case in Venter på kunde, with two participants."""

    def __init__(self, store: Store, clock: SteppedClock) -> None:
        self.store, self.clock = store, clock
        self.notified: list[str] = []
        self.policy = SUPPORTWEB_POLICY
        ours = Ours(addresses=OWN, domains=frozenset({"firma.example"}), message_id_domains=frozenset({"firma.example"}))
        options = IntakeOptions(OWN, frozenset({"firma.example"}), partial(read_here, ours=ours), relays=(ip_network("127.0.0.0/8"),))
        self.intake = IntakeStage(store, CaseFinder(KEYS, "SUP", may_answer_by_mail), lambda: self.policy, options, self.notified.append)
        self.journal = GroupCommitJournal(store, clock, lambda: None)
        with store.transaction() as uow:
            numbers = uow.contacts.next_numbers(2)
            self.per = Contact(new_id(clock()), numbers[0], "per@kunde.example", "Per Nes")
            self.eva = Contact(new_id(clock()), numbers[1], "eva@kunde.example", "Eva Moen")
            uow.contacts.add([self.per, self.eva])
            made = changes.create_case(
                NewCase(
                    number := uow.cases.next_number(),
                    f"SUP-{number}",
                    self.per,
                    "Feil i rapport",
                    participants=(self.eva,),
                    case_type="spørsmål",
                    priority="normal",
                ),
                ChangeContext(OPERATOR, clock()),
            )
            uow.cases.write([made, changes.operate(made.case, "ask_customer", ChangeContext(OPERATOR, clock()))])
            self.case_id = made.case.id
        self.settle_notices()

    def settle_notices(self) -> list[tuple[str, str]]:
        """(kind, address) of the notices that were not settled before."""
        with self.store.transaction() as uow:
            claims = uow.notices.claim(self.clock() + timedelta(hours=1), 100, timedelta(seconds=1))
            uow.notices.suppress([claim.id for claim in claims], "seen by the test")
        return sorted((claim.kind, claim.address) for claim in claims)

    @property
    def case(self) -> Case:
        with self.store.reading() as uow:
            return uow.cases.by_ids([self.case_id])[self.case_id]

    def comments(self) -> list[str]:
        """The texts of the case's comments and notes, in order."""
        with self.store.reading() as uow:
            return [one.text for one in uow.cases.comments(self.case_id)]

    def reply_address(self, contact: Contact) -> str:
        token = reply_token(KEYS, self.case.number, contact.number, (START + timedelta(days=365)).date())
        return carriers.reply_local_part(token, "support") + "@firma.example"

    def take(self, text: str, to: str, sender: str | None = "per@kunde.example", *others: str) -> str:
        """Accept one mail for `to` and `others` and run intake; the journal id."""
        raw = text.replace("\n", "\r\n").encode()
        receipt = self.journal.append_many([Submission(Envelope(sender, (to, *others)), raw, "127.0.0.1", "t", "smtp", False, False)])[0]
        self.intake.run(lambda: False)
        return receipt.journal_id

    def state(self, journal_id: str) -> str:
        with self.store.reading() as uow:
            return uow.journal.get(journal_id).state


def mail_text(
    author: str, subject: str = "Re: sak", body: str = "Hei, her er svaret.", extra: str = "", to: str = "support@firma.example"
) -> str:
    return (
        f"From: {author}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{abs(hash((author, subject, body)))}@kunde.example>\n{extra}\n{body}\n"
    )


def submission(text: str, to: str, sender: str | None, client: str = "192.0.2.1") -> Submission:
    """What the listener hands to the journal for one mail, for tests that take many at once. `text` has LF."""
    return Submission(Envelope(sender, (to,)), text.replace("\n", "\r\n").encode(), client, "t", "smtp", False, False)
