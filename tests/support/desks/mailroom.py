"""The desk with its way out: what intake orders is rendered and frozen by the real stage, and can be read as the mail that people get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from mailgate.clock import SteppedClock
from mailgate.mail.model import Mailbox
from mailgate.outbound.compose_stage import NoticeOptions, NoticeStage
from mailgate.outbound.freeze import Freezer, SenderIdentity
from mailgate.outbound.render import Renderer, Wording
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.store.unit_of_work import Store
from tests.support.desks.desk import KEYS, Desk
from tests.support.mails.plain_text import plain_text

PORTAL = "https://supportweb.example"
DOMAIN = "firma.example"
IDENTITY = SenderIdentity(
    author=Mailbox(f"support@{DOMAIN}", "Firma Support"),
    domain=DOMAIN,
    reply_domain=DOMAIN,
    reply_mailbox="support",
    bounce_mailbox="bounce",
    case_link=lambda key: f"{PORTAL}/browse/{key}",
)
RENDERER = Renderer(
    Wording(
        shared={
            "portal_url": PORTAL,
            "new_case_url": PORTAL,
            "company": "Firma Support",
            "portal": "supportweb",
            "settings_url": "",
            "logo": "",
        }
    )
)
WINDOW = SUPPORTWEB_POLICY.notices.window + timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Posted:
    """One mail that goes out. `reverse_path` None is `<>`."""

    address: str
    reverse_path: str | None
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """It, read."""
        return cast(EmailMessage, message_from_bytes(self.raw, policy=policy.default))

    @property
    def text(self) -> str:
        """Its plain text."""
        return plain_text(self.message)

    @property
    def reply_to(self) -> str:
        """Where a reply goes."""
        return str(self.message["Reply-To"].addresses[0].addr_spec)


class Mailroom(Desk):
    """See the module. `post` empties the way out."""

    def __init__(self, store: Store, clock: SteppedClock) -> None:
        super().__init__(store, clock)
        self._posted: set[str] = set()
        freezer = Freezer(IDENTITY, RENDERER, KEYS, lambda: SUPPORTWEB_POLICY)
        self.notices = NoticeStage(store, freezer, NoticeOptions(), self.notified.append)

    def post(self, after: timedelta = WINDOW) -> list[Posted]:
        """The mails that are due `after` from now and were not seen before, oldest first. The clock goes on by that much."""
        self.clock.step(after)
        self.notices.run()
        with self.store.reading() as uow:
            fresh = sorted(mail.id for mail in uow.outbox.list(limit=None) if mail.id not in self._posted)
            rows = [uow.outbox.get(id_) for id_ in fresh]
            mails = [Posted(row.address, row.reverse_path, uow.outbox.raw(row.id)) for row in rows]
        self._posted.update(fresh)
        return mails
