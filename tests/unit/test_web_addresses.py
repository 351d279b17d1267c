"""Web addresses in text: what is one, where it ends, and that no word is lost."""

from __future__ import annotations

import pytest

from mailgate.web_addresses import runs, web_addresses


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Se https://a.example/b?c=1.", ["https://a.example/b?c=1"]),
        ("(http://a.example) og «https://b.example»", ["http://a.example", "https://b.example"]),
        ("javascript:alert(1) ftp://a.example www.a.example", []),
        ('https://a.example"onmouseover=x', ["https://a.example"]),
    ],
)
def test_given_text_when_looked_through_then_only_http_and_https_count(text: str, found: list[str]) -> None:
    assert [address for _, address in web_addresses(text)] == found
    assert "".join(words + address for words, address in runs(text)) == text


def test_given_more_addresses_than_wanted_when_parted_then_the_rest_is_words() -> None:
    assert list(runs("x https://a.example y https://b.example", 1)) == [("x ", "https://a.example"), (" y https://b.example", "")]
