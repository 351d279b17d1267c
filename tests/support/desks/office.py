"""An open installation with two companies, for use cases and pages: a real SQLite database, the built-in policy, a clock that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from mailgate import config
from mailgate.application.app import App
from mailgate.application.cases import create
from mailgate.application.customers import contacts, customers
from mailgate.application.principal import Principal, operator
from mailgate.cases import carriers
from mailgate.cases.tokens import reply_token
from mailgate.clock import SteppedClock
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.runtime import bootstrap
from tests.support.harness.kept_work import put_empty_database
from tests.support.harness.services import START
from tests.support.mails.entries import entry
from tests.support.mails.plain_text import plain_text

EVA = operator("eva")
KARI, PER, LIV = "kari@kunde.example", "per@kunde.example", "liv@annen.example"


@dataclass(frozen=True)
class Office:
    """The application with Kari and Per of Kunde AS, Liv of Annen AS, and SUP-1, which Kari reported and Per takes part in."""

    app: App
    clock: SteppedClock

    def contact(self, address: str) -> Principal:
        """The person with this address, as they are after logging in."""
        with self.app.store.reading() as uow:
            known = uow.contacts.by_addresses([address])[address]
        return Principal("contact", known.id, known.name, customer_id=known.customer_id, language=known.language)

    def reply_address(self, key: str, address: str) -> str:
        """The address by which the person with this one answers to a case."""
        settings = self.app.settings
        with self.app.store.reading() as uow:
            number, contact = uow.cases.get(key).number, uow.contacts.by_addresses([address])[address]
        token = reply_token(bootstrap.token_keys(settings), number, contact.number, (self.clock() + timedelta(days=30)).date())
        return f"{carriers.reply_local_part(token, settings.addresses.reply_mailbox)}@{settings.service.domain}"

    def take(self, text: str, to: str, sender: str) -> str:
        """Accept one mail (LF) and decide it; its journal id."""
        raw = text.replace("\n", "\r\n").encode()
        new = entry(0, self.app.now(), raw=raw, sender=sender)
        new = replace(new, envelope=Envelope(sender, (to,)))
        with self.app.store.transaction() as uow:
            (appended,) = uow.journal.append([new])
        self.decide_mail()
        return appended.journal_id

    def decide_mail(self) -> None:
        """Run intake over all that waits."""
        app = self.app
        made = bootstrap.make_intake(app.settings, app.store, lambda _: None, reads_aside=False, policy=app.policies.current)
        with closing(made) as intake:
            intake.run(lambda: False)

    def notices(self) -> list[tuple[str, str, str]]:
        """Every notice as kind, address and state."""
        with self.app.store.reading() as uow:
            found = uow.notices._connection.exec_driver_sql("SELECT kind, address, state FROM notices ORDER BY id")
            return [tuple(row) for row in found]

    def receive(self, raw: bytes, sender: str, recipient: str = "support@example.test") -> str:
        """Take a mail in, decide it, and send what follows; its journal id."""
        submission = Submission(Envelope(sender, (recipient,)), raw, "127.0.0.1", "t", "smtp", False, False)
        receipt = GroupCommitJournal(self.app.store, self.clock, lambda: None).append_many([submission])[0]
        self.work()
        return receipt.journal_id

    def work(self, after: timedelta = timedelta(minutes=3)) -> None:
        """All that is due, once the window in which changes are gathered is over. Mail is captured."""
        stages = bootstrap.make_stages(self.app.settings, self.app.store, self.app.policies, lambda _stage: None)
        with closing(stages["intake"]), closing(stages["notices"]), closing(stages["send"]):
            stages["intake"].run(lambda: False)
            self.clock.step(after)
            stages["notices"].run(lambda: False)
            stages["send"].run(lambda: False)

    def status(self, key: str = "SUP-1") -> str:
        """The status of a case."""
        with self.app.store.reading() as uow:
            return uow.cases.get(key).status

    def mails(self, address: str) -> list[EmailMessage]:
        """What arrived in the mailbox of this address, the oldest first."""
        with self.app.store.reading() as uow:
            found = [uow.outbox.raw(row.id) for row in reversed(uow.outbox.list(limit=None)) if row.address.lower() == address]
        return [message_from_bytes(raw, policy=policy.default) for raw in found]

    def link(self, address: str, kind: str) -> str:
        """The path of the newest link of this kind (`answer`, `claim`, `notices`, `register`, `password`) that arrived there."""
        for mail in reversed(self.mails(address)):
            found = re.findall(rf"https?://\S+/{kind}/[\w-]{{43}}", plain_text(mail))
            if found:
                return urlsplit(found[0]).path
        raise AssertionError(f"no mail to {address} has a link of kind {kind}")


@contextmanager
def open_office(folder: Path, settings: str = "", url: str = "") -> Iterator[Office]:
    """See `Office`; its database is in this folder, or that of `url`, which has all tables. `settings`: more TOML."""
    if not url:
        put_empty_database(folder / "mailgate.db")
    with reopen_office(folder, settings, url) as office:
        app = office.app
        for name, domain in (("Kunde AS", "kunde.example"), ("Annen AS", "annen.example")):
            customers.add_customer(app, EVA, customers.AddCustomer(name, [domain]))
        for address, name in ((KARI, "Kari"), (PER, "Per"), (LIV, "Liv")):
            contacts.add_contact(app, EVA, contacts.AddContact(address, name))
        create.create_case(app, EVA, create.CreateCase("Skriveren står", KARI, "Den blinker", participants=(PER,)))
        yield office


@contextmanager
def reopen_office(folder: Path, settings: str = "", url: str = "") -> Iterator[Office]:
    """The same office again, from a folder that holds its database or a copy of it; an empty one otherwise."""
    file = folder / "mailgate.toml"
    url = url or f"sqlite:///{folder}/mailgate.db"
    file.write_text(f'[service]\nportal_url = "http://portal.test"\n[database]\nurl = "{url}"\n{settings}')
    clock = SteppedClock(START)
    with bootstrap.application(config.load(file, {"MAILGATE_OUTBOUND__HOLD_BACK_S": "0"}), clock) as app:
        yield Office(app, clock)
