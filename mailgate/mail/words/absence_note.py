"""Is a text nothing but a note of absence? In: a short text. Out: yes or no. Pure, bounded.

Not phrases but all words are looked at: a note is made of days, reasons to be away, mail and its reading, and ways to reach somebody else.
A word that it is not made of (a printer, a fault, a thing to do) makes the text a person's; one that says little may stand in a longer one.
Asked only of mails that answer one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailgate.mail.reply.words.prose_words import PROSE_WORDS
from mailgate.mail.words import note_words as words

MAX_CHARS = 800
_MIN_WORDS, _SURE_WORDS, _MAX_WORDS = 3, 10, 130
_REACHED_BY = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\(?\+?\d[\d ./:-]*\d\)?")
_DATE = re.compile(r"\d{1,2}[./]\s?\d{1,2}\b|\b\d{4}-\d\d-\d\d\b")
_NUMBER = re.compile(r"\d(?:[ .-]?\d){4}|@")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅÄÖÜ])|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def is_absence_note(text: str) -> bool:
    """Whether every word of `text` is one that a note of absence is made of, and it says that its author is not there."""
    if len(text) > MAX_CHARS or (
        words.AWAY.isdisjoint(_WORD.findall(low := text.lower())) and not any(map(low.__contains__, words.NOT_THERE))
    ):
        return False
    plain = text.replace("\u2019", "'")
    found = [word.lower() for word in _WORD.findall(_REACHED_BY.sub(" ", plain))]
    if not _MIN_WORDS <= len(found) <= _MAX_WORDS or not _says_away(plain, " ".join(found), found):
        return False
    said = [(word, sentence) for sentence in _SENTENCE_END.split(plain) for word in _strange(sentence)]
    if len(said) != 1:
        return not said
    strange, sentence = said[0]
    return len(found) >= _SURE_WORDS and strange.islower() and strange not in PROSE_WORDS and _is_of_note(sentence)


def _is_of_note(sentence: str) -> bool:
    """Whether the sentence with the one strange word is about the absence: "send gjerne teknikeren fredag" is not."""
    low = {word.lower() for word in _WORD.findall(sentence)}
    return not low.isdisjoint(words.AWAY | words.LATER) or any(map(sentence.lower().__contains__, words.NOT_THERE))


def _says_away(plain: str, low: str, found: list[str]) -> bool:
    """Away, and either what comes then or for how long."""
    if words.AWAY.isdisjoint(found) and not any(phrase in low for phrase in words.NOT_THERE):
        return False
    if not words.CALL.isdisjoint(found) and words.REACHABLE.isdisjoint(found) and not _NUMBER.search(plain):
        return False
    if not words.LATER.isdisjoint(found):
        return True
    if any(phrase in low for phrase in words.NOT_THERE) and not words.UNTIL.isdisjoint(found) and _DATE.search(plain):
        return True
    spans = not words.SPAN.isdisjoint(found) or any(span in low for span in words.SPANS)
    return spans and not (words.AWAY - words.BRIEFLY).isdisjoint(found)


def _strange(sentence: str) -> Iterator[str]:
    """The words that notes are not made of, but for names where somebody is named."""
    before = ""
    for word in _WORD.findall(_REACHED_BY.sub(" ", sentence)):
        low = word.lower()
        if low in words.KNOWN:
            if low not in words.ALSO_NAMES or word.islower() or before not in words.NAMED_AFTER:
                before = low
        elif not word[0].isupper() or before not in words.NAMED_AFTER:
            yield word
