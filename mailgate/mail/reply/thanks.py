"""Recognises a reply that is nothing but thanks. Stage: reply extraction. In: text. Out: yes or no.

It must never match a text with a question, a number or any content word: a case that should be reopened would stay closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from mailgate.mail.reply.footer import is_banner, is_footer
from mailgate.mail.reply.line_kinds import holds_prose
from mailgate.mail.reply.mobile_signature import is_mobile_signature
from mailgate.mail.reply.words.prose_words import PROSE_WORDS
from mailgate.mail.reply.words.quote_words import MONTHS, WEEKDAYS
from mailgate.mail.words.word_lists import words

MAX_CHARS = 300

_SENTENCE = re.compile(r"[.!;:…]+")
_CLAUSE = re.compile(r"[,\-–—/]+")
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")

_THANKS = words(
    """
    takk takker takkar tusentakk tack tackar tak taktak thanks thank thx thanx tnx ty cheers danke dank dankeschön bedankt
    dankjewel merci kiitos kiitti gracias grazie obrigado obrigada dziękuję dzięki dekuji děkuji díky спасибо дякую köszönöm
    þakka þakkir teşekkürler mulțumesc ευχαριστώ
    """
)
_GREETINGS = words(
    """
    hei heisann hallo halla hej hi hello hey dear kjære god morgen dag kveld goddag morn moin guten tag bonjour hoi beste
    """
)
_CLOSINGS = words(
    """
    mvh vh hilsen helsing helsning hälsning hälsningar hilsener vennlig venleg vennleg venlig vänlig vänliga vänligen beste med
    kv kveðja kær bestu með kveðju kveðjur terveisin terv ystävällisin
    kh regards best kind warm sincerely gruß grüße grüßen mit freundlichen mfg lg vg ha en ein ei fin god dag
    helg helga veke uke kveld fortsatt
    have a nice day great weekend videre vidare
    """
)
_FILLERS = words(
    """
    tusen tusind hjertelig hjarteleg mange så mykje mye veldig stor stort meget kjempe skal du dere dokker de ha for hjelpen hjelpa
    hjelp svar svaret respons responsen
    tilbakemelding tilbakemeldingen tilbakemeldinga rask raskt raske flott god godt fin bra supert super topp
    perfekt kjempebra kjempefint supert toppers knallbra nydelig herlig greit fantastiskt underbart jättebra toppen fint fedt dejligt
    prima strålende kjempeflott utmerket assistansen assistanse bistand bistanden oppfølging oppfølgingen
    oppfølginga innsatsen service servicen hurtig fantastisk igjen ok okay oki den det alt jobb jobba you so very much many a
    lot again all the your help helping quick fast reply response answer support assistance great good awesome perfect excellent
    appreciate appreciated it really jättemycket jättesnabbt verkligen kærlega innilega fyrir hjálpina aðstoðina svarið skjótt
    paljon oikein tosi kovasti avusta avustanne avustasi nopeasta vastauksesta hienoa loistavaa mahtavaa
    mycket många hjälpen hjälp för snabbt snabb hjælpen hjælp hurtige hurtigt er dig deg vielen
    herzlichen schön sehr für die ihre deine hilfe schnelle antwort hartelijk je u wel snelle hulp voor beaucoup pour votre aide
    """
)
# Content words that could be taken for a name.
_CONTENT_WORDS = words(
    """
    nei no nein nej joo kyllä option
    feil feila fel fejl fehler virker virket verkar fungerer funker funkar ikke ikkje inte not nothing ingenting
    men but aber problem problemet error wrong broken still fremdeles framleis vent wait stopp stop ja yes ring call new ny nytt
    nye send lukk fikset fiksa løst løyst ordnet ordna solved fixed resolved close closed reopen gjenåpne hjelp help
    """
)


def is_thanks_only(text: str, author_words: Set[str] = frozenset(), is_signed: bool = False) -> bool:
    """True when `text` (without signature) holds thanks and at most a greeting, a closing and a name beside it.

    `author_words`: the author's names in lower case, empty when unknown. `is_signed`: the signature was cut, so the text ends with no name.
    """
    if not text or len(text) > MAX_CHARS or "?" in text or _DIGIT.search(text) is not None:
        return False
    said = list(_clauses(text))
    polite = all(_is_polite(found, may_be_name and _may_sign(found, author_words, is_signed)) for found, may_be_name in said)
    return polite and any(word.lower() in _THANKS for found, _ in said for word in found)


def _may_sign(found: list[str], author_words: Set[str], is_signed: bool) -> bool:
    """True when the words may be the name of the person who signs: the author's, or a first name that is no other word."""
    low = [word.lower() for word in found]
    if not author_words.isdisjoint(low):
        return True
    if is_signed or any(word in PROSE_WORDS or word in WEEKDAYS or word in MONTHS for word in low):
        return False
    return len(found) == 1 or not author_words


def is_thanks_in_all(text: str, signature: str, author_words: Set[str] = frozenset()) -> bool:
    """True when `text` is nothing but thanks and the cut `signature` holds no content of the author either.

    Boilerplate and mobile signatures do not count; anything else that the author may have written does.
    """
    if not is_thanks_only(text, author_words):  # true of most replies
        return False
    is_signed = any(line.strip() and not is_mobile_signature(line) for line in _without_boilerplate(signature))
    if is_signed and not is_thanks_only(text, author_words, is_signed):
        return False
    return not any(_adds_content(paragraph) for paragraph in _PARAGRAPH_END.split(signature))


def _without_boilerplate(signature: str) -> list[str]:
    paragraphs = [part for part in _PARAGRAPH_END.split(signature) if not is_footer(part) and not is_banner(" ".join(part.split()))]
    return [line for part in paragraphs for line in part.split("\n")]


def _adds_content(paragraph: str) -> bool:
    if is_footer(paragraph) or is_banner(" ".join(paragraph.split())):
        return False
    lines = [line for line in paragraph.split("\n") if not is_mobile_signature(line) and not is_footer(line)]
    return any(("?" in _LINK.sub("", line) or holds_prose(line)) and not _is_all_polite(line) for line in lines)


def _is_all_polite(line: str) -> bool:
    return all(_is_polite(found, may_be_name) for found, may_be_name in _clauses(line))


def _clauses(text: str) -> Iterator[tuple[list[str], bool]]:
    """The words of each clause, and whether it may be a name: on the last line, or after a comma in its first sentence."""
    lines = [line for line in text.split("\n") if _WORD.search(line)]
    for line in lines:
        for place, sentence in enumerate(_SENTENCE.split(line)):
            for number, clause in enumerate(_CLAUSE.split(sentence)):
                found = _WORD.findall(clause)
                if found:
                    yield found, place == 0 and line is lines[-1] and (number > 0 or clause == sentence)


def _is_polite(found: list[str], may_be_name: bool) -> bool:
    """All words are thanks, filler or closing words; a name (capitalised words) may end them, or be all when `may_be_name`."""
    low = [word.lower() for word in found]
    greeted = zip(found[1:], low[1:], strict=True)
    if low[0] in _GREETINGS and len(found) <= 4 and all(word[0].isupper() or w in _GREETINGS or w in _THANKS for word, w in greeted):
        return True  # what else begins so ("god helg") is judged by its words
    known = [w in _THANKS or w in _FILLERS or w in _CLOSINGS for w in low]
    names = 0
    while names < len(found) and not known[-1 - names] and found[-1 - names][0].isupper() and low[-1 - names] not in _CONTENT_WORDS:
        names += 1
    if names == len(found) and not may_be_name:
        return False
    return names <= 3 and all(known[: len(found) - names])
