"""A client that behaves as a mail server does: it sends a mail until it gets 250 or a permanent refusal, and remembers every answer.

A connection that breaks at any moment, also after the final dot, means that the mail is sent again: RFC 5321 section 4.5.4.1. What
was promised with 250 is what the ledger check asks for afterwards.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
BETWEEN_TRIES_S = 0.1
ANSWER_S = 20.0


@dataclass(frozen=True, slots=True)
class SampleMail:
    """One mail to be sent: `raw` with CRLF line ends; `reverse_path` "" is the null one."""

    raw: bytes
    recipients: tuple[str, ...]
    reverse_path: str = "sender@legacy.test"

    @property
    def sha256(self) -> str:
        """Lower-case hex, of the bytes that the gateway must keep."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(slots=True)
class Delivery:
    """What became of a mail: every final answer, every answer that was a fault, and how often it was begun."""

    mail: SampleMail
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    tries: int = 0
    seconds: float = 0.0

    @property
    def journal_id(self) -> str:
        """The id that the gateway named with its first 250."""
        found = ID.search(self.accepted[0])
        assert found, f"no id in {self.accepted[0]!r}"
        return found.group(0)


class MailServer:
    """Sends to one address of the gateway. Safe to use from several threads: each try has a connection of its own, unless `keep` is set."""

    def __init__(self, port: int, host: str = "127.0.0.1", *, lmtp: bool = False, starttls: bool = False) -> None:
        self._host, self._port = host, port
        self._kind: type[smtplib.SMTP] = smtplib.LMTP if lmtp else smtplib.SMTP
        self._starttls = starttls
        self.deliveries: list[Delivery] = []
        self._lock = threading.Lock()

    def send(self, mail: SampleMail, timeout_s: float = 60.0) -> Delivery:
        """Until 250 or 5yz. Raises AssertionError when there is neither within `timeout_s`."""
        delivery = self.begun(mail)
        deadline = time.monotonic() + timeout_s
        while not self.try_once(delivery):
            assert time.monotonic() < deadline, f"neither taken nor refused within {timeout_s:g} s: {delivery.deferred[-3:]}"
            time.sleep(BETWEEN_TRIES_S)
        return delivery

    def begun(self, mail: SampleMail) -> Delivery:
        """The record of a mail that is about to be sent, for `try_once`."""
        delivery = Delivery(mail)
        with self._lock:
            self.deliveries.append(delivery)
        return delivery

    def send_all(self, mails: Iterable[SampleMail], sessions: int = 4, timeout_s: float = 60.0) -> list[Delivery]:
        """Several at a time, in any order."""
        with ThreadPoolExecutor(sessions) as pool:
            return list(pool.map(lambda mail: self.send(mail, timeout_s), mails))

    def resend(self, delivery: Delivery) -> str:
        """Send a mail that was taken before, as a server does whose 250 was lost. Returns the new 250."""
        while not self.try_once(delivery):
            time.sleep(BETWEEN_TRIES_S)
        return delivery.accepted[-1]

    def try_once(self, delivery: Delivery) -> bool:
        """One try. True when the answer is final."""
        delivery.tries += 1
        began = time.monotonic()
        try:
            code, text = self._converse(delivery.mail)
        except smtplib.SMTPResponseException as error:
            code, text = error.smtp_code, f"{error.smtp_code} {_text(error.smtp_error)}"
        except (OSError, smtplib.SMTPException) as error:  # refused, reset, closed in the middle
            code, text = 0, f"{type(error).__name__}: {error}"
        delivery.seconds = time.monotonic() - began
        return _note(delivery, code, text)

    def _converse(self, mail: SampleMail) -> tuple[int, str]:
        with self._kind(timeout=ANSWER_S) as client:
            _expect(client.connect(self._host, self._port), 220)
            client.local_hostname = "mx.legacy.test"
            client.ehlo_or_helo_if_needed()
            if self._starttls:
                client.starttls(context=_trusting())
                client.ehlo()
            _expect(client.mail(mail.reverse_path, [f"size={len(mail.raw)}"]), 250)
            for recipient in mail.recipients:
                _expect(client.rcpt(recipient), 250)
            code, text = client.data(mail.raw)
            return code, f"{code} {_text(text)}"


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _expect(answer: tuple[int, bytes], code: int) -> None:
    if answer[0] != code:
        raise smtplib.SMTPResponseException(answer[0], answer[1])


def _note(delivery: Delivery, code: int, text: str) -> bool:
    if code == 250:
        delivery.accepted.append(text)
    elif code >= 500:
        delivery.refused.append(text)
    else:
        delivery.deferred.append(text)
    return code == 250 or code >= 500


def _text(answer: bytes | str) -> str:
    return answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
