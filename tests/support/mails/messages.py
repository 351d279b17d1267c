"""Mails for fault and chaos tests: each kind that the gateway treats differently, with content of its own so that it counts once."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.processes.smtp_client import SampleMail

SUPPORT = "support@firma.test"


@dataclass(frozen=True, slots=True)
class Thread:
    """What a customer has in the mailbox: the address to reply to, and who he is."""

    author: str
    reply_to: str
    key: str


def legacy(number: int, *, sender: str = "", words: str = "") -> SampleMail:
    """A sender who still writes to support@. Gets one automatic answer."""
    sender = sender or f"ola{number}@gammelkunde{number % 40}.test"
    body = words or f"Hei!\n\nVi får ikke logget inn, melding nummer {number}.\nKan dere hjelpe oss?\n\nMed vennlig hilsen\nOla Nordmann"
    return mail_text(sender, SUPPORT, f"Innlogging feiler {number}", f"legacy-{number}@gammelkunde.test", body)


def reply(number: int, thread: Thread) -> SampleMail:
    """A customer's reply with the quoted notice below. Becomes a comment."""
    body = (
        f"Hei,\n\ndette er svar nummer {number}.\n\nMvh\nKari\n\n"
        f"Den man. 9. mar. 2026 kl. 08:30 skrev Support <{thread.reply_to}>:\n> Saken {thread.key} er endret.\n> Svar på denne e-posten."
    )
    return mail_text(thread.author, thread.reply_to, f"SV: [{thread.key}] Sak", f"reply-{number}@kunde.test", body)


def out_of_office(number: int, thread: Thread) -> SampleMail:
    """A machine's answer. Becomes a note, moves nothing and tells nobody."""
    body = f"Jeg er på ferie til og med 16. mars ({number}). Ved behov, ring sentralbordet."
    marks = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    return mail_text(thread.author, thread.reply_to, "Automatisk svar: Ikke på kontoret", f"ooo-{number}@kunde.test", body, marks)


def stranger(number: int, key: str) -> SampleMail:
    """Someone who knows a case's key and nothing else. Joins nothing."""
    body = f"Hva skjer i saken? Jeg vil gjerne vite alt ({number})."
    return mail_text(f"nysgjerrig{number}@ukjent.test", SUPPORT, f"Re: [{key}] Hei", f"stranger-{number}@ukjent.test", body)


def unreadable(number: int) -> SampleMail:
    """Bytes that are no mail by any standard, with an end that CRLF makes legal for SMTP."""
    noise = bytes(octet for octet in range(256) if octet not in (10, 13)) + str(number).encode()
    raw = b"From: <<@@>>,,\xff\r\nContent-Type: multipart/mixed; boundary=\r\n\x00\r\n--\r\n" + noise + b"\r\n"
    return SampleMail(raw, (SUPPORT,), f"rar{number}@ukjent.test")


def mail_text(sender: str, to: str, subject: str, message_id: str, body: str, more: dict[str, str] | None = None) -> SampleMail:
    fields = {"From": sender, "To": to, "Subject": subject, "Message-ID": f"<{message_id}>", "Date": "Mon, 09 Mar 2026 12:02:00 +0100"}
    fields |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit", **(more or {})}
    head = "".join(f"{name}: {value}\n" for name, value in fields.items())
    raw = f"{head}\n{body}\n".encode().replace(b"\n", b"\r\n")
    return SampleMail(raw, (to,), sender)
