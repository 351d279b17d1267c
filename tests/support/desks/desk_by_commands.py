"""A support desk that is set up and worked by commands alone, the stages run in this process. For tests of what people do by hand."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_string, policy
from pathlib import Path
from typing import Any

from tests.support.desks.policies import unhurried
from tests.unit.cli.conftest import Answer, Run

SUPPORT = "support@example.test"
STOP = "  - {name: stop, when: {subject: {matches: stopp}}, then: redirect}\n"
RULES = "\nrules:\n"


class CommandDesk:
    """One installation with the case SUP-1 of Kari, in which Ola takes part, in Venter på kunde; nothing waits to be sent."""

    def __init__(self, mailgate: Run, work: Callable[[], None], folder: Path) -> None:
        self.mailgate, self.work, self._folder, self._mails = mailgate, work, folder, 0
        for words in (
            ("customer", "add", "Kunde AS", "--domain", "kunde.example"),
            ("contact", "add", "kari@kunde.example", "--name", "Kari"),
            ("contact", "add", "ola@kunde.example", "--name", "Ola"),
            ("case", "new", "--reporter", "kari@kunde.example", "--summary", "Rapporten", "--participant", "ola@kunde.example"),
            ("case", "do", "start", "SUP-1"),
            ("case", "do", "ask_customer", "SUP-1"),
        ):
            self.ok(*words)
        work()

    def ok(self, *words: str) -> Answer:
        """A command that succeeds."""
        answer = self.mailgate(*words)
        assert answer.code == 0, (words, answer.err)
        return answer

    def take(self, subject: str, *, author: str = "kari@kunde.example", to: str = SUPPORT, body: str = "Her er svaret.") -> str:
        """Accept a mail and leave it pending; its id."""
        self._mails += 1
        head = f"From: {author}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{self._mails}@kunde.example>\n"
        self.ok_in(("inject", "--reverse-path", author, "--recipient", to, "-"), f"{head}\n{body}\n")
        return str(self.ok("journal", "list", "--json", "--limit", "1").objects[0]["id"])

    def ok_in(self, words: tuple[str, ...], text: str) -> None:
        """The same with standard input."""
        answer = self.mailgate(*words, stdin=text.replace("\n", "\r\n").encode())
        assert answer.code == 0, (words, answer.err)

    def decided(self, subject: str, **more: str) -> str:
        """Accept a mail and run all stages; its id."""
        id_ = self.take(subject, **more)
        self.work()
        return id_

    def token_address(self, address: str = "kari@kunde.example") -> str:
        """The reply address that this person was given."""
        mail = next(one for one in self.mails() if one["address"] == address and one["template"] != "redirect")
        found = message_from_string(self.ok("outbox", "raw", mail["id"]).out, policy=policy.default)["Reply-To"]
        return str(found.addresses[0].addr_spec)

    def activate(self, *rules: str) -> None:
        """The built-in policy with these rules before its own."""
        text = unhurried()
        assert text.count(RULES) == 1
        (self._folder / "next.yaml").write_text(text.replace(RULES, RULES + "".join(rules)), encoding="utf-8")
        self.ok("policy", "activate", "next.yaml", "--comment", "as the test wants it")

    def mails(self) -> list[dict[str, Any]]:
        """All outgoing mail, the newest first."""
        return self.ok("outbox", "list", "--json", "--limit", "1000").objects

    def sent_to(self) -> list[tuple[str, str]]:
        """(address, template) of each outgoing mail, sorted."""
        return sorted((one["address"], one["template"]) for one in self.mails())

    def entry(self, id_: str) -> dict[str, Any]:
        """What `journal show` says of an entry."""
        return self.ok("journal", "show", "--json", id_).objects[0]

    def state(self, id_: str) -> str:
        """Its state."""
        return str(self.entry(id_)["state"])

    def case(self) -> dict[str, Any]:
        """What `case show` says of SUP-1."""
        return self.ok("case", "show", "--json", "SUP-1").objects[0]

    def said(self) -> list[str]:
        """The texts of its comments."""
        return [one["text"] for one in self.case()["comments"]]

    def balanced(self) -> None:
        """The ledger balances."""
        self.ok("ledger")
