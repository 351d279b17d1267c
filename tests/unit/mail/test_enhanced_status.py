"""Enhanced status codes: which of them mean that an address is dead."""

from __future__ import annotations

import pytest

from mailgate.mail.enhanced_status import HARD, SOFT, verdict


@pytest.mark.parametrize(
    ("status", "diagnostic", "wanted"),
    [
        ("5.1.1", "", "hard"),
        ("5.1.1", "smtp; 550 5.1.1 User unknown", "hard"),
        ("5.1.1 (bad destination mailbox address)", "", "hard"),
        ("5.1.10", "", "hard"),
        ("5.2.1", "", "hard"),
        ("5.4.4", "", "hard"),
        ("5.2.2", "mailbox full", "soft"),
        ("5.1.1", "552 mailbox is full", "soft"),
        ("5.7.1", "550 5.7.1 blocked by policy", "soft"),
        ("5.3.4", "message too big", "soft"),
        ("5.6.0", "", "soft"),
        ("4.4.1", "connection timed out", "soft"),
        ("4.1.1", "try later", "soft"),
        ("2.0.0", "delivered", "delivered"),
        ("5.0.0", "550 no such user here", "hard"),
        ("5.5.0", "smtp;550 Requested action not taken: mailbox unavailable", "hard"),
        ("5.0.0", "smtp; 554 rejected", "soft"),
        ("", "smtp; 550 5.1.1 <x@y>: Recipient address rejected: User unknown", "hard"),
        ("", "ukjent bruker", "hard"),
        ("", "Address does not exist", "hard"),
        ("", "host 192.0.2.1 said no", "unknown"),
        ("", "", "unknown"),
        ("5.99.99", "user unknown", "soft"),
        ("9.1.1", "", "unknown"),
    ],
)
def test_given_a_report_when_judged_then_only_what_is_final_about_the_address_is_hard(status, diagnostic, wanted):
    assert verdict(status, diagnostic) == wanted


def test_given_the_table_when_read_then_no_code_is_both():
    assert not HARD & SOFT


@pytest.mark.parametrize("code", sorted(HARD))
def test_given_the_same_detail_in_class_four_when_judged_then_it_is_soft(code):
    assert (verdict(f"5.{code}"), verdict(f"4.{code}")) == ("hard", "soft")
