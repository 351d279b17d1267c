"""Free-form delivery reports: every system's way of naming the address that failed."""

import pytest

from mailgate.mail.read import read
from tests.unit.mail.bounce.bounce_samples import FORMS
from tests.unit.mail.bounce.bounce_samples_more import MORE_FORMS

ALL = FORMS + MORE_FORMS


def report(author: str, subject: str, text: str) -> bytes:
    head = f"Return-Path: <>\nFrom: {author}\nTo: support@example.no\nSubject: {subject}\n"
    return (head + "Content-Type: text/plain; charset=utf-8\nDate: Thu, 29 Apr 2027 12:00:00 +0200\n\n" + text).encode()


@pytest.mark.parametrize(("name", "author", "subject", "text", "failed"), ALL, ids=[form[0] for form in ALL])
def test_given_a_report_in_prose_when_read_then_just_the_failed_addresses_are_named(name, author, subject, text, failed):
    mail = read(report(author, subject, text))
    assert mail.kind == "bounce"
    assert mail.bounce is not None
    assert {one.address for one in mail.bounce.recipients} == failed
