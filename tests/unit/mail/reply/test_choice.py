"""Replies that say in words that they accept or refuse: they are offered the page on which that is done, so a word is enough."""

from __future__ import annotations

import pytest

from mailgate.mail.reply.choice import MAX_CHARS, names_choice


@pytest.mark.parametrize(
    "text",
    [
        "Godtatt", "Vi godtar løsningen.", "Løsningen er GODKJENT, takk!", "Dette aksepterer vi ikke.", "Vi avslår", "Hvordan godtar jeg?",
        "Godteke", "Vi godkjenner og avsluttar saka", "Løsningen er godkendt", "Vi godkänner", "Lösningen är accepterad",
        "Accepted.", "I accept the solution", "We refuse this", "Wir lehnen das ab", "Hyväksyn", "Ég samþykki",
    ],
)  # fmt: skip
def test_given_a_short_reply_with_a_word_of_choice_when_asked_then_it_names_one(text: str) -> None:
    assert names_choice(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Takk for hjelpen", "Det virker ikke", "Ja", "Jeg får «connection refused» fra tjeneren", "The request was rejected",
        "Acceptance tests fail", "godtatt " + "ord " * MAX_CHARS,
    ],
)  # fmt: skip
def test_given_other_words_or_a_long_reply_when_asked_then_it_names_none(text: str) -> None:
    assert not names_choice(text)
