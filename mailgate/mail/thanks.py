"""Tells a reply that is nothing but thanks from one that says something. Stage: reply extraction; text in, yes or no out.

It must never say yes to a text with a question, a number or any content word: a case that should open again would stay closed.
"""

from __future__ import annotations

import re

MAX_CHARS = 300

_SENTENCE = re.compile(r"[\n.!,;:…\-–—]+")
_WORD = re.compile(r"[^\W\d_]+")

_THANKS = frozenset(
    "takk takker takkar tusentakk tack tackar tak taktak thanks thank thx thanx tnx ty cheers danke dank dankeschön bedankt dankjewel merci kiitos kiitti "
    "gracias grazie obrigado obrigada dziękuję dzięki dekuji děkuji díky спасибо дякую köszönöm teşekkürler mulțumesc ευχαριστώ".split()
)
_GREETINGS = frozenset("hei heisann hallo halla hej hi hello hey dear kjære kjære god morgen dag kveld goddag morn hallo moin guten tag bonjour hoi beste".split())
_CLOSINGS = frozenset(
    "mvh vh hilsen helsing helsning hälsning hälsningar hilsener vennlig venleg vennleg venlig vänlig vänliga vänligen beste med kh mvh "
    "regards best kind warm sincerely gruß grüße grüßen mit freundlichen mfg lg vg ha en fin god dag helg uke kveld fortsatt have a nice day great weekend".split()
)
_FILLERS = frozenset(
    "tusen hjertelig hjarteleg mange så så mykje mye veldig stor stort meget kjempe skal du dere dokker de ha for hjelpen hjelpa hjelp svar svaret "
    "tilbakemelding tilbakemeldingen tilbakemeldinga rask raskt raske rask flott god godt fin bra supert super topp perfekt kjempebra kjempefint strålende "
    "kjempeflott utmerket assistansen assistanse bistand bistanden oppfølging oppfølgingen oppfølginga svaret innsatsen service servicen hurtig fantastisk igjen "
    "ok okay oki den det alt jobb jobba "
    "you so very much many a lot again all the your help helping for quick fast reply response answer support assistance great good awesome perfect excellent "
    "appreciate appreciated it much really "
    "mycket många hjälpen hjälp svaret för snabbt snabb tusen hjælpen hjælp mange hurtige hurtigt svar er dig deg "
    "vielen herzlichen schön sehr für die ihre deine hilfe schnelle antwort hartelijk je u wel de snelle hulp voor beaucoup pour votre aide".split()
)


def is_thanks_only(text: str) -> bool:
    """True when `text` (a reply without signature) holds thanks and besides it at most a greeting, a closing and a name."""
    if not text or len(text) > MAX_CHARS or "?" in text or any(c.isdigit() for c in text):
        return False
    thanked = False
    for part in _SENTENCE.split(text):
        words = _WORD.findall(part)
        if not words:
            continue
        if not _is_polite(words):
            return False
        thanked = thanked or any(word.lower() in _THANKS for word in words)
    return thanked


def _is_polite(words: list[str]) -> bool:
    """All words are thanks, filler or closing words; names (capitalised) may end the part or be all of it."""
    low = [word.lower() for word in words]
    if low[0] in _GREETINGS:
        return len(words) <= 4 and all(word[0].isupper() or w in _GREETINGS or w in _THANKS for word, w in zip(words[1:], low[1:], strict=True))
    known = [w in _THANKS or w in _FILLERS or w in _CLOSINGS for w in low]
    names = 0
    while names < len(words) and not known[-1 - names] and words[-1 - names][0].isupper():
        names += 1
    return names <= 3 and all(known[: len(words) - names])
