"""A real Postfix in front hands mail to the gateway by SMTP and by LMTP, and a real Postfix behind takes the gateway's mail.

They are set up by what `mailgate postfix-config` prints, run as it stands.
"""

from __future__ import annotations

import json
import re
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509

from tests.support.ledger_check import Tables, broken, journal_count, message_id_of
from tests.support.mails import messages
from tests.support.processes.gateway import PROGRAM, Gateway
from tests.support.processes.postfix import Postfix
from tests.support.processes.sink import Sink, certificate
from tests.support.processes.smtp_client import MailServer
from tests.support.waiting import free_port, until

pytestmark = [pytest.mark.packages]
SNAKEOIL = Path("/etc/ssl/certs/ssl-cert-snakeoil.pem")
"""Debian's self-signed certificate, which its Postfix uses (package ssl-cert)."""

MAILS = sorted((Path(__file__).with_name("postfix-front") / "mails").glob("*.eml"))
PROTOCOLS = ("smtp", "lmtp")
HANDED_ON = re.compile(r"status=sent \((?:\S+ )?250 2\.0\.0 \S+ queued as ([0-9a-f-]{36})")


@contextmanager
def _front(gateway: Gateway, protocol: str) -> Iterator[Postfix]:
    """A mail server of the domain that hands all of its mail to the gateway, set up by the lines that mailgate prints."""
    with Postfix(free_port(), {}) as front:
        shape = {"smtp": ("two", "--part", "front"), "lmtp": ("lmtp",)}[protocol]
        front.configure(gateway.cli("postfix-config", *shape))
        yield front


@contextmanager
def _behind(sink: Sink, printed: str, more: dict[str, str], texts: dict[str, str]) -> Iterator[Postfix]:
    """A mail server that takes the gateway's mail and brings it to the sink."""
    with Postfix(free_port(), {"relayhost": f"[127.0.0.1]:{sink.port}", **more}, texts) as behind:
        behind.configure(printed)
        behind.configure("".join(f"postconf -e '{name} = {value}'\n" for name, value in more.items()).replace("{home}", str(behind.home)))
        behind.configure("postfix reload\n")
        yield behind


@pytest.fixture
def printed(tmp_path: Path) -> str:
    """What mailgate prints for a Postfix behind it."""
    with Gateway(tmp_path / "printing", f"sqlite:///{tmp_path}/printing.db", preloaded=True) as gateway:
        return gateway.cli("postfix-config", "two", "--part", "behind")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that listens for SMTP and LMTP once it is started."""
    lmtp = free_port()
    settings = {"smtp": {"lmtp_listen": [f"127.0.0.1:{lmtp}"], "trusted_from": ["127.0.0.1/32"]}}
    with Gateway(tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", settings=settings, lmtp_port=lmtp, preloaded=True) as gateway:
        yield gateway


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_given_postfix_in_front_when_it_hands_mail_on_then_every_mail_is_in_the_journal_as_it_was_sent(
    gateway: Gateway, protocol: str
) -> None:
    gateway.start()
    with _front(gateway, protocol) as front:
        for mail in MAILS:
            recipient = "postmaster@firma.test" if "bounce" in mail.name else messages.SUPPORT
            sender = "" if "bounce" in mail.name else "ola@gammelkunde.test"
            front.submit(mail.read_bytes().replace(b"\n", b"\r\n"), sender, recipient)
        until(lambda: len(HANDED_ON.findall(front.log())) == len(MAILS), 20, "Postfix hands all mail on", detail=front.log)
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
        front.submit(messages.legacy(1).raw, "ola@gammelkunde.test", messages.SUPPORT)
        until(lambda: journal_count(gateway.database_url) == 1, 20, "the first mail is here", detail=front.log)
        gateway.parts[-1].kill()
        front.submit(messages.legacy(2).raw, "kari@gammelkunde.test", messages.SUPPORT)
        front.wait_for_log(r"to=<support@firma\.test>.*status=deferred .*[Cc]onnect")

        gateway.start()
        front.flush()

        until(lambda: journal_count(gateway.database_url) == 2, 20, "the second mail is here", detail=front.log)
        until(lambda: front.waiting() == 0, 20, "Postfix has nothing left", detail=front.log)
        gateway.settled()
        assert gateway.ledger()["balanced"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_given_postfix_in_front_when_the_recipient_is_unknown_then_the_stranger_hears_it_from_postfix_and_nothing_bounces(
    gateway: Gateway, protocol: str
) -> None:
    gateway.start()
    with _front(gateway, protocol) as front:
        delivery = MailServer(front.port).send(messages.legacy(1))
        refused = MailServer(front.port).send(messages.mail_text("a@b.test", "finnes-ikke@firma.test", "x", "x@b.test", "hei"))

        assert delivery.accepted
        assert refused.refused
        assert refused.refused[0].startswith("550 5.1.1")
        until(lambda: journal_count(gateway.database_url) == 1, 20, "the good mail is here", detail=front.log)
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
    tmp_path: Path, sink: Sink, printed: str, tls: str
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
    with _behind(sink, printed, settings, texts) as behind:
        installation = Gateway(
            tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", smarthost=f"smtp://127.0.0.1:{behind.port}", settings=outbound,
            preloaded=True,
        )  # fmt: skip
        with installation as gateway:
            gateway.start()
            MailServer(gateway.port).send(messages.legacy(1))
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


@pytest.fixture(scope="module")
def snakeoil() -> Path:
    """Debian's self-signed certificate. Installing Postfix makes it; images without the package's set-up lack it."""
    if not SNAKEOIL.exists():
        subprocess.run(["make-ssl-cert", "generate-default-snakeoil"], check=True, timeout=60)
    return SNAKEOIL


@pytest.mark.usefixtures("snakeoil")
def test_given_debians_self_signed_certificate_and_default_tls_when_the_gateway_answers_then_it_is_sent_encrypted_and_doctor_names_it(
    tmp_path: Path, sink: Sink, printed: str
) -> None:
    settings = {
        "smtpd_tls_security_level": "may",
        "smtpd_tls_cert_file": str(SNAKEOIL),
        "smtpd_tls_key_file": "/etc/ssl/private/ssl-cert-snakeoil.key",
        "smtpd_tls_loglevel": "1",
        "smtp_tls_security_level": "none",
    }
    with _behind(sink, printed, settings, {}) as behind:
        installation = Gateway(
            tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", smarthost=f"smtp://127.0.0.1:{behind.port}",
            settings={"outbound": {"tls": "opportunistic"}}, preloaded=True,
        )  # fmt: skip
        with installation as gateway:
            gateway.start()
            MailServer(gateway.port).send(messages.legacy(1))
            sink.wait_for(1, 20)
            gateway.settled()

            assert Tables(gateway.database_url).states("outbox") == {"sent": 1}
            assert "TLS connection established from" in behind.log()
            doctor = [*PROGRAM, "doctor", "--json"]
            done = subprocess.run(doctor, cwd=gateway.folder, env=gateway.surroundings(), capture_output=True, timeout=60, check=False)
            findings = [json.loads(line) for line in done.stdout.splitlines()]
            subject = x509.load_pem_x509_certificate(SNAKEOIL.read_bytes()).subject.rfc4514_string()
            (certificate,) = (finding for finding in findings if finding["check"] == "certificate")
            assert certificate["level"] == "warn"
            assert f"certificate of {subject}, issued by {subject}, valid until 20" in certificate["text"]
            assert "not verified" in certificate["text"]
            assert [finding["level"] for finding in findings if finding["check"] == "smarthost"] == ["ok"]


def test_given_postfix_as_smarthost_when_it_refuses_a_recipient_then_that_is_final_and_makes_no_mail(
    tmp_path: Path, sink: Sink, printed: str
) -> None:
    checked = {"smtpd_recipient_restrictions": "check_recipient_access hash:{home}/conf/access"}
    access = {"access": "ola1@gammelkunde1.test 550 5.1.1 no such mailbox\n"}
    with _behind(sink, printed, checked, access) as behind:
        installation = Gateway(
            tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", smarthost=f"smtp://127.0.0.1:{behind.port}", preloaded=True
        )
        with installation as gateway:
            gateway.start()
            server = MailServer(gateway.port)
            server.send(messages.legacy(1))
            server.send(messages.legacy(2))
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


def _rcpt(port: int, recipient: str) -> tuple[int, bytes]:
    """What a client that nobody knows (127.0.0.2) hears at RCPT."""
    with smtplib.SMTP("127.0.0.1", port, source_address=("127.0.0.2", 0), timeout=20) as client:
        client.ehlo("mx.kunde.test")
        client.mail("kari@kunde.test")
        return client.rcpt(recipient)


@pytest.mark.parametrize("shape", ["one", "lmtp"])
def test_given_one_postfix_in_front_and_behind_when_customers_write_then_they_are_taken_answered_and_nobody_else_relays(
    tmp_path: Path, sink: Sink, shape: str
) -> None:
    lmtp = free_port()
    settings = {"smtp": {"lmtp_listen": [f"127.0.0.1:{lmtp}"], "trusted_from": ["127.0.0.1/32"]}}
    with Postfix(free_port(), {"relayhost": f"[127.0.0.1]:{sink.port}"}) as postfix:
        installation = Gateway(
            tmp_path / "mailgate", f"sqlite:///{tmp_path}/mailgate.db", smarthost=f"smtp://127.0.0.1:{postfix.port}", settings=settings,
            lmtp_port=lmtp, preloaded=True,
        )  # fmt: skip
        with installation as gateway:
            postfix.configure(gateway.cli("postfix-config", shape))

            assert _rcpt(postfix.port, "support@firma.test")[0] == 250
            assert _rcpt(postfix.port, f"SUPPORT+{'a' * 40}@firma.test")[0] == 250
            assert _rcpt(postfix.port, f"bounce+{'b' * 55}@firma.test")[0] == 250
            assert _rcpt(postfix.port, "postmaster@firma.test")[0] == 250
            unknown, relayed = _rcpt(postfix.port, "ingen@firma.test"), _rcpt(postfix.port, "ola@annetsted.test")
            assert (unknown[0], relayed[0]) == (550, 554)

            gateway.start()
            MailServer(postfix.port).send(messages.legacy(1))
            (answer,) = sink.wait_for(1, 30)
            gateway.settled()
            assert answer.recipients == ("ola1@gammelkunde1.test",)
            assert Tables(gateway.database_url).states("outbox") == {"sent": 1}
            assert gateway.ledger()["balanced"]
