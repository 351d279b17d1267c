"""The desk that `mailgate demo` plays on: one customer, one case that waits for them, a running gateway. Sends by SMTP, waits, looks."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from mailgate.application.app import App
from mailgate.application.cases.create import CreateCase, create_case
from mailgate.application.cases.operate import Operate, operate
from mailgate.application.cases.read import ShowCase, show_case
from mailgate.application.cases.views import AgentCase, CaseRow
from mailgate.application.customers.contacts import AddContact, add_contact
from mailgate.application.customers.customers import AddCustomer, add_customer
from mailgate.application.journal.entries import ListEntries, list_entries, show_entry
from mailgate.application.journal.views import EntryDetail
from mailgate.application.ledger import read_ledger
from mailgate.application.outbox.mails import ListMails, list_mails, raw_mail
from mailgate.application.outbox.views import MailRow
from mailgate.application.principal import operator
from mailgate.application.queues import read_queues

SUMMARY = "Lagerterminalen henger"
OPERATOR = operator("Kjersti på support")
SETTLED_WITHIN_S = 20.0
POLL_EVERY_S = 0.02
MAILS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one mail: the server's answer, and the journal entry when it was accepted."""

    reply: str
    entry: EntryDetail | None


@dataclass(frozen=True, slots=True)
class Addresses:
    """What the captured notice to one participant carries: where to reply, its ids, its return path."""

    reply_to: str
    notice_id: str
    root_id: str
    return_path: str


def open_case(app: App) -> str:
    """The people of the story, and their case, which is asked a question before the morning begins; its key."""
    add_customer(app, OPERATOR, AddCustomer("Nordvik Handel AS", ("nordvik.example",), "standard", "nb"))
    add_contact(app, OPERATOR, AddContact("per.nes@nordvik.example", "Per Nes"))
    add_contact(app, OPERATOR, AddContact("eva.moen@nordvik.example", "Eva Moen"))
    text = "Terminalen på lageret henger hver morgen."
    command = CreateCase(SUMMARY, "per.nes@nordvik.example", text, participants=("eva.moen@nordvik.example",))
    made = create_case(app, OPERATOR, command)
    operate(app, OPERATOR, Operate(made.key, "ask_customer", "Når kom feilen første gang, og på hvilke maskiner?"))
    return made.key


class DemoDesk:
    """A running gateway that listens on `address` (host:port), and the case of the story."""

    def __init__(self, app: App, address: str, key: str) -> None:
        self._app, self.key = app, key
        host, _, port = address.rpartition(":")
        self._host, self._port = host, int(port)
        self.settle()

    @property
    def case(self) -> AgentCase:
        """The case as it is now."""
        found: CaseRow | object = show_case(self._app, OPERATOR, ShowCase(self.key))
        assert isinstance(found, AgentCase), "an operator sees the whole case"
        return found

    def propose(self, key: str, text: str) -> None:
        """Support proposes a solution for a case; its people are told."""
        operate(self._app, OPERATOR, Operate(key, "propose", text))
        self.settle()

    def status_of(self, key: str) -> str:
        """The status of a case."""
        return show_case(self._app, OPERATOR, ShowCase(key)).status

    def comments(self, kind: str) -> list[str]:
        """Texts of the case's comments or notes."""
        return [comment.text for comment in self.case.comments if comment.kind == kind]

    def outbox(self) -> Sequence[MailRow]:
        """Every mail that went out, the oldest first."""
        return list(reversed(list_mails(self._app, OPERATOR, ListMails(limit=MAILS_MAX)).rows))

    def raw(self, outbox_id: str) -> bytes:
        """The frozen bytes of one of them."""
        return raw_mail(self._app, OPERATOR, outbox_id)

    def ledger(self) -> Mapping[str, int | bool]:
        """The figures of the ledger."""
        return read_ledger(self._app, OPERATOR, None).figures

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
        newest = list_entries(self._app, OPERATOR, ListEntries(limit=1)).rows[0]
        return Sent(reply, show_entry(self._app, OPERATOR, newest.id))

    def settle(self) -> None:
        """Wait until no stage has anything left to do. Raises TimeoutError."""
        give_up_at = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < give_up_at:
            if not read_queues(self._app, OPERATOR, None).waiting:
                return
            time.sleep(POLL_EVERY_S)
        raise TimeoutError("the gateway is still busy")
