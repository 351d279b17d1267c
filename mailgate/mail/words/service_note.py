"""Mail of services that nobody wrote: a filter's challenge, a portal's notice, a change of a ticket, a mailbox for one purpose. In: a text.

Each is recognised by two or three phrases together: people write one of them alone, too ("your case has been closed"). Only how a ticket is
reopened is enough alone. Phrases that a person may combine ("the invoice could not be processed, send a PDF") give an unsure result.
Pure, bounded, linear.
"""

from __future__ import annotations

import re

_MAIL = r"(?:e-?post|mail|e-mail|mejl|melding|beskjed|besked|meddelelse|meddelande|message|nachricht|viesti)\w{0,4}"
_YOUR_MAIL = re.compile(
    rf"\b(?:din|ditt|di|your|ihre|dein|deine) {_MAIL}|\b{_MAIL} (?:din|ditt|di)\b|\byou (?:e-?mailed|wrote to)\b|\bviestisi\b"
)
_CLICK = re.compile(
    r"\b(?:klikk|trykk|click|klicka|klicken|klik|tryk|tryck|napsauta|(?:må|skal|must|please|need to|have to|måste|skal|müssen|bitte|"
    r"for å|to) (?:du |de |sie |ni )?(?:\S{1,20} ){0,5}?(?:bekreft\w{0,2}|stadfest\w{0,2}|confirm|verify|verifiser\w{0,2}|bekräfta|"
    r"bekræfte?|bestätigen|vahvista\w{0,2}))\b|(?:\A|[.!] )(?:vennligst )?(?:bekreft|stadfest|confirm|verify|bekräfta|bekræft) "
)
_SUSPECTED = re.compile(
    r"\bspam|\bsøppelpost|\bsøppel-post|\bskräppost|\buønsket e-?post|\broskaposti|\brobot|\b(?:ekte|riktig|verklig|virkelig|real|"
    r"echte?r?) "
    r"(?:avsender|person|människa|menneske|sender|mensch|human)|\b(?:kjent|ukjent|godkjent|okänd|känd|ukendt|known|unknown|approved) "
    r"(?:avsender|avsändare|afsender|sender)|\bfirst time\b|\bførste gang\b|\bförsta gången\b|\bzum ersten mal\b|"
    r"\b(?:blir|vert|will be|is|be|wird|ska|skal|kan|bliver)\b[^.!?]{0,20} ?\b(?:levert|leveres|leverast|delivered|released|frigitt|"
    r"frigis|zugestellt|levereras|leverert|leveret|frigivet|frigives)\b|\bwaiting for delivery\b|\b(?:hold(?:t|es)|tilbageholdt|"
    r"kvarhållet|stoppat|quarantined|held|i karantene|in quarantine)\b"
)
_WAY = re.compile(
    r"\bl[eä]nk\w{0,3}|\blink\w{0,2}|\bher for å\b|\bhere to\b|\bhär för att\b|\bher for at\b|\bhier, um\b|\bnedenfor|\bnedan|"
    r"\bbelow\b|\bunten\b|\bbutton\b|\bknapp\w{0,2}|\b(?:reply to|svar på|svara på|antworten sie auf) (?:this|denne|detta|diese)\b|"
    r"https?://"
)
"""What is to be clicked."""
_NEWS = re.compile(
    r"\bdet (?:har|er) (?:nå )?kommet (?:en |et |ei |eit )?(?:nye?|nytt|svar)\b[^.!?]{0,60}|"
    r"\b(?:du har|de har|you have|you've|sie haben) (?:nå |no |nu )?(?:fått|mottatt|motteke|modtaget|mottagit|received|got|erhalten)? ?"
    r"(?:\d{1,3}|en|ei|eit|et|ett|a|an|new|nye?|nytt|eine|one|uleste?|unread)\b[^.!?]{0,40}?"
    r"\b(?:meldinge?r?|melding|post|brev|dokumente?r?|dokument|besked\w{0,2}|meddelande\w{0,2}|meddelelse|messages?|documents?|letters?|"
    r"nachricht\w{0,2}|sikker \S{1,12})\b"
)
_LOG_IN = re.compile(
    r"\b(?:logg (?:deg |dykk )?(?:inn|på)|logga in|log ind|log ?in to|log in at|sign in to|log on to|(?:melden|loggen) sie sich)\b"
)
_CHANGED = re.compile(
    r"\b(?:(?:your|din|ditt|di) (?:support |service )?(?:incident|request|ticket|case|enquiry|inquiry|sak|henvendelse|forespørsel|ärende|"
    r"sag|"
    r"anmodning)|(?:saken|saka|henvendelsen|forespørselen|førespurnaden|ärendet|sagen) (?:din|di|"
    r"ditt))(?: [\[(#]{0,2}[a-z]{0,10}[-#]? ?\d[\w-]{0,20}[\])]{0,2})?,? (?:has been|have been|was|is now|er nå|er|har|ble|är|blev) "
    r"(?:blitt |nå |now |automatically )?(?:updated|closed|resolved|solved|reopened|cancelled|assigned|escalated|oppdatert|"
    r"under behandling|in progress|overført|lukket|løst|"
    r"gjenåpnet|tildelt|uppdaterats|stängts|lösts|opdateret|lukket|avsluttet|avslutad)\b|"
    r"\b(?:changed the status to|har endret status(?:en)? til|endret status(?:en)? til|har ändrat status till|resolved this as|"
    r"updated the status of|status(?:en)? (?:på|for) (?:saken|saka|henvendelsen|forespørselen)(?: din| di)?\b[^.!?]{0,40} (?:er|"
    r"ble|har blitt) endr[ae]t)\b(?=[^.,!?]{0,60}(?:[.!]|\Z| view | vis ))"
)
_OF_DESK = re.compile(
    r"\b(?:saks?nummer|saksnr|sagsnummer|ärendenummer|ticket id|ticketnummer|saksbehandler|sakshandsamar) ?:|"
    r"\b(?:view|vis|se|visa|show) (?:this |your |the |din )?(?:request|ticket|case|incident|forespørselen|forespørsel|saken|sak|ärende|"
    r"sag)\b|\bturn off this request|\bslå av varslinger|\breply above this line|\b(?:skriv|svar) (?:svaret )?over denne linj|"
    r"\bref: ?msg\d|"
    r"\b(?:state|status|priority|prioritet|number|comments|kommentar|assigned to|tildelt|løsning|resolution|solution)\s?:|"
    r"\b(?:reply|respond) to this (?:e-?mail|message|notification)|\bsvar på denne (?:e-posten|meldingen|mailen)|"
    r"\bsvara på det(?:ta|ta) (?:mejl|meddelande)"
)
_PURPOSE = re.compile(
    r"\b(?:denne|denna|dette er (?:en|ei)|this|this is an?|diese?s?)(?: \w{1,15})? ?(?:postkass\w{1,3}|e-?postadress\w{1,3}|"
    r"e-?postkonto\w{0,2}|adress\w{1,3}|innboks\w{0,3}|inkorg\w{0,2}|mailbox|e-?mail address|address|inbox|mailboks\w{0,2}|postfach|"
    r"adresse) (?:er |is |tar |mottar |accepts |brukes |används |benyttes |ist )?(?:kun|bare|berre|only|endast|bara|nur|utelukkende)\b"
)
_UNREAD = re.compile(
    r"\b(?:blir|vert|vil|will|are|is|werden|wird|kommer|kan)\b[^.!?]{0,30}\b(?:ikke|ikkje|not|inte|nicht|never|aldri)\b[^.!?]{0,20}"
    r"\b(?:lest|lese|lesne|besvart|svara|behandlet|behandla|behandles|read|answered|processed|monitored|läsas|lästs?|besvaras|gelesen|"
    r"bearbeitet|arkivert|videresendt)\b"
)
_REFUSED = re.compile(
    rf"\b(?:your (?:e-?mail|message|document)|{_MAIL} (?:din|di)|din {_MAIL}|ihre e-?mail) "
    r"(?:could not|cannot|can't|couldn't|was not|kunne ikke|kunne ikkje|kan ikke|kan ikkje|ble ikke|blev ikke|kunde inte|konnte nicht|er|"
    r"has been|was) (?:be )?(?:automatically |automatisk )?(?:processed|read|imported|accepted|rejected|behandle[st]|behandlast|lest|leses|"
    r"tatt imot|importert|importeres|avvist|avvises|afvist|avvisats|behandlas|tas emot|verarbeitet|rejected)\b"
)
_FILE = re.compile(r"\b(?:pdf|ehf|xml|vedlegg\w{0,3}|attachments?|bilaga|bilagor|anhang|format(?:et)?|filtype\w{0,2}|file type)\b")
_REOPEN = re.compile(
    r"\b(?:reply|respond) to this (?:e-?mail|message)[^.!?]{0,20} (?:to|if you (?:want|would like|need) to) (?:re-?open|open)\b|"
    r"\bsvar(?:e)? på denn?e (?:e-?posten|e-?mail(?:en)?|mail(?:en)?|meldingen|meldinga)[^.!?]{0,20} for (?:å|at) (?:gjenåpne|åpne|opne|"
    r"genåbne|åbne)\b|"
    r"\bsvara på (?:detta|det här) (?:mejl|mail|meddelande)\w{0,3}[^.!?]{0,30} (?:öppna|återöppna)\b|"
    r"\bantworten sie auf diese (?:e-?mail|nachricht),? um [^.!?]{0,40}(?:öffnen|eröffnen)\b"
)
"""How a ticket is reopened."""
_MAX_CHARS = 1_200


def service(low: str) -> tuple[re.Match[str], str, bool] | None:
    """The phrases by which `low` (folded, without a first person singular) is recognised as a service's; None when it is not.

    The match of the first, the text of the other, and whether no person would write so.
    """
    if len(low) > _MAX_CHARS:
        return None
    if reopened := _REOPEN.search(low):
        return reopened, "", True
    for opening, other, is_sure in _KINDS:
        if (opened := opening.search(low)) and (said := other.search(low)):
            return opened, said.group(), is_sure
    if (yours := _YOUR_MAIL.search(low)) and (clicked := _CLICK.search(low)) and _SUSPECTED.search(low) and _WAY.search(low):
        return yours, clicked.group(), True
    return None


_KINDS = (
    (_NEWS, _LOG_IN, True),
    (_CHANGED, _OF_DESK, True),
    (_PURPOSE, _UNREAD, True),
    (_PURPOSE, _FILE, False),
    (_REFUSED, _FILE, False),
)
