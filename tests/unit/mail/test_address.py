"""Addresses of header fields: the plain ones, and those that are meant to fool."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailgate.mail.address import read_author, read_list
from mailgate.mail.json_view import as_json
from mailgate.mail.model import Mailbox
from mailgate.mail.read import read


@pytest.mark.parametrize(
    ("raw", "address", "name", "doubtful"),
    [
        ("Ola Nordmann <ola@Example.NO>", "ola@example.no", "Ola Nordmann", False),
        ('"Nordmann, Ola" <ola@example.no>', "ola@example.no", "Nordmann, Ola", False),
        ("ola@example.no", "ola@example.no", "", False),
        ("ola@example.no (Ola)", "ola@example.no", "Ola", False),
        ("=?utf-8?q?P=C3=A5l?= <p@example.no>", "p@example.no", "Pål", False),
        ('"=?utf-8?q?P=C3=A5l?=" <p@example.no>', "p@example.no", "Pål", False),
        ("Pål Ås <p@example.no>", "p@example.no", "Pål Ås", False),
        ("'Ola' <ola@example.no>", "ola@example.no", "Ola", False),
        ("Ola (x) N. Mann <a@example.no>", "a@example.no", "Ola (x) N. Mann", False),
        ('"sjef@example.no" <skurk@example.com>', "skurk@example.com", "sjef@example.no", False),
        ("sjef@example.no <skurk@example.com>", "skurk@example.com", "sjef@example.no", True),
        ("sjef@example.no, skurk@example.com", "sjef@example.no", "", True),
        ("<sjef@example.no> <skurk@example.com>", "skurk@example.com", "<sjef@example.no>", True),
        ("ola..nordmann@example.jp", "ola..nordmann@example.jp", "", False),
        ("<ola@example.no", "ola@example.no", "", False),
        ("Moderator <moderator>", "moderator", "Moderator", True),
        ("kari@blåbær.no", "kari@blåbær.no", "", False),
        ("Kari <@relay.example,@other.example:kari@example.no>", "kari@example.no", "Kari", True),
        ("=?utf-8?q?P=C3=A5l_=3Cp=40example=2Eno=3E?=", "p@example.no", "Pål", True),
        ("=?utf-8?q?P=C3=A5l?= <=?utf-8?q?p=40example=2Eno?=>", "p@example.no", "Pål", True),
        ("Kari <<kari@example.no>>", "kari@example.no", "Kari", True),
        ("Kari <mailto:kari@example.no>", "kari@example.no", "Kari", True),
        ("Kari [kari@example.no]", "kari@example.no", "Kari", True),
        ("Kari Nes - kari@example.no", "kari@example.no", "Kari Nes", True),
        ('"Nes, Kari <kari@example.no>', "kari@example.no", "Nes, Kari", True),
    ],
)
def test_given_a_from_when_read_then_the_author_is_who_it_says(raw, address, name, doubtful):
    author, doubt = read_author(raw.encode())
    assert author is not None
    assert (author.address, author.name, doubt) == (address, name, doubtful)


@pytest.mark.parametrize("raw", ["", "   ", "undisclosed-recipients:;", "MAILER-DAEMON", "http://example.com/", "<>", "@", ",,,"])
def test_given_no_address_when_read_then_there_is_no_author_and_that_is_doubtful(raw):
    assert read_author(raw.encode()) == (None, True)


@pytest.mark.parametrize(
    ("raw", "addresses"),
    [
        ("a@example.no, B <b@example.no>", ["a@example.no", "b@example.no"]),
        ("Gruppe: a@example.no, b@example.no;", ["a@example.no", "b@example.no"]),
        ("a@example.no; b@example.no", ["a@example.no", "b@example.no"]),
        ("a@example.no,, b@example.no", ["a@example.no", "b@example.no"]),
        ('"Berg, Siv" <siv@example.no>, Ola <ola@example.no>', ["siv@example.no", "ola@example.no"]),
        ("undisclosed-recipients:;", []),
        ("'a@example.no' <a@example.no>; 'b@example.no'", ["a@example.no", "b@example.no"]),
        ("Kari @ Firma <a@example.no>, b@example.no", ["a@example.no", "b@example.no"]),
        ("b@example.no <a@example.no>", ["a@example.no"]),
        ("=?utf-8?q?P=C3=A5l_=3Ca=40example=2Eno=3E?=", ["a@example.no"]),
        ("<@relay.example:a@example.no>, b@example.no", ["a@example.no", "b@example.no"]),
    ],
)
def test_given_a_list_when_read_then_every_address_is_there_in_order(raw, addresses):
    assert [one.address for one in read_list(raw.encode())] == addresses


def test_given_names_in_comments_when_a_list_is_read_then_each_is_with_its_address():
    found = read_list(b"a@example.no (Ola Moe), b@example.no (Siv Berg)")
    assert found == (Mailbox("a@example.no", "Ola Moe"), Mailbox("b@example.no", "Siv Berg"))


def test_given_words_between_two_addresses_when_a_list_is_read_then_both_have_their_names_with_every_python():
    raw = b"Siv <siv@example.no> ved Berg, Ola <ola@example.no>"
    assert read_list(raw) == (Mailbox("siv@example.no", "Siv"), Mailbox("ola@example.no", "Ola"))


def test_given_many_threads_when_they_read_at_once_then_no_addresses_are_mixed():
    raws = [f"Gruppe: a{n}@blåbær.no, b{n}@example.no;".encode() for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read_list, raws))
    assert [[one.address for one in addresses] for addresses in found] == [[f"a{n}@blåbær.no", f"b{n}@example.no"] for n in range(200)]


def test_given_controls_in_a_field_when_read_then_none_is_left_in_any_value_and_the_author_stays_doubtful():
    signs = "\x1b[31m\x07\x00\x9b\u202e\u061c\u2066".encode()
    raw = b"From: Ka%bri <ka%bri@kunde.example%b>\nTo: a%b@b.c, x@y.z%b\nCc: g: r@r.s%b;\nReply-To: %bp@p.p\nMessage-ID: <m%b@i.d>\n"
    mail = read(raw % ((signs,) * 8) + b"Subject: s" + signs + b"\n\nHei\n")
    found = json.dumps(as_json(mail, "x"), ensure_ascii=False)
    assert re.search(r"[\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069]|\\u00[01]", found) is None
    assert mail.author is not None
    assert mail.author.address == "ka[31mri@kunde.example[31m"
    assert mail.identity_doubtful


@pytest.mark.parametrize("raw", ["(ari Lunde <kari@kunde.example>", "Kari (IT <kari@kunde.example>", "Kari ((IT) <kari@kunde.example>"])
def test_given_a_comment_that_never_ends_when_read_then_the_author_is_doubtful_since_other_readers_find_none(raw):
    assert read_author(raw.encode()) == (Mailbox("kari@kunde.example", raw.partition(" <")[0]), True)


def test_given_brackets_in_a_name_that_pair_or_are_quoted_when_read_then_the_author_is_sure():
    assert not read_author(b"Kari (IT) <kari@kunde.example>")[1]
    assert not read_author(b'"Kari (IT" <kari@kunde.example>')[1]
