"""Mails made to cost time or memory end in 2 s and 512 MiB, and what is known cheaply is still known."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mailgate.mail.limits import DEFAULT_LIMITS
from mailgate.mail.read import read
from tests.unit.mail.hostile.hostile_inputs import HEAD, HOSTILE, body, header

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def worker():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.mail.hostile.hostile_worker"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(name: str) -> dict:
        process.stdin.write(name + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


def assert_bounded(found: dict, max_cpu_s: float = 2.0) -> None:
    assert "died" not in found
    assert found["cpu_s"] < max_cpu_s
    assert found["grown_mib"] < 512


def numbered(number: int) -> list[str]:
    """The hostile inputs of one number of the list."""
    return [name for name in HOSTILE if name.startswith(f"{number}_")]


@pytest.mark.timing
@pytest.mark.parametrize("name", HOSTILE)
def test_given_any_hostile_mail_when_read_then_it_ends_within_time_and_memory(worker, name):
    assert_bounded(worker(name))


@pytest.mark.parametrize("name", numbered(119))
def test_119_given_multiparts_in_multiparts_when_read_then_it_is_said_and_the_header_is_known(worker, name):
    found = worker(name)
    assert_bounded(found)
    assert "too_deep" in found["defects"]
    assert found["subject"] == "Sak"


@pytest.mark.timing
@pytest.mark.parametrize("name", ["120_parts_100k", "120_parts_1M"])
def test_120_given_parts_without_end_when_read_then_it_stops_within_200_ms(worker, name):
    found = worker(name)
    assert_bounded(found, 0.2)
    assert "too_many_parts" in found["defects"]


@pytest.mark.timing
@pytest.mark.parametrize("name", numbered(122))
def test_122_given_parameters_without_end_when_read_then_it_takes_less_than_200_ms_and_is_said(worker, name):
    found = worker(name)
    assert_bounded(found, 0.2)
    assert {"parameters_too_long", "too_many_parameters"} & set(found["defects"])


@pytest.mark.parametrize("name", numbered(123))
def test_123_given_a_header_without_end_when_read_then_it_is_cut_and_said(worker, name):
    found = worker(name)
    assert_bounded(found)
    assert "header_too_large" in found["defects"]
    assert len(found["references"]) == 1 or found["references"][0] <= 100


@pytest.mark.parametrize("name", numbered(124))
def test_124_given_addresses_without_end_when_read_then_they_are_bounded_and_nobody_is_taken_for_the_author(worker, name):
    found = worker(name)
    assert_bounded(found)
    assert found["to"] <= 1_000
    assert found["doubtful"] or name == "124_to_20k"


@pytest.mark.parametrize("name", numbered(125))
def test_125_given_a_subject_without_end_when_read_then_the_title_is_short(worker, name):
    found = worker(name)
    assert_bounded(found)
    assert 0 < len(found["subject"]) <= DEFAULT_LIMITS.subject_chars
    assert {"subject_too_long", "header_too_large"} & set(found["defects"])


@pytest.mark.parametrize("name", numbered(138))
def test_138_given_torture_mail_when_read_then_the_reader_lives(worker, name):
    assert_bounded(worker(name))


@pytest.mark.parametrize(
    ("name", "defect"),
    [
        ("119_nested_100", "too_deep"),
        ("119_nested_5000", "too_deep"),
        ("120_parts_100k", "too_many_parts"),
        ("120_parts_1M", "too_many_parts"),
        ("120_delimiters_that_are_none", "too_many_false_boundaries"),
        ("122_parameter_1MB", "header_too_large"),
        ("123_header_10MB", "header_too_large"),
        ("123_headers_100k", "header_too_large"),
        ("123_references_60k", "too_many_references"),
        ("128_rot13", "unknown_charset"),
        ("128_unicode_escape", "unknown_charset"),
        ("128_x_bogus", "unknown_charset"),
        ("128_utf7", "utf7_charset"),
        ("125_subject_1MB", "subject_too_long"),
        ("136_smime_noise", "smime_not_opened"),
    ],
)
def test_given_a_mail_over_a_limit_when_read_then_the_limit_is_named(worker, name, defect):
    assert defect in worker(name)["defects"]


@pytest.mark.parametrize(
    "name", ["119_nested_5000", "120_parts_1M", "122_semicolons_200k", "123_header_10MB", "123_references_60k", "132_base64_25MB"]
)
def test_given_a_mail_over_a_limit_when_read_then_subject_is_still_known(worker, name):
    assert worker(name)["subject"] == "Sak"


def test_given_a_million_parts_when_read_then_the_first_text_is_kept(worker):
    assert worker("120_parts_1M")["text"] == "hei"


def test_given_sixty_thousand_references_when_read_then_a_hundred_with_both_ends_stay(worker):
    count, first, last = worker("123_references_60k")["references"]
    assert (count, first) == (100, "0@example.com")
    assert last.endswith("@example.com")


def test_given_twenty_thousand_recipients_when_read_then_at_most_a_thousand_are_kept(worker):
    assert 0 < worker("124_to_20k")["to"] <= 1_000


def test_given_more_than_a_thousand_fields_when_read_then_the_rest_is_left_out_and_said():
    mail = read(HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(2_000)) + b"\r\nhei\r\n")
    assert "too_many_headers" in mail.defects
    assert len(mail.headers) == 1_000
    assert mail.text == "hei\n"


# 128: codecs that are no charsets


@pytest.mark.parametrize(
    "charset",
    [
        "rot13",
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
        "hex",
        "base64",
        "zlib",
        "bz2",
        "uu",
        "utf-32le",
        "undefined",
        "mbcs",
        "x-bogus",
        "../../etc",
    ],
)
def test_128_given_a_codec_that_is_no_charset_when_read_then_bytes_are_taken_as_they_are(charset):
    mail = read(body(b"text/plain; charset=" + charset.encode(), b"uryyb \\x41 FFFF"))
    assert mail.text == "uryyb \\x41 FFFF"
    assert "unknown_charset" in mail.defects


def test_128_given_markup_hidden_in_utf7_when_read_then_it_stays_hidden():
    assert "<" not in read(body(b"text/plain; charset=utf-7", b"+ADw-script+AD4-")).text


def test_128_given_letters_in_utf7_when_read_then_they_are_letters():
    assert read(body(b"text/plain; charset=utf-7", b"bl+AOU-b+AOY-r")).text == "blåbær"


# 130: what is doubtful


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"From: a@example.com\r\nFrom: b@example.com\r\n\r\nhei", "two_from"),
        (b"From: a@example.com, b@example.com\r\n\r\nhei", "unclear_from"),
        (b"From: a@example.com\r\nSubject: x\rFrom: b@example.com\r\n\r\nhei", "bare_cr_in_header"),
        (b"To: c@example.com\r\n \r\nFrom: a@example.com\r\n\r\nhei", "blank_line_in_header"),
        (b"From : a@example.com\r\n\r\nhei", "space_before_colon_in_from"),
        (b"Subject: x\r\n\r\nhei", "no_from"),
        (b"From: \r\n\r\nhei", "no_from"),
        (b'From: "a@example.com" <b@example.com> <c@example.com>\r\n\r\nhei', "unclear_from"),
        (b"From: a@example.com\r\nhei, dette er teksten", "missing_header_body_separator"),
        (b"From: Kari <kari@>\r\n\r\nhei", "unclear_from"),
        (b"From: a@example.com\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nhei", "two_content_types"),
    ],
)
def test_130_given_a_doubtful_author_when_read_then_the_identity_is_doubtful(raw, defect):
    mail = read(raw)
    assert defect in mail.defects
    assert mail.identity_doubtful


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (header(b"Content-Type: text/plain\r\nContent-Type: text/html"), "two_content_types"),
        (header(b'Content-Type: multipart/alternative; boundary="b"oundary="b"'), "unclear_parameters"),
        (header(b"Subject: another"), "two_subject"),
        (header(b"Message-ID: <b@example.com>"), "two_message_id"),
        (header(b"this is no header\r\nX-A: b"), "header_without_colon"),
        (header(b"X-A : b"), "space_before_colon"),
        (HEAD.replace(b"\r\n", b"\r") + b"\rhei\r", "cr_only_line_ends"),
        (b"", "empty"),
        (header(b"Content-Transfer-Encoding: base64, 7bit"), "ambiguous_encoding"),
        (header(b"Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit"), "ambiguous_encoding"),
        (header(b"Content-Transfer-Encoding: x-own"), "unknown_encoding"),
        (header(b"Content-Type: multipart/mixed"), "multipart_without_parts"),
    ],
)
def test_130_given_an_odd_mail_when_read_then_what_is_odd_is_named(raw, defect):
    assert defect in read(raw).defects


def test_130_given_the_first_and_a_second_subject_when_read_then_the_first_counts():
    assert read(header(b"Subject: another")).subject == "Sak"


def test_130_given_text_instead_of_an_empty_line_when_read_then_it_is_body():
    mail = read(b"From: a@example.com\r\nSubject: x\r\nhei, dette er teksten\r\n\r\nog mer")
    assert mail.subject == "x"
    assert mail.text.startswith("hei, dette er teksten")
    assert "og mer" in mail.text


# 132: names and encodings that hide an attachment


def test_132_given_two_names_when_read_then_both_are_kept_for_whoever_judges_extensions():
    mail = read(HEAD + b'Content-Type: application/x; name="bilde.png"\r\nContent-Disposition: attachment; filename="virus.exe"\r\n\r\nMZ')
    one = mail.attachments[0]
    assert one.filename == "virus.exe"
    assert one.other_names == ("bilde.png",)


@pytest.mark.parametrize(
    "fields",
    [
        'Content-Disposition: attachment; filename="evil.exe"\nContent-Disposition: attachment; filename="a.txt"',
        'Content-Disposition: attachment; filename="a.txt"\nContent-Disposition: inline; filename="evil.exe"',
        'Content-Disposition: attachment; filename="a.txt"; filename="evil.exe"',
        "Content-Disposition: attachment; filename=evil.exe; filename*=utf-8''a.txt",
        "Content-Disposition: attachment; filename*=utf-8''a.txt; filename*=utf-8''evil.exe",
        "Content-Disposition: attachment; filename*=utf-8''a.txt; filename*0=ev; filename*1=il.exe",
        'Content-Disposition: attachment; filename="a.txt"; name="b.txt"; name="evil.exe"',
        "Content-Type: application/x; name=evil.exe\nContent-Type: application/x; name=a.txt",
    ],
)
def test_132_given_several_names_in_any_fields_when_read_then_all_are_kept_for_whoever_judges_extensions(fields):
    raw = f"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHei\n--x\n{fields}\n\nMZ\n--x--\n"
    (attachment,) = read(raw.replace("\n", "\r\n").encode()).attachments
    assert {"a.txt", "evil.exe"} <= {attachment.filename, *attachment.other_names}


def test_132_given_a_name_in_many_lines_when_read_then_it_is_whole():
    name = b';\r\n filename*0="faktura";\r\n filename*1=".p";\r\n filename*2*=d%66'
    raw = HEAD + b"Content-Type: application/x\r\nContent-Disposition: attachment" + name + b"\r\n\r\nx"
    assert read(raw).attachments[0].filename == "faktura.pdf"


def test_132_given_a_folded_encoding_when_read_then_the_part_is_decoded():
    raw = HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding:\r\n base64\r\n\r\naGVp\r\n"
    assert read(raw).text == "hei"


def test_132_given_a_name_with_folders_controls_and_turned_letters_when_read_then_only_a_safe_name_is_shown():
    raw = HEAD + 'Content-Disposition: attachment; filename="../../etc/\u202egpj.exe\x07"\r\n\r\nx'.encode()
    one = read(raw).attachments[0]
    assert one.filename == "gpj.exe"
    assert one.filename_sent.endswith("gpj.exe")


# 136: what is not opened


@pytest.mark.parametrize(
    "content_type", ["application/pgp-encrypted", "application/pkcs7-mime; smime-type=enveloped-data", "text/x-amp-html"]
)
def test_136_given_a_sealed_part_when_read_then_it_is_an_attachment(content_type):
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhei\r\n--b\r\nContent-Type: "
        + content_type.encode()
        + b"\r\n\r\nxx\r\n--b--\r\n"
    )
    mail = read(raw)
    assert mail.text == "hei"
    assert [one.content for one in mail.attachments] == [b"xx"]
