"""An author is one mailbox in plain form; what is not makes the identity doubtful, and look-alikes are marked."""

from __future__ import annotations

import unicodedata

import pytest

from mailgate.mail.author_form import DISGUISED, HOMOGLYPH, looks_like_another
from mailgate.mail.read import read
from mailgate.mail.smtp_address import folded


def mail_of(author: str, encoding: str = "utf-8"):
    return read(b"From: " + author.encode(encoding) + b"\r\nSubject: Hei\r\n\r\nHei\r\n")


@pytest.mark.parametrize("author", [
    "Per <per@kun\u00adde.example>", "per@kunde\u3002example", "Per <per@kunde\uff0eexample>", "Per <per@kunde\uff61example>",
    "Per <per@\uff4bunde.example>", "Per <pe\u200br@kunde.example>", "Per <per@kunde\u2060.example>", "Per <per\ufeff@kunde.example>",
    "Per <p\uff45r@kunde.example>", "Gruppe: per@kunde.example;", "Gruppe: Per <per@kunde.example>;", "G:Per <per@kunde.example>, x;",
    "Per <per\uff20kunde.example>", "Per <per@kunde\u2024example>", "Per <per@\u24dakunde.example>", "Per <per@ku\u034fnde.example>",
    "Per <per@\u202eelpmaxe.ednuk>", "Per <per@\U0001d4dcunde.example>",
    "Per <per@\u212aunde.example>", "per@kunde.exam\u2063ple", "per@kun\ufe0fde.example", "Per <per@kunde\ufe52example>",
])  # fmt: skip
def test_12_03_given_an_author_who_is_not_in_plain_form_when_read_then_nobody_can_be_taken_for_the_author(author):
    mail = mail_of(author)
    assert mail.identity_doubtful, mail.author
    assert DISGUISED in mail.defects


@pytest.mark.parametrize("author", [
    "Per <per@kunde.example>", "per@kunde.example", '"Drift: A; B" <per@kunde.example>', "per@kunde.example (Per: x;)",
    "Per: <per@k.example>", "Bjørn <bjørn@blåbær.example>", "Per <PER@BLÅBÆR.example>", "例 <p@例え.example>", "P <p@straße.example>",
    "Per\u200b <per@kunde.example>",
])  # fmt: skip
def test_12_03_given_an_author_in_plain_form_when_read_then_nothing_is_marked(author):
    mail = mail_of(author)
    assert (mail.identity_doubtful, mail.defects) == (False, ())


@pytest.mark.parametrize(
    "domain",
    [
        "kund\u0435.example",
        "\u0430\u0440\u0440\u04cf\u0435.example",
        "xn--80ak6aa92e.example",
        "k\u03bfnto.no",
        "\u1d0bunde.example",
        "kun\u1d05e.no",
    ],
)
def test_12_03_given_a_domain_whose_letters_look_like_others_when_read_then_it_is_marked(domain):
    assert looks_like_another(domain)
    assert HOMOGLYPH in mail_of(f"Per <per@{domain}>").defects


@pytest.mark.parametrize("domain", ["kunde.example", "blåbær.no", "пример.рф", "例え.jp", "ελλάδα.gr", "xn--blbr-roah.no", "xn--.no"])
def test_12_03_given_an_honest_domain_when_looked_at_then_it_is_not_marked(domain):
    assert not looks_like_another(domain)


def test_12_03_given_one_local_part_composed_and_not_when_compared_then_it_is_one_contact():
    composed, decomposed = (unicodedata.normalize(form, "bjørn.åse@kunde.example") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert folded(composed) == folded(decomposed)


def test_12_03_given_an_address_beside_an_empty_one_when_read_then_the_author_is_doubtful():
    assert mail_of("per@kunde.example <>").identity_doubtful
