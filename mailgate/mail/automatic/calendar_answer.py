"""Answers to invitations: is there a word of the person's own in them? In: the text and the calendar. Out: yes or no. Pure, bounded.

RFC 5546 section 3.2.3: METHOD:REPLY says that somebody pressed a button. Outlook sends the person's words alone; Google, Apple,
Thunderbird, Zimbra and Roundcube write a sentence of their own, mostly with the event below it.
"""

from __future__ import annotations

import re

from mailgate.mail.mime.calendar import CalendarEvent

_MAX_CHARS = 8_000
_ANSWER = re.compile(
    r"\b(?:har (?:nå |foreløpig |tentativt |midlertidig |preliminärt |foreløbigt )?"
    r"(?:godtatt|akseptert|avslått|avvist|takket (?:ja|nei)|tackat (?:ja|nej)|"
    r"svart [«\"“'»]?(?:ja|nei|kanskje)|svarat [«\"“'”]?(?:ja|nej|kanske)|svaret [«\"“'”]?(?:ja|nej|måske)|"
    r"svart på (?:den |denne )?(?:invitasjon|innkalling)\w*|svarat på (?:din |den här )?(?:inbjudan|kallelse)\w*|"
    r"svaret på (?:din |denne )?(?:invitation|ind)\w*|"
    r"godteke|akseptert|avslege|avslått|accepterat|avböjt|takka (?:ja|nei)|svara [«\"“'»]?(?:ja|nei|kanskje)|"
    r"accepteret|afvist|afslået|sagt (?:ja|nei|nej))|"
    r"svar(?:te|a|ade|ede) [«\"“'”]?(?:ja|nei|nej|kanskje|kanske|måske)|"
    r"(?:godtok|aksepterte|avslo|avviste|takk(?:et|a) (?:ja|nei)|accepterade|avböjde|avvisade|tackade (?:ja|nej)|takkede (?:ja|nej)|"
    r"accepterede|afviste|afslog)|"
    r"(?:has |have )?(?:tentatively |provisionally )?(?:accepted|declined)|(?:has |have )?replied [\"'\u201c]?(?:yes|no|maybe)|"
    r"(?:yes|no|maybe),? i (?:will|won't|will not|might|may) attend|(?:is|are) (?:not )?(?:attending|going)|del(?:tar|tek|"
    r"tager)(?: ikke| ikkje| inte)?|kommer (?:ikke|kanskje|kanske|måske)|kan ikke delta|will (?:not )?attend|"
    r"hat[^\n]{0,160} (?:zugesagt|abgesagt|angenommen|abgelehnt|akzeptiert|zugestimmt)|nimmt[^\n]{0,80} teil|"
    r"(?:on |tentatiivisesti )?(?:hyväksynyt|hyväksyi|hylännyt|hylkäsi|vastasi)|"
    r"(?:hefur )?(?:samþykkt|þegið|hafnað|afþakkað|svarað)|a (?:accepté|refusé|décliné)|"
    r"heeft[^\n]{0,80} (?:geaccepteerd|afgewezen|geweigerd))\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:invit\w*|møte\w*|mötet?\w*|møde\w*|meeting\w*|event\w*|arrangement\w*|hendelse\w*|hending\w*|avtale\w*|einladung\w*|termin\w*|"
    r"besprechung\w*|ereignis\w*|kutsu\w*|kokous\w*|tapahtum\w*|boð\w*|fundarboð\w*|fund\w*|viðburð\w*|uitnodiging\w*|vergadering\w*|"
    r"réunion\w*|attend|innkalling\w*|kallelse\w*|inbjudan\w*|indkaldelse\w*|indbydelse\w*|kalender\w*|calendar)\b",
    re.IGNORECASE,
)
_SHORT_ANSWER = re.compile(
    r"\W*(?:(?:foreløpig |tentativt |tentatively )?(?:accepted|declined|tentative|godtatt|akseptert|avslått|avvist|foreløpig|accepterat|"
    r"avböjt|preliminärt|accepteret|afvist|godteke|zugesagt|abgelehnt|angenommen|hyväksytty|hylätty|samþykkt|hafnað)|"
    r"i (?:will|won't|will not|can|can't|cannot) attend|yes, i will attend|no, i won't attend|"
    r"(?:ja|nei|nej|nein),? (?:jeg|eg|jag|ich) (?:kommer|kjem|deltar|deltek|deltager|werde|nehme)(?: (?:ikke|ikkje|inte|nicht))?"
    r"(?: att)?(?: (?:ikke|ikkje|inte|nicht))?(?: (?:delta|teil|teilnehmen))?)\W*",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\W{0,3}(?:når|hvor|hvem|hva|kven|kvar|kva|emne|tid|sted|stad|organisator|organisatör|arrangør|deltakere|deltakarar|kalender|status|tittel|"
    r"beskrivelse|when|where|who|what|subject|time|date|location|organi[sz]er|attendees|invitees|guests|event|calendar|gjester|gjestar|gäster|gæster|gäste|vieraat|gestir|title|description|"
    r"møte-?id|mötes-?id|mødets id|besprechungs-id|passord|passcode|password|lösenord|adgangskode|kenncode|"
    r"joining info|join with google meet|meeting id|meeting link|video call link|wann|wo|wer|was|betreff|ort|veranstalter|teilnehmer|"
    r"zeit|kalender|när|var|vem|vad|plats|ämne|arrangör|tid|hvornår|hvad|sted|milloin|missä|kuka|mikä|paikka|aika|aihe|järjestäjä|"
    r"hvenær|hvar|hver|staðsetning|tími|skipuleggjandi|wanneer|waar|wie|quand|où|qui|lieu|objet)\W{0,3}(?:[:*]|$)",
    re.IGNORECASE,
)
_CLIENTS = re.compile(
    r"(?:european|standard|daylight|summer) time\b|europeisk (?:sommer)?tid|europeiska|mitteleurop|"
    r"invitation from google calendar|invitasjon fra google kalender|inbjudan från google kalender|einladung von google kalender|"
    r"you are receiving this|du mottar denne|du får denne|du får det här|du modtager denne|sie erhalten diese|to stop receiving|"
    r"for å slutte å|view (?:all )?guest|se alle gjester|more details|flere detaljer|forwarding this invitation|videresending av|"
    r"unsubscribe|avslutt abonnement|google calendar|google kalender|calendar\.google|google meet|zoom meeting|reply for|"
    r"svar for|going\?|kommer du\?|"
    r"this message was sent (?:by|from)|denne (?:meldingen|e-posten) (?:ble|er) sendt (?:fra|av)|"
    r"klikk her for å|click here to|^(?:hei|hej|hello|hi|hallo|guten tag|moi)[,.!]?$|"
    r"sent from my|learn more|les mer om|get it on|microsoft teams|join (?:the )?meeting|bli med",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:with (?:this|a|the following) (?:note|comment|message)|note from|"
    r"med (?:denne|en|følgende) (?:merknad\w*|kommentar\w*|melding\w*|beskjed\w*)|"
    r"merknad fra|med (?:denne|ein) merknad|med (?:följande|en|det här) (?:kommentar|meddelande|anteckning)\w*|"
    r"mit (?:folgender|dieser|einer) (?:notiz|nachricht|anmerkung)|anmerkung von|"
    r"kommentar fra|comment|kommentar|merknad|note|notiz)\W{0,5}(?:$|:)",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\d{1,2}[:.]\d\d|\b\d{4}\b|\b\d{1,2}\s?(?:am|pm|\.)|\bkl\b|\bUTC\b|\bGMT\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADDRESS_OR_LINK = re.compile(r"https?://\S|mailto:|\S@\S|\btlf\b|\+\d{6,}", re.IGNORECASE)
_SPEAKER = re.compile(r"\b(?:I|[Jj]eg|[Ee]g|[Jj]ag|[Ii]ch|[Vv]i|[Ww]ir|[Ww]e|[Mm]eg|[Mm]ig|[Mm]ich|[Oo]ss|[Uu]ns|us)\b")
_REASON = re.compile(r"\b(?:men|but|aber|mutta|fordi|because|weil|koska|ettersom|eftersom|för att|derfor|därför|deshalb)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!]\s+(?=[^\W\d_])")
_ROLE = re.compile(
    r"\W*(?:organisator|arrangør|organi[sz]er|organisatör|veranstalter|järjestäjä|valgfri\w*|valfri\w*|optional)\W*", re.IGNORECASE
)
_QUOTED_NOTE = re.compile(r"[\"\u201c\u00ab].{2,2000}[\"\u201d\u00bb]$")


def is_bare(text: str, event: CalendarEvent) -> bool:
    """Whether an answer (METHOD:REPLY) to `event` holds no word that its author wrote themselves. `text` is what stands beside it."""
    if event.comment and not _is_clients(event.comment, event, False):
        return False
    lines = [line.strip() for line in text[:_MAX_CHARS].split("\n") if line.strip()]
    answered = False
    for line in lines:
        answered_here = _answers(line, event)
        if answered and ((_NOTE.search(line) and not _LABEL.match(line)) or _QUOTED_NOTE.match(line)):
            return False
        if _NOTE.search(line) and answered_here:
            return False
        if not (answered_here or _is_clients(line, event, answered)):
            return False
        answered = answered or answered_here
    return True


def _answers(line: str, event: CalendarEvent) -> bool:
    if "?" in line or len(line) > 400:
        return False
    if _SHORT_ANSWER.fullmatch(line):
        return True
    named = event.summary and event.summary.lower() in line.lower()
    if named and _SHORT_ANSWER.fullmatch(line.partition(":")[0]):
        return True
    found = _ANSWER.search(line)
    if found is None or not (_ABOUT.search(line) or named or event.attendee_in(line)):
        return False
    return not _goes_on(line, found.end(), event)


def _goes_on(line: str, end: int, event: CalendarEvent) -> bool:
    """Whether a person speaks of themselves in the line, or a reason or another sentence follows the answer that ends at `end`."""
    said = line.replace(event.summary, " ") if event.summary else line
    if _SPEAKER.search(said):
        return True
    behind = line[end:].replace(event.summary, " ") if event.summary else line[end:]
    if _REASON.search(behind):
        return True
    return any(_is_own_sentence(one) for one in _SENTENCE_END.split(behind)[1:])


def _is_own_sentence(sentence: str) -> bool:
    return len(_WORD.findall(sentence)) >= 2 and not (_CLIENTS.search(sentence) or _NUMBERS.search(sentence) or _LABEL.match(sentence))


def _is_state(text: str) -> bool:
    """What a list of attendees says behind a name: "avslått", "organisator"."""
    return _SHORT_ANSWER.fullmatch(text) is not None or _ROLE.fullmatch(text) is not None


def _is_clients(line: str, event: CalendarEvent, answered: bool) -> bool:
    """Whether a mail program wrote the line: it repeats the event, is a label, a time, an address, or one of its footers."""
    low = line.lower()
    if event.repeats(low) or _LABEL.match(line) or _CLIENTS.search(line) or not _WORD.search(line) or _SHORT_ANSWER.fullmatch(line):
        return True
    if event.is_attendee(low):
        return True
    label, colon, said = low.partition(":")
    if colon and len(label.split()) <= 3 and said.strip() and event.repeats(said.strip()):
        return True
    if any(one and low.startswith(one.lower()) and _is_state(line[len(one) :]) for one in event.people):
        return True
    if _ADDRESS_OR_LINK.search(line) and len(_WORD.findall(_ADDRESS_OR_LINK.sub("", line))) <= 12:
        return answered or len(_WORD.findall(line)) <= 8
    return answered and _NUMBERS.search(line) is not None and len(_WORD.findall(line)) <= 8 and "?" not in line
