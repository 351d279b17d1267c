"""133: a mail that two parsers take for two different mails is never one that is believed. Ours is held against the stdlib's.

MAILGATE_FUZZ_EXAMPLES sets how many mutated mails (nightly: 5,000), MAILGATE_FUZZ_SEED which ones.
"""

from __future__ import annotations

import os
import random
from email import message_from_bytes, utils
from email.message import Message
from pathlib import Path

import pytest

from mailgate.mail.address import normal
from mailgate.mail.limits import DEFAULT_LIMITS
from mailgate.mail.mime.headers import read_section
from mailgate.mail.mime.prescan import scan
from mailgate.mail.mime.structure import build
from mailgate.mail.read import read

MAILS = [one.read_bytes() for one in sorted((Path(__file__).parents[3] / "golden").rglob("*.eml"))]
EXAMPLES = int(os.environ.get("MAILGATE_FUZZ_EXAMPLES", "250"))
SEED = int(os.environ.get("MAILGATE_FUZZ_SEED", "133"))
LOOKED_AT_BYTES = 1_500
AS_IT_STANDS = {"strict": False} if getattr(utils, "supports_strict_parsing", False) else {}
"""A strict stdlib finds nobody where a lax one finds somebody else, and so would hide differences."""
PIECES = (
    *(
        b"--b\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r\n",
        b"From: x@evil.example\r\n",
        b"Content-Type: text/html\r\n",
        b"--",
        b" ",
        b":",
        b'"',
        b";",
        b"\r",
    ),
    *(b"Content-Type: multipart/mixed; boundary=z\r\n", b"Content-Disposition: attachment\r\n", b"<", b">", b",", b"@"),
)


def mutants() -> list[bytes]:
    chance = random.Random(SEED)
    return [mutated(chance.choice(MAILS), chance) for _ in range(EXAMPLES)]


def mutated(mail: bytes, chance: random.Random) -> bytes:
    raw = bytearray(mail)
    for _ in range(chance.randint(1, 3)):
        at, length, how = chance.randrange(min(len(raw), LOOKED_AT_BYTES) + 1), chance.randrange(40), chance.randrange(4)
        if how == 0:
            del raw[at : at + length]
        elif how == 1:
            raw[at:at] = raw[at : at + length]
        elif how == 2:
            raw[at:at] = chance.choice(PIECES)
        else:
            raw[at : at + 1] = chance.randbytes(1)
    return bytes(raw)


def their_parts(message: Message) -> int:
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        return sum(map(their_parts, message.get_payload()))
    return 1


def our_parts(raw: bytes) -> int:
    looked = scan(raw, DEFAULT_LIMITS)
    return len(build(looked, read_section(looked.header, DEFAULT_LIMITS), DEFAULT_LIMITS).leaves)


def their_authors(message: Message) -> set[str]:
    """Normal, as ours are: a dot that ends a domain is the same domain."""
    found = utils.getaddresses([str(value) for value in message.get_all("from", [])], **AS_IT_STANDS)
    return {normal(one).lower() for _, one in found if "@" in one.strip("@")}


def test_133_given_mutated_mails_when_two_parsers_count_other_parts_then_a_defect_says_so():
    unsaid = [raw for raw in mutants() if our_parts(raw) != their_parts(message_from_bytes(raw)) and not read(raw).defects]
    assert unsaid == []


def test_133_given_mutated_mails_when_two_parsers_find_other_authors_then_nobody_is_taken_for_the_author():
    for raw in mutants():
        theirs, mail = their_authors(message_from_bytes(raw)), read(raw)
        ours = mail.author.address.lower() if mail.author else ""
        if theirs != {ours} and ours.isascii() and all(one.isascii() for one in theirs):
            assert mail.identity_doubtful or not (theirs or ours), (ours, theirs, raw[:400])


@pytest.mark.parametrize(
    "author",
    [
        b'Kari Nor"dmann <kari@kunde.example>',
        b'Kari Nordmann "<kari@kunde.example>',
        b'Kari Nordmann <kari"@kunde.example>',
        b'"N"Nordmann, Kari" <kari@kunde.example>',
        b'=?utf-8?B?"w5hyamFuIMOFcw==?= <kari@kunde.example>',
        b"Kari Nordmann <kari@kunde.>example>",
        b"Kari Nordmann <kari@>kunde.example>",
        b"Kari Nordmann <\x1ckari@kunde.example>",
        b"kari@kunde.exampleKari@kunde.example>",
        b"kari@kunde;.example (Kari Nordmann)",
        b"Kari@ Nordmann <kari@kunde.example>",
    ],
)
def test_133_given_an_author_that_does_not_pair_when_read_then_the_identity_is_doubtful(author):
    mail = read(b"From: " + author + b"\r\nSubject: Sak\r\n\r\nhei\r\n")
    assert "unclear_from" in mail.defects
    assert mail.identity_doubtful


@pytest.mark.parametrize(
    "author", [b'"Nordmann, Kari" <kari@kunde.example>', b'"Kari \\"K\\" > Nordmann" <kari@kunde.example>', b"kari@kunde.example (Kari)"]
)
def test_133_given_an_author_with_paired_quotes_when_read_then_the_identity_is_clear(author):
    mail = read(b"From: " + author + b"\r\nSubject: Sak\r\n\r\nhei\r\n")
    assert (mail.author.address, mail.identity_doubtful) == ("kari@kunde.example", False)


@pytest.mark.parametrize(
    ("content_type", "delimiter", "defect"),
    [
        (b"multipart/alternative/alternative; boundary=b", b"\r\n--b", "unclear_content_type"),
        (b'multipart/alternative; boundary="b\\c"', b"\r\n--bc", "unclear_content_type"),
        (b'multipart/alternative; boundary="=?utf-8?q?b?="', b"\r\n--b", "unclear_content_type"),
        (b"multipart/alt: multipart/alternative; boundary=b", b"\r\n--b", "unclear_content_type"),
        (b'multipart/mixed; "boundary="b"; x=y', b"\r\n--b", "unclear_content_type"),
        (b'multipart/mixed; boundary="b"oundary="b"', b"\r\n--b", "unclear_content_type"),
        (b"multipart/mixed; boundary=b", b"\r\n\r--b", "bare_cr_before_boundary"),
    ],
)
def test_133_given_parts_that_two_parsers_count_differently_when_read_then_it_is_said_and_nobody_is_believed(
    content_type, delimiter, defect
):
    part = b"\r\nContent-Type: text/plain\r\n\r\nhei"
    head = b"From: kari@kunde.example\r\nSubject: Sak\r\nContent-Type: " + content_type + b"\r\n"
    mail = read(head + b"\r\n--b" + part + delimiter + part + b"\r\n--b--\r\n")
    assert defect in mail.defects
    assert mail.identity_doubtful
