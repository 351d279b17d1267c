"""Mails made to cost time or memory: name -> how to make it. Every one must be read within 2 s and 512 MiB."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable

HEAD = b"From: Kari <kari@example.com>\r\nTo: support@example.no\r\nSubject: Sak\r\nMessage-ID: <a@example.com>\r\n"


RFC2231_10K = b"Content-Disposition: attachment" + b"".join(b";\r\n filename*%d=x" % n for n in range(10_000))
BOGUS_CHARSETS = b"".join(b"--b\r\nContent-Type: text/plain; charset=x-%d\r\n\r\nx\r\n" % n for n in range(5_000))
STATUS = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x\r\n\r\nFinal-Recipient: rfc822;a@example.com\r\n"
ID_FIELDS = (b"References", b"In-Reply-To", b"Resent-Message-ID")
REPORT = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"


def nested(depth: int) -> bytes:
    raw = bytearray(HEAD + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b0"\r\n\r\n')
    for level in range(depth):
        raw += b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (level, level + 1)
    return bytes(raw + b"--b%d\r\nContent-Type: text/plain\r\n\r\ninnerst\r\n" % depth)


def same_boundary(depth: int) -> bytes:
    one = b'--b\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + one * depth + b"--b\r\n\r\nhei\r\n--b--\r\n"


def parts(count: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhei\r\n" + b"--b\r\n\r\n" * count


def header(line: bytes) -> bytes:
    return HEAD + line + b"\r\n\r\nhei\r\n"


def sheet(css: bytes) -> bytes:
    return body(b"text/html", b"<style>" + css + b"</style><p class=a>hei")


def file_names(name: bytes, count: int) -> bytes:
    part = b'--b\r\nContent-Type: application/octet-stream; name="' + name + b'"\r\n\r\nx\r\n'
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count


def author(value: bytes) -> bytes:
    return b"From: " + value + b"\r\nTo: support@example.no\r\nSubject: Sak\r\n\r\nhei\r\n"


def body(content_type: bytes, data: bytes, encoding: bytes = b"8bit") -> bytes:
    return HEAD + b"Content-Type: " + content_type + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + data


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def html_tables(depth: int) -> bytes:
    return body(b"text/html", b"<table><tr><td>" * depth + b"hei" + b"</td></tr></table>" * depth)


def false_delimiters(count: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhei\r\n" + b"--bx\r\n" * count


def daemon(text: bytes) -> bytes:
    return b"From: MAILER-DAEMON@example.com\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n" + text


HOSTILE: dict[str, Callable[[], bytes]] = {
    "119_nested_100": lambda: nested(100),
    "119_nested_1000": lambda: nested(1_000),
    "119_nested_5000": lambda: nested(5_000),
    "119_same_boundary_5000": lambda: same_boundary(5_000),
    "120_parts_100k": lambda: parts(100_000),
    "120_parts_1M": lambda: parts(1_000_000),
    "120_delimiters_that_are_none": lambda: false_delimiters(1_000_000),
    "122_semicolons_20k": lambda: header(b"Content-Type: text/plain" + b";" * 20_000),
    "122_semicolons_200k": lambda: header(b"Content-Type: text/plain" + b";" * 200_000),
    "122_continuations_10k": lambda: header(RFC2231_10K),
    "122_parameter_1MB": lambda: header(b'Content-Type: text/plain; name="' + b"x" * 1_000_000 + b'"'),
    "122_backslashes": lambda: header(b'Content-Type: text/plain; name="' + b"\\" * 200_000),
    "report_status_of_blanks": lambda: HEAD + REPORT + STATUS + b"Status: 5.1.1\r\n" + b" " * 250_000 + b"x\r\n--b--\r\n",
    "style_media_never_closed": lambda: sheet(b"@media screen{" + b".a{b:c}      " * 200 + b"("),
    "style_words_without_a_brace": lambda: sheet(b"div " * 24_000 + b"{display:none}"),
    "style_comments_never_closed": lambda: sheet(b"/*" * 49_000),
    "style_blocks_in_blocks": lambda: sheet(b"a;{" * 33_000),
    "styles_never_closed": lambda: body(b"text/html", (b"<style>" + b"a" * 60) * 30_000),
    "names_of_files_that_are_backslashes": lambda: file_names(b"\x01x" + b"\\" * 30_000, 200),
    "author_control_and_blanks": lambda: author(b"\x01x" + b" " * 60_000 + b"z"),
    "author_control_and_blanks_in_a_word": lambda: author(b"=?utf-8?q?=01" + b"_" * 60_000 + b"x?= <a@example.com>"),
    "author_blanks_behind_a_comma": lambda: author(b"a@example.com," + b" " * 60_000 + b"z"),
    "author_quote_never_closed": lambda: author(b'\xe2\x80\x8bx "' + b'\\"' * 30_000 + b" <a@example.com>"),
    "recipients_blanks_behind_commas": lambda: header(b"Cc: " + (b"a@example.com," + b" " * 6_000) * 10 + b"z"),
    "name_of_a_file_with_a_control_and_blanks": lambda: body(b'application/x; name="\x01' + b" " * 30_000 + b'x"', b"x"),
    "ids_without_at": lambda: header(b"\r\n".join(name + b": " + b"-" * 60_000 for name in ID_FIELDS)),
    "ids_that_end_in_at": lambda: header(b"\r\n".join(name + b": " + (b"-" * 900 + b"@ ") * 66 for name in ID_FIELDS)),
    "122_equals_signs": lambda: header(b"Content-Type: text/plain; " + b"a=" * 100_000),
    "122_blanks": lambda: header(b"Content-Type: text/plain; a" + b" " * 200_000 + b"=b"),
    "123_header_10MB": lambda: header(b"".join(b"X-H%d: %s\r\n" % (n, b"x" * 90) for n in range(100_000))[:10_000_000]),
    "123_headers_100k": lambda: HEAD + b"X: y\r\n" * 100_000 + b"\r\nhei\r\n",
    "123_one_header_5MB": lambda: header(b"X-Long: " + b"x" * 5_000_000),
    "123_references_60k": lambda: header(b"References: " + b" ".join(b"<%d@example.com>" % n for n in range(60_000))),
    "123_folds_100k": lambda: header(b"X-Fold: a" + b"\r\n b" * 100_000),
    "123_no_body_no_end": lambda: b"X" * 5_000_000,
    "124_to_20k": lambda: header(b"To: " + b", ".join(b"a%d@example.com" % n for n in range(20_000))),
    "124_from_35k": lambda: b"From: " + b", ".join(b"a%d@example.com" % n for n in range(35_000)) + b"\r\n\r\nhei",
    "124_comments_20k": lambda: b"From: " + b"(" * 20_000 + b" a@example.com\r\n\r\nhei",
    "124_colons_100k": lambda: b"From: " + b":" * 100_000 + b" a@example.com\r\n\r\nhei",
    "124_groups_100k": lambda: b"To: " + b"g:;" * 100_000 + b"\r\n\r\nhei",
    "124_quotes_100k": lambda: b'From: "' + b'\\"' * 100_000 + b"\r\n\r\nhei",
    "124_angles_100k": lambda: b"From: " + b"<" * 100_000 + b"a@b\r\n\r\nhei",
    "124_ats_100k": lambda: b"From: " + b"a@" * 100_000 + b"\r\n\r\nhei",
    "124_commas_100k": lambda: b"From: " + b"a," * 100_000 + b"\r\n\r\nhei",
    "125_words_20k": lambda: b"Subject: " + b" ".join([b"=?utf-8?q?a?="] * 20_000) + b"\r\n\r\nhei",
    "125_words_unended": lambda: b"Subject: " + b"=?utf-8?q?" * 20_000 + b"\r\n\r\nhei",
    "125_subject_1MB": lambda: b"Subject: " + b"a" * 1_000_000 + b"\r\n\r\nhei",
    "125_subject_1MB_encoded": lambda: b"Subject: =?utf-8?b?" + base64.b64encode(b"a" * 750_000) + b"?=\r\n\r\nhei",
    "128_rot13": lambda: body(b"text/plain; charset=rot13", b"uryyb"),
    "128_utf7": lambda: body(b"text/plain; charset=utf-7", b"+ADw-script+AD4-"),
    "128_unicode_escape": lambda: body(b"text/plain; charset=unicode_escape", b"\\x41\\N{BELL}"),
    "128_idna_long": lambda: body(b"text/plain; charset=idna", b"x" * 1_000_000),
    "128_punycode_long": lambda: body(b"text/plain; charset=punycode", b"a-" * 200_000),
    "128_zlib": lambda: body(b"text/plain; charset=zlib", noise(100_000)),
    "128_x_bogus": lambda: body(b"text/plain; charset=x-bogus", b"hei"),
    "128_utf32_of_F": lambda: body(b"text/plain; charset=utf-32le", b"F" * 1_000_000),
    "128_charset_names": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + BOGUS_CHARSETS,
    "130_cr_only": lambda: HEAD.replace(b"\r\n", b"\r") + b"\rhei\r" * 100_000,
    "132_base64_25MB": lambda: body(b"application/octet-stream", base64.encodebytes(noise(18_000_000)), b"base64"),
    "132_base64_broken_10MB": lambda: body(b"application/octet-stream", b"QUJD=*" * 1_700_000, b"base64"),
    "132_quoted_printable_25MB": lambda: body(b"text/plain", b"=C3=A5=\r\n" * 2_700_000, b"quoted-printable"),
    "132_uu_begins": lambda: body(b"text/plain", b"begin 644 a\r\n" * 500_000),
    "132_uu_begins_one_end": lambda: body(b"text/plain", b"begin 644 a\r\n" * 500_000 + b"end\r\n"),
    "136_tnef_noise": lambda: body(b"application/ms-tnef", b"\x78\x9f\x3e\x22" + noise(2_000_000), b"binary"),
    "136_tnef_zeros": lambda: body(b"application/ms-tnef", b"\x78\x9f\x3e\x22\x00\x00" + b"\x01" + bytes(4_000_000), b"binary"),
    "136_smime_noise": lambda: body(b"application/pkcs7-mime", b"\x30\x80" * 500_000, b"binary"),
    "136_calendar_lines": lambda: body(b"text/calendar", b"BEGIN:VEVENT\r\n" + b'SUMMARY;X="' * 100_000),
    "136_calendar_folds": lambda: body(b"text/calendar", b"BEGIN:VEVENT\r\nSUMMARY:a" + b"\r\n b" * 500_000),
    "138_noise_5MB": lambda: noise(5_000_000),
    "138_newlines_5MB": lambda: b"\n" * 5_000_000,
    "138_nul_5MB": lambda: HEAD + b"\r\n" + bytes(5_000_000),
    "138_message_in_message": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "192_html_3MB": lambda: body(b"text/html", b"<p class=MsoNormal><span style='mso-fareast-language:NO'>hei</span></p>" * 42_000),
    "192_tables_10k": lambda: html_tables(10_000),
    "192_unclosed_300k": lambda: body(b"text/html", b"<div>" * 300_000),
    "192_attributes": lambda: body(b"text/html", b"<a " + b"x=y " * 300_000 + b">hei</a>"),
    "report_blocks_100k": lambda: HEAD + REPORT + b"Content-Type: message/delivery-status\r\n\r\n"
    + b"Final-Recipient: rfc822; a@example.com\r\nAction: failed\r\n\r\n" * 100_000,
    "report_addresses_1MB": lambda: daemon(b"<a@example.com>:\r\n" * 60_000),
    "report_one_line_1MB": lambda: daemon(b"could not be delivered to " + b"a@b.c " * 170_000),
    "report_ats": lambda: daemon(b"undeliverable " + b"a@" * 500_000),
    "report_blanks": lambda: daemon(b"failed recipient" + b" " * 1_000_000),
    "report_headers_1MB": lambda: daemon((b"Received: " + b"x" * 585 + b"\r\n") * 2_000),
    "report_copies_1MB": lambda: daemon(b"original message follows\r\n" * 40_000),
    "report_deliver_to_1MB": lambda: daemon((b"deliver to by for " * 32 + b"@\r\n") * 2_000),
    "report_users_1MB": lambda: daemon((b"user user user " * 40 + b"@\r\n") * 2_000),
    "report_codes_1MB": lambda: daemon((b"550 " * 148 + b"a@\r\n") * 2_000),
    "out_of_office_dates": lambda: b"From: a@example.com\r\nSubject: Automatisk svar: x\r\n\r\n" + b"tilbake 31. " * 100_000,
    "language_long": lambda: HEAD + b"\r\n" + b"og " * 2_000_000,
    "flowed_2MB": lambda: body(b"text/plain; format=flowed", b"> a \r\n" * 300_000),
    "quote_levels_100k": lambda: HEAD + b"\r\n" + b">" * 100_000 + b" hei\r\n",
}  # fmt: skip
