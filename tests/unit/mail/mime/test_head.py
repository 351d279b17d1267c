"""Ids, dates, subject and the first look at the bytes."""

from datetime import UTC, datetime

import pytest

from mailgate.mail.dates import read_date
from mailgate.mail.limits import Ours, ReadLimits
from mailgate.mail.mime.prescan import scan
from mailgate.mail.msgid import read_id, read_ids
from mailgate.mail.read import read

MOMENT = datetime(2027, 3, 3, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("<a@x> <b@x>", ("a@x", "b@x")),
        ("<a@x>,<b@x>", ("a@x", "b@x")),
        ("<a@x>\t<a@x>", ("a@x",)),
        ("a@x b@x", ("a@x", "b@x")),
        ("Your message of Monday <a@x>", ("a@x",)),
        ("<a b@x>", ("ab@x",)),
        ("", ()),
        ("hei", ()),
        ("<>", ()),
    ],
)
def test_given_ids_when_read_then_they_are_bare_in_order_and_once(text, ids):
    assert read_ids(text) == (ids, False)


def test_given_too_many_ids_when_read_then_both_ends_stay():
    ids, cut = read_ids(" ".join(f"<{n}@x>" for n in range(1_000)), 4)
    assert (ids, cut) == (("0@x", "1@x", "998@x", "999@x"), True)


@pytest.mark.parametrize(
    ("text", "found"),
    [("<a@x>", "a@x"), ("a@x", "a@x"), (" <a> ", "a"), ("<a@x> <b@x>", "a@x"), ("no brackets", "nobrackets"), ("", None), ("<>", None)],
)
def test_given_a_message_id_when_read_then_it_is_bare(text, found):
    assert read_id(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 03 Mar 2027 10:20:00 +0100",
        "3 Mar 2027 10:20 +0100",
        "Wed, 3 Mar 27 10:20:00 +0100 (CET)",
        "Wed, 03 Mar 2027 09:20:00 GMT",
        "Wed, 03 Mar 2027 09:20:00 -0000",
        "Wed, 03 Mar 2027 09:20:00",
        "2027-03-03T10:20:00+01:00",
        "2027-03-03 09:20:00",
        "2027-03-03T09:20:00.123Z",
        "Wed, 3 Mar 2027 10:20:00 +01:00",
        "Wed, 3 Mar 2027 10:20:00 GMT+1",
        "Wed, 3 Mar 2027 10:20:00 UTC+01:00",
        "Wed, 3 Mar 2027 10:20:00 CET",
        "Wed, 3 Mar 2027 10:20:00 +0100 (Vest-Europa (normaltid))",
        "Wed, 3 Mar 2027 10:20:00.123 +0100",
        "Wed, 3 Mar 127 10:20:00 +0100",
        "Wed, 3 Mar 2027 10:20:00 AM +0100",
        "Wed, 3 Mar 2027 11:20:00 PM +1400",
        '"Wed, 3 Mar 2027 10:20:00 +0100"',
        "onsdag 3. mars 2027 10.20 +0100",
        "ons. 3 mars 2027 kl. 10:20:00 +0100",
        "Mi, 3 Mär 2027 10:20:00 MEZ",
        "03.03.2027 10:20:00 +0100",
        "Mar 3, 2027 10:20:00 +0100",
        "Wed Mar  3 10:20:00 CET 2027",
        "Date: Wed, 3 Mar 2027 10:20:00 +0100",
    ],
)
def test_given_a_date_when_read_then_it_is_that_moment_in_utc(text):
    assert read_date(text) == MOMENT


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
        ("Tue, 1 Dec 2026 24:00:00 +0000", "2026-12-02T00:00:00+00:00"),
        ("fre, 5 okt 2018 10:00:00 +0200", "2018-10-05T08:00:00+00:00"),
        ("3 des. 2026 10:00:00 +0100", "2026-12-03T09:00:00+00:00"),
        ("5 juil. 2026 10:00:00 +0200", "2026-07-05T08:00:00+00:00"),
        ("Fri, 31 Dec 99 12:00:00 AM +0000", "1999-12-31T00:00:00+00:00"),
    ],
)
def test_given_an_odd_date_when_read_then_the_moment_is_as_meant(text, iso):
    assert read_date(text).isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1 Dec 2026 25:00:00 +0000",
        "1 Xyz 2026 10:00:00",
        "2026-13-01 10:00",
        "31 Dec 9999 23:59:59 -1200",
        "99 Foo 2027",
        "Wed, 03 Mar 99999 10:20:00 +0100",
        "0 0 0 0 0",
        "Wed, 31 Feb 2027 10:20:00 +0100",
    ],
)
def test_given_no_date_when_read_then_there_is_none(text):
    assert read_date(text) is None


def test_given_a_mail_without_body_when_looked_at_then_all_of_it_is_header():
    looked = scan(b"From: a@b\r\nSubject: x", ReadLimits())
    assert (looked.header, looked.body_start) == (b"From: a@b\r\nSubject: x", 21)


def test_given_line_ends_of_both_kinds_when_looked_at_then_the_first_empty_line_ends_the_header():
    looked = scan(b"A: 1\r\nB: 2\n\r\nbody", ReadLimits())
    assert looked.raw[looked.body_start :] == b"body"


def test_given_a_mail_that_begins_with_an_empty_line_when_read_then_all_is_body():
    mail = read(b"\r\nhei\r\n")
    assert mail.text == "hei\n"
    assert mail.identity_doubtful


def test_given_any_mail_when_read_then_every_field_is_kept_in_order():
    mail = read(b"X-B: 1\r\nX-A: =?utf-8?q?=C3=A5?=\r\nx-b: 2\r\n\r\nhei")
    assert mail.headers == (("X-B", "1"), ("X-A", "å"), ("x-b", "2"))
    assert mail.header("x-B") == "1"
    assert mail.header_all("X-b") == ("1", "2")


def test_given_known_machines_when_asked_then_addresses_and_domains_count():
    ours = Ours(human_machines=frozenset({"a@example.com", "@example.org"}))
    assert [ours.is_known_machine(one) for one in ("a@example.com", "b@example.com", "x@example.org")] == [True, False, True]
