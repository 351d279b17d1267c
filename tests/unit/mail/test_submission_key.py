"""The key by which a resubmission is known."""

from __future__ import annotations

import pytest

from mailgate.mail.model import Envelope
from mailgate.mail.submission_key import submission_key
from tests.support.harness.pace import seconds_at_rest

ENVELOPE = Envelope("kari@kunde.example", ("support@example.no",))
FIELDS = b"From: kari@kunde.example\r\nMessage-ID: <a@kunde.example>\r\nSubject: Feil\r\n ved start\r\n"
BODY = b"\r\nHei,\r\nReceived: dette er tekst\r\n"
MAIL = FIELDS + BODY


@pytest.mark.parametrize(
    "trace",
    [
        b"Received: from a by b;\r\n\tSun, 22 Nov 2026 12:00:00 +0100\r\n",
        b"RECEIVED : from a by b\r\n",
        b"Return-Path: <kari@kunde.example>\r\n",
        b"Delivered-To: support@example.no\r\n",
        b"X-Original-To: support@example.no\r\n",
        b"Authentication-Results: mx; spf=pass\r\n smtp.mailfrom=kunde.example\r\n",
        b"Received-SPF: pass\r\n",
        b"ARC-Seal: i=1; a=rsa\r\n",
        b"ARC-Message-Signature: i=1;\r\n\tb=x\r\n",
        b"ARC-Authentication-Results: i=1; mx\r\n",
        b"X-Received: by 10.0.0.1\r\n",
    ],
)
def test_given_a_trace_field_on_top_when_keyed_then_it_is_the_same_submission(trace: bytes) -> None:
    assert submission_key(ENVELOPE, trace + MAIL) == submission_key(ENVELOPE, MAIL)
    assert submission_key(ENVELOPE, trace + trace + MAIL) == submission_key(ENVELOPE, MAIL)
    assert submission_key(ENVELOPE, FIELDS + trace + BODY) == submission_key(ENVELOPE, MAIL)


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"Hei", b"Hai"),
        MAIL.replace(b"dette er tekst", b"dette er annen tekst"),
        MAIL.replace(b"<a@", b"<b@"),
        MAIL.replace(b" ved start", b" ved stans"),
        b"X-Priority: 1\r\n" + MAIL,
        b"Received-By: x\r\n" + MAIL,
        b"Date: Sun, 22 Nov 2026 12:00:00 +0100\r\n" + MAIL,
        MAIL + b"\r\n",
        FIELDS,
    ],
)
def test_given_any_other_change_when_keyed_then_it_is_another_mail(other: bytes) -> None:
    assert submission_key(ENVELOPE, other) != submission_key(ENVELOPE, MAIL)


def test_given_recipients_in_other_order_and_case_when_keyed_then_it_is_the_same() -> None:
    one = Envelope("a@b", ("x@example.no", "Y@example.no"))
    other = Envelope("a@b", ("y@EXAMPLE.no", "x@example.no", "x@example.no"))
    assert submission_key(one, MAIL) == submission_key(other, MAIL)


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope(None, ENVELOPE.recipients),
        Envelope("", ENVELOPE.recipients),
        Envelope("kari@kunde.example", ("support@example.no", "abuse@example.no")),
    ],
)
def test_given_another_envelope_when_keyed_then_it_is_another_mail(envelope: Envelope) -> None:
    assert submission_key(envelope, MAIL) != submission_key(ENVELOPE, MAIL)


def test_given_addresses_moved_between_fields_when_keyed_then_they_differ() -> None:
    assert submission_key(Envelope("a@b", ("c@d", "e@f")), MAIL) != submission_key(Envelope("a@b\nc@d", ("e@f",)), MAIL + b"x")


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r\n", b"\n", b"\r\nReceived: x\r\n", b"no header at all", b"Received: x", b"\x00\xff: \r\n\r\n", b" folded first\r\n\r\nx"],
)
def test_given_bytes_that_are_hardly_a_mail_when_keyed_then_there_is_a_stable_key(raw: bytes) -> None:
    assert len(submission_key(ENVELOPE, raw)) == 64
    assert submission_key(ENVELOPE, raw) == submission_key(ENVELOPE, bytes(bytearray(raw)))


def test_given_a_body_that_begins_at_once_when_keyed_then_its_lines_count() -> None:
    assert submission_key(ENVELOPE, b"\r\nReceived: a\r\n") != submission_key(ENVELOPE, b"\r\nReceived: b\r\n")


def test_given_line_feeds_alone_when_keyed_then_trace_fields_are_found_all_the_same() -> None:
    assert submission_key(ENVELOPE, b"Received: a\n b\nSubject: x\n\nText\n") == submission_key(ENVELOPE, b"Subject: x\n\nText\n")


@pytest.mark.timing
def test_given_a_huge_header_when_keyed_then_the_time_is_linear() -> None:
    raw = b"Received: x\r\n\tfolded\r\n" * 200_000 + MAIL
    assert seconds_at_rest(lambda: submission_key(ENVELOPE, raw), runs=1) < 1.0
