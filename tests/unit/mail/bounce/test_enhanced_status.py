"""Enhanced status codes: which of them mean that an address is dead."""

from __future__ import annotations

import re

import pytest

from mailgate.mail.bounce.enhanced_status import VAGUE, meaning, verdict
from mailgate.mail.bounce.status_codes import CODES, REPLIES

HARD = {"1.1", "1.2", "1.3", "1.4", "1.6", "1.9", "1.10", "2.1", "4.4", "7.13", "7.17", "7.18"}


@pytest.mark.parametrize("code", CODES)
def test_given_every_code_of_the_registry_when_it_comes_alone_then_class_five_is_as_the_table_says_and_class_four_is_soft(code):
    assert verdict(f"5.{code}") == CODES[code].reading
    assert (verdict(f"4.{code}"), verdict(f"2.{code}")) == ("soft", "delivered")
    assert (CODES[code].reading == "hard") == (code in HARD)
    assert meaning(f"5.{code} (something)") == CODES[code].meaning


def test_given_the_table_then_it_has_every_detail_of_rfc_3463():
    details = {1: 8, 2: 4, 3: 5, 4: 7, 5: 5, 6: 5, 7: 7}
    wanted = {f"{subject}.{detail}" for subject, last in details.items() for detail in range(last + 1)} | {"0.0"}
    assert wanted <= set(CODES)
    assert {f"{subject}.0" for subject in details} | {"0.0"} == VAGUE | {"6.0"}
    assert all(re.fullmatch(r"[45]\d\d", str(code)) for code in REPLIES)


@pytest.mark.parametrize(
    ("status", "diagnostic", "wanted"),
    [
        ("5.1.1", "smtp; 550 5.1.1 User unknown", "hard"),
        ("5.1.1 (bad destination mailbox address)", "", "hard"),
        ("5.1.10", "", "hard"),
        ("5.01.001", "", "hard"),
        ("5.2.1", "The email account that you tried to reach is over quota", "soft"),
        ("5.1.1", "552 mailbox is full", "soft"),
        ("5.1.1", "550 5.1.1 message blocked using zen.spamhaus.org", "unrelated"),
        ("5.1.1", "User unknown in relay recipient table", "hard"),
        ("5.2.2", "mailbox full", "soft"),
        ("5.7.1", "550 5.7.1 blocked by policy", "unrelated"),
        ("5.7.1", "Unable to relay for eva@kunde.example", "unrelated"),
        ("5.7.1", "550 Client host rejected: Access denied", "unrelated"),
        ("5.7.1", "550 5.7.1 <eva@kunde.example>: Recipient address rejected: User unknown", "hard"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. [AM0.outlook.example]", "hard"),
        ("5.4.1", "", "soft"),
        ("5.1.8", "Sender address rejected: Domain not found", "unrelated"),
        ("5.3.4", "message too big", "unrelated"),
        ("4.4.1", "connection timed out", "soft"),
        ("4.1.1", "550 user unknown", "soft"),
        ("5.0.0", "550 no such user here", "hard"),
        ("5.0.0", "Domain does not exist", "hard"),
        ("5.5.0", "smtp;550 Requested action not taken: mailbox unavailable", "hard"),
        ("5.3.0", "553 5.3.0 <eva@kunde.example>... No such user here", "hard"),
        ("5.0.0", "smtp; 554 rejected", "unrelated"),
        ("5.0.0", "smtp; 552 something", "soft"),
        ("5.0.0", "", "soft"),
        ("5.7.133", "authentication required; the sender was not authenticated", "unrelated"),
        ("5.7.509", "", "unrelated"),
        ("5.99.99", "user unknown", "hard"),
        ("5.99.99", "", "soft"),
        ("", "smtp; 550 5.1.1 <x@y>: Recipient address rejected: User unknown", "hard"),
        ("", "450 mailbox unavailable", "soft"),
        ("", "421 try again later", "soft"),
        ("", "554 transaction failed", "unrelated"),
        ("", "556 no mail here", "hard"),
        ("", "550 no", "unknown"),
        ("", "550 Sender address rejected: Domain not found", "unrelated"),
        ("", "Name service error for kunde.example: Host not found, try again", "unknown"),
        ("", "Recipient server unavailable or busy", "unknown"),
        ("", "User eva (eva@kunde.example) not listed in Domino Directory", "hard"),
        ("", "This account has been disabled or discontinued", "hard"),
        ("", "ukjent bruker", "hard"),
        ("", "Ukjend mottakar: adressa finst ikkje", "hard"),
        ("", "Kontoen er deaktivert, hun har sluttet", "hard"),
        ("", "Postkassen til mottakeren er full", "soft"),
        ("", "Postkassa er full", "soft"),
        ("", "Meldingen er for stor", "unrelated"),
        ("", "Empfänger unbekannt", "hard"),
        ("", "Address does not exist", "hard"),
        ("", "host 192.0.2.1 said no", "unknown"),
        ("", "", "unknown"),
        ("9.1.1", "", "unknown"),
    ],
)
def test_given_a_report_when_judged_then_only_what_is_final_about_the_address_is_hard(status, diagnostic, wanted):
    assert verdict(status, diagnostic) == wanted
