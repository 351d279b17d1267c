"""What must hold of any bytes: no exception, clean text, no lost word. Used by the hypothesis tests and by the guided fuzzer."""

from __future__ import annotations

import json
import re
from collections import Counter

from mailgate.mail.address import read_author, read_list
from mailgate.mail.json_view import as_json
from mailgate.mail.mime.headers import read_section, to_text
from mailgate.mail.mime.html_text import to_text as html_to_text
from mailgate.mail.mime.params import read_value
from mailgate.mail.read import read
from mailgate.mail.reply.extract import extract

_WORD = re.compile(r"[^\s.,!?)\-–—]+|[.,!?)\-–—]")
DAEMON = b"From: Mail Delivery System <MAILER-DAEMON@example.com>\nSubject: Undelivered Mail Returned to Sender\n\n"


def assert_clean(text: str) -> None:
    """No controls but LF and TAB, no half characters."""
    assert not any((ord(one) < 32 and one not in "\n\t") or ord(one) == 127 or 0xD800 <= ord(one) <= 0xDFFF for one in text)


def assert_lossless(text: str, html: str | None = None) -> None:
    """Each word of the text is in exactly one part. Words, not lines: a line that holds an answer and the header of its quote is parted.

    Signs are words of their own: markup that was flattened glues the answer to the header ("my iPhone.On Fri, ... wrote:").
    """
    got = extract(text, html)
    assert Counter(_WORD.findall(" ".join((got.text, got.signature, got.quoted)))) == Counter(_WORD.findall(text))


def check_mail(raw: bytes) -> None:
    """The reader: any bytes are a mail, and its JSON can be written."""
    mail = read(raw)
    assert mail.size_bytes == len(raw)
    assert_clean(mail.text)
    for line in (
        mail.subject,
        mail.author.name if mail.author else "",
        *(one.filename for one in mail.attachments),
        *(value for _, value in mail.headers),
    ):
        assert_clean(line)
        assert "\n" not in line
    json.dumps(as_json(mail, "x"), ensure_ascii=False).encode("utf-8")
    parts = (mail.reply.text, mail.reply.signature, mail.reply.quoted)
    assert Counter(_WORD.findall(" ".join(parts))) == Counter(_WORD.findall(mail.text))


def check_header(raw: bytes) -> None:
    """The header decoder: one clean line of any bytes; sections, addresses and parameters too."""
    text = to_text(raw)
    assert_clean(text)
    assert "\n" not in text
    read_section(raw)
    read_author(raw)
    read_list(raw)
    read_value(text)


def check_reply(raw: bytes) -> None:
    """Reply extraction: text, and after a NUL its HTML twin."""
    text, _, html = raw.decode("utf-8", "replace").replace("\r", "").partition("\0")
    assert_lossless(text, html or None)
    if html:
        assert_lossless(html_to_text(html), html)


def warm_up() -> None:
    """Import what is imported late, so that it costs no input its time."""
    check_header("Åse <ase@example.com>".encode())
    check_report(b"<ase@example.com>: 550 5.1.1 User unknown\n")


def check_report(raw: bytes) -> None:
    """The bounce reader: a mail system's report that says anything, and the bytes as a report of their own."""
    check_mail(DAEMON + raw)
    check_mail(b"Auto-Submitted: auto-replied\r\n" + raw)
