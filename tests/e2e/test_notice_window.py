"""How long changes wait for each other is what the policy in force says: by real processes, over SMTP, to a sink."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from mailgate.runtime.active_policy import shipped
from tests.support.mails import messages
from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink
from tests.support.processes.smtp_client import MailServer
from tests.support.seed import Seed

WINDOW_S, WAIT_S = 4, 60.0


def test_given_a_window_in_the_policy_when_a_customer_writes_twice_then_others_get_one_mail_after_it_and_with_none_two_at_once(
    install: Callable[[str, Sink], Gateway],
) -> None:
    with Sink() as sink, install("sqlite-memory", sink) as gateway:
        seed = Seed.planted(gateway, cases=1, contacts=2)
        server, thread = MailServer(gateway.port), seed.threads[0]
        _activate(gateway, WINDOW_S)
        listener = gateway.start("smtp")
        both = [server.send(messages.reply(n, thread)) for n in (1, 2)]  # nobody works on them yet, so they are taken in together
        assert listener.stop() == 0
        gateway.start("run")
        (mail,) = sink.wait_for(1, WAIT_S)
        gateway.settled()
        assert (sink.count, mail.recipients) == (1, (seed.contacts[1].address,))
        assert all(f"svar nummer {n}" in mail.raw.decode("latin-1") for n in (1, 2))
        (sent,) = gateway.json("outbox", "list")
        # From the comment, whose moment the window counts from: `decided_at` is stamped later, when its row is written.
        commented = [comment["at"] for comment in gateway.json("case", "show", seed.keys[0])[0]["comments"]]
        assert len(commented) == len(both)
        assert _seconds(min(commented), sent["created_at"]) >= WINDOW_S

        _activate(gateway, 0)
        server.send(messages.reply(3, thread))
        sink.wait_for(2, WAIT_S)
        server.send(messages.reply(4, thread))
        sink.wait_for(3, WAIT_S)
        gateway.settled()
        assert sink.count == 3


def _activate(gateway: Gateway, window_s: int) -> None:
    text, changed = re.subn(r"window_s: 10\b", f"window_s: {window_s}", shipped())
    assert changed == 1
    (gateway.folder / "policy.yaml").write_text(text, encoding="utf-8")
    gateway.cli("policy", "activate", "policy.yaml", "--comment", f"window {window_s}")


def _seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
