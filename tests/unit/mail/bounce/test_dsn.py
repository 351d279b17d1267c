"""Reports with machine-readable parts: RFC 3464, RFC 8098, RFC 5965."""

import pytest

from mailgate.mail.model import Envelope
from mailgate.mail.read import read

ORIGINAL = "From: support@example.no\nTo: kari@example.com\nMessage-ID: <out.1@example.no>\nSubject: Sak\n\nTekst\n"


def report(status: str, original: str = ORIGINAL, part_type: str = "message/delivery-status", kind: str = "delivery-status") -> bytes:
    return f"""From: MAILER-DAEMON@mx.example.com
To: support@example.no
Subject: Report
Content-Type: multipart/report; report-type={kind}; boundary=b

--b
Content-Type: text/plain

Something happened.
--b
Content-Type: {part_type}

{status}
--b
Content-Type: message/rfc822

{original}
--b--
""".encode()


def blocks(*recipients: str) -> str:
    return "Reporting-MTA: dns; mx.example.com\n\n" + "\n\n".join(recipients)


def test_given_a_failed_recipient_when_read_then_all_of_it_is_notified():
    mail = read(
        report(
            blocks(
                "Final-Recipient: rfc822; kari@example.com\nAction: failed\nStatus: 5.1.1 (bad)\n"
                "Diagnostic-Code: smtp; 550 5.1.1\n  no such user"
            )
        )
    )
    assert mail.kind == "bounce"
    assert mail.bounce.original_message_id == "out.1@example.no"
    one = mail.bounce.recipients[0]
    assert (one.address, one.action, one.status, one.diagnostic) == ("kari@example.com", "failed", "5.1.1", "550 5.1.1 no such user")


def test_given_an_original_recipient_when_read_then_the_one_that_we_wrote_to_comes_first():
    mail = read(
        report(
            blocks("Original-Recipient: rfc822;alle@example.com\nFinal-Recipient: rfc822; kari@example.com\nAction: failed\nStatus: 5.0.0")
        )
    )
    assert [one.address for one in mail.bounce.recipients] == ["alle@example.com", "kari@example.com"]


@pytest.mark.parametrize(
    ("actions", "kind", "count"),
    [
        (["failed"], "bounce", 1),
        (["FAILED (permanent)"], "bounce", 1),
        (["delayed"], "delivery_status", 1),
        (["delivered"], "delivery_status", 1),
        (["relayed"], "delivery_status", 1),
        (["expanded", "delivered"], "delivery_status", 2),
        (["delayed", "failed"], "bounce", 1),
        (["failed", "failed"], "bounce", 2),
    ],
)
def test_given_actions_when_read_then_only_a_failure_is_a_bounce(actions, kind, count):
    mail = read(report(blocks(*(f"Final-Recipient: rfc822; k{n}@example.com\nAction: {one}" for n, one in enumerate(actions)))))
    assert mail.kind == kind
    assert len(mail.bounce.recipients) == count


@pytest.mark.parametrize(("status", "kind"), [("4.4.7", "delivery_status"), ("5.1.1", "bounce"), ("2.0.0", "delivery_status")])
def test_given_no_action_when_read_then_the_status_tells(status, kind):
    assert read(report(blocks(f"Final-Recipient: rfc822; kari@example.com\nStatus: {status}"))).kind == kind


@pytest.mark.parametrize(
    "line",
    [
        "Final-Recipient: rfc822;kari@example.com",
        "Final-Recipient: RFC822; <kari@example.com>",
        "Final-Recipient: kari@example.com",
        "final-recipient : rfc822 ; kari@example.com",
        "Final-Recipient: LOCAL; kari@example.com",
        "Final-Recipient: rfc822; kari@EXAMPLE.com",
    ],
)
def test_given_a_recipient_as_systems_write_it_when_read_then_the_address_is_found(line):
    assert [one.address for one in read(report(blocks(line + "\nAction: failed"))).bounce.recipients] == ["kari@example.com"]


def test_given_a_status_part_with_an_encoding_when_read_then_it_is_undone():
    status = "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGthcmlAZXhhbXBsZS5jb20KQWN0aW9uOiBmYWlsZWQK"
    raw = report("x").replace(
        b"message/delivery-status\n\nx", b"message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + status.encode()
    )
    assert [one.address for one in read(raw).bounce.recipients] == ["kari@example.com"]


def test_given_a_report_inside_a_mail_of_a_gateway_when_read_then_it_is_found():
    inner = report(blocks("Final-Recipient: rfc822; kari@example.com\nAction: failed"))
    raw = (
        b"From: postmaster@gw.example.com\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n"
        + inner
        + b"\n--o--\n"
    )
    assert [one.address for one in read(raw).bounce.recipients] == ["kari@example.com"]


def test_given_a_person_who_forwards_a_report_when_read_then_it_is_no_bounce():
    inner = report(blocks("Final-Recipient: rfc822; kari@example.com\nAction: failed"))
    text = b"Content-Type: text/plain\n\nHva betyr dette?\n"
    raw = (
        b"From: per@example.com\nSubject: VS: Report\nContent-Type: multipart/mixed; boundary=o\n\n--o\n"
        + text
        + b"--o\nContent-Type: message/rfc822\n\n"
        + inner
        + b"\n--o--\n"
    )
    mail = read(raw)
    assert mail.kind == "human"
    assert mail.bounce is None


def test_given_a_read_receipt_when_read_then_it_is_a_delivery_status():
    status = "Final-Recipient: rfc822; kari@example.com\nOriginal-Message-ID: <out.2@example.no>\n"
    status += "Disposition: manual-action/MDN-sent-manually; displayed\n"
    mail = read(report(status, part_type="message/disposition-notification", kind="disposition-notification"))
    assert mail.kind == "delivery_status"
    assert mail.bounce.original_message_id == "out.2@example.no"
    assert mail.bounce.recipients[0].action == "displayed"


def test_given_a_complaint_when_read_then_a_system_wrote_it():
    assert read(report("Feedback-Type: abuse", part_type="message/feedback-report", kind="feedback-report")).kind == "system"


def test_given_a_delay_in_prose_when_read_then_it_is_a_delivery_status():
    text = b"This is a warning message only. Your message to the following recipients has not yet been delivered:\n\n"
    text += b"<kari@example.com>\n\nNo action is required.\n"
    mail = read(b"From: MAILER-DAEMON@example.com\nSubject: Warning: message delayed 4 hours\n\n" + text)
    assert mail.kind == "delivery_status"
    assert mail.bounce.recipients[0].action == "delayed"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery problem with our parcel", "The parcel could not be delivered to Storgata 1. Please call kari@example.com.\n"),
        ("Re: Undelivered Mail Returned to Sender", "Hei, jeg fikk denne. Adressen ola@example.com virker vel?\n"),
        ("VS: Kan ikke leveres: Sak", "Se under.\n\nola@example.com\n550 user unknown\n"),
        ("Kan ikke leveres i dag", "Vi kan ikke levere varene i dag, beklager.\n"),
    ],
)
def test_given_a_person_who_writes_of_delivery_when_read_then_a_person_wrote_it(subject, text):
    assert (
        read(f"From: Kari <kari@example.com>\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()).kind
        == "human"
    )


def test_given_a_report_that_names_nobody_when_read_then_the_returned_mail_tells_whom():
    mail = read(report(blocks("Final-Recipient: rfc822; kari\nAction: failed\nStatus: 5.1.1")))
    assert mail.kind == "bounce"
    assert [one.address for one in mail.bounce.recipients] == ["kari@example.com"]


def test_given_a_report_in_prose_when_only_the_envelope_tells_then_it_is_found():
    raw = b"From: gateway@example.com\nSubject: Sak\n\nYour message could not be delivered to:\n\n"
    raw += b"<kari@example.com>\n550 5.1.1 user unknown\n"
    assert read(raw, envelope=Envelope("gateway@example.com", ("support@example.no",))).bounce is None
    assert read(raw, envelope=Envelope(None, ("support@example.no",))).kind == "bounce"


@pytest.mark.parametrize(
    ("author", "subject", "text"),
    [
        ("Bounce Fitness <post@bounce.example.com>", "Avtale", "Vi kunne ikke levere varene.\n\nPer\nper@bounce.example.com\n"),
        ("Drift <postmaster@example.com>", "Spørsmål", "Hei, kan dere svare kari@example.com? Mail til henne ble ikke levert.\n"),
        ("Kari <kari@example.com>", "Undeliverable mail", "Hi, all my mail to you bounces:\n\nola@example.com\n550 5.1.1 user unknown\n"),
    ],
)
def test_given_a_person_with_the_looks_of_a_mail_system_when_read_then_it_is_no_bounce(author, subject, text):
    raw = f"From: {author}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()
    assert read(raw).bounce is None


def test_given_two_recipients_in_one_block_when_read_then_both_are_notified():
    block = "Final-Recipient: rfc822; kari@example.com\nAction: failed\nFinal-Recipient: rfc822; per@example.com\nAction: failed"
    assert [one.address for one in read(report(blocks(block))).bounce.recipients] == ["kari@example.com", "per@example.com"]
