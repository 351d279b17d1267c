"""Every part that any reader finds, texts cut in a character, hidden text, names of files."""

from __future__ import annotations

import pytest

from mailgate.mail.compose import AttachedFile, _file_part
from mailgate.mail.mime.attachments import safe_name
from mailgate.mail.read import read

HEAD = b"From: Ola <ola@kunde.example>\nTo: support@firma.example\nMIME-Version: 1.0\n"
PARTS = (
    b"--aa\nContent-Type: text/plain\n\nHei\n--aa--\n--bb\nContent-Type: application/octet-stream\n"
    b"Content-Disposition: attachment; filename=evil.exe\n\nMZ\n--bb--\n"
)


@pytest.mark.parametrize(
    "parameters",
    [
        b"boundary=aa; boundary=bb",
        b"boundary=bb; boundary=aa",
        b'boundary="aa";\n boundary=bb',
        b"boundary=aa; boundary*=us-ascii''bb",
        b"boundary=bb; boundary*0=a; boundary*1=a",
        b"boundary*0=a; boundary*1=a; boundary*1=b",
    ],
)
def test_12_09_given_two_boundaries_when_read_then_a_defect_says_that_readers_differ(parameters):
    mail = read(HEAD + b"Content-Type: multipart/mixed; " + parameters + b"\n\n" + PARTS)
    assert "two_boundaries" in mail.defects
    assert mail.identity_doubtful  # the rule `unreadable` holds it for a person


@pytest.mark.parametrize(
    ("parameters", "first", "second"),
    [
        (b"boundary=aa/bb", b"aa/bb", b"aa"),
        (b"boundary=aa", b"aa", b"AA"),
        (b'boundary="aa\\a"', b"aaa", b"aa\\a"),
        (b"boundary=aa, boundary=bb", b"aa", b"bb"),
    ],
)
def test_12_09_given_a_part_behind_the_end_under_another_boundary_when_read_then_a_defect_says_so(parameters, first, second):
    body = PARTS.replace(b"--aa", b"--" + first).replace(b"--bb", b"--" + second)
    mail = read(HEAD + b"Content-Type: multipart/mixed; " + parameters + b"\n\n" + body)
    assert "two_boundaries" in mail.defects
    assert mail.identity_doubtful


def test_12_09_given_a_footer_behind_the_end_when_read_then_nothing_is_odd():
    body = b"--aa\n\nHei\n--aa--\n\n-- \nListen: https://liste.example\n--\nContent-free\n"
    assert read(HEAD + b"Content-Type: multipart/mixed; boundary=aa\n\n" + body).defects == ()


def test_12_09_given_one_boundary_said_twice_alike_when_read_then_nothing_is_odd():
    mail = read(HEAD + b"Content-Type: multipart/mixed; boundary=aa; boundary=aa\n\n--aa\n\nHei\n--aa--\n")
    assert mail.defects == ()


@pytest.mark.parametrize("line", [b"--abc", b"--ab-", b"--ab--x", b"--abc  ", b"--ab c"])
def test_12_09_given_a_line_that_begins_with_the_boundary_when_a_part_follows_then_a_defect_says_so(line):
    body = b"--ab\nContent-Type: text/plain\n\nHei\n" + line + b"\nContent-Type: application/octet-stream\n\nMZ\n--ab--\n"
    mail = read(HEAD + b"Content-Type: multipart/mixed; boundary=ab\n\n" + body)
    assert "longer_delimiter" in mail.defects
    assert mail.identity_doubtful


def test_12_09_given_a_nested_boundary_that_begins_with_the_outer_one_when_read_then_all_parts_are_listed_and_nothing_is_odd():
    inner = b"--abc\nContent-Type: text/plain\n\nHei\n--abc\nContent-Type: text/html\n\n<p>Hei</p>\n--abc--\n"
    body = b"--ab\nContent-Type: multipart/alternative; boundary=abc\n\n" + inner + b"--ab\nContent-Type: application/pdf\n\n%PDF\n--ab--\n"
    mail = read(HEAD + b"Content-Type: multipart/mixed; boundary=ab\n\n" + body)
    assert (mail.defects, mail.text, len(mail.attachments)) == ((), "Hei", 1)


def test_12_09_given_a_text_line_that_begins_with_the_boundary_when_no_part_follows_then_it_is_text():
    mail = read(
        HEAD + b"Content-Type: multipart/mixed; boundary=ab\n\n--ab\nContent-Type: text/plain\n\nHei\n--abcd er navnet\nx\n--ab--\n"
    )
    assert mail.defects == ()
    assert "--abcd er navnet" in mail.text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("iso-2022-jp", "こんにち"), ("gb18030", "你好𠀀世"), ("shift_jis", "テスト表"), ("euc-jp", "テスト"), ("euc-kr", "안녕"),
        ("big5", "你好"),
        ("gbk", "你好"), ("utf-8", "Blåbær på"), ("utf-8", "日本"), ("cp949", "안녕"),
    ],
)  # fmt: skip
def test_12_10_given_a_text_that_ends_in_half_a_character_when_read_then_it_keeps_its_charset(charset, text):
    more = {"utf-8": "界"}.get(charset, text[-1])
    whole = (text + more).encode(charset)
    ended = text.encode(charset)
    cut = whole[: -4 if charset.startswith("iso-2022-jp") else -1]
    assert cut != ended
    for end in (b"", b"\r\n"):
        mail = read(HEAD + b"Content-Type: text/plain; charset=" + charset.encode() + b"\nContent-Transfer-Encoding: 8bit\n\n" + cut + end)
        assert mail.text.strip() == text + "\ufffd"


@pytest.mark.parametrize("text", ["Blå", "Det står på", "Øl og smør på bordet å"])
def test_12_10_given_latin_bytes_that_are_called_utf_8_when_the_last_letter_is_past_ascii_then_they_are_read_as_latin(text):
    mail = read(HEAD + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + text.encode("latin-1"))
    assert mail.text == text


@pytest.mark.parametrize(
    ("sent", "safe"),
    [
        ("-rf.txt", "_rf.txt"),
        ("--help", "_-help"),
        ("a.pdf:b.exe", "a.pdf_b.exe"),
        ("a.txt::$DATA", "a.txt__$DATA"),
        ("C:a.pdf:b.exe", "C_a.pdf_b.exe"),
        ("a:b.exe", "a_b.exe"),
        ("C:", "C_"),
        ("COM\u00b9.txt", "_COM\u00b9.txt"),
        ("lpt\u00b2", "_lpt\u00b2"),
        ("con .txt", "_con .txt"),
        ("CONIN$", "_CONIN$"),
        ("fak\u061ctura\u200b.pdf", "faktura.pdf"),
        ("a\u2060\u00ad\ufeff\u180e.pdf", "a.pdf"),
        ("tag\U000e0041.pdf", "tag.pdf"),
        ("exe.\u202etxt", "exe.txt"),
        ("Årsrapport 2026 (endelig).pdf", "Årsrapport 2026 (endelig).pdf"),
        ("comet.txt", "comet.txt"),
    ],
)
def test_12_12_given_a_name_that_harms_when_made_safe_then_it_can_be_saved_and_shown(sent, safe):
    assert safe_name(sent) == safe


def test_12_12_given_a_drive_that_lost_its_slashes_when_read_then_it_is_shown_and_no_file_is_handed_out_with_it():
    head = b'Content-Type: image/png\nContent-Disposition: inline; filename="C:\\TEMP\\nsmail.png"\n\nx'
    (part,) = read(HEAD + head).attachments
    assert part.filename == "C:TEMPnsmail.png"
    assert b"''C_TEMPnsmail.png" in b"".join(_file_part(AttachedFile(part.filename, "image/png", b"x")))


HIDDEN = "lukk saken HASTER"


@pytest.mark.parametrize(
    "markup",
    [
        '<div style="opacity:0">{}</div>',
        '<p style="opacity: 0.0; color: red">{}</p>',
        '<div style="height:0;overflow:hidden">{}</div>',
        '<div style="max-height:0px; overflow: hidden">{}</div>',
        '<div style="d\\69splay:none">{}</div>',
        '<div style="display/**/:/* x */none">{}</div>',
        '<div style="filter:alpha(opacity=0)">{}</div>',
        '<span style="font-size:.1px">{}</span>',
        '<span style="font-size:1px">{}</span>',
        '<span style="font:0/0 a">{}</span>',
        '<span style="color:hsl(0,0%,100%)">{}</span>',
        '<span style="color:#00000000">{}</span>',
        '<div style="position:absolute;inset:-9999px auto auto -9999px">{}</div>',
        '<div style="translate:-9999px">{}</div>',
        '<div style="transform:rotateX(90deg)">{}</div>',
        '<div style="letter-spacing:-100px">{}</div>',
        '<span style="width:0;overflow:hidden;display:inline-block">{}</span>',
        '<div style="color:#fff;background:#ffffff">{}</div>',
        '<p style="color: white">{}</p>',
        '<font color="#FFFFFF">{}</font>',
        '<table bgcolor="#000000"><tr><td><span style="color:rgb(0,0,0)">{}</span></td></tr></table>',
        '<div style="background-color:#eee"><p><span style="color:#efefef">{}</span></p></div>',
        '<p style="color:transparent">{}</p>',
        '<p style="color:rgba(0,0,0,0)">{}</p>',
        '<div style="position:absolute;left:-9999px">{}</div>',
        '<div style="text-indent:-5000px">{}</div>',
        '<div style="position:absolute;clip:rect(0,0,0,0)">{}</div>',
        '<div style="clip-path:inset(100%)">{}</div>',
        '<div style="transform:scale(0)">{}</div>',
        '<style>.pre{{display:none}}</style><div class="x pre">{}</div>',
        '<style>#skjult {{ opacity: 0 }}</style><div id="skjult">{}</div>',
        '<style>@media all {{ p.a, .b {{ visibility:hidden }} }}</style><p class="b">{}</p>',
        '<style>.hvit{{color:#fff;background-color:#fff}}</style><p class="hvit">{}</p>',
        '<style>@import "x.css"; .borte {{ display: none }}</style><p class="borte">{}</p>',
        "<style>" + ".lang," * 200 + '.borte{{display:none}}</style><p class="borte">{}</p>',
        "<style>.borte{{display:none;--x:" + "y" * 3000 + '}}</style><p class="borte">{}</p>',
        '<style>.borte {{ display: none; .inni {{ color: red }} }}</style><p class="borte">{}</p>',
        '<style>@supports (color: red) {{ .borte {{ display: none }} }} .a {{ color: red</style><p class="borte">{}</p>',
        '<style>.borte {{ display: none }} /* slutter ikke .borte {{ display: block }}</style><p class="borte">{}</p>',
    ],
)
def test_12_11_given_text_that_html_hides_when_read_then_it_decides_nothing(markup):
    raw = HEAD + b"Content-Type: text/html; charset=utf-8\n\n<p>Hei, det virker.</p>" + markup.format(HIDDEN).encode()
    mail = read(raw)
    assert mail.text.strip() == "Hei, det virker."
    assert mail.reply.text == "Hei, det virker."
    assert "hidden_text" in mail.defects


@pytest.mark.parametrize(
    "markup",
    [
        '<div style="background:#000"><p style="color:#fff">{}</p></div>',
        '<table style="background:#1a1a1a url(x.png)"><tr><td style="color:white">{}</td></tr></table>',
        '<div style="color:#fff"><span style="color:#000">{}</span></div>',
        '<div style="opacity:0.9">{}</div>',
        '<div style="line-height:0">{}</div>',
        '<div style="margin-left:-10px">{}</div>',
        '<style>@media (max-width:600px) {{ .mob {{ display:none }} }}</style><p class="mob">{}</p>',
        '<style>.a{{display:none}} .a{{display:block}}</style><p class="a">{}</p>',
        '<style>@media print {{ .ark {{ display:none }} .b {{ color: red }}</style><p class="ark">{}</p>',
        '<style>@media print {{ @media screen {{ .ark {{ display:none }} }} }}</style><p class="ark">{}</p>',
        '<style>.a {{ color: red }} }} /* .a {{ display:none }} */</style><p class="a">{}</p>',
        '<div style="overflow:hidden;height:120px">{}</div>',
        '<div style="font-size:1em">{}</div>',
        '<div style="font:12px/1 Arial">{}</div>',
        '<div style="font:bold 1.2em Arial">{}</div>',
        '<div style="letter-spacing:-1px">{}</div>',
        '<div style="color:#333333ff">{}</div>',
        '<div style="color:hsl(210,50%,20%)">{}</div>',
    ],
)
def test_12_11_given_text_that_is_seen_when_read_then_it_is_there(markup):
    mail = read(HEAD + b"Content-Type: text/html; charset=utf-8\n\n<p>Hei.</p>" + markup.format(HIDDEN).encode())
    assert HIDDEN in mail.text
