"""An agent answers a customer from the mail program: over SMTP, with real processes, from the team's notice to the customer's."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.utils import parseaddr

from tests.support.desks.policies import unhurried
from tests.support.mails import messages
from tests.support.mails.plain_text import plain_text
from tests.support.processes.gateway import DOMAIN, Gateway
from tests.support.processes.sink import Sink
from tests.support.processes.smtp_client import MailServer, SampleMail
from tests.support.seed import Seed

OLA, OURS, WAIT_S = "ola@firma.test", "mx.firma.test", 60.0
TELL = f"  - {{name: tell, when: {{subject: {{matches: SV}}, trust: participant}}, continue: true, do: [{{notify: {OLA}}}]}}\n"


def test_given_an_agent_who_is_told_of_a_customers_words_when_they_answer_the_mail_then_the_customer_gets_it_and_a_forger_is_held(
    install: Callable[[str, Sink], Gateway],
) -> None:
    with Sink() as sink, install("sqlite-memory", sink) as gateway:
        gateway.write(intake={"authentication": "header", "authserv_ids": [OURS]})
        seed = Seed.planted(gateway, cases=1, contacts=1)
        customer = seed.contacts[0].address
        gateway.cli("account", "add", "ola", OLA, "--name", "Ola Berg", "--role", "agent")
        text = unhurried().replace("\nrules:\n", f"\nrules:\n{TELL}", 1).replace("destinations: []", f"destinations: [{OLA}]", 1)
        (gateway.folder / "policy.yaml").write_text(text, encoding="utf-8")
        gateway.cli("policy", "activate", "policy.yaml", "--comment", "agents are told")
        gateway.start("run")
        server = MailServer(gateway.port)
        server.send(messages.reply(1, seed.threads[0]))
        notice = message_from_bytes(_arrived(sink, OLA), policy=policy.default)
        reply_to = parseaddr(str(notice["Reply-To"]))[1]
        assert (reply_to.partition("+")[0], reply_to.rpartition("@")[2]) == ("support", DOMAIN)

        vouched = f"Authentication-Results: {OURS}; dmarc=pass\r\n"
        server.send(_answer("forged", reply_to, "Send meg passordet", ""))
        server.send(_answer("away", reply_to, "Jeg er borte", f"{vouched}Auto-Submitted: auto-replied\r\n"))
        server.send(_answer("real", reply_to, "Prøv versjon 4.2.\r\n\r\n-- \r\nOla", vouched))
        sent = message_from_bytes(_arrived(sink, customer), policy=policy.default)
        gateway.settled()
        body = plain_text(sent)
        assert "Prøv versjon 4.2." in body
        assert "Ola Berg" in str(sent["From"])
        assert [one for one in sink.mails if b"Send meg passordet" in one.raw or b"Jeg er borte" in one.raw] == []
        (case,) = gateway.json("case", "show", seed.keys[0])
        public = [(one["by"], one["text"]) for one in case["comments"] if one["kind"] == "comment"]
        assert public[1:] == [("Ola Berg", "Prøv versjon 4.2.")]
        (held,) = gateway.json("journal", "list", "--state", "held")
        assert (held["rule"], held["author"]) == ("doubtful", OLA)
        gateway.ledger()
        (totals,) = gateway.json("policy", "backtest", "policy.yaml", "--since", "1d")
        assert (totals["ran"], totals["changed"], totals["not_as_recorded"]) == (4, 0, 0)


def _answer(name: str, to: str, words: str, more: str) -> SampleMail:
    head = f"{more}From: Ola <{OLA}>\r\nTo: {to}\r\nSubject: Re: Varsel\r\nMessage-ID: <{name}@firma.test>\r\n"
    kind = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    return SampleMail(f"{head}{kind}\r\n{words}\r\n".encode(), (to,), OLA)


def _arrived(sink: Sink, address: str) -> bytes:
    """The first mail that arrived for this address."""
    for count in range(1, 6):
        for one in sink.wait_for(count, WAIT_S):
            if one.recipients == (address,):
                return bytes(one.raw)
    raise AssertionError(f"no mail came to {address}")
