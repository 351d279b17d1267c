"""Mail that only its words show to be a machine's. In: a subject, a text, whether it answers a mail. Out: a kind and a reason, or None.

Asked after the headers. People also say that they are on holiday, ask about absence modules and have received things: a text that asks
for something or tells of trouble is a person's unless the subject carries the name of an automatic answer.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailgate.mail.automatic.answer_subject import SubjectPrefix, beginning
from mailgate.mail.model import Kind
from mailgate.mail.words import absence_words as words
from mailgate.mail.words.absence_note import is_absence_note, is_away_of_another, is_of_another, tells_more, tells_of_something
from mailgate.mail.words.automated_words import MACHINE_SENTENCES, is_reported, is_told, machine_sentence
from mailgate.mail.words.phrases import Phrases
from mailgate.mail.words.receipt_note import receipt
from mailgate.mail.words.request_words import OF_THE_NOTE, ORDER, WISH

Finding = tuple[Kind, str] | None

TEXT_LOOK_CHARS = 1_500
_LOOKED_CHARS = 2 * TEXT_LOOK_CHARS
PERHAPS = "text:perhaps "
"""Begins the reason of words that a person might write, too."""
_START_CHARS = 400
_AWAY_CHARS = 200
_NOTE_CHARS = 800
_RECEIPT_CHARS, _RECEIPT_WORDS = 80, 8
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*\s*")
_NUMBER_IN_BRACKETS = re.compile(r" \([#A-Z-]{0,12}\d{1,12}\)")
_QUESTION = re.compile(r"[^.!?\n]{0,200}\?")
_OWN_QUESTION = re.compile(
    r"\s*(?:haster det|hastar det|er det (?:noe )?(?:som )?haste|trenger du|treng du|er du i nød|urgent|need (?:immediate |urgent )?help|"
    r"is it urgent|in a hurry|har du (?:et )?hastesak|akut|brådskande|behöver du|har du bråttom|har du brug for|dringend|eilig|"
    r"onko asia|onko kiire|er erindið brýnt|liggur á)",
    re.IGNORECASE,
)
_TO_THE_STAND_IN = r"(?:da |gjerne |heller |også |alltid |eventuelt |istedet |istället |gern |auch |you )?"
_REQUEST = re.compile(
    r"\b(?:(?:kan|kunne|vil|ville) (?:dere|de|nokon|noen|dykk|dokker|i)|kan du|kan ni|könnt ihr|können sie|könnten sie|voitteko|voisitteko|"
    r"getið þið|gætuð þið|getur þú|could you|can you|would you)\b(?! " + _TO_THE_STAND_IN +
    r"(?:svare på denne|kontakt|ringe|ta kontakt|vende|henvende|sende|nå|kontakte|contact|call|reach|send|forward|ring|sich|mich|meine|"
    r"an meine|unter))|"
    r"\bplease (?:help|fix|check|look|advise|explain|tell|let me know|confirm|reset|resend|update|restart)|"
    r"\b(?:vær så snill|ver så snill|var vänlig och|vennligst (?:sjekk|rett|fiks|hjelp|oppdater|bekreft|send))\b|"
    r"\bhjelp(?:e)? (?:meg|oss)\b|\bbitte (?:prüfen|helfen|beheben|schicken|senden)",
    re.IGNORECASE,
)  # fmt: skip
_TROUBLE = re.compile(
    r"\b(?:virker|virkar|fungerer|fungerar|funker|funkar|starter|åpner|går|vises|visast|visas|syns|lagres|sendes|sparas|"
    r"oppdateres|registreres|beregnes|logger|stopper|stoppar|slår (?:seg|sig)|skrur seg) "
    r"(?:fortsatt |fremdeles |enda |ennå )?(?:ikke|ikkje|inte)\b|"
    r"(?<!ved )(?<!med )(?<!om )(?<!vid )(?<!bei )(?<!for )(?<!with )(?<!any )\b"
    r"(?:feil(?:en|er|melding\w*)?|(?:räknas|beräknas|visar) fel|fejl(?:en)?|felet|felmeddelande\w*|fehler\w*|virhe\w*|"
    r"villa[na]?|errors?)\b|"
    r"(?<!\bi )(?<!\bwe )\b(?:does|do|did|is|are|was)(?: not|n't) (?:work|start|open|print|show|load|respond|turn|stop|switch|"
    r"come|arrive|update|save|sync|appear|connect|log)|"
    r"\b(?:e-?post(?:en)?|e-?mails?|mails?|mejl) (?:på|i) (?:outlook|pc|mac|iphone|ipad|appen|nettleser\w*|"
    r"(?:mobilen|telefonen) (?:lenger|etter))\b|"
    r"\b(?:lese|lesa|läsa) av\b|\b(?:ikke|ikkje|inte) før de[tn]? har\b|"
    r"\b(?:krasj|kræsj|krasch|crash)\w*|\b(?:henger|heng|hänger) (?:seg|sig)\b|"
    r"\b(?:fryser|feiler|feilar|feilet|feila|ødelagt|øydelagd|trasig|kaputt|rikki)\b|"
    r"\bfunktioniert nicht|\bgeht nicht\b|\btoimi\b|"
    r"\bvirkar ekki\b|\b(?:forsvinner|forsvinn|försvinner|disappears?|verschwindet|mangler|manglar|saknas|is missing|is wrong|the wrong|"
    r"falsch)\b|"
    r"\b(?:får|klarer|greier|finner|finn|får dere|hittar|kommer) (?:vi |jeg |eg |jag )?(?:ikke|ikkje|inte)\b(?! les| läs| til å (?:les|"
    r"svar|sjekk))",
    re.IGNORECASE,
)
# "Vi har mottatt henvendelsen fra kunden": of somebody else, so a person tells of it.
_FROM_ANOTHER = re.compile(
    r"\w{0,3} (?:fra|frå|från|from|von|hos|with|bei) (?!deg|dere|dykk|dig|er\b|dem\b|you|your|ihnen|din|ditt|deres|oss|us\b|uns\b|the|"
    r"our|saks|sags|number|nummer|ticket|case|reference|id\b)\w"
)
_NUMBERED = re.compile(
    r" (?:nå |no )?(?:tildelt |tildelt eit |dette |følgende |følgjande )?(?:saks?|sak|ärende|sags|referanse|ticket|id-?)?-?(?:nummer|nr\b|"
    r"referanse|id\b|status)|[ :#]{1,3}[a-z]{0,8}[-#]?\d"
)
_ACCESS = re.compile(r"ikke les[et]|ikkje les[et]|tilgang|tillgång|adgang|access|zugriff|pääsy|aðgang|toegang|accès")
"""Of what makes somebody unreachable, that which is also a fault to tell of: it needs a sign of absence beside it."""
_BACK = re.compile(r"tilbake|tilbage|tillbaka|åter|attende|back|return|wieder|zurück|palaan|takaisin")
_FIRST_PERSON = re.compile(
    r"\b(?:jeg|eg|vi|me|jag|ich|wir|i|we|ég|við|ik|wij|je|nous|minä|olen|olemme)\b(?: \S{1,20}){0,6}? ?$|\bi'm(?: \S{1,20}){0,4}? ?$",
    re.IGNORECASE,
)


def folded(text: str) -> str:
    """`text` in lower case with single blanks, bounded; a blank at an end stays one."""
    text = text[: TEXT_LOOK_CHARS * 2]
    if "(" in text:  # "Your request (4711) has been received"
        text = _NUMBER_IN_BRACKETS.sub("", text)
    lead, end = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{lead}{' '.join(text.split())}{end}".replace("\u2019", "'").lower()


@lru_cache(maxsize=2)
def _looked_at(start: str) -> tuple[str, bool]:
    """The beginning of a text, folded, and whether any phrase of a machine stands in it: one pass spares most texts nine."""
    low = folded(start)
    return low, bool(_ANY.first(low))


_ANY = Phrases(
    (
        *words.AWAY,
        *words.AT_ANOTHER_PLACE,
        *words.UNREACHABLE,
        *words.RECEIVED,
        *words.RECEIVED_MAIL,
        *words.CHALLENGES,
        *words.RECALL_SIGNS,
        *MACHINE_SENTENCES,
    )
)


def says_absence(text: str) -> bool:
    """Whether a machine-marked mail is an out-of-office note: Exchange marks these `auto-generated` like any other machine mail."""
    low = folded(text)
    return bool(words.AWAY.first(low) and words.RETURN_OR_STAND_IN.first(low)) or bool(
        words.UNREACHABLE.first(low) and not words.RECEIVED.first(low)
    )


def asks(text: str) -> bool:
    """Whether `text` asks its reader for something. Questions that only lead to a stand-in ("Haster det?") do not count."""
    if "?" in text and any(not _OWN_QUESTION.match(one) for one in _QUESTION.findall(text[: TEXT_LOOK_CHARS * 2])):
        return True
    return _REQUEST.search(text) is not None


def _is_persons(text: str) -> bool:
    """Whether `text` (folded) asks something, orders it or tells of trouble, as customers do."""
    return asks(text) or any(one.search(text) for one in (_TROUBLE, ORDER, WISH, OF_THE_NOTE))


def by_subject(subject: str, text: str, is_answer: bool) -> Finding:
    """A subject that names an automatic answer, with a second sign beside it: RFC 3834 gives no subject any meaning."""
    found = beginning(subject)
    if not found.phrase:
        return None
    low = folded(text)
    reason: Finding = ("auto_reply", "subject:" + found.phrase)
    if found.of == "receipt":
        proven = _is_receipt(folded(f"{subject}\n{text}")) or (is_answer and not _is_persons(low))
    elif found.of == "mark" and found.ends in ("colon", "subject"):
        proven = found.ends == "subject" or (not _is_persons(low) and (is_answer or _says_what_machines_say(low)))
    else:
        proven = _confirmed(found, low, is_answer) and (is_answer or not tells_of_something(text))
    return reason if proven else None


def _says_what_machines_say(low: str) -> bool:
    """Whether a phrase of an automatic answer stands in the text: "Auto reply: setup" in the subject may be what the mail is about."""
    return not low.strip() or bool(_ANY.first(low) or words.RETURN_OR_STAND_IN.first(low))


def _confirmed(found: SubjectPrefix, low: str, is_answer: bool) -> bool:
    """Whether the text says so too: a phrase alone may be what the mail is about."""
    if machine_sentence(low) or _is_absent(low):
        return True
    if found.ends == "sentence" or not is_answer or _is_persons(low):
        return False
    return found.ends != "name" or bool(words.AWAY.first(low) or words.RETURN_OR_STAND_IN.first(low))


def _is_absent(low: str) -> bool:
    """Whether the author says of themselves that they are away, and asks nothing."""
    if _is_persons(low):
        return False
    if words.UNREACHABLE.first(low):
        return True
    away = words.AWAY.first(low)
    if not away:
        return False
    return bool(words.RETURN_OR_STAND_IN.first(low)) or _FIRST_PERSON.search(low[: low.index(away)]) is not None


def _is_receipt(low: str) -> bool:
    if _is_persons(low):
        return False
    start = low[:_START_CHARS]
    if words.RECEIVED.first(start):
        return True
    return bool(words.RECEIVED_MAIL.first(start) and words.PROMISED.first(low))


def by_click(subject: str, text: str) -> Finding:
    """Read receipts and recalls, which a mail program writes when somebody clicks: there is no message in them."""
    if words.RECEIPT_SUBJECT.match(subject) and _tells_of_reading(text[:TEXT_LOOK_CHARS]):
        return "delivery_status", "subject:read-receipt"
    if len(text) > _NOTE_CHARS:
        return None
    titled = words.RECALL_SUBJECT.match(subject)
    if not titled and not _looked_at(text[:_LOOKED_CHARS])[1]:
        return None
    said = words.RECALL_SIGNS.first(text.lower()) and words.RECALL_TEXT.search(text)
    empty = titled and (not text.strip() or words.RECALL_REPORT.search(text))
    return ("system", "subject:recall" if titled else "text:recall") if (said or empty) and not asks(text) else None


def _tells_of_reading(text: str) -> bool:
    """Whether a mail program says when a mail was read: with the hour, or with the mail's own fields above. People say it without."""
    if words.RECEIPT_SENTENCE.search(text):
        return True
    found = words.RECEIPT_TEXT.search(text)
    if found is None:
        return False
    said = text[found.end() : found.end() + _RECEIPT_CHARS]
    if any(sign.isdigit() for sign in said) or words.RECEIPT_FIELD.search(text):
        return True
    return len(text.split()) <= _RECEIPT_WORDS


def by_text(text: str, is_answer: bool, author: str = "") -> Finding:
    """Nothing but words. One sentence that only machines write is enough; a sentence of absence needs a second one beside it, a short text
    that asks nothing, and must stand near the beginning. That somebody cannot be reached is enough when the mail answers one.
    `author`: the author's name and the local part of their address.
    """
    low, phrased = _looked_at(text[:_LOOKED_CHARS])
    if not phrased:
        return _note(text, low, author) if is_answer else None
    sentence = machine_sentence(low[:_START_CHARS] + " " + low[_START_CHARS:][-_START_CHARS:])
    if sentence:
        answer = is_answer or words.AWAY.first(low)
        return ("auto_reply" if answer else "system"), "text:" + sentence
    challenge = words.CHALLENGES.first(low)
    if challenge and not (is_told(low, at := low.index(challenge), at + len(challenge)) or _TROUBLE.search(low)):
        return "auto_reply", "text:" + challenge
    if len(text) > _NOTE_CHARS:
        return None
    absent = not tells_of_something(
        _before_absence(text) if is_answer else text
    )  # responders name the mail that they answer: without that, nothing else may be said
    found = (_absence(low, is_answer, author) if absent else None) or _receipt(low, is_answer)
    if found:
        return None if _speaks(low) else found
    return _note(text, low, author) if is_answer else None


# Receipts repeat what they are about: "Kort beskrivelse: Skriveren virker ikke".
_REPEATED = re.compile(
    r"^[ \t*]{0,4}(?:emne|ämne|subject|betreff|tittel|titel|title|summary|(?:kort |short )?(?:beskrivelse|description)|sammendrag|"
    r"gjelder|gjeld|vedr|vedrørende|regarding)[ *]{0,3}:[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


def by_receipt(text: str) -> Finding:
    """A receipt in the words of a service. Its reason begins with `PERHAPS` when a person might write so, too."""
    low = _looked_at(text[:_LOOKED_CHARS])[0]
    found = receipt(low)
    if found is None or is_told(low, *found.opened.span()) or (found.of_mail and _FROM_ANOTHER.match(low[found.opened.end() :])):
        return None
    if _speaks(folded(_REPEATED.sub("", text[:_LOOKED_CHARS])) if _REPEATED.search(text) else low):
        return None
    soon = _SOON.match(found.answer) and _is_about_more(_sentence_at(low, low.index(found.answer)))
    sure = found.of_service and not soon
    return "auto_reply", f"{'text:' if sure else PERHAPS}{found.opened.group()} + {found.answer}"


def _before_absence(text: str) -> str:
    """The lines and sentences of `text` above the one that speaks of absence: who answers first and is away then has answered."""
    sentences = _SENTENCE.findall(text[:_NOTE_CHARS])
    away = next((place for place, one in enumerate(sentences) if words.AWAY.first(one.lower())), 0)
    return "".join(one for one in sentences[:away] if not _THANKS.match(one))


_THANKS = re.compile(
    r"\W*(?:(?:tusen|mange|many|vielen|hartelijk|muchas) )?(?:takk|tak|tack|thanks?|danke?|gracias|merci|kiitos|dziękuj\w+|bedankt|"
    r"obrigad[oa]|"
    r"grazie|giitu)\b[^.!?\n]{0,60}[.!\n]",
    re.IGNORECASE,
)


# What is said to the one who asked, not to whoever may write: agreement, no hurry, what they shall do, who else is away.
_TO_THE_ASKER = re.compile(
    r"\A\s*(?:(?:hei|hi|hej|hallo|hello|moi)\W{1,3})?(?:ok|okay|okei|ja|jo|joda|jada|nei|nej|nein|yes|no|sure|fint|flott|greit|supert|"
    r"perfekt|"
    r"great|fine|kyllä|joo|takk, (?:jeg|eg|vi)|that's fine|sounds good|das passt)\b(?! reply)|"
    r"(?:\A|[.!,] )det (?:er|går) (?:greit|fint|bra)\b|\b(?:sier|seier|säger|siger|står|lyder|says|reads|steht)(?: det)?:? ?[\"«“„']|"
    r"\b(?:haster|hastar|brådskar|eilt|urgent)\b[^.!?\n]{0,10} (?:ikke|ikkje|inte|nicht)\b|"
    r"\b(?:not urgent|no rush|no hurry|keine eile|inte bråttom)\b|"
    r"(?<!hvis )(?<!dersom )(?<!om )(?<!når )(?<!if )\b(?:når|tills|wenn|when|before|før|innan|bevor) "
    r"(?:dere|de|dykk|ni|you|sie|ihr|du|i) (?:kommer|kjem|come|kommen|kommt|er her|är här|are here)\b|"
    r"(?:^|[.!,;:] )(?:svar|svara|send|reply|answer) (?:meg|mig|me|her|gjerne her|gärna här|here)\b|"
    r"\bpasser (?:bra|best|fint|for|det|ikke|dårlig)\b|\b(?:kl\.? ?\d{1,2}|dag) passer\b|\be-?post fra (?:dem|ham|henne)\b|"
    r"\b(?:når|før|etter at) (?:(?:jeg|eg) har (?:fått )?|(?:vi|me) har (?:fått )?(?=testet|testa|snakket|snakka|prøvd))"
    r"(?:testet|testa|snakket|snakka|prøvd|prøvet|sett|sjekket|sjekka|undersøkt|hørt|høyrt|spurt)\b|"
    r"\b(?:when|once|until|after) (?:i have|i've|we have|we've) (?:tested|spoken|talked|tried|asked|heard)\b|"
    r"\b(?:när|innan|efter att) (?:jag|vi) har (?:testat|pratat|provat|kollat|frågat|hört)\b|"
    r"\b(?:beklager|unnskyld|orsak|sorry for|ursäkta)\b[^.!?\n]{0,20} (?:forsinka|forsinket|forseinka|sent|seint|delayed|late|sena) "
    r"(?:svar|reply|response)|\bforsinket svar fra (?:min|meg|oss|vår)\b|"
    r"\bså (?:vent|kom|gjør|gjer|bare|berre|dere|de kan)\b|"
    r"\bom (?:det|dette|detta|saken)[.!]|\b(?:spørsmål\w{0,3}|frågor\w{0,3}|svaret|saken) (?:deres|dykkar|era)\b|"
    r"\b(?:skal|ska|skulle) på (?:ferie|semester|kurs|reise)\b|"
    r"\b(?:svarer|svarar|svarte|skriver|skriv) (?:her|fr[aå]n? (?:mobil|telefon)\w*)\b|\b(?:reply|answer) here\b|, (?:so|så) (?:nobody|"
    r"no one|ingen)\b|"
    r"\bsend (?:e-?post|mail|sms) (?:til )?(?:meg|mig|me)\b|"
    r"\b(?:han|hun|ho|hon|she|he|er ist|sie ist|sjefen|chefen|leiaren|kollegaen|(?:min|mein|meine|my|our|vår) \w{2,20})"
    r" (?:er|är|is|ist) (?:på|i|ute|bort|on|out|away|im|in|nicht)\b",
    re.IGNORECASE,
)


def _speaks(low: str) -> bool:
    """Whether a person speaks to the one who asked."""
    return _is_persons(low) or _TO_THE_ASKER.search(low) is not None


def _note(text: str, low: str, author: str) -> Finding:
    return ("auto_reply", "text:note of absence") if is_absence_note(text, author) and not _speaks(low) else None


def _absence(low: str, is_answer: bool, author: str) -> Finding:
    away = words.AWAY.first(low[:_AWAY_CHARS])
    second = words.RETURN_OR_STAND_IN.first(low) if away else ""
    if second and is_away_of_another(low, away, author):
        return None
    if second and not (is_answer and _does_something_then(low, second, author)):
        return "auto_reply", f"text:{away} + {second}"
    if not is_answer:
        return None
    unreachable = words.UNREACHABLE.first(low)
    if unreachable and (is_of_another(low, unreachable, author) or is_reported(low, at := low.index(unreachable), at + len(unreachable))):
        return None
    if unreachable and (not _ACCESS.search(unreachable) or words.TIMES_OF_ABSENCE.first(low)):
        return "auto_reply", f"text:{unreachable}"
    place = words.AT_ANOTHER_PLACE.first(low[:_AWAY_CHARS])
    if place and (second := words.RETURN_OR_STAND_IN.first(low)) and _FIRST_PERSON.search(low[: low.index(place)]):
        return "auto_reply", f"text:{place} + {second}"
    return None


def _does_something_then(low: str, second: str, author: str) -> bool:
    """Whether the sentence of the return says what happens then: "tester når jeg er tilbake"."""
    if not _BACK.search(second):
        return False
    own = set(author.lower().split())
    return tells_more(" ".join(word for word in _sentence_at(low, low.index(second)).split() if word not in own))


def _sentence_at(low: str, at: int) -> str:
    """The sentence of `low` in which the place `at` is."""
    start = max(low.rfind(sign, 0, at) for sign in ".!?") + 1
    ends = [end for sign in ".!?" if (end := low.find(sign, at)) >= 0]
    return low[start : min(ends, default=len(low))]


def _receipt(low: str, is_answer: bool) -> Finding:
    """Receipts of ticket systems that say no more of themselves."""
    start = low[:_START_CHARS]
    received, promised = words.RECEIVED.first(start), words.PROMISED.first(low)
    if received.endswith(" har fått") and not _NUMBERED.match(start, start.index(received) + len(received)):
        return None  # "saken din har fått ny saksbehandler"
    if received and (_FROM_ANOTHER.match(start, end := (at := start.index(received)) + len(received)) or is_told(start, at, end)):
        return None
    if received and (promised or is_answer):
        sentence = _sentence_at(start, start.index(received))
        more = not promised and _OF_US.search(sentence) and tells_more(sentence)
        return "auto_reply", (PERHAPS if more else "text:") + received
    mail = words.RECEIVED_MAIL.first(start) if promised else ""
    if not mail:
        return None
    return "auto_reply", (PERHAPS if _promises_something(low, promised) else "text:") + f"{mail} + {promised}"


# What a service promises of an answer; "we will send the contract as soon as possible" is not that.
_SERVES = re.compile(
    r"\b(?:svar\w*|besvar\w*|behandl\w*|handsam\w*|handlägg\w*|tilbake|attende|tilbage|återkommer|kontakt\w*|jobber|ser på|follow\w*|"
    r"repl\w*|respon\w*|"
    r"get back|answer\w*|review\w*|look into|contact\w*|process\w*|handle|touch|werden uns|melden|bearbeiten|antworten|verbindung)\b"
)
_SOON = re.compile(r"så|hurtigst|schnellst|so schnell|as soon|zo spoedig|dès que|lo antes")
_OF_US = re.compile(r"\b(?:vi|me|we|wir)\b")


def _promises_something(low: str, promised: str) -> bool:
    """Whether the sentence of the promise is about something that its author does, not about an answer."""
    sentence = _sentence_at(low, low.index(promised))
    return bool(_OF_US.search(sentence)) and _is_about_more(sentence)


def _is_about_more(sentence: str) -> bool:
    return not _SERVES.search(sentence) and tells_more(sentence)
