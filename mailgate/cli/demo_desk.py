"""The desk that `mailgate demo` plays on: a running gateway, one customer, one case that waits for them. Sends over SMTP, waits, looks."""

from __future__ import annotations

import smtplib
import time
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from mailgate.cases import changes
from mailgate.cases.changes import NewCase, Stamp
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Contact, Customer
from mailgate.gateway import Gateway
from mailgate.store.rows import JournalEntry, OutboxMail
from mailgate.store.unit_of_work import UnitOfWork

SUMMARY = "Lagerterminalen henger"
OPERATOR = Actor("operator", "Kjersti på support")
SETTLED_WITHIN_S = 20.0
LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one mail: the server's answer, and the journal entry when it was accepted."""

    reply: str
    entry: JournalEntry | None


@dataclass(frozen=True, slots=True)
class Addresses:
    """What the captured notice to one participant carries: where to reply, its ids, its return path."""

    reply_to: str
    notice_id: str
    root_id: str
    return_path: str


class Desk:
    """A running gateway with the people of the story. The case is asked a question before the morning begins."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self.store = gateway, gateway.store
        host, _, port = gateway.addresses[0].rpartition(":")
        self._host, self._port = host, int(port)
        with self.store.transaction() as uow:
            self.case_id = self._open_case(uow)
        gateway.ring("notices")
        self.settle()

    def _open_case(self, uow: UnitOfWork) -> str:
        now = self.store.now()
        customer = Customer(new_id(now), "Nordvik Handel AS", "standard", ("nordvik.example",), "nb")
        numbers = uow.contacts.next_numbers(2)
        per = Contact(new_id(now), numbers[0], "per.nes@nordvik.example", "Per Nes", customer_id=customer.id)
        eva = Contact(new_id(now), numbers[1], "eva.moen@nordvik.example", "Eva Moen", customer_id=customer.id)
        uow.customers.add([customer])
        uow.contacts.add([per, eva])
        policy = self._gateway.policies.current()
        number, stamp = uow.cases.next_number(), Stamp(OPERATOR, now, policy.workflow, policy.notices.window)
        prefix = self._gateway.settings.service.case_prefix
        text = "Terminalen på lageret henger hver morgen."
        made = changes.create_case(NewCase(number, f"{prefix}-{number}", per, SUMMARY, text, participants=(eva,)), stamp)
        asked = changes.add_comment(
            made.case, changes.Draft("Når kom feilen første gang, og på hvilke maskiner?"), stamp, "waiting_customer"
        )
        uow.cases.write([made, asked])
        return made.case.id

    @property
    def case(self) -> Case:
        """The case as it is now."""
        with self.store.reading() as uow:
            return uow.cases.by_ids([self.case_id])[self.case_id]

    def comments(self, kind: str) -> list[str]:
        """Texts of the case's comments or notes."""
        with self.store.reading() as uow:
            return [comment.text for comment in uow.cases.comments(self.case_id) if comment.kind == kind]

    def outbox(self) -> list[OutboxMail]:
        """Every mail that went out, the oldest first."""
        with self.store.reading() as uow:
            return list(reversed(uow.outbox.list(limit=None)))

    def raw(self, outbox_id: str) -> bytes:
        """The frozen bytes of one of them."""
        with self.store.reading() as uow:
            return uow.outbox.raw(outbox_id)

    def ledger(self) -> dict[str, int | bool]:
        """The figures of the ledger."""
        with self.store.reading() as uow:
            return uow.ledger.figures()

    def addresses_of(self, address: str) -> Addresses:
        """What the first notice to this participant carries."""
        mail = next(mail for mail in self.outbox() if mail.address == address)
        head = BytesHeaderParser().parsebytes(self.raw(mail.id))
        root = (head.get("References") or head.get("In-Reply-To") or "").split()[0].strip("<>")
        return Addresses(parseaddr(head["Reply-To"])[1], mail.message_id, root, mail.reverse_path or "")

    def send(self, raw: bytes, sender: str, recipient: str) -> Sent:
        """Hand one mail over by SMTP, wait until all that follows from it is done, and say what came of it."""
        with smtplib.SMTP(self._host, self._port, timeout=30) as client:
            client.ehlo("demo.example")
            client.mail(sender)
            code, text = client.rcpt(recipient)
            if code < 300:
                code, text = client.data(raw)
        reply = f"{code} {text.decode('ascii', 'replace')}"
        if code >= 300:
            return Sent(reply, None)
        self.settle()
        with self.store.reading() as uow:
            return Sent(reply, uow.journal.get(uow.journal.list(limit=1)[0].id))

    def settle(self) -> None:
        """Wait until no stage has anything left to do. Raises TimeoutError."""
        give_up_at = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < give_up_at:
            with self.store.reading() as uow:
                if not (uow.journal.queue().waiting or uow.notices.queue().waiting or uow.outbox.queue().waiting):
                    return
            time.sleep(LOOK_EVERY_S)
        raise TimeoutError("the gateway has not come to rest")
