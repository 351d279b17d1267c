"""No word of an author is cut from replies that a grammar writes, and the signatures that prove themselves are.

A few hundred mails by default; `MAILGATE_REPLIES=10000` tries that many (`make replies`).
"""

from __future__ import annotations

import os
import re
from random import Random

from mailgate.mail.read import read
from tests.support.mails.reply_grammar import QUESTION, WrittenReply, write

COUNT = int(os.environ.get("MAILGATE_REPLIES", "400"))
MIN_CUT_PERCENT = 95
SEED = 20261129


def folded(text: str) -> str:
    """One space between words, without the brackets that HTML sets around links."""
    return " ".join(re.sub(r"[<>]", " ", text).split())


def lost(written: WrittenReply, text: str) -> list[str]:
    have = folded(text)
    return [line for line in written.words if folded(line) not in have]


def is_cut(written: WrittenReply, text: str) -> bool:
    """The text ends with the author's last line."""
    last = next((line for line in reversed(text.split("\n")) if line.strip()), "")
    return folded(last).endswith(folded(written.words[-1]).lstrip("-*0123456789. "))


def test_given_replies_of_a_grammar_when_read_then_no_word_is_lost_and_history_and_signatures_are_cut() -> None:
    gone: dict[int, list[str]] = {}
    cut = proven = uncut_history = 0
    for number in range(COUNT):
        written = write(Random(SEED + number))
        text = read(written.raw).reply.text
        if missing := lost(written, text):
            gone[number] = missing
        uncut_history += QUESTION in text
        if written.proven and written.signature:
            proven += 1
            cut += is_cut(written, text)
    assert gone == {}
    assert uncut_history == 0
    assert 100 * cut >= MIN_CUT_PERCENT * proven
