"""Floods and loops over real SMTP: mail makes so many cases and team mails and no more, and every mail is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.mails.messages import SUPPORT, mail_text
from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink, Taken
from tests.support.processes.smtp_client import MailServer, SampleMail

RULES = """\
rules:
  - {name: machine, when: {kind: [auto_reply, bulk, system, bounce, delivery_status, loop]}, then: note}
  - {name: down, when: {subject: {matches: nede}}, then: create, do: [{notify: vakt@teamet.test}]}
  - {name: legacy_accept, when: {legacy.phase: [accept, accept_and_tell]}, then: create}
  - {name: default, when: always, then: redirect}
destinations: [teamet.test]
legacy:
  phases: [{phase: accept}]
"""
TEAM = "vakt@teamet.test"
CAPS = {"cases_per_address_per_day": 5, "cases_per_domain_per_hour": 7, "cases_per_hour": 12, "team_mails_per_hour": 4}
MOST_ROUNDS = 30


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


@pytest.fixture
def gateway(tmp_path: Path, sink: Sink) -> Iterator[Gateway]:
    """A started gateway with these rules and small caps. At the end its ledger balances."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    settings = {"policy": {"file": str(rules)}, "intake": CAPS}
    smarthost = f"smtp://127.0.0.1:{sink.port}"
    with Gateway(
        tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", smarthost=smarthost, settings=settings, preloaded=True
    ) as made:
        made.start()
        yield made
        assert made.ledger()["balanced"]


def written(sender: str, subject: str, number: int) -> SampleMail:
    return mail_text(
        sender, SUPPORT, f"{subject} {number}", f"{number}-{abs(hash(subject))}@{sender.partition('@')[2]}", f"Hei, nummer {number}."
    )


def states(gateway: Gateway) -> Counter[str]:
    return Counter(one["state"] for one in gateway.json("journal", "list", "--limit", "1000"))


def test_given_phase_accept_when_mail_floods_in_then_cases_have_their_caps_and_the_rest_waits_for_a_person(gateway: Gateway) -> None:
    server = MailServer(gateway.port)
    server.send_all([written("kari@en.test", "Hjelp", n) for n in range(20)], sessions=4)
    gateway.settled()
    assert states(gateway) == {"created": 5, "held": 15}
    server.send_all([written(f"offer{n}@avd{n}.to.test", "Hjelp", n) for n in range(20)], sessions=4)
    server.send_all([written(f"offer{n}@sted{n}.test", "Hjelp", n) for n in range(20)], sessions=4)
    gateway.settled()
    assert states(gateway) == {"created": 12, "held": 48}
    assert len(gateway.json("case", "list", "--limit", "1000")) == 12
    held = gateway.json("journal", "list", "--state", "held", "--limit", "1000")
    assert {one["rule"] for one in held} == {"cap"}
    assert all(one["reason"].endswith("a person decides") for one in held)
    assert 'mailgate_capped_total{reason="cases"} 48.0' in gateway.parts[0].metrics()
    gateway.cli("journal", "release", held[0]["id"], "--disposition", "create")
    gateway.settled()
    assert states(gateway) == {"created": 13, "held": 47}


@pytest.mark.parametrize(("robot", "least"), [(TEAM, 1), ("robot@teamet.test", 2)], ids=["its own", "another"])
def test_given_a_team_mailbox_whose_robot_answers_each_mail_when_a_rule_tells_the_team_then_the_loop_ends(
    gateway: Gateway, sink: Sink, robot: str, least: int
) -> None:
    """The robot is as bad as can be: no marks, its own ids, a new subject each time that the rule catches again.

    The team is not told of what its own address wrote; a robot with another address is stopped by the caps.
    """
    server, seen, answered = MailServer(gateway.port), 0, 0
    server.send(written("kari@en.test", "Alt er nede", 0))
    for _ in range(MOST_ROUNDS):
        gateway.settled()
        fresh = [mail for mail in sink.mails[seen:] if mail.recipients == (TEAM,)]
        seen = len(sink.mails)
        for mail in fresh:
            answered += 1
            server.send(written(robot, f"Fortsatt nede: {subject(mail)}", answered))
        if not fresh:
            break
    notified = [mail for mail in sink.mails if mail.recipients == (TEAM,) and "nede" in subject(mail)]
    assert answered <= CAPS["team_mails_per_hour"] + CAPS["cases_per_address_per_day"]
    assert least <= len(notified) <= CAPS["team_mails_per_hour"] + CAPS["cases_per_address_per_day"]
    assert len(sink.mails) < 20


def subject(mail: Taken) -> str:
    return str(message_from_bytes(mail.raw, policy=policy.SMTP)["Subject"])
