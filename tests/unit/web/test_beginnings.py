"""The beginning of a long text: whole lines and words, no link for a little more, nothing lost when asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.web.pages.beginnings import MOST_CHARS, MOST_LINES, beginning


@pytest.mark.parametrize("text", ["", "Hei", "a\n" * MOST_LINES, "x" * MOST_CHARS, "ord " * (MOST_CHARS // 4 + 50)])
def test_given_a_text_that_is_hardly_too_long_when_begun_then_it_is_whole(text: str) -> None:
    assert beginning(text) == text


def test_given_long_texts_when_begun_then_no_word_and_no_line_is_cut_in_two() -> None:
    assert beginning("linje\n" * 100) == "\n".join(["linje"] * MOST_LINES)
    assert beginning("ordene " * 1000).endswith("ordene")
    assert len(beginning("x" * 9000)) == MOST_CHARS
    assert beginning("Hei " + "x" * 9000) == ("Hei " + "x" * 9000)[:MOST_CHARS]


@given(st.text("ab \n", min_size=100, max_size=400), st.integers(1, 60), st.integers(1, 9))
def test_given_any_text_when_begun_then_it_is_a_beginning_within_the_limit(text: str, chars: int, lines: int) -> None:
    text = f"x{text}"
    shown = beginning(text, chars, lines)
    assert text.startswith(shown)
    assert shown == text or (len(shown) <= chars and shown.count("\n") < lines)
