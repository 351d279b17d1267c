"""Organisational domains and alignment."""

from __future__ import annotations

import pytest

from mailgate.mail.auth.org_domain import aligned, ascii_name, organisational


@pytest.mark.parametrize(
    ("domain", "owner"),
    [
        ("kunde.no", "kunde.no"), ("a.b.kunde.no", "kunde.no"), ("Shop.Example.CO.UK.", "example.co.uk"), ("co.uk", "co.uk"),
        ("oslo.no", "oslo.no"), ("kunde.oslo.no", "kunde.oslo.no"), ("kunde.test", "kunde.test"), ("blå.no", "xn--bl-zia.no"),
        ("a.github.io", "a.github.io"), ("", ""), ("a..b", ""),
    ],
)  # fmt: skip
def test_given_a_domain_when_asked_for_its_owner_then_public_suffixes_are_known(domain: str, owner: str) -> None:
    assert organisational(domain) == owner


@pytest.mark.parametrize(
    ("one", "other", "relaxed", "strict"),
    [
        ("kunde.no", "KUNDE.no.", True, True), ("post.kunde.no", "kunde.no", True, False), ("a.kunde.no", "b.kunde.no", True, False),
        ("kunde.no", "annen.no", False, False), ("ikkekunde.no", "kunde.no", False, False), ("a.github.io", "b.github.io", False, False),
        ("", "", False, False), ("..", "..", False, False), ("a.co.uk", "co.uk", False, False),
    ],
)  # fmt: skip
def test_given_two_domains_when_compared_then_only_those_of_one_owner_are_aligned(
    one: str, other: str, relaxed: bool, strict: bool
) -> None:
    assert (aligned(one, other), aligned(one, other, strict=True)) == (relaxed, strict)
    assert (aligned(other, one), aligned(other, one, strict=True)) == (relaxed, strict)


def test_given_what_is_no_name_when_made_ascii_then_it_is_empty() -> None:
    assert [ascii_name(text) for text in ("æ" * 70 + ".no", "x" * 64, "a" * 300)] == ["", "", ""]
