"""Machines that answer each other over real SMTP: two mailgates, and mailgate with a real vacation responder. They stop after two mails.

Between them stands a relay that takes away whatever could warn the other side: marks, ids, and, at its worst, the null reverse-path.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.ledger_check import Tables, broken
from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink, Taken
from tests.support.processes.smtp_client import MailServer, SampleMail
from tests.support.processes.vacation import Vacation

pytestmark = [pytest.mark.packages]
KEPT = {"from", "to", "cc", "subject", "date", "mime-version", "content-type", "content-transfer-encoding"}
MOST_ROUNDS = 12


def stripped(mail: Taken) -> bytes:
    """The mail as a relay without manners passes it on: no marks, no thread, another id."""
    message = message_from_bytes(mail.raw, policy=policy.SMTP)
    for name in {name for name in message if name.lower() not in KEPT}:
        del message[name]
    message["Message-ID"] = f"<{mail.session}-{abs(hash(mail.raw))}@relay.test>"
    return message.as_bytes()


def author(mail: Taken) -> str:
    return str(message_from_bytes(mail.raw, policy=policy.SMTP)["From"].addresses[0].addr_spec)


class Party:
    """One mailgate of a domain of its own, with the sink that takes what it sends."""

    def __init__(self, folder: Path, domain: str) -> None:
        self.domain, self.sink = domain, Sink().start()
        settings = {"service": {"domain": domain, "company": domain}}
        smarthost = f"smtp://127.0.0.1:{self.sink.port}"
        self.gateway = Gateway(folder, f"sqlite:///{folder}/mailgate.db", "memory://", smarthost, settings, preloaded=True)
        self.seen = 0

    def takes(self, raw: bytes, to: str, reverse_path: str) -> None:
        """Give it a mail over SMTP and wait until nothing is left to do."""
        delivery = MailServer(self.gateway.port).send(SampleMail(raw, (to,), reverse_path))
        assert delivery.accepted, delivery
        self.gateway.settled()

    def fresh(self) -> list[Taken]:
        """What it has sent since it was asked last."""
        mails = self.sink.mails[self.seen :]
        self.seen += len(mails)
        return mails


@pytest.fixture
def parties(tmp_path: Path) -> Iterator[dict[str, Party]]:
    """support@a.test and support@b.test, each with processes and a database of its own."""
    made = {domain: Party(tmp_path / domain, domain) for domain in ("a.test", "b.test")}
    with made["a.test"].gateway, made["b.test"].gateway:
        for party in made.values():
            party.gateway.start()
        yield made
        for party in made.values():
            assert party.gateway.ledger()["balanced"]
            assert broken(Tables(party.gateway.database_url)) == []
    for party in made.values():
        party.sink.stop()


def first_mail(sender: str, to: str) -> bytes:
    text = f"From: <{sender}>\nTo: <{to}>\nSubject: Feil i rapporten\nMessage-ID: <1@{sender.partition('@')[2]}>\n\nKan dere se på dette?\n"
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("null_paths_stay", [True, False], ids=["decent relay", "relay that rewrites null reverse-paths"])
def test_140_given_two_mailgates_and_a_relay_that_strips_headers_when_one_is_made_to_answer_the_other_then_two_answers_are_all(
    parties: dict[str, Party], null_paths_stay: bool
) -> None:
    parties["a.test"].takes(first_mail("support@b.test", "support@a.test"), "support@a.test", "support@b.test")
    sent: list[Taken] = []
    for _ in range(MOST_ROUNDS):
        under_way = [mail for party in parties.values() for mail in party.fresh()]
        sent += under_way
        for mail in under_way:
            (to,) = mail.recipients
            reverse_path = mail.reverse_path or ("" if null_paths_stay else author(mail))
            parties[to.partition("@")[2]].takes(stripped(mail), to, reverse_path)
        if not under_way:
            break
    assert [mail.recipients for mail in sent][:1] == [("support@b.test",)]  # they did meet
    assert len(sent) <= (1 if null_paths_stay else 2)


ACCEPTS = """\
rules:
  - {name: machine, when: {kind: [bounce, delivery_status, loop]}, then: note}
  - {name: perhaps_a_person, when: {kind.unsure: true}, then: hold}
  - {name: robots, when: {kind: [auto_reply, bulk, system]}, then: note}
  - {name: reply, when: {carrier: address, trust: [confirmed, participant]}, then: comment}
  - {name: legacy_accept, when: {legacy.phase: accept}, then: create}
  - {name: default, when: always, then: redirect}
legacy:
  phases: [{phase: accept}]
notices: {window_s: 0}
"""


@pytest.fixture
def makers(tmp_path: Path) -> Iterator[dict[str, Party]]:
    """Two mailgates that make a case of each mail."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(ACCEPTS)
    made = {domain: Party(tmp_path / domain, domain) for domain in ("a.test", "b.test")}
    for party in made.values():
        party.gateway.write(policy={"file": str(rules)})
    with made["a.test"].gateway, made["b.test"].gateway:
        for party in made.values():
            party.gateway.start()
        yield made
    for party in made.values():
        party.sink.stop()


@pytest.mark.parametrize(("strips", "becomes"), [(False, "held"), (True, "created")], ids=["decent relay", "relay that strips marks"])
def test_140_given_two_mailgates_with_a_case_each_when_an_agent_comments_then_the_other_side_sees_it_and_it_ends(
    makers: dict[str, Party], strips: bool, becomes: str
) -> None:
    a, b = makers["a.test"], makers["b.test"]
    a.takes(first_mail("support@b.test", "support@a.test"), "support@a.test", "support@b.test")
    sent = between(makers, strips)
    (case,) = a.gateway.json("case", "list")
    a.gateway.cli("case", "comment", case["key"], "Kan dere sende loggen?")
    a.gateway.settled()
    sent += between(makers, strips)
    assert becomes in {one["state"] for one in b.gateway.json("journal", "list")}
    assert 2 <= len(sent) <= 3


def between(parties: dict[str, Party], strips: bool) -> list[Taken]:
    """Carry mail between them until there is none; what was carried. A relay that strips rewrites null reverse-paths, too."""
    sent: list[Taken] = []
    for _ in range(MOST_ROUNDS):
        under_way = [mail for party in parties.values() for mail in party.fresh()]
        for mail in under_way:
            (to,) = mail.recipients
            raw, path = (stripped(mail), mail.reverse_path or author(mail)) if strips else (mail.raw, mail.reverse_path)
            parties[to.partition("@")[2]].takes(raw, to, path)
        sent += under_way
        if not under_way:
            return sent
    raise AssertionError(f"no end after {len(sent)} mails")


@pytest.fixture
def party(tmp_path: Path) -> Iterator[Party]:
    """One mailgate."""
    made = Party(tmp_path / "firma.test", "firma.test")
    with made.gateway:
        made.gateway.start()
        yield made
        assert made.gateway.ledger()["balanced"]
    made.sink.stop()


@pytest.mark.parametrize("relay", ["none", "strips"])
def test_140_given_a_real_vacation_responder_when_its_owner_wrote_to_support_then_two_mails_are_all(
    party: Party, tmp_path: Path, relay: str
) -> None:
    vacation = Vacation("per@kunde.test", tmp_path / "vacation")
    party.takes(first_mail("per@kunde.test", "support@firma.test"), "support@firma.test", "per@kunde.test")
    sent, replies = converse(party, vacation, relay)
    assert [mail.recipients for mail in sent] == [("per@kunde.test",)]
    assert replies == (0 if relay == "none" else 1)  # the program keeps silent by our marks; without them by our gate


@pytest.mark.parametrize("relay", ["none", "strips"])
def test_140_given_a_real_vacation_responder_when_a_notice_meets_it_then_two_mails_are_all_and_the_case_stays(
    party: Party, tmp_path: Path, relay: str
) -> None:
    vacation, gateway = Vacation("per@kunde.test", tmp_path / "vacation"), party.gateway
    gateway.cli("contact", "add", "per@kunde.test")
    gateway.cli("contact", "add", "eva@kunde.test")
    gateway.cli("case", "new", "--reporter", "per@kunde.test", "--participant", "eva@kunde.test", "--summary", "Feil")
    gateway.cli("case", "do", "resolve", "SUP-1")
    gateway.settled()
    before = {mail.recipients for mail in party.fresh()}
    gateway.cli("case", "comment", "SUP-1", "Er det i orden nå?")
    gateway.settled()
    assert before == {("per@kunde.test",), ("eva@kunde.test",)}
    sent, replies = converse(party, vacation, relay)
    assert sorted(mail.recipients for mail in sent) == [("eva@kunde.test",), ("per@kunde.test",)]
    assert replies == (0 if relay == "none" else 1)
    assert gateway.json("case", "show", "SUP-1")[0]["status"] == "resolved"


def converse(party: Party, vacation: Vacation, relay: str) -> tuple[list[Taken], int]:
    """Let both write until nobody does: what mailgate sent, and how often the responder answered."""
    sent: list[Taken] = []
    replies = 0
    for _ in range(MOST_ROUNDS):
        fresh = party.fresh()
        sent += fresh
        for mail in fresh:
            if mail.recipients != (vacation.owner,):
                continue
            strip = relay == "strips"
            raw, path = (stripped(mail), mail.reverse_path or author(mail)) if strip else (mail.raw, mail.reverse_path)
            if reply := vacation.deliver(raw, path):
                replies += 1
                party.takes(reply.raw, reply.recipient, reply.reverse_path)
        if not fresh:
            break
    return sent, replies
