"""Is a text nothing but a note of absence? In: a short text. Out: yes or no. Pure, bounded.

Not phrases but all words are looked at: a note is made of days, reasons to be away, mail and its reading, and ways to reach somebody else.
A word that it is not made of (a printer, a fault, a thing to do) makes the text a person's; one that says little may stand in a longer one.
Asked only of mails that answer one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mailgate.mail.reply.words.prose_words import PROSE_WORDS
from mailgate.mail.reply.words.quote_words import WEEKDAYS
from mailgate.mail.words import note_words as words

MAX_CHARS = 800
_MIN_WORDS, _SURE_WORDS, _MAX_WORDS = 3, 10, 130
_NAME_WORDS = 4
_WORDS_PER_STRANGE = 8
_VERB_ENDINGS = ("er", "ar")  # what somebody does: "tester", "bytter"
_REACHED_BY = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\(?\+?\d[\d ./:-]*\d\)?")
_DATE = re.compile(r"\d{1,2}[./]\s?\d{1,2}\b|\b\d{4}-\d\d-\d\d\b")
_ABBREVIATION = re.compile(r"\b[a-zæøåäö](?:\.[a-zæøåäö]){1,3}\b\.?", re.IGNORECASE)
_NUMBER = re.compile(r"\d(?:[ .-]?\d){4}|@")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅÄÖÜ])|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def is_absence_note(text: str, author: str = "") -> bool:
    """Whether every word of `text` is one that a note of absence is made of, and it says that its author is not there.

    `author`: the author's name and the local part of their address.
    """
    if len(text) > MAX_CHARS or (
        words.AWAY.isdisjoint(_WORD.findall(low := text.lower())) and not any(map(low.__contains__, words.NOT_THERE))
    ):
        return False
    plain = _ABBREVIATION.sub(" ", text.replace("\u2019", "'"))
    found = [word.lower() for word in _WORD.findall(_REACHED_BY.sub(" ", plain))]
    if not _MIN_WORDS <= len(found) <= _MAX_WORDS or not _says_away(plain, " ".join(found), found):
        return False
    own = frozenset(_WORD.findall(author.lower()))
    if _is_of_somebody_else(plain, own):
        return False
    sentences = _without_names(_SENTENCE_END.split(plain))
    said = [(word, sentence) for sentence in sentences for word in _strange(sentence) if word.lower() not in own]
    if len(said) != 1:
        return not said
    strange, sentence = said[0]
    if len(found) < _SURE_WORDS or not strange.islower() or strange in PROSE_WORDS or strange in words.DONE:
        return False
    return not strange.endswith(_VERB_ENDINGS) and _is_of_note(sentence)


def tells_more(sentence: str) -> bool:
    """Whether a sentence in a language of the lists has more words of other things than a note of absence has."""
    found, strange = len(_WORD.findall(sentence)), len(list(_strange(sentence)))
    return strange * 2 <= found and strange > found // _WORDS_PER_STRANGE


def tells_of_something(text: str) -> bool:
    """Whether a sentence of `text`, a greeting or a name aside, is about something else than absence.

    One with an address says whom to write to about what.
    """
    for sentence in _SENTENCE_END.split(text[:MAX_CHARS]):
        if "@" in sentence:
            continue
        found = len(_WORD.findall(sentence))
        strange = sum(word.islower() for word in _strange(sentence))
        if found >= _NAME_WORDS and 0 < strange * 2 <= found and strange > found // _WORDS_PER_STRANGE:
            return True
    return False


def is_of_another(low: str, phrase: str, author: str) -> bool:
    """Whether `phrase` ("er ikke lenger ansatt") has a subject in `low` who is neither the author nor an office or address."""
    first = phrase.split(maxsplit=1)[0]
    if first not in words.IS_OR_HAS and first not in words.WORKS:
        return False
    before = _WORD.findall(re.split(r"[.!?,;:]", low[: low.index(phrase)])[-1])
    return bool(before) and before[-1] not in words.SUBJECTS and before[-1] not in _WORD.findall(author.lower())


_SUBJECT_AND_VERB = re.compile(
    r"(\w[\w'’-]*) (?:er|är|is|ist|har|has|hat|holder|tar|avvikler) (?:(?:nå|no|nu|now|også|for tiden|currently) )?$"
)


def is_away_of_another(low: str, phrase: str, author: str) -> bool:
    """Whether it is said in `low` that somebody else is away: "Per er på ferie". `phrase` may begin with the verb."""
    at = low.index(phrase)
    first = phrase.split(maxsplit=1)[0]
    if first in words.IS_OR_HAS and first != "on":
        return is_of_another(low, phrase, author)
    found = _SUBJECT_AND_VERB.search(low[max(0, at - 80) : at])
    return found is not None and found[1] not in words.SUBJECTS and found[1] not in _WORD.findall(author.lower())


def _is_of_somebody_else(plain: str, own: frozenset[str]) -> bool:
    """Whether the first sentence of absence has a subject who is neither the author nor their office: "Nina er i permisjon"."""
    for sentence in _SENTENCE_END.split(plain):
        low = [word.lower() for word in _WORD.findall(sentence)]
        if words.AWAY.isdisjoint(low):
            continue
        verb = next((place for place, word in enumerate(low) if word in words.IS_OR_HAS), 0)
        return verb > 0 and low[verb - 1] not in own | words.SUBJECTS | (WEEKDAYS - words.ALSO_NAMES)
    return False


def _without_names(sentences: list[str]) -> list[str]:
    """The sentences without lines at the end that have only capitalised words: names of a signature."""
    while len(sentences) > 1 and len(found := _WORD.findall(sentences[-1])) <= _NAME_WORDS and all(word[0].isupper() for word in found):
        sentences = sentences[:-1]
    return sentences


def _is_of_note(sentence: str) -> bool:
    """Whether the sentence with the one strange word is about the absence: "send gjerne teknikeren fredag" is not."""
    low = {word.lower() for word in _WORD.findall(sentence)}
    return not low.isdisjoint(words.AWAY | words.LATER) or any(map(sentence.lower().__contains__, words.NOT_THERE))


def _says_away(plain: str, low: str, found: list[str]) -> bool:
    """Away, and either what comes then or for how long."""
    if words.AWAY.isdisjoint(found) and not any(phrase in low for phrase in words.NOT_THERE):
        return False
    if not words.CALL.isdisjoint(found) and not _names_whom(plain, found):
        return False
    if not words.LATER.isdisjoint(found):
        return True
    if "@" in plain and any(phrase in low for phrase in words.OUT_OF_USE):
        return True
    if any(phrase in low for phrase in words.NOT_THERE) and not words.UNTIL.isdisjoint(found) and _DATE.search(plain):
        return True
    spans = not words.SPAN.isdisjoint(found) or any(span in low for span in words.SPANS)
    return spans and not (words.AWAY - words.BRIEFLY).isdisjoint(found)


def _names_whom(plain: str, found: list[str]) -> bool:
    """Whether it is said whom to call or write to: a number, an address, a switchboard, a name."""
    if not words.REACHABLE.isdisjoint(found) or _NUMBER.search(plain):
        return True
    pairs = ((one.lower(), other) for one, other in pairwise(_WORD.findall(plain)))
    return any(before in words.WRITTEN_TO and name[0].isupper() and name.lower() not in words.KNOWN for before, name in pairs)


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
