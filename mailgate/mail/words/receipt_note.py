"""Is a text the receipt of a ticket system or of a shared mailbox? In: folded text. Out: what makes it one, or None. Pure, bounded.

Receipts are worded in a thousand ways, of few pieces: thanks for what came, that *your* mail or request has been received, registered or
opened, and what the service does with it (a number, a time, somebody who will answer). Two such pieces make a receipt. Nobody says "I"
in one: a text with a first person singular is a person's. What a person might promise as well ("we will answer tomorrow") is unsure, but
after "your request has been registered".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mailgate.mail.words.phrases import Phrases
from mailgate.mail.words.service_note import service

MAX_CHARS = 1_200
_START_CHARS = 400
_STEMS = Phrases((
    "mottatt", "mottaget", "mottagits", "mottakin", "motteke", "mottagit", "tagit emot", "tagits emot", "modtaget", "fått", "kommet",
    "kommit", "registr", "registered", "oppret", "opret", "skapa", "journalført", "logget", "åpnet", "received", "logged", "created",
    "opened",
    "submitted", "raised", "recorded", "assigned", "got your", "eingegangen", "erhalten", "erfasst", "angelegt", "eröffnet",
    "vastaanot", "bien reçu", "enregistrée", "hemos recibido", "otrzymaliśmy", "ontvangen", "takk for", "tak for", "tack för",
    "referans", "lukket", "lukka",
    "thank", "dank", "kiitos", "merci", "gracias", "dziękujemy", "giitu", "foreløpig svar", "førebels svar", "midlertidig svar",
    "preliminärt svar", "teke imot", "rekisteröity", "behandling", "overført til",
    "lukket saken", "åpne", "reopen", "öppna", "genåbne", "erneut", "utløper", "expire",
    "tatt imot", "teke i mot", "tatt i mot",
    # of services
    "klikk", "trykk", "click", "klick", "klik", "bekreft", "stadfest", "confirm", "verify", "bekräft", "bekræft", "bestätig", "logg inn",
    "logg deg inn", "logga in", "log in", "sign in", "loggen sie", "melden sie", "the status", "endret status", "ändrat status",
    "statusen", "status på", "resolved this", "has been updated", "been closed", "been resolved", "been solved", "been reopened",
    "been cancelled", "been escalated", "now closed", "now resolved", "er lukket", "er løst", "er oppdatert", "er tildelt", "er avsluttet",
    "nå lukket", "nå løst", "har stängts", "har lösts", "uppdaterats", "opdateret", "be processed", "not processed", "behandles",
    "ikke behandlet", "avvist", "rejected", "kun for", "bare for", "berre for", "kun til",
    "only for", "endast för", "nur für", "only accepts", "tar kun", "mottar kun", "kun mottak", "importe", "vahvista", "napsauta",
))  # fmt: skip
"""One of these stands in each beginning of a receipt: one pass of RE2 spares most texts the patterns below."""

_NORDIC_THING = (
    r"(?:e-?post(?:en|ar|er)?|mail(?:en|er)?|e-mail(?:en)?|mejl(?:et)?|melding\w{0,2}|meddel\w{1,8}|beskjed\w{0,2}|besked\w{0,2}|"
    r"henvend\w{1,8}|førespurn\w{1,6}|forespør\w{1,8}|anmodning\w{0,2}|frågan?|spørsmål\w{0,3}|spørgsmål\w{0,3}|sak(?:en|a)?|sag(?:en)?|"
    r"ärende\w{0,2}|begäran|förfrågan|søknad\w{0,2}|supportsak\w{0,2}|bestilling\w{0,2})"
)
_ENGLISH_THING = r"(?:e-?mail|message|request|enquiry|inquiry|ticket|case|incident|query|question|application|submission)"
_NUMBER = r"(?:(?: med)?(?: nr\.?| nummer| number| no\.?| id)?:? [\[(#]{0,2}[a-z]{0,10}[-#]?\d[\w-]{0,20}[\])]{0,2})?"
_NORDIC_DONE = (
    r"(?:mottatt|mottekin|motteken|modtaget|mottaget|mottagits|tagits emot|kommet (?:fram|frem|inn)|kommit (?:fram|in)|registrert|"
    r"registreret|registrerat|registrerats|registrerad|opprettet|oppretta|oprettet|skapats|skapat|skapad|journalført|logget|åpnet)"
)
_ENGLISH_DONE = r"(?:received|logged|created|opened|registered|submitted|raised|recorded|assigned)"
_RECEIVED = re.compile(
    rf"\b(?:din|ditt|di|dine) {_NORDIC_THING}(?: til [^.!?]{{1,60}}?| med nr\.? \S{{1,20}})?{_NUMBER} "
    rf"(?:er|ble|blei|vart|blev|är|har)(?: nå| no| nu)?(?: blitt| blivit| vorte)? {_NORDIC_DONE}\b|"
    rf"\b{_NORDIC_THING} (?:din|ditt|di){_NUMBER} (?:er|ble|blei|vart|blev|är|har)(?: nå| no| nu)?(?: blitt| blivit|"
    rf" vorte)? {_NORDIC_DONE}\b|"
    rf"\b{_NORDIC_THING} [\[(#]{{0,2}}[a-z]{{0,10}}[-#]?\d[\w -]{{0,20}}[\])]{{0,2}} (?:er|ble|är|blev|har blitt|har) {_NORDIC_DONE}\b|"
    rf"\b(?:har|have)(?: nå| no| nu)? (?:mottatt|motteke|modtaget|mottagit|tagit emot|t(?:eke|att) i ?mot|registrert|fått|fått inn|"
    rf"opprettet) "
    rf"(?:din|ditt|di) {_NORDIC_THING}\b|"
    rf"\b(?:har|have)(?: nå| no| nu)? (?:mottatt|motteke|modtaget|mottagit|tagit emot|t(?:eke|att) i ?mot|registrert|fått|"
    rf"fått inn) {_NORDIC_THING} (?:din|"
    rf"ditt|di)\b|"
    rf"\b(?:din|ditt|di) {_NORDIC_THING}[^.!?]{{0,20}} har (?:nå )?fått (?:nummer|saksnummer|referanse\w{{0,6}}|referens\w{{0,6}}|"
    rf"sagsnummer)\b|"
    r"\b(?:pyyn|palvelupyyn|viesti|yhteyden)\w{1,9} on rekisteröity|\bvastaanottaneet palvelupyyn\w{1,6}|"
    r"\bihr ticket[^.!?]{0,20} wurde (?:eröffnet|angelegt|erstellt)\b|"
    rf"\b(?:vi|me) har (?:opprettet|oppretta|oprettet|skapat) (?:en |ei |et |ett )?(?:sak|sag|ärende|supportsak)\b|"
    rf"\byour (?:support |service |recent )?{_ENGLISH_THING}(?: \([^()]{{1,20}}\))?{_NUMBER} (?:has been|have been|was|"
    rf"is) (?:successfully )?{_ENGLISH_DONE}\b|"
    rf"\b(?:an?|the) (?:new |support )?(?:{_ENGLISH_THING}|request for \w{{1,12}}){_NUMBER} (?:has been|was) {_ENGLISH_DONE}\b|"
    rf"\b{_ENGLISH_THING} #? ?[a-z]{{0,10}}[-#]?\d[\w-]{{0,20}}[^.!?]{{0,60}}? (?:has been|was) {_ENGLISH_DONE}\b|"
    rf"\b(?:have|'ve|has) (?:now )?(?:received|got|logged) your {_ENGLISH_THING}\b|\bwe got your {_ENGLISH_THING}\b|"
    r"\bihre? (?:nachricht|anfrage|e-mail|mail|anliegen|ticket)\b[^.!?]{0,40}\b(?:eingegangen|erhalten|registriert|erfasst|angelegt|"
    r"eröffnet)\b|"
    r"\bvastaanottaneet (?:sen|viesti\w{0,6}|pyyn\w{1,8}|yhteyden\w{1,10})|\b(?:viesti|pyyn)\w{1,8} on vastaanotettu|"
    r"\bavons bien reçu (?:votre|ta) \w|\bvotre demande\b[^.!?]{0,20} a (?:bien )?été (?:enregistrée|reçue)|\bhemos recibido (?:su|"
    r"tu) \w|\botrzymaliśmy (?:państwa|twoj\w{1,3}|pani|pana) \w|"
    r"\buw (?:bericht|e-mail|aanvraag|vraag)\b[^.!?]{0,30} ontvangen",
)
_THANKED = re.compile(
    r"\b(?:takk|tak) fordi du (?:har )?(?:kontakt|skrev|skriv|henvend)\w{0,4}|"
    rf"\b(?:takk|tak|tack) (?:for|för) (?:(?:din|ditt|di) {_NORDIC_THING}|{_NORDIC_THING} (?:din|ditt|di)|henvendelsen|førespurnaden|"
    r"(?:meldingen|meldinga|e-?posten|mailen|beskeden|mejlet|meddelandet)(?=[.! ])|"
    r"at du (?:tok|tar|tek|tog) kontakt|at du (?:kontakt|skrev|skriv|henvend|hørte)\w{0,3}|att du (?:kontakt|hör|tog|tar|skrev|"
    r"skriver)\w{0,4})\b|"
    rf"\bthank(?:s| you) for (?:your {_ENGLISH_THING}|getting in touch|reaching out|contacting|writing (?:in|to))\b|"
    r"\bdank für ihre (?:nachricht|anfrage|e-mail|mail)\b|\bkiitos (?:viesti|yhteyden|sähköposti)\w|"
    r"\b(?:bedankt|dank) voor (?:uw|je) (?:bericht|e-mail|mail|aanvraag|vraag)|\bmerci (?:de nous avoir contact|pour votre (?:message|"
    r"demande))|"
    r"\bgracias por (?:su (?:mensaje|correo|consulta)|contactar|ponerse en contacto)|"
    r"\bdziękujemy za (?:wiadomość|kontakt|zgłoszenie|przesłanie)|\bgiitu (?:go váldet oktavuođa|du e-poasttas)",
)
_SERVED = re.compile(
    # a time
    r"\b(?:innan|ind?n?en(?:for)?) (?:for )?(?:\w{1,8}|\d{1,2}(?: ?- ?\d{1,2})?) (?:virke|arbeids|hver|arbets|var|yrke)?(?:dag|time|"
    r"timm|dygn|"
    r"døgn)\w{0,4}|"
    r"\binom \S{1,6} (?:arbets|var)?(?:dag|timm|dygn)\w{0,4}|\binnen utgangen av|\bfortløpende\b|\bfortløpande\b|\bløpende\b|\blöpande\b|"
    r"\bsvartid|\bresponstid|\bbehandlingstid|\bhandläggningstid|\bstor pågang|\bhøg pågang|\b(?:hverdager|virkedager|vardagar|hverdage) "
    r"(?:mellom|kl|fra|frå|mellan|mellem)|\bwithin \S{1,8} (?:\w{1,10} )?(?:day|hour|minute)s?\b|\bbusiness (?:day|hour)s?\b|"
    r"\bbinnen \S{1,6} (?:werk)?dag|\bn° ?\d|\bin a few "
    r"(?:hours|minutes)\b|\bwithin a few\b|"
    # as soon as possible, in the words of a service
    r"\bså (?:snart|fort|raskt) (?:som (?:mulig|mogleg|råd)|som möjligt|(?:vi|me) kan)|\bhurtigst muligt|\bschnellstmöglich|"
    r"\bso schnell wie möglich|"
    r"\bas soon as possible|\bzo spoedig mogelijk|\bplus brefs délais|\bdès que possible|\blo antes posible|\ba la mayor brevedad|"
    r"\bnajszybciej|\bmahdollisimman pian|\barkipäivän|\bjođánit go vejolaš|\bjođáneamos|"
    # what is done with it
    r"\b(?:vil|vert|blir|bli|verte|kommer att) (?:bli |vert |verte )?(?:besvart|behandlet|behandla|handsama|svara|journalført|fordelt|"
    r"fordelast|"
    r"videreformidlet|viderebehandlet|besvaras|behandlas|handläggas)\b|\bwird (?:schnellst\w{1,8} |umgehend )?bearbeitet|\bin bearbeitung|"
    r"\b(?:behandles|behandlast|handsamast) (?:av|så|i|innen)\b|\b(?:being|be) (?:reviewed|processed|handled)\b|\bwill be (?:in touch|"
    r"reviewing|getting in touch|answered)|\bwerden uns\b|"
    # who, and under which number
    r"\bsaksbehandler (?:vil|tar|kontakter)|\bsaksn(?:umme)?r\b|\bsaknr\b|\breferansenummer|"
    r"\bärendenummer|\bsagsnummer|\bticket(?:nummer| ?id| number| #)|\bcase (?:#|number)|\breference (?:is|number)|\bvorgangsnummer|"
    r"\b(?:med|under|har|fått) (?:saks?|sags?|ärende)?(?:nummer|nr)\b|\b(?:with|under) (?:the )?(?:reference |case |ticket )?number\b|"
    r"\bon your behalf\b|"
    r"\b(?:number|priority|prioritet|status|state|short description|kort beskrivelse)\s?:|"
    r"\bfølge? saken|\bfølg(?:e|je) saka|\bi emne(?:feltet|feltet|linja)?\b|\b(?:view|vis) (?:this |your |the )?(?:ticket|request|case|"
    r"forespørsel|sak)|"
    r"\btrack (?:the|this|your)|\bquote (?:the|this|your) (?:reference|ticket|case)|\bi den rekkefølgen|"
    # the mailbox
    r"\bdu får beskjed når\b|\boppgi (?:referansen?|saksnummeret|dette nummeret)\b|\bdu blir varslet\b|\byou will be notified\b|"
    r"\bnumerolla\b|\bnumero on\b|\bottaa sinuun yhteyttä|"
    r"\blägga till mer information|\blegge til (?:mer|flere) (?:informasjon|kommentarer)|"
    r"\bbetjenes\b|\bbemannet\b|\b(?:er|är) bemannad\b|\binbox is (?:\w{1,10} )?monitored|\bmailbox is (?:\w{1,10} )?monitored|"
    r"\b(?:team|support|chat) is (?:currently )?offline"
)
_PROMISED = re.compile(
    r"\b(?:vi|me) (?:svarer|svarar|besvarer|besvarar|vender tilbage|vender tilbake|återkommer|kommer tilbake|kjem attende|tar kontakt|"
    r"vil (?:svare|besvare|ta kontakt|kontakte)|bestræber|behandler|behandlar|jobber med)|\bdu (?:får|vil få|hører|høyrer) (?:svar|"
    r"snart|oss)|"
    r"\b(?:hører|høyrer|hör|vil høre) fr[aå]n? oss|\bkundebehandler|\btil rett\w? (?:enhet|eining|avdeling|saksbehandler|sakshandsamar|"
    r"person|vedkom)|\brepresentative\b|\b(?:technician|agent|advisor) will\b|\b(?:our|"
    r"the) (?:support )?(?:team|staff)\b|"
    r"\bog vil (?:ta kontakt|kontakte|svare)\b|\bwe(?:'ll| will| are| aim)\b[^.!?]{0,30}\b(?:get back|reply|respond|be in touch|"
    r"working on|answer)\b|"
    r"\bvastaamme|\bpalaamme|\bnemen\b[^.!?]{0,40}\bcontact\b|\bvous répond|\bresponderemos|\bodpowiemy|\bskontaktujemy|\bvástidi[dt]|"
    r"\bmelden uns"
)
_FIRST_PERSON = re.compile(
    r"\b(?:jeg|eg|jag|ich|minä|meg|mig|mich|min|mitt|mine|mi|mina|my|me(?= back| know| on| at)|ég|ik|mijn|je (?:suis|vais|vous)|i'm|i'll|"
    r"i've|i'd)\b(?!\.[a-z])|"
    r"\bi (?:am|have|had|was|were|will|would|can|cannot|could|did|do|does|don't|didn't|haven't|hadn't|can't|couldn't|won't|wasn't|wouldn't|"
    r"should|shall|must|may|might|got|get|think|thought|see|saw|need|needed|found|find|tried|try|just|also|still|already|only|now|never|"
    r"really|actually|know|knew|hope|want|wanted|wonder|guess|believe|understand|tested|test|sent|send|checked|check|use|used|appreciate|"
    r"forwarded|called|call|spoke|talked|received|opened|created|registered|logged|asked|ask|look|looked|made|changed|closed|added|"
    r"suggest|prefer|agree|confirm|suppose|assume|remember|mean|said|wrote|write)\b|"
    r"\b(?:the|your|it|and|you|this|that) (?:[^.!?]{0,100} )?i\b(?! \d)|\bi (?!\d)(?:[^.!?]{0,100} )?(?:the|your|it|and|you|this|that)\b"
)
"""English "I" by the words beside it: in the Nordic languages it is the word for "in"."""
_PASSIVE = re.compile(r"\b(?:er|ble|blei|vart|blev|är|been|was|wurde|ist|on)\b")


_PRELIMINARY = re.compile(r"\s*(?:foreløpig|førebels|midlertidig|preliminärt) svar\b")
"""The heading of what an office must answer at once, and its system writes: a person may have written it."""


class ReceiptWords(NamedTuple):
    """What makes a text a receipt: the place where it opens, what it says of the answer, whether it says so as a service does.

    `of_mail`: whether it is about a mail that came in.
    """

    opened: re.Match[str]
    answer: str
    of_service: bool
    of_mail: bool = True


def receipt(low: str) -> ReceiptWords | None:
    """The receipt that `low` (folded) is, None when it is none."""
    start = low[:_START_CHARS]
    if len(low) > MAX_CHARS or not _STEMS.first(start) or _FIRST_PERSON.search(low):
        return None
    opened = _RECEIVED.search(start) or _THANKED.search(start)
    if opened is None:
        found = service(low)
        return ReceiptWords(*found, False) if found else _preliminary(low)
    if served := _SERVED.search(low):
        return ReceiptWords(opened, served.group(), True)
    promised = _PROMISED.search(low)
    passive = opened.re is _RECEIVED and _PASSIVE.search(opened.group()) is not None
    return ReceiptWords(opened, promised.group(), passive) if promised else None


def _preliminary(low: str) -> ReceiptWords | None:
    opened = _PRELIMINARY.match(low)
    served = _SERVED.search(low) if opened else None
    return ReceiptWords(opened, served.group(), False) if opened and served else None
