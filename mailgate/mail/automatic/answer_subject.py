"""Subjects of automatic answers. In: a subject. Out: the phrase it begins with, and how much that proves. Pure.

A phrase counts at the very beginning only: `SV: Automatisk svar` is a person who answers one. Tags that gateways put in front
(`[EKSTERN]`, `EXTERN:`, `***SPAM***`, `{Spam?}`) are skipped first. It never judges by the subject alone; `wording` reads the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MARKS = (
    "automatisk svar på", "automatiskt svar på", "automatic reply to", "automatische antwort auf",
    # nb, nn
    "automatisk svarmelding", "automatisk svar", "automatisk respons", "automatisert svar", "autosvarmelding", "autosvar", "auto-svar",
    "fraværsmelding", "fraværsassistent", "fråværsmelding", "fråvermelding", "feriemelding", "feriesvar", "bortreisemelding",
    "automatisk kvittering", "automatisk bekreftelse", "automatisk stadfesting", "automatisk melding",
    # da
    "automatisk besvarelse", "autobesvarelse", "fraværsbesked", "fraværsmeddelelse", "feriebesked", "automatisk kvitteringssvar",
    # sv
    "automatiskt svar", "automatiskt meddelande", "frånvaromeddelande", "frånvarobesked", "semestermeddelande", "autoreply",
    # en
    "out of office autoreply", "out of office auto-reply", "out of office auto reply", "out of office reply", "out of office message",
    "automatic reply", "automatic response", "automated reply", "automated response", "auto reply", "auto-reply", "auto response",
    "auto-response", "autoresponse", "autoresponder", "auto:", "out of office", "out-of-office", "out of the office", "ooo:", "ooo",
    "vacation reply", "vacation message", "vacation response", "automatically generated", "[auto-reply]", "[autoreply]",
    "[out of office]", "[auto reply]", "[ooo]", "(auto-reply)",
    # de
    "automatische antwort", "automatische rückantwort", "automatische e-mail-antwort", "automatisch erzeugte antwort",
    "abwesenheitsnotiz", "abwesenheitsmeldung", "abwesenheitsassistent", "abwesenheitsbenachrichtigung", "abwesenheitsnachricht",
    "urlaubsnotiz", "urlaubsmeldung", "autom. antwort", "auto-antwort", "autoantwort", "automatische eingangsbestätigung",
    # fi, is
    "automaattinen vastaus", "automaattivastaus", "poissaoloviesti", "poissaoloilmoitus", "automaattinen kuittaus",
    "automaattinen poissaoloviesti", "sjálfvirkt svar", "sjálfvirk svörun", "sjálfvirkt svarskeyti", "fjarvistartilkynning",
    # nl, fr
    "automatisch antwoord", "automatisch bericht", "automatische beantwoording", "automatische reactie", "afwezigheidsbericht",
    "autoreactie", "réponse automatique", "reponse automatique", "message d'absence", "réponse d'absence",
    "accusé de réception automatique",
    # others that reach a Norwegian mailbox too
    "respuesta automática", "respuesta automatica", "resposta automática", "risposta automatica", "odpowiedź automatyczna",
    "automatická odpověď", "автоответ", "автоматический ответ", "自动回复", "自動返信", "自動回覆",
)  # fmt: skip
"""Names of automatic answers: with a colon after them, nobody but a responder writes them."""

ABSENCES = (
    "fråverande", "fraværende", "fravær", "fråvær", "ikke til stede", "ikkje til stades", "ikke på kontoret", "ikkje på kontoret",
    "ute av kontoret", "ute frå kontoret", "borte fra kontoret", "ferieavvikling", "bortreist", "på ferie", "feriestengt",
    "ude af kontoret", "feriehilsen", "bortrejst", "frånvaro", "frånvarande", "ej på kontoret", "inte på kontoret", "på semester",
    "ledig", "semester", "away from my mail", "away from office", "away from the office", "on vacation", "vacation", "on holiday",
    "on annual leave", "annual leave", "maternity leave", "parental leave", "i am away", "i'm away", "i am out of", "i'm out of",
    "abwesenheit", "abwesend", "nicht im büro", "nicht im haus", "im urlaub", "poissa toimistosta", "poissa", "olen lomalla", "lomalla",
    "fjarverandi", "ekki við", "í fríi", "afwezigheid", "afwezig", "niet op kantoor", "niet aanwezig", "met vakantie", "op vakantie",
    "absence du bureau", "absent du bureau", "absence", "absent", "en congés", "en congé", "en vacances", "hors du bureau",
    "fuera de la oficina", "fuori sede",
)  # fmt: skip
"""Words of absence, which are also what payroll, school and calendar systems are about."""

RECEIPTS = (
    "vi har mottatt", "me har motteke", "takk for din henvendelse", "takk for henvendelsen", "takk for at du kontaktet",
    "bekreftelse på mottatt", "bekreftelse på motatt", "stadfesting på motteken", "mottaksbekreftelse", "mottaksstadfesting",
    "din henvendelse er mottatt", "henvendelse mottatt", "henvendelsen din er mottatt", "vi har modtaget", "tak for din henvendelse",
    "kvittering for modtag", "vi har tagit emot", "tack för ditt mejl", "tack för ditt mail", "tack för din förfrågan",
    "mottagningsbekräftelse", "ärende registrerat", "ärendebekräftelse", "we have received your", "we received your",
    "thank you for contacting", "thanks for contacting", "thank you for your email", "your request has been received", "request received",
    "ticket received", "ticket created", "[ticket created]", "case created", "auto-acknowledge", "acknowledgement of receipt",
    "vielen dank für ihre nachricht", "vielen dank für ihre anfrage", "ihre anfrage ist eingegangen", "wir haben ihre",
    "eingangsbestätigung", "olemme vastaanottaneet", "kiitos yhteydenotostasi", "við höfum móttekið", "erindi móttekið", "erindi þitt",
    "wij hebben uw", "bedankt voor uw bericht", "ontvangstbevestiging", "nous avons bien reçu", "accusé de réception",
)  # fmt: skip
"""How receipts of ticket systems begin."""

_TAG = re.compile(
    r"[^\w\[\](){}<>*#\"'-]{0,6}(?:\[[^\[\]]{1,40}\]|\{[^{}]{1,40}\}|\([^()]{1,40}\)|<[^<>]{1,40}>|\*{2,9}[^*]{1,40}\*{2,9}|#{2,9}[^#]{1,40}#{2,9}|"
    r"(?:ekstern|external|extern|eksternt?|ext|ulkoinen|ytri|utvendig|spam|spam\?|junk|søppelpost|skräppost|roskaposti|ruslpóstur|"
    r"caution|warning|advarsel|varning|achtung|obs)(?: (?:e-?post|e-?mail|mail|mejl|sender|avsender|avsändare|absender|epost))?"
    r"\s{0,3}[^\w\s\"']{1,3})\s{0,5}(?:[-\u2013|:>]{1,2}\s{1,5})?",
    re.IGNORECASE,
)
_MAX_TAGS = 4
_OURS = re.compile(r"(?:re|sv|vs|aw|fwd?|vedr|ang)\s?:|\[?[a-z]{2,10}-\d{1,10}\b", re.IGNORECASE)
_OF_SOMEBODY = re.compile(r"(?:fra|frå|från|from|von|frá|för|for|til|till|until|bis)\b|\(|re:|sv:|aw:", re.IGNORECASE)


# Notes puts the name first: "Ola Nes er ikke på kontoret (tilbake 04.01.2027)".
_NAME_FIRST = re.compile(
    r"(?:[^\W\d_][\w.'’-]{0,30} ){1,4}(?P<phrase>er ikke (?:på kontoret|til stede)|er ikkje på kontoret|"
    r"er ude af kontoret|är inte på kontoret|is (?:currently )?out of (?:the )?office|is away from the office|"
    r"ist (?:außer haus|nicht im büro|nicht im hause?)|ei ole toimistolla)"
    r"[.!]?(?: \([^()]{1,60}\))?"
)


@dataclass(frozen=True, slots=True)
class SubjectPrefix:
    """How a subject begins. `ends`: what follows the phrase: a `colon` or the like, our `subject` (a reply prefix or a case key),
    `nothing`, somebody's `name` or a date, or more words of a `sentence`.
    """

    phrase: str = ""
    of: Literal["mark", "absence", "receipt", ""] = ""
    ends: Literal["colon", "subject", "nothing", "name", "sentence", ""] = ""


NONE = SubjectPrefix()


def beginning(subject: str) -> SubjectPrefix:
    """How `subject` begins, behind the tags of gateways; `NONE` for a subject of any other kind."""
    text = subject.strip().lower()
    for _ in range(_MAX_TAGS):
        if found := _at_start(text):
            return found
        tag = _TAG.match(text)
        if tag is None:
            return NONE
        text = text[tag.end() :]
    return _at_start(text) or NONE


def _at_start(text: str) -> SubjectPrefix | None:
    if named := _NAME_FIRST.fullmatch(text):
        return SubjectPrefix(named["phrase"], "absence", "name")
    for phrases, of in _LISTS:
        if text.startswith(phrases):
            phrase = max((one for one in phrases if text.startswith(one)), key=len)
            rest = text[len(phrase) :]
            if rest[:1].isalpha() and phrase[-1].isalpha() and phrase[-1].isascii():
                continue  # a longer word: `Abwesenheiten`
            return SubjectPrefix(phrase, of, _end(rest, phrase))
    return None


_LISTS: tuple[tuple[tuple[str, ...], Literal["mark", "absence", "receipt"]], ...] = (
    (MARKS, "mark"),
    (ABSENCES, "absence"),
    (RECEIPTS, "receipt"),
)


def _end(rest: str, phrase: str) -> Literal["colon", "subject", "nothing", "name", "sentence"]:
    rest = rest.strip(" \u00a0")
    if not rest.strip(" .!"):
        return "nothing"
    if rest[0] in ":\uff1a" or phrase[-1] in ":])":
        return "subject" if _OURS.match(rest.lstrip(":\uff1a -")) else "colon"
    if _OURS.match(rest.lstrip("-\u2013| ")):
        return "subject"
    if rest[0] in "-\u2013|,/" or _OF_SOMEBODY.match(rest):
        return "name"
    return "sentence"
