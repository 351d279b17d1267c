"""A real Postfix in front hands mail to the gateway by SMTP and by LMTP, and a real Postfix behind takes the gateway's mail.

The configurations are the examples that ship (deploy/postfix), with the names and ports of the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import letters
from tests.gateway import DOMAIN, Gateway
from tests.ledger_check import Tables, broken, journal_count, message_id_of
from tests.postfix import Postfix
from tests.sink import Sink, certificate
from tests.smtp_client import MailServer
from tests.waiting import free_port, until

pytestmark = [pytest.mark.packages]
EXAMPLES = Path(__file__).parents[2] / "deploy" / "postfix"
MAILS = sorted((Path(__file__).with_name("postfix-front") / "mails").glob("*.eml"))
PROTOCOLS = ("smtp", "lmtp")
HANDED_ON = re.compile(r"status=sent \((?:\S+ )?250 2\.0\.0 \S+ queued as ([0-9a-f-]{36})")


def _example(name: str, **replaced: str) -> str:
    """A shipped main.cf, with what is the site's own replaced: each must be in it."""
    text = (EXAMPLES / name).read_text("utf-8")
    for written, ours in {"firma.example": DOMAIN, **replaced}.items() if name.startswith("front") else replaced.items():
        assert written in text, f"{name} does not say {written!r}"
        text = text.replace(written, ours)
    return text


def _front(gateway: Gateway, protocol: str) -> Postfix:
    """A mail server of the domain that hands all of its mail to the gateway, asking it first who exists."""
    ports = {"smtp": {":2525": f":{gateway.port}"}, "lmtp": {":2424": f":{gateway.lmtp_port}"}}
    return Postfix(free_port(), _example(f"front-{protocol}.cf", **ports[protocol]))


def _behind(sink: Sink, more: dict[str, str], texts: dict[str, str], **replaced: str) -> Postfix:
    """A mail server that takes the gateway's mail and brings it to the sink."""
    added = "".join(f"{name} = {value}\n" for name, value in {"relayhost": f"[127.0.0.1]:{sink.port}", **more}.items())
    return Postfix(free_port(), _example("smarthost.cf", **replaced) + added, texts)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that listens for SMTP and LMTP once it is started."""
    lmtp = free_port()
    settings = {"smtp": {"lmtp_listen": [f"127.0.0.1:{lmtp}"]}}
    with Gateway(tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", settings=settings, lmtp_port=lmtp, preloaded=True) as gateway:
        yield gateway


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_given_postfix_in_front_when_it_hands_mail_on_then_every_mail_is_in_the_journal_as_it_was_sent(
    gateway: Gateway, protocol: str
) -> None:
    gateway.start()
    with _front(gateway, protocol) as front:
        for mail in MAILS:
            recipient = "postmaster@firma.test" if "bounce" in mail.name else letters.SUPPORT
            sender = "" if "bounce" in mail.name else "ola@gammelkunde.test"
            front.submit(mail.read_bytes().replace(b"\n", b"\r\n"), sender, recipient)
        until(lambda: len(HANDED_ON.findall(front.log())) == len(MAILS), 20, "Postfix hands all mail on", told=front.log)
        gateway.settled()

        tables = Tables(gateway.database_url)
        assert {row.id for row in tables.journal} == set(HANDED_ON.findall(front.log()))
        assert {row.protocol for row in tables.journal} == {protocol}
        assert sum(row.reverse_path is None for row in tables.journal) == 1
        stored = b"".join(content for _, content in tables.blobs)
        for mail in MAILS:
            body = mail.read_bytes().replace(b"\n", b"\r\n").partition(b"\r\n\r\n")[2]
            assert body in stored, f"{mail.name} was changed on its way"
        assert broken(tables) == []
        assert gateway.ledger()["balanced"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_given_postfix_in_front_when_the_gateway_is_away_then_mail_waits_there_and_comes_when_it_is_back(
    gateway: Gateway, protocol: str
) -> None:
    with _front(gateway, protocol) as front:
        gateway.start()
        front.submit(letters.legacy(1).raw, "ola@gammelkunde.test", letters.SUPPORT)
        until(lambda: journal_count(gateway.database_url) == 1, 20, "the first mail is here", told=front.log)
        gateway.parts[-1].kill()
        front.submit(letters.legacy(2).raw, "kari@gammelkunde.test", letters.SUPPORT)
        front.wait_for_log(r"to=<support@firma\.test>.*status=deferred .*[Cc]onnect")

        gateway.start()
        front.flush()

        until(lambda: journal_count(gateway.database_url) == 2, 20, "the second mail is here", told=front.log)
        until(lambda: front.waiting() == 0, 20, "Postfix has nothing left", told=front.log)
        gateway.settled()
        assert gateway.ledger()["balanced"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_given_postfix_in_front_when_the_recipient_is_unknown_then_the_stranger_hears_it_from_postfix_and_nothing_bounces(
    gateway: Gateway, protocol: str
) -> None:
    gateway.start()
    with _front(gateway, protocol) as front:
        delivery = MailServer(front.port).send(letters.legacy(1))
        refused = MailServer(front.port).send(letters.letter("a@b.test", "finnes-ikke@firma.test", "x", "x@b.test", "hei"))

        assert delivery.accepted
        assert refused.refused
        assert refused.refused[0].startswith("550 5.1.1")
        until(lambda: journal_count(gateway.database_url) == 1, 20, "the good mail is here", told=front.log)
        assert "status=bounced" not in front.log().replace("address_verify", "")
        gateway.settled()
        assert gateway.ledger()["balanced"]


@pytest.fixture
def sink() -> Iterator[Sink]:
    """What stands for the customers' mail servers."""
    with Sink() as sink:
        yield sink


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_given_postfix_as_smarthost_when_the_gateway_answers_then_postfix_takes_the_mail_and_brings_it(
    tmp_path: Path, sink: Sink, tls: str
) -> None:
    cert, key = certificate(tmp_path)
    texts = {"sink.crt": cert.read_text(), "sink.key": key.read_text()}
    settings = {
        "smtpd_tls_security_level": "may" if tls == "starttls" else "none",
        "smtpd_tls_cert_file": "{home}/conf/sink.crt",
        "smtpd_tls_key_file": "{home}/conf/sink.key",
        "smtpd_tls_loglevel": "1",
        "smtp_tls_security_level": "none",
    }
    outbound = {"outbound": {"tls": tls, "tls_ca_file": str(cert)}}
    with _behind(sink, settings, texts) as behind:
        installation = Gateway(
            tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", smarthost=f"smtp://127.0.0.1:{behind.port}", settings=outbound,
            preloaded=True,
        )  # fmt: skip
        with installation as gateway:
            gateway.start()
            MailServer(gateway.port).send(letters.legacy(1))
            taken = sink.wait_for(1, 20)
            gateway.settled()

            tables = Tables(gateway.database_url)
            assert tables.states("outbox") == {"sent": 1}
            assert message_id_of(taken[0].raw) == tables.outbox[0].message_id
            assert taken[0].reverse_path == ""
            assert "queued as" in tables.attempts[-1].text
            assert ("TLS connection established from" in behind.log()) == (tls == "starttls")
            assert broken(tables, taken=taken) == []
            assert gateway.ledger()["balanced"]


def test_given_postfix_as_smarthost_when_it_refuses_a_recipient_then_that_is_final_and_makes_no_mail(tmp_path: Path, sink: Sink) -> None:
    checked = {"smtpd_recipient_restrictions =": "smtpd_recipient_restrictions = check_recipient_access hash:{home}/conf/access"}
    access = {"access": "ola1@gammelkunde1.test 550 5.1.1 no such mailbox\n"}
    with _behind(sink, {}, access, **checked) as behind:
        installation = Gateway(
            tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", smarthost=f"smtp://127.0.0.1:{behind.port}", preloaded=True
        )
        with installation as gateway:
            gateway.start()
            server = MailServer(gateway.port)
            server.send(letters.legacy(1))
            server.send(letters.legacy(2))
            sink.wait_for(1, 20)
            gateway.settled()

            tables = Tables(gateway.database_url)
            assert {row.address: row.state for row in tables.outbox} == {
                "ola1@gammelkunde1.test": "failed",
                "ola2@gammelkunde2.test": "sent",
            }
            assert len(tables.journal) == 2
            assert broken(tables, server.deliveries, sink.mails) == []
            assert gateway.ledger()["balanced"]
