"""Everybody who may come to the pages, and a case of each kind for them: what the crawl of `tests/crawl` walks with.

In: an office. Out: a `Scene`: people of every kind with a session each, and the keys of cases by whose they are. Nothing here says what
they may see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from mailgate.application.access import Action
from mailgate.application.accounts import links, sessions
from mailgate.application.accounts.sessions import Client
from mailgate.application.app import App
from mailgate.application.cases import comment, create, people
from mailgate.application.customers import contacts
from mailgate.application.desk import texts
from mailgate.application.principal import Principal, operator
from mailgate.application.use_case import Act
from mailgate.cases.ids import new_id
from mailgate.cases.link_tokens import digest, fresh_token
from mailgate.store.repositories.accounts import Account
from mailgate.store.rows import LinkPurpose, MailedLink
from tests.support.desks.office import EVA, KARI, LIV, PER, Office
from tests.support.desks.site import PASSWORD_HASH, Visitor

OLA, ANNE = "ola@kunde.example", "anne@kunde.example"
CONTACTS: Mapping[str, str] = {"reporter": KARI, "participant": PER, "waiting": ANNE, "colleague": OLA, "stranger": LIV}
STAFF: Mapping[str, tuple[str, ...]] = {"agent": ("agent",), "operator": ("operator",), "admin": ("admin",)}
VISITOR = "visitor"
KINDS = (VISITOR, *CONTACTS, *STAFF)

OWN, COLLEAGUES, STRANGERS = "SUP-1", "SUP-2", "SUP-3"
CASES = (OWN, COLLEAGUES, STRANGERS)
FILE = b"linje 1\n"
MAIL = b"From: ny@gammel.example\r\nTo: support@example.test\r\nSubject: Hjelp\r\nMessage-ID: <m1@gammel.example>\r\n\r\nDet er galt.\r\n"
NAMED_BY_QUERY = ("/desk/texts/edit", "/desk/texts/words")
PURPOSES: Mapping[str, LinkPurpose] = {
    "register": "register", "password": "reset", "reset": "reset", "first-admin": "reset",
    "answer": "answer", "claim": "claim", "notices": "notices",
}  # fmt: skip
"""What the token in a path is for, by the first part of the path."""


@dataclass(frozen=True)
class Scene:
    """An office with an account of every kind. `accounts`: kind -> account; `files`: comment and SHA-256 of a file on each case.

    `mail`: id of a held mail.
    """

    office: Office
    accounts: Mapping[str, Account]
    files: Mapping[str, tuple[str, str]]
    mail: str = ""

    @property
    def app(self) -> App:
        """The application."""
        return self.office.app

    def visitor(self, kind: str, port: int) -> Visitor:
        """Somebody of this kind with a fresh session (none for `visitor`)."""
        if kind == VISITOR:
            return Visitor(port)
        return Visitor(port, {"session": self.session(kind)})

    def session(self, kind: str) -> str:
        """The token of a new session."""
        account = self.accounts[kind]
        with self.app.store.transaction() as uow:
            act = Act(self.app, operator("test"), Action.ACCOUNT_LOG_IN, uow, self.app.now())
            return sessions.begin(act, account, Client("127.0.0.1")).token

    def principal(self, kind: str) -> Principal:
        """Who acts in such a session."""
        found = sessions.logged_in(self.app, self.session(kind))
        assert found is not None
        return found.principal

    def params(self, key: str) -> dict[str, Callable[[], str]]:
        """What is in the braces of a path that is about this case."""
        comment_id, sha256 = self.files[key]
        return {
            "key": lambda: key, "comment": lambda: comment_id, "sha256": lambda: sha256,
            "id": lambda: self.mail, "name": lambda: "kunde.example", "address": lambda: KARI,
        }  # fmt: skip

    def query(self, path: str) -> str:
        """What follows the path of a page whose subject its query names, "" for others."""
        if path not in NAMED_BY_QUERY:
            return ""
        with self.app.store.reading() as uow:
            name, language = uow.desk.reply_text_names(1)[0]
        return f"?{urlencode({'language': language, 'name': name})}"

    def token(self, path: str) -> str:
        """A mailed link's token that is good for this path, or of this purpose."""
        purpose = PURPOSES[path.strip("/").split("/")[0]]
        account = self.accounts["reporter"]
        with self.app.store.transaction() as uow:
            case = uow.cases.get(OWN)
            act = Act(self.app, operator("test"), Action.ACCOUNT_RESET, uow, self.app.now())
            facts = {
                "name": "Ny Kunde", "username": "nykunde", "language": "nb", "contact_id": account.contact_id or "", "case_id": case.id,
                "case_key": case.key, "summary": case.summary, "status": "proposed", "event_id": new_id(self.app.now()),
                "journal_id": self.mail,
            }  # fmt: skip
            bound = account.id if purpose == "reset" else None
            address = account.address if bound else "ny@kunde.example"
            if purpose in links.VALID_FOR:
                return links.make(act, purpose, address=address, account_id=bound, facts=facts)
            token = fresh_token()
            uow.accounts.add_mailed([MailedLink(digest(token), purpose, address, act.now, act.now + timedelta(days=1), facts)])
            return token


def make_scene(office: Office) -> Scene:
    """People of every kind, a case of each of them, and a file on every case."""
    app = office.app
    for address, name in ((OLA, "Ola"), (ANNE, "Anne")):
        contacts.add_contact(app, EVA, contacts.AddContact(address, name))
    create.create_case(app, EVA, create.CreateCase("Faksen piper", OLA))
    create.create_case(app, EVA, create.CreateCase("Døren er låst", LIV))
    people.add_participant(app, EVA, people.AddParticipant(OWN, ANNE))
    _wait_again(office)
    texts.set_reply_text(app, EVA, texts.ReplyText("Takk / hilsen", "nb", "Takk for meldingen."))
    accounts, files = {**_contact_accounts(office), **_staff_accounts(office)}, {key: _file(app, key) for key in CASES}
    return Scene(office, accounts, files, _held(office))


def _held(office: Office) -> str:
    """A mail that a stranger has sent to Kari's reply address."""
    text = (
        "From: Nils <nils@fremmed.example>\nSubject: Re: sak\nMessage-ID: <held@fremmed.example>\nContent-Type: text/html\n\n<p>Hei</p>\n"
    )
    return office.take(text, office.reply_address(OWN, KARI), "nils@fremmed.example")


def _wait_again(office: Office) -> None:
    """Anne waits for approval, as somebody does whom a mail has brought in."""
    with office.app.store.transaction() as uow:
        anne = uow.contacts.by_addresses([ANNE])[ANNE]
        uow.cases._connection.exec_driver_sql(f"UPDATE participants SET approved = false WHERE contact_id = '{anne.id}'")


def _contact_accounts(office: Office) -> dict[str, Account]:
    found = {}
    with office.app.store.transaction() as uow:
        for kind, address in CONTACTS.items():
            contact = uow.contacts.by_addresses([address])[address]
            found[kind] = Account(
                new_id(office.app.now()),
                "contact",
                kind,
                address,
                office.app.now(),
                name=contact.name,
                contact_id=contact.id,
                password_hash=PASSWORD_HASH,
            )
            uow.accounts.add(found[kind])
    return found


def _staff_accounts(office: Office) -> dict[str, Account]:
    found = {}
    with office.app.store.transaction() as uow:
        for kind, roles in STAFF.items():
            found[kind] = Account(
                new_id(office.app.now()), "staff", kind, f"{kind}@firma.example", office.app.now(), name=kind, roles=roles
            )
            uow.accounts.add(found[kind])
    return found


def _file(app: App, key: str) -> tuple[str, str]:
    comment.add_comment(app, EVA, comment.AddComment(key, "Se fil", (comment.NewFile("logg.txt", FILE, "text/plain"),)))
    with app.store.reading() as uow:
        said = uow.cases.comments(uow.cases.get(key).id)[-1]
    return said.id, said.files[0].sha256
