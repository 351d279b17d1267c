"""Recognises mobile signatures, which a phone or mail app adds: "Sendt fra min iPhone". Stage: reply extraction.

In: one line. Out: yes or no. The whole line must be a known start, a device or app, and at most an excuse for typing errors. It must
never match a sentence: "Sendt fra Outlook i går, men ikke mottatt".
"""

from __future__ import annotations

import re

from mailgate.mail.reply.words.device_words import (
    APPS,
    BESIDE,
    DEVICES,
    FOR_WORDS,
    GET_APP,
    GET_WORDS,
    MOBILE_STARTS,
    MOBILE_WHOLE,
    PLATFORMS,
    SLOGAN,
)

MAX_MOBILE_CHARS = 140
_EDGES = " \t\xa0\u200b*_<>()[]-–—|"
_STARTS = (*MOBILE_STARTS, *GET_APP, *GET_WORDS)
_STARTS_BY_SIGN = {sign: tuple(start for start in _STARTS if start[0] == sign) for sign in {start[0] for start in _STARTS}}
_OWNERS = (
    "fra min",
    "frå min",
    "fra mitt",
    "frå mitt",
    "sent from my",
    "på min",
    "iš mano",
    "från min",
    "från mitt",
    " mijn",
    " mon",
    " mi",
    " meinem",
    " meu",
    " mio",
)
_LINK = re.compile(r"\[([^\]]{1,60})\]\([^)]{0,300}\)|<[^<>]{0,300}>|\(https?://[^)]{0,300}\)|https?://\S{1,300}|\bwww\.\S{1,200}")
_WORD = re.compile(r"[\w&'’.-]*\w")
# German and East Asian locales put the verb last: "Von meinem iPhone gesendet".
_VERB_LAST = ("gesendet", "gesendet.", "傳送", "发送", "发自我的iphone")
_SLOGAN_WORDS = 14


def is_mobile_signature(line: str) -> bool:
    """True for a line that a phone or app adds, with no other words."""
    if len(line) > MAX_MOBILE_CHARS or len(line) < 6:
        return False
    bare = line.strip(_EDGES)
    core = bare.lower()
    if core in MOBILE_WHOLE:
        return True
    if core.startswith(_STARTS_BY_SIGN.get(core[:1], ())):  # fast pre-check for most lines
        if any(core.startswith(start) and _names_device(bare[len(start) :], start.endswith(_OWNERS)) for start in MOBILE_STARTS):
            return True
        if any(core.startswith(start) and _is_platform(bare[len(start) :]) for start in GET_APP) or _offers_app(core):
            return True
    return core.endswith(_VERB_LAST) and _names_device(bare, owned=False)


def _offers_app(core: str) -> bool:
    """`Få BlueMail for Android`: a verb, an app, its platform; nothing else."""
    words = core.split("<")[0].split()
    if not 4 <= len(words) <= 6 or words[0] not in GET_WORDS or words[-2] not in FOR_WORDS:
        return False
    return words[-1].rstrip(".]") in PLATFORMS and words[1] in APPS


def _is_platform(rest: str) -> bool:
    """After "Hent Outlook": nothing, or the platform, with or without its link."""
    if rest[:1].isalpha():
        return False
    words = [word.lower() for word in _WORD.findall(_LINK.sub(r"\1", rest))]
    return all(word.split("https")[0] in PLATFORMS or word in FOR_WORDS or word in DEVICES or word in BESIDE for word in words)


def _names_device(rest: str, owned: bool) -> bool:
    """True when the rest of the line is a device or app, and optionally an excuse for typing errors."""
    if rest[:1].isalpha():  # the start ended inside a word: "sendt fra minister"
        return False
    shown = _LINK.sub(r" \1", rest)
    head, excuse = _split_excuse(shown)
    words = _WORD.findall(head)
    if not words or len(words) > 12:
        return False
    if excuse and not _is_excuse(excuse):
        return False
    low = [word.lower().split("'")[0].split("’")[0].strip(".") for word in words]
    known = [_may_stand_beside(word) or (owned and shown_word[0].isupper()) for word, shown_word in zip(low, words, strict=True)]
    if all(known) and any(_is_device(word) for word in low):
        return True
    model = all(word[0].isupper() or any(sign.isdigit() for sign in word) for word in words)
    return owned and len(words) <= 3 and model


def _split_excuse(shown: str) -> tuple[str, str]:
    """The device, and what stands behind the first full stop, comma or dash after which a word of an excuse follows."""
    for found in re.finditer(r"[.,;!]\s|\s[-–—]\s", shown):
        tail = shown[found.end() :]
        if not SLOGAN.isdisjoint(word.lower() for word in _WORD.findall(tail)):
            return shown[: found.start()], tail
    return shown, ""


def _is_excuse(text: str) -> bool:
    words = [word.lower() for word in _WORD.findall(text)]
    return "?" not in text and len(words) <= _SLOGAN_WORDS and not SLOGAN.isdisjoint(words)


def _is_device(word: str) -> bool:
    return word in DEVICES or any(part in DEVICES for part in word.split("-"))


def _may_stand_beside(word: str) -> bool:
    return word in BESIDE or _is_device(word) or any(sign.isdigit() for sign in word)
