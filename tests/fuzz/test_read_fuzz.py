"""No exception escapes the reader, the header decoder or the bounce reader, whatever the bytes. Short here; `make fuzz` runs longer."""

import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgate.mail.automatic.return_date import returns_at
from mailgate.mail.language import guess
from mailgate.mail.mime.charset import decode
from mailgate.mail.mime.smime import signed_content
from mailgate.mail.mime.tnef import SIGNATURE, read_tnef
from tests.fuzz.properties import check_header, check_mail, check_report

SEEDS = [one.read_bytes() for one in sorted((Path(__file__).parents[1] / "golden").rglob("*.eml"))]
PIECES = [
    b"From: ",
    b"Subject: ",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"\r\n\r\n",
    b"=?utf-8?q?=C3?=",
    b"=?",
    b"?=",
    b"<",
    b">",
    b"@",
    b"(",
    b'"',
    b";",
    b"filename*0*=utf-8''%",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Disposition: attachment; filename=",
    b"\x00",
    b"\xff\xfe",
    b"\r",
    b" ",
    b"\t",
    b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b\r\n",
    b"From: MAILER-DAEMON@x\r\nSubject: Undelivered Mail\r\n\r\n<a@b.c>: 550 ",
    b"begin 644 x\r\n",
    b"BEGIN:VEVENT\r\nDTSTART:",
    b"Content-Type: text/html\r\n\r\n<div",
    b"Auto-Submitted: auto-replied\r\n",
    b"Date: ",
    b"charset=utf-16",
    b"References: <",
    b"Content-Type: application/ms-tnef\r\n",
]
EXAMPLES = int(os.environ.get("MAILGATE_FUZZ_EXAMPLES", "150"))
SHORT = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def mutated(draw) -> bytes:
    """A golden mail with bytes cut out, doubled, changed, or pieces of mail put in."""
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        length = draw(st.integers(0, 80))
        how = draw(st.sampled_from(["cut", "double", "put", "noise"]))
        if how == "cut":
            del raw[at : at + length]
        elif how == "double":
            raw[at:at] = raw[at : at + length]
        elif how == "put":
            raw[at:at] = draw(st.sampled_from(PIECES))
        else:
            raw[at : at + 4] = draw(st.binary(max_size=8))
    return bytes(raw)


@SHORT
@given(mutated())
def test_given_a_mutated_mail_when_read_then_nothing_is_raised_and_all_text_is_clean(raw):
    check_mail(raw)


@SHORT
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=30)), max_size=60).map(b"".join))
def test_given_pieces_of_mail_in_any_order_when_read_then_nothing_is_raised(raw):
    check_mail(raw)


@SHORT
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=40).map(b"".join))
def test_given_any_header_when_decoded_then_nothing_is_raised_and_it_is_one_line(raw):
    check_header(raw)


@SHORT
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))), max_size=40).map(
        b"\n".join
    )
)
def test_given_any_report_when_read_then_nothing_is_raised(text):
    check_report(text)


@SHORT
@given(
    st.binary(max_size=400), st.sampled_from(["utf-8", "utf-16", "utf-7", "iso-2022-jp", "hz", "x-own", "cp949", "big5hkscs", "rot13", ""])
)
def test_given_any_bytes_when_decoded_or_opened_then_nothing_is_raised(data, charset):
    assert isinstance(decode(data, charset)[0], str)
    read_tnef(SIGNATURE + data)
    signed_content(data)
    text = data.decode("latin-1")
    guess(text)
    returns_at("tilbake " + text, None)
