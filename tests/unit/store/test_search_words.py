"""Words as the index holds them: the same for what is stored and what is looked for, and bounded."""

from __future__ import annotations

import pytest

from mailgate.store.search_words import MAX_TERMS, MAX_TEXT_CHARS, MAX_WORD_CHARS, Term, case_number, searchable, terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Skriveren står: «ØRE, ærlig»!", "skriveren står øre ærlig"),
        ("A\N{COMBINING RING ABOVE}l", "ål"),
        ("idé Müller Sjögren Hägar", "ide muller sjøgren hægar"),
        ("0x80070005 kari@kunde.example a_b", "0x80070005 kari kunde example a b"),
        ("\x00\ud800<b>fet</b>", "b fet"),
        ("x" * (MAX_WORD_CHARS + 1) + " kort", "kort"),
        ("Ikke nå, ikke i morgen.", "ikke nå i morgen"),
    ],
)
def test_given_text_when_made_searchable_then_only_words_are_left(text: str, words: str) -> None:
    assert searchable(text) == words


@pytest.mark.parametrize("letter", [chr(at) for at in range(256)])
def test_given_a_letter_when_another_one_of_the_text_is_not_latin_1_then_it_is_read_the_same(letter: str) -> None:
    assert f"{searchable(f'a{letter}b c')} ж" == searchable(f"a{letter}b c ж")


def test_given_a_text_that_never_ends_when_made_searchable_then_its_beginning_is_taken() -> None:
    assert len(searchable(" ".join(f"ord{n}" for n in range(MAX_TEXT_CHARS)))) <= MAX_TEXT_CHARS


def test_given_a_query_when_read_then_words_are_once_and_long_ones_are_beginnings() -> None:
    assert terms("Feil på FEIL") == (Term("feil", True), Term("på", False))
    assert len(terms(" ".join(f"ord{n}" for n in range(50)))) == MAX_TERMS
    assert terms("'; -- *:&|!()") == ()


NAMED = [("SUP-12", 12), (" sup-12 ", 12), ("12", 12), ("SUP 12", None), ("12a", None), ("9" * 30, None)]


@pytest.mark.parametrize(("query", "number"), NAMED)
def test_given_a_query_when_it_is_a_key_or_number_then_its_case_is_named(query: str, number: int | None) -> None:
    assert case_number(query) == number
