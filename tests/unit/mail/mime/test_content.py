"""Text and files: flowed text, uuencode, winmail.dat, S/MIME, invitations, names, decorations."""

import base64
import binascii
import io
import struct
import zipfile

import pytest

from mailgate.mail.mime.attachments import Raw, finish, safe_name
from mailgate.mail.mime.calendar import summarise
from mailgate.mail.mime.charset import clean, decode
from mailgate.mail.mime.filetype import detect, image_size_px
from mailgate.mail.mime.flowed import unflow
from mailgate.mail.mime.rtf import rtf_to_text, unpack_rtf
from mailgate.mail.mime.smime import signed_content
from mailgate.mail.mime.tnef import read_tnef
from mailgate.mail.mime.transfer import decode_body, uu_files
from mailgate.mail.read import read

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 120, 40) + b"\x08\x02\x00\x00\x00"


@pytest.mark.parametrize(
    ("text", "delete_space", "joined"),
    [
        ("a \nb", False, "a b"),
        ("a \nb", True, "ab"),
        ("a\nb", False, "a\nb"),
        ("> a \n> b", False, "> a b"),
        ("> a \nb", False, "> a \nb"),
        ("a \n-- \nKari", False, "a \n-- \nKari"),
        (" From me", False, "From me"),
        ("a \n\nb", False, "a \nb"),
        (">> a \n>> b\n> c", False, ">> a b\n> c"),
    ],
)
def test_given_flowed_text_when_unflowed_then_paragraphs_are_whole(text, delete_space, joined):
    assert unflow(text, delete_space) == joined


@pytest.mark.parametrize(
    ("data", "declared", "text", "defect"),
    [
        ("blåbær".encode(), "utf-8", "blåbær", ""),
        ("blåbær".encode("latin-1"), "iso-8859-1", "blåbær", ""),
        ("blåbær".encode("latin-1"), "", "blåbær", ""),
        ("blåbær".encode("latin-1"), "utf-8", "blåbær", "charset_mismatch"),
        ("blåbær".encode(), "us-ascii", "blåbær", "charset_mismatch"),
        ("“a”".encode("cp1252"), "iso-8859-1", "“a”", ""),
        ("blåbær".encode(), '"UTF-8"', "blåbær", ""),
        ("blåbær – 5 €".encode(), "iso-8859-1", "blåbær – 5 €", "charset_mismatch"),
        ("blåbær".encode(), "windows-1252", "blåbær", "charset_mismatch"),
        ("blåbær".encode(), "iso-8859-15", "blåbær", "charset_mismatch"),
        ("det står Ã¥ på skjermen".encode("latin-1"), "iso-8859-1", "det står Ã¥ på skjermen", ""),
        ("på\n".encode() + "blå kø".encode("cp1252"), "utf-8", "på\nblå kø", "charset_mismatch"),
        ("på kø".encode() + b" \xc3", "utf-8", "på kø \ufffd", "charset_mismatch"),
        ("på ".encode() + b"\x81\xe5", "utf-8", "på \x81å", "charset_mismatch"),
        ("blåbær".encode("cp850"), "cp850", "blåbær", ""),
        (b"hei", "x-own", "hei", "unknown_charset"),
        ("打印机".encode("gb18030"), "gb2312", "打印机", ""),
    ],
)
def test_given_bytes_when_decoded_then_the_text_is_as_meant(data, declared, text, defect):
    assert decode(data, declared) == (text, defect)


def test_given_any_characters_when_cleaned_then_only_text_stays():
    dirty = "a\x00b\rc\r\nd\x1b\x9f\ufeff\ud800e\u2028f\tg\x0ch"
    assert clean(dirty) == "ab\nc\nde\nf\tg\nh"


def test_given_prose_that_begins_with_begin_when_searched_then_it_is_no_file():
    assert uu_files(b"begin 644 the work today\r\nand end\r\nend\r\n") == []


def test_given_uuencoded_files_when_searched_then_each_is_found_where_it_stands():
    block = b"begin 644 a.txt\n" + binascii.b2a_uu(b"innhold") + b"`\nend\n"
    body = b"hei\n" + block + b"og\n" + block.replace(b"a.txt", b"b.txt")
    assert [(name, content) for name, content, _, _ in uu_files(body)] == [("a.txt", b"innhold"), ("b.txt", b"innhold")]


@pytest.mark.parametrize(
    ("body", "encoding", "content", "defects"),
    [
        (b"aGVp", "base64", b"hei", ()),
        (b"aGVp\r\n", "base64", b"hei", ()),
        (b"aGU", "base64", b"he", ("broken_base64",)),
        (b"aG!Vp", "base64", b"hei", ("broken_base64",)),
        (b"aGVp=C3", "7bit", b"aGVp=C3", ()),
        (b"=C3=A5=\r\nb", "quoted-printable", "åb".encode(), ()),
        (b"a=  \r\nb", "quoted-printable", b"ab", ()),
        (b"100 % = x", "quoted-printable", b"100 % = x", ()),
    ],
)
def test_given_an_encoded_body_when_decoded_then_every_byte_that_can_be_had_is_there(body, encoding, content, defects):
    assert decode_body(body, encoding) == (content, defects)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("faktura.pdf", "faktura.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\kari\\a.doc", "a.doc"),
        ("a\r\nb.txt", "a b.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ('a<b>:"c|d?*.txt', "a_b___c_d__.txt"),
        ("...", ""),
        ("con.txt", "_con.txt"),
        ("  rapport .pdf ", "rapport .pdf"),
        ("Å" * 300 + ".pdf", "Å" * 98 + ".pdf"),
        ("", ""),
    ],
)
def test_given_a_name_when_shown_then_it_is_safe(sent, shown):
    assert safe_name(sent) == shown


def test_given_pictures_when_finished_then_only_small_ones_in_the_text_are_decoration():
    big = PNG.replace(struct.pack(">II", 120, 40), struct.pack(">II", 800, 600)) + bytes(40_000)
    raws = [
        Raw(("logo.png",), "image/png", PNG, True),
        Raw(("skjerm.png",), "image/png", big, True),
        Raw(("logo.png",), "image/png", PNG, False),
    ]
    assert [one.disposition for one in finish(raws)] == ["decoration", "inline", "attachment"]


def test_given_the_same_picture_twice_in_the_text_when_finished_then_it_is_decoration():
    picture = PNG.replace(struct.pack(">II", 120, 40), struct.pack(">II", 800, 600)) + bytes(20_000)
    assert [one.disposition for one in finish([Raw((), "image/png", picture, True)] * 2)] == ["decoration", "decoration"]


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _zip(*names: str) -> bytes:
    """A zip file with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (PNG, "image/png"),
        (b"MZ\x90", "application/vnd.microsoft.portable-executable"),
        (_zip("[Content_Types].xml", "_rels/.rels", "word/document.xml"), DOCX),
        (_zip("notat.txt"), "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "application/x-ole-storage"),
        (b"Rar!\x1a\x07\x00" + bytes(20), "application/vnd.rar"),
        (b"BMW ser p\xc3\xa5 saken", ""),
        (b"MZ er et merke", ""),
        (b"BM" + b"\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00" + bytes(40), "image/bmp"),
        (b"PK\x03\x04abc", "application/zip"),
        (b"BM is a prefix", ""),
        (b"  <!DOCTYPE html><p>", "text/html"),
        (b"hei", ""),
        (b"", ""),
    ],
)
def test_given_bytes_when_looked_at_then_the_type_is_what_they_are(content, kind):
    assert detect(content) == kind


def test_given_a_png_when_looked_at_then_its_size_is_read():
    assert image_size_px(PNG) == (120, 40)
    assert image_size_px(b"\x89PNG") is None


INVITATION = """BEGIN:VCALENDAR
METHOD:CANCEL
BEGIN:VTIMEZONE
DTSTART:19700101T000000
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY;LANGUAGE=nb:Møte\\, utsatt
DTSTART:20270310T080000Z
DTEND;VALUE=DATE:20270311
ORGANIZER;CN="Kari N":mailto:kari@example.com
LOCATION:Rom
  3
END:VEVENT
END:VCALENDAR"""


def test_given_an_invitation_when_summarised_then_what_when_where_who_is_notified():
    assert summarise(INVITATION).split("\n") == [
        "Cancelled: Møte, utsatt",
        "2027-03-10 08:00 UTC - 2027-03-11",
        "Rom 3",
        "Kari N <kari@example.com>",
    ]


@pytest.mark.parametrize("text", ["", "BEGIN:VCALENDAR\nEND:VCALENDAR", "hei"])
def test_given_no_event_when_summarised_then_nothing_is_notified(text):
    assert summarise(text) == ""


def test_given_stored_rtf_when_unpacked_then_it_is_text():
    rtf = b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}Bl\\'e5b\\'e6r\\par med \\u8211?fl\\'f8te}"
    packed = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    assert rtf_to_text(unpack_rtf(packed)) == "Blåbær\nmed –fløte"


def test_given_packed_rtf_when_unpacked_then_references_are_followed():
    # The example of [MS-OXRTFCP] section 3.1.1
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af3 2068656c090020627705b06c647d0a800fa0".replace(" ", "")
    )
    assert unpack_rtf(data) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize("data", [b"", b"\x78\x9f\x3e\x22", b"\x78\x9f\x3e\x22\x01\x00\x01\x05", b"no tnef"])
def test_given_a_damaged_winmail_dat_when_read_then_nothing_is_raised(data):
    assert read_tnef(data).files == []


def test_given_a_broken_winmail_dat_when_read_then_the_mail_still_has_it():
    raw = b"From: a@example.com\nContent-Type: application/ms-tnef; name=winmail.dat\n\nnot really"
    assert [one.filename for one in read(raw).attachments] == ["winmail.dat"]


INDEFINITE = bytes.fromhex(
    "3080 06092a864886f70d010702 a080 3080 020101 3100 3080 06092a864886f70d010701 a080 2480 0403 686569 0401 21 0000 0000 "
    "0000 3100 0000 0000 0000".replace(" ", "")
)


def test_given_signed_data_of_indefinite_length_when_opened_then_its_pieces_are_joined():
    assert signed_content(INDEFINITE) == b"hei!"


def test_given_signed_data_in_pem_when_opened_then_it_is_read():
    assert signed_content(b"-----BEGIN PKCS7-----\n" + base64.encodebytes(INDEFINITE) + b"-----END PKCS7-----\n") == b"hei!"


@pytest.mark.parametrize("data", [b"", b"\x30", INDEFINITE[:30], b"\x30\x80" * 100, b"hei"])
def test_given_something_else_when_opened_then_there_is_nothing(data):
    assert signed_content(data) is None


def test_given_a_text_file_inline_beside_the_text_when_read_then_it_is_a_file():
    head = b"From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhei\n--b\n"
    raw = head + b"Content-Type: text/plain; name=logg.txt\nContent-Disposition: inline; filename=logg.txt\n\nERROR\n--b--\n"
    mail = read(raw)
    assert mail.text == "hei"
    assert [(one.filename, one.disposition) for one in mail.attachments] == [("logg.txt", "inline")]


def test_given_an_empty_plain_part_beside_html_when_read_then_the_html_is_the_text():
    head = b"From: a@example.com\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\n"
    raw = head + b"Content-Type: text/html\n\n<p>hei</p>\n--b--\n"
    assert read(raw).text.strip() == "hei"


def test_given_a_blank_text_before_a_file_when_read_then_the_text_after_it_counts():
    head = b"From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\n"
    mail = read(head + b"--b\nContent-Type: application/pdf; name=a.pdf\n\n%PDF\n--b\n\nSe vedlegget.\n--b--\n")
    assert mail.text.strip() == "Se vedlegget."
    assert [one.filename for one in mail.attachments] == ["a.pdf"]
