"""HTML that is made to cost time when a person looks at the mail: a mebibyte of each kind is shown within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from mailgate.mail.html_view import inert

EXPENSIVE: dict[str, Callable[[int], str]] = {
    "unknown elements in each other": lambda many: "<x>" * many,
    "tags that come of others": lambda many: "<<x>x>" * many,
    "elements in each other": lambda many: "<div>" * many,
    "end tags of others": lambda many: "<div></b>" * many,
    "both": lambda many: "<x><div>" * many,
    "attributes": lambda many: "<p " + " ".join(f"a{number}=1" for number in range(many)) + ">x</p>",
    "a tag without an end": lambda many: "<x " * many,
    "crossing elements": lambda many: "<b><font></b>" * many,
    "drawings": lambda many: "<svg>" * many,
    "tables": lambda many: "<table>" * many + "x",
}


def took_s(html: str) -> float:
    begun_s = time.process_time()
    inert(html)
    return time.process_time() - begun_s


@pytest.mark.timing
@pytest.mark.parametrize("make", EXPENSIVE.values(), ids=EXPENSIVE)
def test_12_15_given_html_that_is_made_to_cost_time_when_looked_at_then_it_is_cheap(make: Callable[[int], str]) -> None:
    assert took_s(make(20_000)) < 1.0
    assert took_s(make(1024 * 1024 // len(make(1)) if len(make(1)) < 100 else 50_000)) < 5.0


def test_given_words_between_tags_that_go_when_looked_at_then_they_are_left() -> None:
    shown = inert("<o:p>Hei</o:p><div " + "a=1 " * 3000 + 'style="color:red">der</div>' + "<x>" * 5 + "nå</x>")
    assert ("Hei" in shown, "der" in shown, "nå" in shown) == (True, True, True)
    assert "o:p" not in shown
    deep = inert("<div>" * 1000 + "dypt" + "</div>" * 1000 + "<p>etterpå</p>")
    assert ("dypt" in deep, "etterpå" in deep) == (True, True)
    assert inert("<<x>x>" * 2000 + "<script>ond()</script>hei &lt;b&gt;").endswith("hei &lt;b&gt;")
