"""Header sections and encoded words, as the standards say and as senders break them."""

import pytest

from mailgate.mail.limits import ReadLimits
from mailgate.mail.mime.headers import decode_words, read_section, to_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?Q?Bl=C3=A5b=C3=A6r?=", "Blåbær"),
        (b"=?utf-8?q?Bl=C3?= =?utf-8?q?=A5b=C3=A6r?=", "Blåbær"),
        (b"=?UTF-8?B?U8O4a25hZA==?=", "Søknad"),
        (b"=?UTF-8?B?U8O4a25hZA?=", "Søknad"),
        (b"=?UTF-8?B?U8O4 a25hZA==?=", "Søknad"),
        (b"=?iso-8859-1?Q?milj=F8?= og =?utf-8?Q?vann?=", "miljø og vann"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?utf-8*nb?Q?S=C3=B8knad?=", "Søknad"),
        (b"=?utf-8?Q?Hei p=C3=A5?=", "Hei på"),
        (b"=?iso-8859-1?Q?Fr\xf8ya?=", "Frøya"),
        (b"Fr\xf8ya", "Frøya"),
        ("Frøya".encode(), "Frøya"),
        (b"=?utf-8?Q?Hva?_Ja?=", "Hva? Ja"),
        (b"=?utf-8?Q??=", ""),
        (b"=?x-bogus?Q?a=E5?=", "aå"),
        (b"=?utf-8?Q?uten slutt", "uten slutt"),
        (b"=?utf-8?X?nei?=", "=?utf-8?X?nei?="),
        (b"2 =? 3", "2 =? 3"),
        (b"=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        (b"=?utf-8?Q?a=00b=1Bc?=", "abc"),
        (b"folded\r\n value", "folded value"),
        (b"=?gb2312?B?tPLTobv6?=", "打印机"),
    ],
)
def test_given_a_raw_value_when_decoded_then_the_text_is_as_meant(raw, text):
    assert to_text(raw) == text


def test_given_a_hint_when_bytes_stand_unencoded_then_they_are_of_that_charset():
    assert to_text(b"\xf0\xd2\xc9", "koi8-r") == "При"


def test_given_more_than_five_hundred_words_when_decoded_then_the_rest_is_cut():
    assert decode_words("=?utf-8?q?a?= " * 600).endswith("…")


def test_given_a_section_when_read_then_fields_are_in_order_and_named_as_sent():
    section = read_section(b"From: a@b\r\nX-Y:  z \r\nfrom: c@d\r\n")
    assert list(section.fields) == [("From", b"a@b"), ("X-Y", b"z"), ("from", b"c@d")]
    assert section.first("from") == b"a@b"
    assert section.all("from") == [b"a@b", b"c@d"]


def test_given_lines_that_are_no_field_when_fields_follow_then_they_are_dropped_and_named():
    section = read_section(b"A: 1\nnonsense\nB: 2\n")
    assert [name for name, _ in section.fields] == ["A", "B"]
    assert section.defects == ("header_without_colon",)


def test_given_lines_that_are_no_field_when_none_follows_then_they_are_body():
    section = read_section(b"A: 1\nthis is text\nmore text\n")
    assert section.rest == b"this is text\nmore text"


def test_given_a_long_field_when_read_then_both_ends_stay():
    raw = read_section(b"References: " + b" ".join(b"<%d@x>" % n for n in range(20_000)), ReadLimits(field_bytes=1_000)).fields[0][1]
    assert raw.startswith(b"<0@x>")
    assert raw.endswith(b"<19999@x>")
    assert len(raw) <= 1_001
