"""What failed deliveries mean for an address: the pure part."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailgate.rules.reachability import BounceLimits, DeliveryFailure, suppression_after

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LIMITS = BounceLimits(soft_max=3, soft_window_days=10, soft_pause_days=2)


def failure(verdict: str, status: str = "", words: str = "") -> DeliveryFailure:
    return DeliveryFailure("eva@kunde.example", "1", verdict, NOW, status, words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdict", "soft_failures", "cause", "until"),
    [
        ("hard", 0, "bounce", None),
        ("complaint", 0, "complaint", None),
        ("soft", 2, "", None),
        ("soft", 3, "soft_bounces", NOW + timedelta(days=2)),
        ("soft", 9, "soft_bounces", NOW + timedelta(days=2)),
        ("unknown", 3, "soft_bounces", NOW + timedelta(days=2)),
        ("unrelated", 9, "", None),
        ("delivered", 9, "", None),
    ],
)
def test_given_a_failure_when_judged_then_only_what_is_final_or_goes_on_stops_the_address(verdict, soft_failures, cause, until):
    found = suppression_after(failure(verdict), soft_failures, LIMITS)
    assert (found.cause if found else "", found.until if found else None) == (cause, until)


@pytest.mark.parametrize(("verdict", "cause"), [("hard", "bounce"), ("complaint", "complaint")])
def test_12_08_given_a_failure_that_nothing_proves_when_judged_then_the_pause_ends_and_says_why(verdict, cause):
    found = suppression_after(replace(failure(verdict), proven=False), 0, LIMITS)
    assert (found.cause, found.until) == (cause, NOW + timedelta(days=2))
    assert "only knows the Message-ID" in found.reason


def test_given_zero_as_the_limit_when_mail_keeps_coming_back_softly_then_the_address_never_pauses():
    assert suppression_after(failure("soft"), 1_000, BounceLimits(soft_max=0)) is None


@pytest.mark.parametrize(
    ("status", "words", "said"),
    [
        ("5.1.1", "User unknown", "bounced 2026-11-23: 5.1.1 User unknown"),
        ("5.1.1", "", "bounced 2026-11-23: 5.1.1 bad destination mailbox address"),
        ("", "", "bounced 2026-11-23: no reason was given"),
    ],
)
def test_given_a_hard_failure_when_an_operator_reads_of_it_then_the_reason_is_in_words(status, words, said):
    assert suppression_after(failure("hard", status, words), 0, LIMITS).reason == said
