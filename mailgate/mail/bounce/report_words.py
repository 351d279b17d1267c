"""The words of delivery reports in prose, for `bounce_text`. In: nothing. Out: patterns, all bounded. Holds no decisions.

They come from the forms that qmail, Postfix, Exim, Sendmail, Exchange, Domino, GroupWise, IMail, Courier, MDaemon, InterScan, MailMarshal,
OpenSMTPD, Yahoo, Gmail, AOL, GMX, 1&1, mail.ru, Zoho, Amazon SES and others send, in their own tongues too.
"""

from __future__ import annotations

import re

# Letters, digits, "-", "_" and all past ASCII, written as what of ASCII is left out: `re` compiles that in a hundredth of the time.
_LABEL = r"[^\x00-,./:-@\[-^`{-\x7f]{1,63}"
_CJK_SIGNS = "\u3001-\u3003\u3008-\u3011\uff01-\uff20\uff3b-\uff40\uff5b-\uff65"
ADDRESS = rf"[^\s<>()\[\]\",;:\\'`{_CJK_SIGNS}]{{1,128}}@{_LABEL}(?:\.{_LABEL}){{0,12}}"

SUBJECT = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:undeliver|undelivered|non[- ]?deliver|not delivered|returned (?:mail|to sender|e-?mail)|"
    r"return(?:ed)? undeliver|deliver[yi] (?:status|failure|fail|report|problem|"
    r"has failed|notification|error|incomplete|delay|failed|attempt|unsuccessful)|failure (?:notice|delivery|notification|report)|"
    r"failed (?:mail|delivery)|mail (?:delivery|system error|failure|"
    r"failed|not delivered|could not|undeliver|error|returned)|(?:det )?gick inte att leverera|message (?:delivery|delayed|could not|"
    r"undeliver|not delivered|status|"
    r"you sent|rejected|blocked|bounced)|e-?mail (?:delivery|undeliver|"
    r"could not|not delivered|rejected|delivered?.{0,10}fail)|permanent (?:delivery )?(?:failure|error)|delayed mail|"
    r"warning:? (?:message|could not|.{0,80}(?:user unknown|delay))|your message to .{1,200}"
    r"(?:could not|cannot|was not|couldn)|your (?:e?-?mail|message) (?:could not|was not|cannot|to .{1,100} (?:could|was|couldn))|"
    r"could not (?:deliver|send)|cannot deliver|can't deliver|unable to deliver|"
    r"unzustellbar|nicht zustellbar|nicht zugestellt|zustellung|mail-zustell|fehler bei der|undeliverable mail|bounce|rejected|"
    r"recipient (?:unknown|address rejected)|unknown (?:user|recipient)|user unknown|"
    r"processing error|automatically rejected|kan ikke leveres|kunne ikke leveres|kunne ikkje lever|ikke levert|ikkje levert|"
    r"ikke leveret|leveringsfeil|leveringsfeil|leveringsstatus|ulevert|ulever|returnert e-post|"
    r"returnert melding|kunde inte leverer|kan inte levereras|ej levererad|olevererad|kan niet worden|niet bezorgd|onbestelbaar|"
    r"niet afgeleverd|non remis|non distribu|non délivr|échec de (?:la )?(?:remise|livraison|"
    r"distribution)|impossible de remettre|retour à l|ei voitu toimittaa|toimittaminen epäonnistui|viestiä ei|toimitusvirhe|"
    r"no se puede entregar|no entregado|devuelto|mancato recapito|impossibile recapitare|"
    r"não foi possível|não entregue|nie można dostarczyć|zwrot|недостав|не доставлено|ваше сообщение не|невозможно доставить|不能投递|退信|"
    r"non (?:délivrable|livré|acheminé|transmis)|n'a pas pu être|remise impossible|notification d'échec|avis de non|"
    r"meldingen (?:ble|kunne|er) ikke|e-posten (?:ble|kunne|er) ikke|kunne ikkje|levering (?:mislyktes|mislukkast|feilet)|"
    r"leveringen (?:mislyktes|feilet)|leveringa (?:mislukkast|feila)|melding om manglende levering|returnert til avsender|"
    r"nachricht (?:konnte|wurde) nicht|unzustellbarkeit|zustellfehler|rückläufer|"
    r"邮件传输失败|投递失败|配信不能|配信できません|配信エラー|配信失敗|配送できません|配送エラー|送信できません|送信エラー|送信失敗|未配信|"
    r"メール(?:を|が|の)?(?:配信|配送|送信|お届け|届け)|エラーメール|.{0,80}returning (?:message )?to sender)",
    re.IGNORECASE,
)

_DAEMON_NAME = re.compile(
    r"mail(?:er)?[- _.]?daemon|mail delivery (?:sub)?system|mail delivery service|delivery (?:sub)?system|system administrator|"
    r"postmaster|mail administrator|internet mail delivery|mail system|microsoft outlook|"
    r"mail_service|smtp_mail|mailer system|virus.{0,20}smtp",
    re.IGNORECASE,
)
_DAEMON_STEMS = ("mail", "delivery", "system", "postmaster", "outlook", "smtp")
"""One of these stands in each name that the pattern above finds."""


def names_daemon(author: str) -> bool:
    """Whether the text of a From field holds the name of a mail system."""
    if author.isascii():  # else letters that only look like these count, too
        low = author.lower()
        if not any(stem in low for stem in _DAEMON_STEMS):
            return False
    return _DAEMON_NAME.search(author) is not None


DAEMON_LOCAL = re.compile(
    r"mail(?:er)?[-_.]?daemon|mdaemon|mail[-_.]deliver.*|bounces?[-+_.=].*|microsoftexchange[0-9a-f]{8,}", re.IGNORECASE
)
"""Local parts that no person has."""

FAILURE = re.compile(
    r"n'a (?:pas )?pu [^\n]{0,40}(?:achemin|envoy)|n'est pas (?:parvenu|arrivé)|destinataires? inconnu|utilisateur inconnu|"
    r"adresse (?:inconnue|invalide|incorrecte|introuvable)|boîte (?:aux lettres )?(?:est )?pleine|a été (?:rejeté|refusé|retourné)|"
    r"(?:kom|kommet) ikk(?:e|je) fr[ae]m|kunne ikk(?:e|je) (?:sendes|sendast|nå)|(?:ble|blei|vart|er) (?:avvist|returnert|retur)|"
    r"ukjent (?:bruker|adresse)|ukjend (?:brukar|adresse)|(?:mottaker|mottakar|adresse)\w{0,3}\b[^\n]{0,80} er ukjen[td]|"
    r"overskredet (?:lagrings)?kvoten|(?:lagrings)?kvoten (?:sin )?er (?:brukt opp|overskredet)|postkass(?:en|a) er full|"
    r"(?:wurde|ist) (?:[^\n]{0,60} )?(?:abgelehnt|zurückgewiesen|abgewiesen|zurückgesandt)|"
    r"(?:empfänger|adresse|benutzer)[^\n]{0,40} unbekannt|"
    r"unbekannte[rn]? (?:empfänger|adresse|benutzer)|nicht (?:zustellbar|ausgeliefert)|postfach[^\n]{0,30} voll|"
    r"(?:配信|配送|送信|配達|お届け|届け)[^\n]{0,20}(?:でき|失敗|ません|不能)|宛先不明|ユーザー不明|見つかりません|拒否され|受信者[^\n]{0,30}(?:存在|不明)|"
    r"(?:could|can|did|was|were|has|have|is) ?n[o']t (?:be )?(?:been |yet )?(?:deliver|reach|sent|relayed|accepted|found)|"
    r"cannot be (?:deliver|sent|reach)|couldn.t be delivered|wasn.t delivered|hasn.t been delivered|undeliver|unable to (?:deliver|"
    r"relay|send)|deliver(?:y|i|ing)\b[^.\n]{0,60}"
    r"(?:fail|abort|stopped|unsuccess|problem|error|delay|expired)|fail(?:ed|ure)[^.\n]{0,40}(?:recipient|deliver|address)|(?:permanent|"
    r"fatal) (?:fatal )?err|permanent(?:ly)? fail|user unknown|unknown user|no such (?:\w{1,12} )?(?:user|recipient|mailbox|address|"
    r"person|account)|"
    r"mailbox (?:is )?(?:full|unavailable|not found|disabled|quota|has exceeded)|over quota|quota exceeded|(?:recipient|address|user|"
    r"mailbox|account|sender)\b[^.\n]{0,40}(?:rejected|not found|does not exist|doesn.t exist|unknown|invalid|disabled|not listed|"
    r"not recognized)|"
    r"returned (?:to sender|mail|message)|returning (?:your |the )?(?:message|mail|e-?mail)|bounced|did not reach|giving up|"
    r"host unknown|automatically rejected|(?:was|were|has been) (?:blocked|stopped|quarantined) by|message (?:was |has been )?(?:rejected|"
    r"refused|returned|blocked|undeliver)|"
    r"non recens|user .{0,80}not listed|address not found|has been (?:rejected|returned|delayed)|will be retried|"
    r"not yet been delivered|still being retried|rcpt to|message blocked|"
    r"(?:kunne|kan|ble|blei|vart|blev|er) (?:dessverre |diverre )?ikk(?:e|je) (?:bli |blei )?lever|"
    r"lever(?:ing(?:en|a)?|t|ast) (?:til .{0,80}|"
    r"av .{0,80})?(?:mislyktes|mislukkast|feila|feilet|feilte)|mislyktes|mislukkast|finnes ikke|finst ikkje|ukjent mottaker|"
    r"ukjend mottakar|postboksen er full|"
    r"gick inte att leverera|not (?:allowed|permitted|authori[sz]ed) to (?:send|post|relay|deliver)|"
    r"(?:kunde|kan|har) inte (?:lever|nå|skick)|leveransen misslyck|misslyckades|kunne ikke (?:sendes|afleveres)|findes ikke|"
    r"(?:konnte|kann|wurde) .{0,60}nicht (?:an .{0,80})?(?:zugestellt|übermittelt|ausgeliefert|gesendet)|unzustellbar|"
    r"zustellung .{0,60}(?:fehl|nicht)|fehlgeschlagen|"
    r"(?:kon|kan|is|werd) .{0,60}niet (?:worden )?(?:bezorgd|afgeleverd|verzonden|geleverd)|onbestelbaar|mislukt|n'a (?:pas )?(?:pu|"
    r"été) .{0,40}(?:remis|livr|délivr|distribu|transmi)|non remis|échec|introuvable|inexistant|ei voitu (?:toimittaa|lähettää)|"
    r"epäonnistui|"
    r"no (?:se )?(?:ha podido|pudo|puede|fue)|non è stato (?:possibile|recapitato)|não (?:pôde|foi)|nie (?:mogła|można|został)|"
    r"не (?:может|мо[гж]|было|доставлен|удалось)|无法|不存在|失败|配信でき|宛先|存在しません",
    re.IGNORECASE,
)

TOLD = re.compile(
    r"\b(?:jeg|eg|jag) (?:får|fikk|fekk|fick|prøver|prøvde|sender|sendte|skickar|har)\b|"
    r"\bnår (?:jeg|eg|vi|me) (?:sender|prøver|svarer|skriver)\b|"
    r"\b(?:vi|me) (?:får|fikk|fekk|fick) (?!ikk|inte|ej|dessverre|diverre)|\bnär (?:jag|vi) (?:skickar|försöker|mejlar)\b|"
    r"\bnår (?:jeg|vi) (?:sender|forsøger)\b|\b(?:i|we) (?:get|got|keep)\b|\bwhen (?:i|we) (?:send|try|e?-?mail|reply|write)\b|"
    r"\b(?:all|our|my) (?:e-?mails? |mails? |messages? )?(?:\w+ ){0,6}bounces?\b|"
    r"\b(?:our|my) (?:e-?mails?|mails?|messages?)\b(?! (?:server|system|gateway|service|admin|filter|host))|"
    r"\b(?:e-?posten|mailen|mailene|meldingen|meldinga|meldingene) (?:vår|våre|min|mi|mine)\b|\bvåre (?:e-?poster|mailer|meldinger)\b|"
    r"\bwenn (?:ich|wir)\b|\bich (?:bekomme|habe|erhalte)\b|"
    r"(?:\A|[.!\n] ?)(?:får|fikk|fekk|fick) (?:denne|dette|denna|den her|det her|i retur)\b|"
    r"\b(?:videresender|sender videre|vidaresender|skickar vidare|forwarding)\b|, (?:sier|seier|säger|siger|says) [a-zæøåäö]|"
    r"\bmen (?:jeg|eg|jag)\b|\b(?:hver gang|kvar gong|varje gång|every time)\b|"
    r"\b(?:fint|fin|supert|greit) om (?:du|dere|de)\b|\bhjelp (?:meg|oss)\b",
    re.IGNORECASE,
)
"""What somebody says of the reports that they get."""

PASSED_ON = re.compile(
    r"\s*(?:[-_]{5,80}[^\n]{0,60}\n\s*)?[*]?(?:fra|frå|från|from|von|de|van)\s?:[*]?\s[^\n]{1,300}\n[^\n]{1,200}:\s", re.IGNORECASE
)
"""A text that begins with the header of a mail: somebody passes on a report that they got."""

DELAY = re.compile(
    r"(?:message|mail|delivery)[^.\n]{0,60}\b(?:is |has been |was |been )?delayed|delayed (?:mail|message|for|by)|"
    r"not yet been delivered|hasn.t been delivered yet|has not been delivered yet|still being retried|will (?:continue|keep|be retr|"
    r"retry|still|try again)|"
    r"(?:no action is required|need not (?:resend|retransmit)|do not need to resend)|warning message only|warning only|"
    r"attempts? (?:to deliver )?(?:the message )?will (?:continue|be)|unable to deliver .{0,60}\byet\b|temporar(?:y|ily) (?:problem|"
    r"fail|error|delay)[^.\n]{0,80}(?:retry|continue|try)|"
    r"delivery delayed|delivery incomplete|er forsinket|er forseinka|är försenad|förd(?:r|)öj|verzögert|weitere zustellversuche|"
    r"vertraagd|retardé|viivästy|prøver igjen|försöker igen",
    re.IGNORECASE,
)
FINAL = re.compile(
    r"giving up|permanent|gave up|will not be (?:retried|sent)|no further attempts?|has been returned|being returned|"
    r"returning to sender|failed after|expired|time[d ]?out.{0,30}fail|too long|could not be delivered (?:to|for) .{0,40}days|"
    r"after \d+ (?:days|hours).{0,80}(?:fail|return)|"
    r"delivery (?:has )?failed|had permanent fatal|failure notice|undeliverable|no longer be (?:tried|attempted)|"
    r"messages? is in the dead|dead.?letter|has not been delivered(?! yet)|was blocked by",
    re.IGNORECASE,
)

COPY = re.compile(
    r"^[\s>*=_#+|~.-]{0,80}(?:"
    r"(?:this|below|here|following|included|attached|enclosed|the following)\b[^@\n]{0,60}\b(?:copy of|original|returned|"
    r"headers? of)\b[^@\n]{0,30}\b(?:message|mail|e-?mail|headers?)\b"
    r"|(?:the )?(?:original|returned|unsent|undelivered|old|rejected|bounced|failed|start of returned|start of original|"
    r"begin(?:ning)? of (?:returned|original)|copy of (?:the )?(?:original )?|your original|the header of the original)\s*"
    r"(?:message|mail|e-?mail)\s*(?:text|headers?|contents?|body)?\s*(?:follows?|attached|is attached|included|below|reads|"
    r"header follows|was|is|:|[-=*_.~]{2,}|$)"
    r"|(?:message|mail) (?:text|headers?|body|contents?) (?:follows?|:|is)|your message (?:reads|follows|was:|is attached|begins)|"
    r"-- ?the header|end of message|headers? of (?:the )?(?:message|original)"
    r"|(?:\d+ )?(?:line|byte)s? of (?:original|message)|unsent message|original-?(?:nachricht|melding|meddelande|bericht)|"
    r"opprinnelig (?:melding|e-post)|oppr[iu]n?neleg melding|urspr[uü]ngliche nachricht|ursprungligt meddelande|"
    r"oorspronkelijk bericht|message d'origine|alkuperäinen viesti"
    r"|(?:the )?first \d+ (?:lines|bytes|kb|characters)|header of (?:your|the) message|forwarded message|-{3,} ?(?:message|original|"
    r"returned|header|forwarded)|original message|returned message"
    r")",
    re.IGNORECASE,
)  # fmt: skip
HEADER_LINE = re.compile(
    r"^[ \t>|]{0,10}(?:(?:message-id|references|in-reply-to):\s{0,5}<|"
    r"(?:received|return-path|message-id|mime-version|dkim-signature|x-[a-z-]{2,40}|delivered-to|"
    r"arc-[a-z-]{3,40}|"
    r"authentication-results|content-type|in-reply-to|references):\s)",
    re.IGNORECASE,
)
ANY_HEADER = re.compile(r"^[ \t>|]{0,10}[A-Za-z][A-Za-z0-9-]{1,60}:(?:\s|$|<)|^(?:From|To|Subject|Date|Cc|Sender|Reply-To):")

HELP = re.compile(
    r"\b(?:contact(?:er|ez|e|ar|s)?|get in touch|reach out|(?:further|more|additional) (?:help|assistance|information)|"
    r"for (?:help|assistance)|questions?|please try(?! again| later| to\b| re| sending)|"
    r"help ?desk|report (?:problems?|this|errors?|it|false [a-z]{4,12}|spam|abuse) to|(?<!\bto )(?:send|write) (?:an? )?(?:mail|e-?mail|"
    r"message)? ?to|inquir\w*|"
    r"wenden sie sich|kontaktieren sie|(?:bei )?(?:rück)?fragen|bei problemen|ansprechpartner|hilfe|"
    r"please use|use instead|bruk (?:heller|i stedet)|bruk i staden|brug i stedet|använd (?:i stället|istället)|verwenden sie|"
    r"(?:ta|tag|ta gjerne|venligst) kontakt|kontakt(?:e|er|ar|a)?|henvend\w*|vend deg|spørsmål|spørgsmål|spurningar?|"
    r"for hjelp|hjelp|for hjælp|"
    r"vänd dig|kontakta|frågor|hjälp|adresse[rz]-vous|pour toute question|besoin d'aide|assistance|aide|"
    r"ota(?:kaa)? yhteyttä|kysymy\w*|lisätieto\w*|haf(?:ðu|ið) samband|aðstoð|neem contact|vragen|hulp|póngase en contacto|ayuda|"
    r"contatt\w*|aiuto|kontaktu|pomoc)\b|連絡|問い合わせ|問合せ|お問合わせ|联系|聯繫|咨询|сообщите|обратитесь|свяжитесь",
    re.IGNORECASE,
)
"""A line that says whom to ask for help: its address, or the lone one on the next line, did not fail."""
_CODED = re.compile(r"(?<![\d.])[45]\d\d[ -]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}")
_AN_ADDRESS = re.compile(ADDRESS)
_SENTENCE_ENDS = (". ", "! ", "; ", "\u3002")
ID_LINE = re.compile(r"^[ \t>|]{0,20}(?:message-?id|references|in-reply-to|content-id)\s{0,10}:", re.IGNORECASE)


MESSAGE_ID = re.compile(rf"\bmessage[- ]?id\b\W{{0,4}}{ADDRESS}>?", re.IGNORECASE)
"""A Message-ID in running text: it is no address, and the rest of its line may name one."""


def is_help(line: str) -> bool:
    """Whether `line` says whom to ask; a line with a status code, or with a failed address before that, says why something failed."""
    return _help_start(line) >= 0 and _CODED.search(line) is None and before_help(line) == line


def before_help(line: str) -> str:
    """A line with the address that failed and a code or a sentence of failure, without the help that follows; any other line as it is."""
    start = _help_start(line)
    if start < 0 or "@" not in line[:start]:
        return line
    before = line[:start]
    sentences = before[: max(before.rfind(sign) for sign in _SENTENCE_ENDS) + 1]
    if "@" in sentences and FAILURE.search(sentences):
        return sentences
    return before if _CODED.search(before) else line


def failing_part(line: str) -> str:
    """A line without Message-IDs in its sentences, and without the help that follows a failure."""
    return before_help(MESSAGE_ID.sub(" ", line) if "@" in line else line)


def _help_start(line: str) -> int:
    """Where a line begins to say whom to ask, -1 when it does not; words within an address do not count."""
    found = HELP.search(_AN_ADDRESS.sub(lambda one: " " * len(one[0]), line) if "@" in line else line)
    return found.start() if found else -1


NOT_HERE = re.compile(
    r"^[\s>*-]{0,20}(?:from|sender|reply-?to|return-path|message-?id|received|reporting-mta|remote-mta|received-from-mta|x-[a-z-]+|"
    r"subject|date|"
    r"in-reply-to|mail from|de|fra|von|från|betreff|emne|ämne|aihe|objet)\s{0,10}:"
    r"|>>> ?mail from|<<< ?2\d\d|message[- ]id|id <"
    r"|(?:please |you (?:may|can|should) |kindly )(?:contact|forward|send|write|report|reply|e-?mail)\b[^@\n]{0,100}@"
    r"|\b(?:contact|kontakt|write to)\b[^@\n]{0,60}(?:postmaster|admin|support|help|abuse|@)",
    re.IGNORECASE,
)

STRONG = tuple(
    re.compile(one.replace("ADDR", f"(?P<a>{ADDRESS})"), re.IGNORECASE)
    for one in (
        r"^\s*(?:\d{1,3}[.)] )?[*>\u2022-]{0,4}\s*[<\"']+ADDR[>\"']+\s*(?::|\.\.\.|$|\(|,|;|-|\t| )",
        r"^\s*(?:\d{1,3}[.)] )?(?:[*>\u2022-]{1,4}\s*)?(?:mailto:|smtp:)?ADDR\s*(?::|\.\.\.|$|\(|,|;|<|\t|  | -| on | am | le | den |"
        r" klokken | kl\.| [45]\d\d | error| user| delivery| mailbox| unknown| does | is | was | has )",
        r"^\s*[\w\" .,'@-]{1,80}\s[<(](?:mailto:|smtp:)?ADDR[>)]\s*(?:<mailto:[^>]{0,300}>)?\s*(?::|$|\.\.\.)",
        r"(?:smtp|rfc-?822)\s?[=:;(]\s?ADDR",
        r"rcpt to\s*:\s*<?ADDR",
        r"(?:failed|intended|original|final|bad|invalid|unknown|rejected|affected|undeliverable|"
        r"bounced)[- ](?:final[- ])?(?:recipients?|address(?:es)?|delivery userid|userid|users?|"
        r"mail(?:box)?)\b[^@\n]{0,40}?[<:;\s]ADDR",
        r"(?:\b(?:til|till|an|à|pour|aan|to|for|de|l'adresse|adressen|adresse)|^)\s?[<\"'(]{0,2}ADDR[>\"')]{0,2}\s(?:kunne|kunde|konnte|"
        r"kon|n'|could|"
        r"was|were|ble|blei|vart|blev|wurde|ist|is|er|har|has|est|mislyktes|mislukkast|feilet|feila|fejlede|misslyckades|schlug|a échoué)",
        r"(?:宛先|受信者|送信先|メールアドレス|アドレス)[^@\n]{0,20}?[\s<:：「]{1,4}ADDR",
        r"^\s*[<「]?ADDR[>」]?\s?(?:宛|へ|は|に|様|への|\u3000)",
        r"^\s*(?:recipients?|user|address|mailbox|account|mottaker|mottakar|modtager|mottagare|empfänger|destinataire|geadresseerde|"
        r"ontvanger|vastaanottaja|destinatario)(?: address| name)?\s*[:=]\s*(?:[\w\" .,'-]{0,80}[<(])?(?:smtp:|rfc822;)?\s*ADDR",
        r"(?:deliver(?:ed|y|ing)?|sent|send|relayed?|forwarded|reach(?:ed)?)\b[^@\n]{0,60}\b(?:to|for|by)\b[^@\n]{0,60}?[\s<'\"(:]ADDR",
        r"(?:lever\w{0,6}|sendes?|sendast|nå|zugestellt|zustell\w{0,3}|skicka\w{0,3}|toimit\w{0,5})\b[^@\n]{0,60}?\b(?:til|till|"
        r"an)\b[^@\n]{0,20}?[\s<'\"(:]ADDR",
        r"(?:delivery|mail|sending|levering\w{0,2})\b[^@\n]{0,20}\b(?:failed|failure|feilet|feila|mislyktes|"
        r"mislukkast)\b[^@\n]{0,20}?[\s<'\"(:]ADDR",
        r"\baddressed(?: to)?,?[\s<'\"(:]{1,4}ADDR",
        r"your (?:message|mail|e-?mail) to\b[^@\n]{0,60}?[\s<'\"(:]ADDR",
        r"(?:error-for|undeliverable to|user unknown|unknown user|no such (?:\w{1,12} )?user|user mailbox exceeds allowed size|"
        r"delivery failed \d+ attempts|there is no user|mailbox (?:is )?full|mailbox for|problem delivering|"
        r"account)\b[^@\n]{0,40}?[\s<'\"(:]ADDR",
        r"(?:^|\s)[45]\d\d[ -](?:[#(]{0,2}[45]\.\d{1,3}\.\d{1,3}\)?:? ?)?[^@\n]{0,120}?[\s<'\"(:]ADDR",
        r"\b(?:expanded from|generated (?:by|from)|aliased? (?:of|for|from)|forwarded (?:by|from))\s?:? <?ADDR",
        r"(?:user|recipient|address|mailbox|mottaker(?:en)?|mottakaren|modtageren|mottagaren|empfänger|adressen|adressaten|adresse|"
        r"brukeren|kontoen)\s{1,3}[<'\"(]{0,2}ADDR",
        r"^\s*(?:\*\s*)?(?:the )?(?:message|mail|e-?mail|meldingen|meldinga|beskjeden|nachricht|meddelandet|"
        r"bericht)\b[^@\n]{0,40}\b(?:til|till|to|an|aan|à|for)\b[^@\n]{0,20}?[\s<'\"(:]ADDR",
    )
)
"""How a report names the address that failed, one pattern per way, each with the group `a`. Sure enough to act on."""

NOT_RECIPIENTS = re.compile(
    r"(?:mailer-daemon|mail-daemon|postmaster|abuse|no-?reply|hostmaster|webmaster|mdaemon|majordomo)@|@(?:localhost|local|mail)$|"
    r"^\d{6,}\.|\.(?:png|jpg|gif)$",
    re.IGNORECASE,
)
"""Addresses that reports name but never failed: the reporter's own."""

SERVICE = re.compile(r"(?:postmaster|abuse|hostmaster|webmaster)@", re.IGNORECASE)

WEAK = re.compile(
    rf"^\s*(?:to|an|à|pour|aan|til|till|rcpt|vers)\s*(?::\s*|\s(?=<))(?:[\w\" .,'-]{{0,80}}[<(])?(?:smtp:)?\s*(?P<a>{ADDRESS})",
    re.IGNORECASE,
)
"""A line `To: address` in a report: whom the mail was for, which may be a list. Counts only when nothing surer is said."""

SENDER = re.compile(
    r"\b(?:sender|avsender|avsendar|avsändare|afsender|absender|(?:mail|message|melding|e-?post) (?:from|fra))\W{0,4}$", re.IGNORECASE
)
"""What stands right before the address of the mail's sender."""

SEVERAL = re.compile(rf"^\s*<?{ADDRESS}>?(?:\s*[,;]\s*<?{ADDRESS}>?){{1,50}}[\s,;:]*$")
"""A line of nothing but addresses."""
