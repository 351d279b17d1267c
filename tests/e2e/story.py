"""Plays a story folder against a running gateway: what is in place, then mails and commands in order, then the state that came of it.

A story is played from outside: mail goes in over SMTP, notices come out at a smarthost, and a reply uses only what its author could read
in the notice. The final state is read from the command line and the tables.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.support.ledger_check import Tables
from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink, Taken
from tests.support.processes.smtp_client import Delivery, MailServer, SampleMail
from tests.support.waiting import until

_PLACE = re.compile(r"\{\{([a-z-]+)(?::([^}]+))?\}\}")
NOTICE_S = 20.0


@dataclass
class Story:
    """One folder, being played."""

    folder: Path
    gateway: Gateway
    sink: Sink
    server: MailServer
    run: str = "1"
    key: str = ""
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.script: dict[str, Any] = tomllib.loads((self.folder / "story.toml").read_text("utf-8"))

    def set_up(self) -> None:
        """Customers, contacts and the case, by the command line, as an operator does it."""
        for noun in ("customer", "contact"):
            for entry in self.script.get(noun, []):
                self.gateway.cli(noun, "add", *entry["arguments"])
        case = self.script["case"]
        people = [word for address in case["participants"] for word in ("--participant", address)]
        made = self.gateway.json("case", "new", "--reporter", case["reporter"], "--summary", case["summary"], *people)
        self.key = made[0]["key"]
        self.gateway.settled()

    def play(self) -> None:
        """Every step, each finished before the next."""
        for step in self.script["step"]:
            if "operate" in step:
                self._operate(step)
            elif "resend" in step:
                self._resend(step["resend"])
            else:
                self._send(step)
            self.gateway.settled()

    def state(self) -> dict[str, Any]:
        """What came of it, in a form that compares: no ids, no times, no tokens."""
        tables = Tables(self.gateway.database_url)
        addresses = {row.id: row.address for row in tables.contacts}
        return {
            "case": {row.key: row.status for row in tables.cases},
            "comments": [[row.kind, addresses.get(row.author_contact_id, row.author_kind), row.text] for row in tables.comments],
            "files": sorted([row.filename, row.size_bytes] for row in tables.comment_files),
            "events": [[row.kind, json.loads(row.facts).get("to", "")] for row in sorted(tables.events, key=lambda row: row.id)],
            "journal": self._journal(tables),
            "sent": sorted([mail.recipients[0], self._subject(mail)] for mail in self.sink.mails),
            "suppressed": sorted(row.address for row in tables.suppressions),
        }

    def _journal(self, tables: Tables) -> dict[str, list[str]]:
        rows = {row.id: row for row in tables.journal}
        decisions = {row.journal_id: row for row in tables.decisions}
        accepted = {name: delivery.journal_id for name, delivery in self.deliveries.items() if delivery.accepted}
        return {name: [rows[entry].state, decisions[entry].kind, decisions[entry].trust] for name, entry in accepted.items()}

    def _operate(self, step: dict[str, Any]) -> None:
        before = self.sink.count
        self.gateway.cli("case", *(self.key if word == "KEY" else word for word in step["operate"]))
        until(lambda: self.sink.count >= before + step["notices"], NOTICE_S, f"{step['notices']} notices", detail=self.gateway.logs)

    def _send(self, step: dict[str, Any]) -> None:
        text = (self.folder / "mails" / step["mail"]).read_bytes()
        raw = self._filled(text.decode("latin-1")).encode("latin-1")
        mail = SampleMail(re.sub(rb"\r?\n", b"\r\n", raw), (self._filled(step["recipient"]),), step["reverse_path"])
        delivery = self.deliveries[step["mail"]] = self.server.send(mail)
        answer = (delivery.accepted or delivery.refused)[0]
        assert answer.startswith(step.get("answer", "250 ")), f"{step['mail']}: {answer}"

    def _resend(self, name: str) -> None:
        delivery = self.deliveries[name]
        self.server.resend(delivery)
        assert delivery.journal_id in delivery.accepted[1], f"another id for the same mail: {delivery.accepted}"

    def _filled(self, text: str) -> str:
        return _PLACE.sub(lambda found: self._value(found.group(1), found.group(2) or ""), text)

    def _value(self, name: str, address: str) -> str:
        if name in ("run", "key"):
            return self.run if name == "run" else self.key
        taken = next(mail for mail in reversed(self.sink.mails) if address in mail.recipients)
        parsed = message_from_bytes(taken.raw, policy=policy.SMTP)
        assert isinstance(parsed, EmailMessage)
        values = {
            "reply-to": lambda: parsed["Reply-To"].addresses[0].addr_spec,
            "message-id": lambda: parsed["Message-ID"].strip().strip("<>"),
            "subject": lambda: parsed["Subject"].encode("ascii", "ignore").decode(),
            "return-path": lambda: taken.reverse_path,
            "quoted": lambda: _quoted(parsed),
            "quoted-qp": lambda: _quoted(parsed).replace("=", "=3D"),
        }
        return str(values[name]())

    @staticmethod
    def _subject(mail: Taken) -> str:
        return str(message_from_bytes(mail.raw, policy=policy.SMTP)["Subject"])


def _quoted(mail: EmailMessage) -> str:
    """The text of a mail as a client quotes it, in a charset that every mail of the story can carry."""
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content().encode("ascii", "ignore").decode()
    return "\n".join(f"> {line}" for line in text.splitlines())
