"""Words that the glossary has replaced do not come back: as names in the code, or as words in comments, messages and pages.

The list grows: a word goes in when the last use of it is gone. Data (sample mail, word lists of languages) may need one: see `ALLOWED`.
"""

from __future__ import annotations

import functools
import io
import re
import tokenize
from pathlib import Path

import pytest

from tests.support.harness.repository import ROOT, tracked

THIS = Path(__file__).relative_to(ROOT)
PLACES = (
    "mailgate",
    "tests",
    "docs",
    "bench",
    "deploy",
    "tools",
    "README.md",
    "HACKING.md",
    "SECURITY.md",
    "docker-compose.yml",
    "Makefile",
)

# Names of classes, functions, variables and attributes -> the name to use.
NAMES = {
    "World": "ReplayState",
    "Past": "History",
    "Turns": "WriteLock",
    "Letter": "IntakeMessage",
    "letter_of": "message_of",
    "heard": "apply_auth_results",
    "Parcel": "OutgoingMessage",
    "Courier": "Transport",
    "stuffed": "dot_stuffed",
    "Bell": "Wakeup",
    "RedisBell": "RedisWakeup",
    "RabbitBell": "RabbitWakeup",
    "ring": "notify",
    "doorbell": "wakeup",
    "Feed": "SendQueue",
    "FeedOptions": "SendQueueOptions",
    "ReadingRoom": "ReaderProcess",
    "Breather": "Backoff",
    "hold_ground": "lock_leased",
    "smtp_dialogue": "commands",
    "Dialogue": "Commands",
    "Conversation": "Session",
    "Doors": "OwnAddresses",
    "Stamp": "ChangeContext",
    "go_on": "continue_",
    "_LOG": "_log",
    "_RING_TOO": "_log",
    "nursery": "process pool",
    "dice": "rng",
    "PastRepository": "HistoryRepository",
    "PastEntry": "HistoryEntry",
    "WireAddress": "SmtpAddress",
    "wire_address": "smtp_address",
    "stamp": "context",
    "world": "scene",
    "courier": "smarthost",
    "flavour": "answer",
    "Place": "EndpointContext, Position",
    "told": "notified",
    "Told": "NoticeOutcome",
    "says": "reason, meaning, words",
    "ground": "background",
    "double": "duplicate",
    "doubles": "duplicates",
    "SAYS": "RESULTS",
}
# Words anywhere in the text of a file -> the word to use.
WORDS = {
    "doorbell": "wakeup",
    "bell": "wakeup, broker",
    "rung": "trust level",
    "nursery": "process pool",
    "dice": "random",
    "lanes": "workers",
    "hold_ground": "lock_leased",
    "smtp_dialogue": "commands",
    "ReadingRoom": "ReaderProcess",
    "Breather": "Backoff",
    "World": "ReplayState",
    "Parcel": "OutgoingMessage",
    "go_on": "continue_",
    "_LOG": "_log",
    "dialogue": "session",
    "dialogues": "sessions",
    "conversation": "session, comments",
    "rungs": "trust levels",
}
# What people read, in the catalogues: an expression that was replaced -> what is said instead.
SHOWN = {"gjøres om": "angres", "gjerast om": "angrast"}
# A word that a file needs as data.
ALLOWED: dict[str, set[str]] = {"conversation": {"mailgate/mail/reply/words/quote_words.py"}}


def _texts() -> list[tuple[Path, str]]:
    suffixes = {".py", ".md", ".yml", ".yaml", ".sh", ".svg", ".toml", ""}
    return [
        (path, (ROOT / path).read_text(encoding="utf-8"))
        for path in tracked(*PLACES)
        if path != THIS and path.suffix in suffixes and "golden" not in path.parts and "versions" not in path.parts
    ]


TEXTS = _texts()


def _names(text: str) -> set[str]:
    return {token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME}


@functools.cache
def _uses() -> dict[str, set[str]]:
    """File -> its names. Only files that have one of the words of `NAMES` anywhere are taken apart: that takes seconds for all."""
    replaced = re.compile(rf"\b({'|'.join(NAMES)})\b")
    return {str(path): _names(text) for path, text in TEXTS if path.suffix == ".py" and replaced.search(text)}


@pytest.mark.parametrize(("name", "better"), NAMES.items())
def test_given_a_name_that_was_replaced_when_looked_for_in_the_code_then_it_is_gone(name: str, better: str) -> None:
    assert [path for path, names in _uses().items() if name in names] == [], f"use {better}"


@pytest.mark.parametrize(("word", "better"), WORDS.items())
def test_given_a_word_that_was_replaced_when_looked_for_in_any_text_then_it_is_gone(word: str, better: str) -> None:
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    found = [f"{path}:{text[: match.start()].count(chr(10)) + 1}" for path, text in TEXTS for match in pattern.finditer(text)]
    assert [place for place in found if place.partition(":")[0] not in ALLOWED.get(word, set())] == [], f"use {better}"


def test_given_the_words_when_counted_then_files_were_read() -> None:
    assert len(TEXTS) > 400


@pytest.mark.parametrize(("words", "better"), SHOWN.items())
def test_given_an_expression_that_was_replaced_when_looked_for_in_the_catalogues_then_it_is_gone(words: str, better: str) -> None:
    catalogues = [path for path in tracked("mailgate") if path.suffix == ".po"]
    assert len(catalogues) > 3
    assert [path for path in catalogues if words in (ROOT / path).read_text("utf-8")] == [], f"write {better}"
