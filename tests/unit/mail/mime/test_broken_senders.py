"""Mail of programs that do not keep to the standards: what was meant is read, and it is said what was mended."""

from __future__ import annotations

import base64
import binascii
import struct

import pytest

from mailgate.mail.mime.charset import decode
from mailgate.mail.mime.headers import to_text
from mailgate.mail.mime.params import read_value
from mailgate.mail.mime.rtf import rtf_to_html, rtf_to_text
from mailgate.mail.mime.tnef import SIGNATURE
from mailgate.mail.mime.transfer import decode_body, encoding_name, uu_files
from mailgate.mail.read import read

CONTENT = bytes(range(256)) * 2
CODED = base64.encodebytes(CONTENT).replace(b"\n", b"\r\n")
HEAD = b"From: Kari <kari@kunde.example>\r\nSubject: Sak\r\n"


def _uuencoded(content: bytes, begin: bytes = b"begin 644 a.bin\n", end: bytes = b"`\nend\n") -> bytes:
    lines = [binascii.b2a_uu(content[at : at + 45], backtick=True) for at in range(0, len(content), 45)]
    return begin + b"".join(lines) + end


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("blåbær".encode("cp865"), "cp-865", "blåbær"),
        ("blåbær".encode("cp850"), "dos850", "blåbær"),
        ("blåbær".encode("cp1252"), "windows1252", "blåbær"),
        ("blåbær".encode("mac_roman"), "mac", "blåbær"),
        ("blåbær".encode("utf-16-be"), "utf-16", "blåbær"),
        ("blåbær".encode("utf-16-le"), "utf-16", "blåbær"),
        ("blåbær".encode("utf-16"), "utf-8", "blåbær"),
        ("blåbær på kø".encode(), "utf-16", "blåbær på kø"),
        ("blå".encode() + "bær".encode("latin-1"), "", "blåbær"),
        ("blå".encode() + "bær".encode("latin-1"), "us-ascii", "blåbær"),
        ("ÅPENT – «Ø»".encode("cp1252"), "", "ÅPENT – «Ø»"),
        ("på kjøkken".encode(), "iso-8859-2", "på kjøkken"),
        ("Привет мир".encode(), "koi8-r", "Привет мир"),
        ("打印机坏了朋友们".encode(), "gb2312", "打印机坏了朋友们"),
        ("联通".encode("gbk"), "gb2312", "联通"),
        ("Żółć".encode("iso8859-2"), "iso-8859-2", "Żółć"),
        ("Привет мир".encode("cp1251"), "windows-1251", "Привет мир"),
    ],
)
def test_given_a_charset_under_another_name_or_a_wrong_one_when_decoded_then_the_text_is_as_meant(data, declared, text):
    assert decode(data, declared)[0] == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?UTF8?B?w4PD?= =?utf-8?B?mA==?=", "ÃØ"),
        (b"=?utf-8?B?RsO4cg==IG7DpQ==?=", "Før nå"),
        (b"=?utf-8?B?w7_Dvg==?=", "ÿþ"),
        ("før ".encode() + "nå".encode("latin-1"), "før nå"),
    ],
)
def test_given_broken_encoded_words_when_read_then_the_text_is_as_meant(raw, text):
    assert to_text(raw) == text


def test_given_bare_escape_sequences_when_the_mail_names_their_charset_then_they_are_letters():
    assert to_text("こんにちは".encode("iso2022_jp"), "iso-2022-jp") == "こんにちは"


@pytest.mark.parametrize(
    ("text", "filename"),
    [
        ("attachment; filename*0*=UTF-8''bl%C3%A; filename*1*=5.pdf", "blå.pdf"),
        ("attachment; filename*=UTF-8'bl%C3%A5.pdf", "blå.pdf"),
        ("attachment; filename*=it's%20bl%C3%A5.pdf", "it's blå.pdf"),
    ],
)
def test_given_broken_extended_parameters_when_read_then_the_name_is_as_meant(text, filename):
    assert read_value(text).get("filename") == filename


@pytest.mark.parametrize(
    ("value", "defects"),
    [
        ("base64; x=y", ("misspelt_encoding",)),
        ('"base64"', ("misspelt_encoding",)),
        ("base64;", ()),
        ("(mime) Base64 (RFC 2045)", ()),
    ],
)
def test_given_an_encoding_with_a_parameter_when_looked_up_then_it_counts_and_is_said(value, defects):
    assert encoding_name([value]) == ("base64", defects)


@pytest.mark.parametrize("name", ["base-64", "base64.", "BASE 64"])
def test_given_a_misspelt_encoding_when_looked_up_then_it_is_known_and_said(name):
    assert encoding_name([name]) == ("base64", ("misspelt_encoding",))


@pytest.mark.parametrize("name", ["quoted printable", "quotedprintable", "quoted_printable"])
def test_given_misspelt_quoted_printable_when_looked_up_then_it_is_known(name):
    assert encoding_name([name])[0] == "quoted-printable"


@pytest.mark.parametrize("footer", [b"This message was scanned by the gateway.\r\n", b"__________\r\nlist@lists.example\r\n"])
def test_given_words_below_base64_when_decoded_then_the_file_ends_before_them(footer):
    assert decode_body(CODED + footer, "base64")[0] == CONTENT


def test_given_words_above_base64_when_decoded_then_the_file_begins_after_them():
    assert decode_body(b"Warning: this comes from outside.\r\n\r\n" + CODED, "base64")[0] == CONTENT


@pytest.mark.parametrize("text", ["Hei, dette er ikke kodet.", "Takk!", "Hei på deg", "Hei og hallo\r\nMvh\r\nKari"])
def test_given_words_that_are_said_to_be_base64_when_decoded_then_they_stay(text):
    assert decode_body(text.encode(), "base64") == (text.encode(), ("broken_base64",))


def test_given_base64_for_web_addresses_when_decoded_then_its_letters_count():
    assert decode_body(base64.urlsafe_b64encode(CONTENT), "base64")[0] == CONTENT


def test_given_a_soft_line_break_by_cr_alone_when_decoded_then_nothing_behind_it_is_lost():
    assert decode_body(b"ab=\rcd= \ref", "quoted-printable")[0] == b"abcdef"


@pytest.mark.parametrize(
    "body",
    [
        _uuencoded(CONTENT, end=b""),
        _uuencoded(CONTENT, begin=b""),
        _uuencoded(CONTENT, begin=b"begin 644 \n"),
        b"begin-base64 644 a.bin\n" + CODED + b"====\n",
    ],
)
def test_given_uuencoded_parts_without_begin_or_end_when_decoded_then_all_is_there(body):
    assert decode_body(body, "x-uuencode")[0] == CONTENT


def test_given_files_in_text_that_are_cut_off_or_in_base64_when_searched_then_they_are_found():
    cut_off = b"hei\n" + _uuencoded(b"innhold", end=b"")
    other = b"hei\nbegin-base64 644 a.bin\n" + base64.b64encode(b"innhold") + b"\n====\nhei\n"
    assert [[content for _, content, _, _ in uu_files(body)] for body in (cut_off, other)] == [[b"innhold"], [b"innhold"]]


def test_given_a_line_about_begin_without_a_file_when_searched_then_the_words_stay():
    assert uu_files(b"begin 644 the work\nand call me\n") == []


@pytest.mark.parametrize(
    ("front", "defect"), [(b"\xef\xbb\xbf", "byte_order_mark"), (b"\r\n", "blank_line_in_header"), (b"\n\n\r\n", "blank_line_in_header")]
)
def test_given_something_above_the_first_field_when_read_then_the_mail_is_read_and_its_author_is_doubted(front, defect):
    mail = read(front + HEAD + b"\r\nhei\r\n")
    assert (mail.author.address, mail.subject, mail.text) == ("kari@kunde.example", "Sak", "hei\n")
    assert defect in mail.defects
    assert mail.identity_doubtful


def test_given_line_ends_that_were_doubled_when_read_then_the_mail_is_read_and_its_author_is_doubted():
    mail = read((HEAD + b"\r\nhei\r\n\r\nhallo\r\n").replace(b"\r\n", b"\r\r\n"))
    assert (mail.author.address, mail.text) == ("kari@kunde.example", "hei\n\nhallo\n")
    assert mail.identity_doubtful


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        (b"text/rtf", b"{\\rtf1\\ansi Hei p\\'e5 deg.\\par}", "Hei på deg."),
        (b"text/enriched", b"<color><param>red</param>Hei</color> <<deg", "Hei <deg"),
        (b"text/html", b"<style>" + b"a{}" * 2_000 + b"</style><meta charset=iso-8859-2>\xbf\xf3\xb3w", "żółw"),
    ],
)
def test_given_a_text_in_another_form_when_read_then_its_words_are_the_text(kind, body, text):
    assert read(HEAD + b"Content-Type: " + kind + b"\r\n\r\n" + body).text.strip() == text


def test_given_a_page_with_a_large_picture_in_it_when_read_then_the_words_behind_it_are_there():
    page = b"<p>en</p><img src='data:image/png;base64," + b"A" * 5_000_000 + b"'><p>to</p>"
    assert read(HEAD + b"Content-Type: text/html\r\n\r\n" + page).text.split() == ["en", "to"]


def test_given_an_international_mail_within_a_mail_when_read_then_it_is_called_by_its_subject():
    head = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhei\r\n"
    mail = read(head + b"--b\r\nContent-Type: message/global\r\n\r\nSubject: Feil p\xc3\xa5 skriver\r\n\r\nhei\r\n--b--\r\n")
    assert [one.filename for one in mail.attachments] == ["Feil på skriver.eml"]


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (b"{\\rtf1\\ansi\\ansicpg932 \\'93\\'fa\\'96\\'7b}", "日本"),
        (b"{\\rtf1\\ansi hei \\u-10179?\\u-8704? der}", "hei \U0001f600 der"),
        (b"{\\rtf1\\ansi 5 \\u8364\\'80 og mer}", "5 € og mer"),
    ],
)
def test_given_letters_of_several_pieces_in_rtf_when_read_then_they_are_whole(rtf, text):
    assert rtf_to_text(rtf) == text


def test_given_html_packed_into_rtf_when_read_then_its_paragraphs_stay_apart():
    rtf = (
        b"{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 p\\'e5 a<b"
        b"{\\*\\htmltag72 </p>}\\htmlrtf\\par}\\htmlrtf0{\\*\\htmltag64 <p>}c}"
    )
    assert rtf_to_html(rtf) == "<p>på a&lt;b</p><p>c"
    assert rtf_to_html(b"{\\rtf1\\ansi\\fromtext hei}") == ""


def _attribute(tag: int, value: bytes) -> bytes:
    return b"\2" + struct.pack("<HHI", tag, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def test_given_more_files_in_winmail_dat_than_are_taken_out_when_read_then_it_is_kept_itself():
    files = b"".join(_attribute(0x9002, bytes(14)) + _attribute(0x800F, b"%d" % n) for n in range(120))
    raw = HEAD + b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    found = read(raw + SIGNATURE + b"\1\0" + files).attachments
    assert (found[0].filename, len(found)) == ("winmail.dat", 101)


def test_given_html_of_another_code_page_in_winmail_dat_when_read_then_its_letters_are_right():
    page = "<p>Привет</p>".encode("koi8-r").ljust(20)
    properties = struct.pack("<IHHIHHII", 2, 3, 0x3FDE, 20866, 0x102, 0x1013, 1, len(page)) + page
    raw = HEAD + b"Content-Type: application/ms-tnef\r\n\r\n" + SIGNATURE + b"\1\0" + _attribute(0x9003, properties)
    assert read(raw).text == "Привет"


SIGNED = bytes.fromhex(
    "3080 06092a864886f70d010702 a080 3080 020101 3100 3080 06092a864886f70d010701 a080 2480 0406 0d0a68656921 0000 0000 "
    "0000 3100 0000 0000 0000".replace(" ", "")
)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: application/octet-stream; name=smime.p7m\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pkcs7-mime\r\n",
    ],
)
def test_given_signed_mail_that_a_gateway_wrapped_when_read_then_its_words_are_the_text(head):
    raw = HEAD + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(SIGNED) + b"\r\n"
    assert read(raw).text == "hei!"


@pytest.mark.parametrize("banner", [b"", b"--b\r\n\r\nCaution: This email originated from outside the organization.\r\n"])
def test_given_signed_mail_beside_a_part_of_a_list_when_read_then_its_words_are_the_text(banner):
    package = b"--b\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(SIGNED)
    footer = b"\r\n--b\r\n\r\n____\r\nKontor mailing list\r\n--b--\r\n"
    mail = read(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + banner + package + footer)
    assert mail.text.endswith("hei!")
    assert "signature_unverified" in mail.defects


def test_given_a_signed_package_below_the_authors_words_when_read_then_it_stays_a_file():
    package = b"--b\r\nContent-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    words = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHva er dette?\r\n"
    mail = read(HEAD + words + package + base64.b64encode(SIGNED) + b"\r\n--b--\r\n")
    assert mail.text == "Hva er dette?"
    assert [one.filename for one in mail.attachments] == ["smime.p7m"]
