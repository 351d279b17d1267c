"""Cutting costs time in proportion to the text, whatever the text is (quote parsers are known for patterns that run for minutes)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailgate.mail.mime.html_text import to_text
from mailgate.mail.reply.extract import extract
from tests.support.harness.pace import seconds_at_rest

pytestmark = pytest.mark.timing

MIB = 1 << 20
MAX_RATIO = 2.6
NOISE_S = 0.004

UNITS = {
    "on": "On ",
    "on-lines": "On Monday\n",
    "marks": ">",
    "blank-lines": "\n",
    "short-lines": "a\n",
    "colons": ":\n",
    "long-lines-with-colon": "x" * 290 + "1:\n",
    "attributions": "On Mon, Mar 3, 2024 at 10:12 AM Ola <a@b.no> wrote:\n",
    "answered-attributions": "On Mon, Mar 3, 2024 at 10:12 AM Ola <a@b.no> wrote:\n> a\n\nb\n",
    "half-attributions": "Den 3. mars 2024 kl. 10:12 skrev\n",
    "labels": "Fra: a\n",
    "label-pairs": "Fra: a\nTil: b\n\n",
    "inline-answers": "Hei\n> a\n",
    "open-brackets": "<\n>:\n",
    "mixed-languages": "Den 3. mars skrev 在 2016年 写道： Le a écrit : On wrote:\n",
    "iso-dates": "2024-03-03 10:12 kl.\n",
    "rules": "-----\n",
    "delimiters": "--\n",
    "fences": "```\n",
    "phone-lines": "Sent from my iPhone\n",
    "closings": "Mvh\n",
    "one-line": "a",
    "spaces": " ",
    "prose": "Hei Kari,\n\nHer er en vanlig linje som noen har skrevet for hånd i dag.\nOg en til: med kolon:\n\n",
}


def best_s(call: Callable[[str], object], text: str) -> float:
    return seconds_at_rest(lambda: call(text))


def filled(unit: str, size: int) -> str:
    return unit * (size // len(unit.encode()))


@pytest.mark.parametrize("unit", UNITS)
def test_193_given_a_mebibyte_of_any_text_when_cut_then_it_takes_at_most_100_ms(unit: str) -> None:
    assert best_s(extract, filled(UNITS[unit], MIB)) <= 0.1


@pytest.mark.parametrize("unit", UNITS)
def test_193_given_twice_the_text_when_cut_then_it_takes_at_most_twice_the_time(unit: str) -> None:
    once, twice = best_s(extract, filled(UNITS[unit], MIB // 4)), best_s(extract, filled(UNITS[unit], MIB // 2))
    assert twice <= MAX_RATIO * once + NOISE_S


def test_193_given_a_hundred_thousand_quote_levels_when_cut_then_it_takes_at_most_100_ms() -> None:
    assert best_s(extract, "\n".join(">" * 100_000 + " x" for _ in range(10))) <= 0.1
    assert best_s(extract, "\n".join(">" * level for level in range(1400))) <= 0.1


def test_given_a_usual_reply_of_12_kb_when_cut_then_it_takes_a_fraction_of_a_millisecond() -> None:
    quote = "\n".join(f"> linje {number} med litt tekst, som i en vanlig mail mellom to mennesker" for number in range(170))
    mail = f"Hei,\n\nDet passer.\n\nMvh\nKari\n\nDen 3. mars 2024 kl. 10:12 skrev Ola Nordmann <ola@eksempel.no>:\n\n{quote}"
    assert len(mail) > 11_000
    assert best_s(lambda text: [extract(text) for _ in range(20)], mail) / 20 <= 0.0006


HTML_UNITS = {
    "tables": "<table><tr><td>",
    "divs": "<div>",
    "word-paragraphs": "<p class=MsoNormal>abc<o:p></o:p></p>",
    "fonts": "<font size=1><p>",
    "quotes": "<blockquote>x</blockquote>",
    "open-quotes": "<blockquote>",
    "closings": "</div>",
    "angles": "<",
    "comments": "<!--",
    "entities": "&amp;",
    "cells": "<td>abc",
}


@pytest.mark.parametrize("unit", HTML_UNITS)
def test_192_given_3_mb_of_html_when_made_text_then_it_takes_less_than_2_s(unit: str) -> None:
    html = filled(HTML_UNITS[unit], 3_000_000)
    assert seconds_at_rest(lambda: to_text(html), runs=1) < 2
