"""The words that automatic mail uses, per language. In: nothing. Out: patterns, all linear. Source for `automated`; holds no decisions.

Each language has: how the subject of an automatic answer begins, sentences that only a machine writes, and sentences of absence that a
person may also write. A subject counts at its very beginning only: `SV: Automatisk svar` is a person who answers one.
"""

from __future__ import annotations

import re

SUBJECTS = (
    # nb, nn
    "automatisk svar", "automatisk svarmelding", "automatisk respons", "autosvar", "auto-svar", "autosvarmelding", "fraværsmelding",
    "fraværsmelding fra", "fråværsmelding", "fråvermelding", "fråverande", "fraværende:", "ikke til stede", "ikkje til stades",
    "ikke på kontoret", "ikkje på kontoret", "ute av kontoret", "ute frå kontoret", "ferieavvikling:", "feriemelding", "feriesvar",
    "automatisk kvittering", "automatisk bekreftelse", "automatisk stadfesting", "bortreist", "bortreisemelding",
    # da
    "automatisk besvarelse", "autobesvarelse", "fraværsbesked", "fraværsmeddelelse", "ikke til stede", "feriebesked", "ude af kontoret",
    "ikke på kontoret", "automatisk kvitteringssvar", "feriehilsen:",
    # sv
    "automatiskt svar", "autosvar", "frånvaro", "frånvaromeddelande", "frånvarobesked", "frånvarande", "semestermeddelande",
    "ej på kontoret", "inte på kontoret", "ledig:", "autoreply", "semester:",
    # en
    "automatic reply", "automatic response", "automated reply", "automated response", "auto reply", "auto-reply", "autoreply:",
    "auto response", "auto-response", "autoresponse", "autoresponder", "auto:", "out of office", "out-of-office", "out of the office",
    "ooo:", "ooo ", "away from my mail", "away from office", "away from the office", "on vacation", "vacation:", "vacation reply",
    "vacation message", "vacation response", "on holiday:", "on annual leave", "annual leave", "maternity leave", "parental leave",
    "i am away", "i'm away", "i am out of", "i'm out of", "[auto-reply]", "[autoreply]", "[out of office]", "[auto reply]", "[ooo]",
    "(auto-reply)", "automatically generated",
    # de
    "automatische antwort", "automatische rückantwort", "automatische e-mail-antwort", "automatisch erzeugte antwort",
    "abwesenheitsnotiz", "abwesenheit:", "abwesenheit ", "abwesend", "abwesenheitsmeldung", "abwesenheitsassistent",
    "abwesenheitsbenachrichtigung", "nicht im büro", "nicht im haus", "urlaubsnotiz", "urlaubsmeldung", "im urlaub", "autom. antwort",
    "auto-antwort", "autoantwort", "automatische eingangsbestätigung", "eingangsbestätigung:",
    # fi
    "automaattinen vastaus", "automaattivastaus", "poissaoloviesti", "poissaoloilmoitus", "poissa toimistosta", "poissa:",
    "olen lomalla", "lomalla:", "automaattinen kuittaus",
    # nl
    "automatisch antwoord", "automatisch bericht", "automatische beantwoording", "automatische reactie", "afwezigheidsbericht",
    "afwezigheid", "afwezig", "niet op kantoor", "niet aanwezig", "met vakantie", "op vakantie", "autoreactie",
    # fr
    "réponse automatique", "reponse automatique", "message d'absence", "absence du bureau", "absent du bureau", "absence:", "absence :",
    "absent :", "absent:", "en congé", "en congés", "en vacances", "hors du bureau", "réponse d'absence",
    "accusé de réception automatique",
    # others that reach a Norwegian mailbox too
    "respuesta automática", "respuesta automatica", "fuera de la oficina", "resposta automática", "risposta automatica", "fuori sede",
    "odpowiedź automatyczna", "automatická odpověď", "автоответ", "автоматический ответ", "自动回复", "自動返信", "自動回覆", "feriestengt",
    "vi har mottatt", "me har motteke", "takk for din henvendelse", "takk for at du kontaktet", "bekreftelse på mottatt",
    "stadfesting på motteken", "mottaksbekreftelse", "automatisk melding:", "din henvendelse er mottatt", "henvendelse mottatt",
    "vi har modtaget", "tak for din henvendelse", "kvittering for modtag", "vi har tagit emot", "tack för ditt mejl",
    "tack för ditt mail", "mottagningsbekräftelse", "we have received your", "we received your", "thank you for contacting",
    "thank you for your email", "your request has been received", "request received", "ticket received", "ticket created",
    "[ticket created]", "case created", "auto-acknowledge", "acknowledgement of receipt", "vielen dank für ihre nachricht",
    "vielen dank für ihre anfrage", "ihre anfrage ist eingegangen", "wir haben ihre", "olemme vastaanottaneet",
    "kiitos yhteydenotostasi", "wij hebben uw", "bedankt voor uw bericht", "ontvangstbevestiging", "nous avons bien reçu",
    "accusé de réception",
)  # fmt: skip

MACHINE_SENTENCES = (
    "dette er et automatisk svar", "dette er eit automatisk svar", "dette er en automatisk", "dette er ei automatisk",
    "dette er et autosvar", "dette er eit autosvar", "denne meldingen er automatisk", "denne meldinga er automatisk",
    "denne e-posten er automatisk", "denne e-posten er generert automatisk", "dette er et automatisk generert svar",
    "ikke svar på denne e-posten", "ikkje svar på denne e-posten", "denne mail kan ikke besvares", "vennligst ikke svar på denne",
    "denne e-posten kan ikke besvares", "svar på denne e-posten blir ikke lest", "svar på denne e-posten vert ikkje lese",
    "denne mail er automatisk genereret", "dette er en automatisk genereret", "dette er et automatisk genereret",
    "denne besked er sendt automatisk", "detta är ett automatiskt", "detta är ett autosvar", "det här är ett automatiskt",
    "svara inte på detta", "detta meddelande har skickats automatiskt", "this is an automatic", "this is an automated",
    "this is an auto-", "this is an autoreply", "this is an auto reply", "this message was automatically",
    "this message was sent automatically", "this email was automatically", "this email was sent automatically",
    "this e-mail was sent automatically", "this mail was generated automatically", "this e-mail was automatically",
    "do not reply to this", "please do not reply to this", "this mailbox is not monitored", "replies to this message are not monitored",
    "this is a system generated", "this is a system-generated", "dies ist eine automatisch", "dies ist eine automatische",
    "diese nachricht wurde automatisch", "diese e-mail wurde automatisch", "diese mail wurde automatisch",
    "bitte antworten sie nicht auf diese", "tämä on automaattinen", "tämä viesti on lähetetty automaattisesti", "älä vastaa tähän",
    "dit is een automatisch", "deze e-mail is automatisch", "dit bericht is automatisch", "gelieve niet te antwoorden op",
    "ceci est un message automatique", "ceci est une réponse automatique", "ce message est généré automatiquement",
    "ce message a été envoyé automatiquement", "merci de ne pas répondre à ce", "cet e-mail est envoyé automatiquement",
    "cet email est envoyé automatiquement", "e-posten er sendt automatisk", "e-posten ble sendt automatisk",
    "meldingen er sendt automatisk", "meldingen ble sendt automatisk", "meldinga er sendt automatisk", "dette er en automatisert",
    "dette er ein automatisk", "svar på denne meldingen blir ikke", "ikke svar på denne meldingen", "ikkje svar på denne meldinga",
    "antworten sie bitte nicht", "on lähetetty automaattisesti", "niet op deze e-mail", "ne pas répondre à",
    "this e-mail has been automatically", "this email has been automatically", "this message has been automatically",
    "this message is automatically", "this is an automatically", "this mailbox is unattended", "denna e-post har skickats automatiskt",
    "denne mail er sendt automatisk", "denne e-mail er sendt automatisk", "dit is een geautomatiseerd", "diese mail ist automatisch",
    "dieses schreiben wurde automatisch", "cet e-mail a été généré", "cet email a été généré",
)  # fmt: skip

# One of these stands in each of `MACHINE_SENTENCES`: without one there is no need to look for a hundred sentences.
MACHINE_STEMS = (
    "auto", "svar på denne", "besvares", "svara inte", "reply to this", "replies to", "generated", "antwort", "vastaa", "antwoord",
    "répondre", "unattended", "généré", "monitored", "svar på dette", "niet op deze",
)  # fmt: skip

AWAY = (
    "ikke på kontoret", "ikke til stede", "ikke tilgjengelig", "ute av kontoret", "borte fra kontoret", "på ferie", "avvikler ferie",
    "tar ferie", "har ferie", "feriestengt", "i permisjon", "er sykmeldt", "er fraværende", "er bortreist", "ikke tilstede",
    "er på reise", "avspaserer", "ikkje på kontoret", "ikkje til stades", "ikkje tilgjengeleg", "ute frå kontoret", "borte frå kontoret",
    "avviklar ferie", "tek ferie", "er fråverande", "er sjukmeld", "ude af kontoret", "ikke på arbejde", "holder ferie", "på barsel",
    "har fri", "på orlov", "inte på kontoret", "ej på kontoret", "inte på plats", "på semester", "har semester", "är ledig",
    "föräldraledig", "tjänstledig", "är frånvarande", "out of the office", "out of office", "away from the office", "away from my desk",
    "on vacation", "on holiday", "on annual leave", "on leave", "maternity leave", "paternity leave", "parental leave", "currently away",
    "currently out", "not in the office", "limited access to email", "limited access to my email", "no access to email", "nicht im büro",
    "nicht im haus", "außer haus", "nicht erreichbar", "im urlaub", "in urlaub", "in elternzeit", "abwesend", "en ole toimistolla",
    "en ole paikalla", "olen lomalla", "olen poissa", "vuosilomalla", "tavoitettavissa", "niet op kantoor", "niet aanwezig", "afwezig",
    "met vakantie", "op vakantie", "met verlof", "absent du bureau", "actuellement absent", "suis absent", "suis absente", "en congé",
    "en congés", "en vacances", "hors du bureau", "absente du bureau", "foreldrepermisjon", "fødselspermisjon", "pappapermisjon",
    "pappaperm", "mammaperm", "jeg har sluttet", "jeg jobber ikke lenger", "jeg er ikke lenger ansatt", "eg har slutta",
    "eg jobbar ikkje lenger", "har feriestengt", "holder ferielukket", "jeg er ikke længere ansat", "jag har slutat",
    "jag arbetar inte längre", "har semesterstängt", "i no longer work", "i have left", "i am no longer", "i have limited access",
    "ich arbeite nicht mehr", "ich bin nicht mehr bei", "betriebsurlaub", "en ole enää töissä", "ik werk niet meer",
    "je ne travaille plus",
)  # fmt: skip

RETURN_OR_STAND_IN = (
    "er tilbake", "kommer tilbake", "tilbake på kontoret", "er attende", "kjem tilbake", "kjem attende", "ved behov for", "haster det",
    "hastesaker", "ved hastesaker", "ta kontakt med", "kontakt gjerne", "vennligst kontakt", "kan du kontakte", "leser ikke e-post",
    "les ikkje e-post", "leser e-post sporadisk", "sjekker e-post", "vil bli besvart", "svarer på e-post", "blir ikke videresendt",
    "vert ikkje vidaresend", "er tilbage", "kommer tilbage", "tilbage på kontoret", "ved akutte", "kontakt venligst",
    "mails bliver ikke", "åter på", "är tillbaka", "tillbaka den", "åter den", "vid brådskande", "kontakta gärna", "vänligen kontakta",
    "brådskande ärenden", "will be back", "i'll be back", "back in the office", "back on", "return on", "returning on", "returning to",
    "will return", "upon my return", "when i return", "for urgent", "urgent matters", "if urgent", "if it is urgent",
    "if you need immediate", "for immediate assistance", "please contact", "will respond", "will reply", "will get back to you",
    "wieder im büro", "wieder erreichbar", "wieder da", "wieder zurück", "ab dem", "in dringenden", "wenden sie sich",
    "nicht weitergeleitet", "kontaktieren sie", "palaan", "takaisin", "kiireellisissä", "ota yhteyttä", "ottakaa yhteyttä",
    "kiireisissä", "weer aanwezig", "weer op kantoor", "ben ik terug", "voor dringende", "bij dringende", "contact opnemen",
    "neem contact", "de retour", "serai de retour", "en cas d'urgence", "pour toute urgence", "veuillez contacter",
    "vous pouvez contacter", "kan rettes til", "kan rettast til", "åpner igjen", "opnar igjen", "åbner igen", "öppnar igen",
    "besvares etter",
)  # fmt: skip

NO_REPLY = re.compile(
    r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|dont[-_.]?reply|noreply|no-?response|not?[-_.]?monitored|ikke[-_.]?svar|svar[-_.]?ikke|"
    r"ikkje[-_.]?svar|"
    r"kan[-_.]?ikke[-_.]?besvares|ingen[-_.]?svar|svara[-_.]?(?:inte|ej)|inget[-_.]?svar|ei[-_.]?vastausta|ala[-_.]?vastaa|"
    r"keine?[-_.]?antwort|"
    r"nicht[-_.]?antworten|ne[-_.]?pas[-_.]?repondre|niet[-_.]?(?:beantwoorden|antwoorden)|geen[-_.]?antwoord)(?:[-_.+\d].*)?|"
    r".*[-_.+](?:no-?reply|donotreply)",
    re.IGNORECASE,
)
DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|mail[-_.]?daemon|maildaemon|postmaster|post[-_.]?master|mail[-_.]?deliver.*|delivery[-_.]?(?:agent|"
    r"subsystem)|mailadm(?:in)?|mailerdaemon|mdaemon|"
    r"mmdf|uucp|mailsystem|mail[-_.]?system|bounces?|bounce[-+_.=].*|bounced[-_.]?mail|root|daemon|nobody|smtp[-_.]?daemon|"
    r"autoresponder|auto[-_.]?reply|microsoftexchange.*|"
    r"exchange[-_.]?administrator|system[-_.]?attendant|majordomo|listserv|mailman|prvs=.*|srs[01]=.*|owner-.*|.*-(?:request|bounces?))",
    re.IGNORECASE,
)  # fmt: skip


RECEIPT_SUBJECT = re.compile(
    r"(?:ikke |ikkje |not |nicht |ej |inte |non |niet )?"
    r"(?:lest|lese|read|gelesen|läst|læst|lu|gelezen|luettu|leído|ulest|oläst|ulæst|ungelesen)\s?:",
    re.IGNORECASE,
)
RECEIPT_TEXT = re.compile(
    r"ble (?:lest|slettet)|blei lesen|vart lesen|was (?:read|deleted)|"
    r"wurde .{0,40}(?:gelesen|gelöscht)|lästes|har lästs|blev læst|is gelezen|a été lu|luettiin",
    re.IGNORECASE,
)
RECALL = re.compile(
    r"(?:tilbakekall(?:ing)?|recall|återkalla|återkallelse|tilbagekald(?:else)?|rückruf|rappel|intrekken)\s?:", re.IGNORECASE
)


def begins_as_answer(subject: str) -> str:
    """The phrase by which `subject` begins as an automatic answer, "" when it does not."""
    text = subject.strip().lower()
    return next((phrase for phrase in SUBJECTS if text.startswith(phrase)), "") if text.startswith(SUBJECTS) else ""


def machine_sentence(text: str) -> str:
    """The first sentence in `text` (lower case, blanks single) that only a machine writes, "" when there is none."""
    return first_of(MACHINE_SENTENCES, text) if first_of(MACHINE_STEMS, text) else ""


def first_of(phrases: tuple[str, ...], text: str) -> str:
    """The first phrase that stands in `text` (lower case, blanks single), "" when none does."""
    for phrase in phrases:  # no generator: hundreds of phrases are sought in each mail
        if phrase in text:
            return phrase
    return ""
