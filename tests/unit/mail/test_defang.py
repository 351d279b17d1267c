"""A stranger's subject in a mail of ours leads nowhere."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.mail.defang import MAX_CHARS, defanged


def test_given_an_ordinary_subject_then_it_is_named_as_it_is():
    assert defanged("Skriveren virker ikke (versjon 2.1)") == "Skriveren virker ikke (versjon 2.1)"


def test_given_addresses_then_none_can_be_followed():
    assert defanged("Vinn! https://evil.example/x nå") == "Vinn! evil example x nå"
    assert defanged("skriv til a@b.no eller www.b.no") == "skriv til a b no eller www b no"


@given(st.text(max_size=400))
def test_given_any_subject_then_it_is_short_one_line_and_without_links(text):
    found = defanged(text + " http://x.example/y mailto:a@b.example")
    assert len(found) <= MAX_CHARS
    assert not re.search(r"[\r\n\x00-\x1f\u202a-\u202e]|://|\w@\w", found)


@pytest.mark.parametrize("subject", ["evil\u2024example", "evil\u200b.example", "ht\u00adtp://evil.example", "evil\ufe52example/x"])
def test_12_07_given_an_address_in_disguise_when_defanged_then_no_dot_is_left_between_names(subject: str) -> None:
    assert defanged(subject).split() in (["evil", "example"], ["evil", "example", "x"])
