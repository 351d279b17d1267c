"""The formulas of footers and banners, over all locales, as parts of patterns. Data for `footer`; decides nothing. All in lower case."""

from __future__ import annotations

# The message itself, in nb, nn, da and sv.
_MESSAGE = (
    r"(?:den|det|han|denna|detta|denne|dette|meldingen|meldinga|meddelelsen|meddelandet|mejlet|mailen|e-?posten|"
    r"(?:denne|dette|detta|denna|den här|det här) (?:e-?posten|e-?post|e-?mail|e-?mailen|mail|mailen|meldingen|meldinga|meddelelse|"
    r"besked|meddelande|meddelandet|mejl|mejlet|e-?postmeddelandet|e-?postmeddelande))"
)
# How a note begins that speaks of the message in the third person.
MESSAGE_STARTS = (
    r"(?:please note:? |important:? |nb[.!:]? |obs[.!:]? |notice:? |merk:? )?th(?:is|e contents? of this|"
    r"e information (?:contained )?in this|e information transmitted by this) "
    r"(?:e-?mail|electronic mail|message|communication|transmission|correspondence)",
    r"(?:innholdet i |informasjonen i |opplysningene i )?denne (?:e-?posten|e-?post|eposten|mailen|e-?mailen|meldingen|meldinga)",
    r"(?:innhaldet i |informasjonen i )?denne (?:e-?posten|eposten|meldinga)",
    r"(?:indholdet af |oplysningerne i )?denne (?:e-?mail|mail|meddelelse|besked)",
    r"(?:innehållet i |informationen i )?(?:detta|det här) (?:e-?postmeddelandet?|e-?mailet?|e-?mejlet|mailet|mejlet|mejl|meddelandet?)",
    r"(?:innehållet i )?(?:den här e-?posten|denna e-?post)",
    r"(?:der inhalt |die informationen in )?dies(?:e|er|es) (?:e-?mail|nachricht|mail|elektronische)",
    r"(?:de informatie in |de inhoud van )?(?:dit (?:e-?mail)?bericht|deze e-?mail)",
    r"(?:l[ea]s? (?:contenu|informations?) (?:de|dans|contenues? dans) )?(?:ce message|ce courriel|cet e-?mail|ce mail)",
    r"(?:la información contenida en )?(?:este (?:mensaje|correo|e-?mail))",
    r"(?:le informazioni contenute (?:in|nella) )?(?:quest[oa] (?:messaggio|e-?mail|mail|comunicazione)|presente)",
    r"(?:esta (?:mensagem|comunicação)|este e-?mail)",
    r"(?:ta wiadomość|niniejsza wiadomość|informacja zawarta|treść tej wiadomości)",
    r"(?:tämä (?:sähköposti|viesti)|þessi tölvupóstur|þetta skeyti|tato zpráva|tento e-?mail)",
    r"if you (?:are not the (?:intended|named)|(?:have )?received? (?:it|in error|(?:this|the) (?:e-?mail|electronic|message|"
    r"communication|transmission|correspondence|mail|fax))) ?",
    rf"(?:dersom|hvis|om) du (?:ikke er (?:rett|rette|riktig|tiltenkt)|(?:har mottatt|mottar|har fått|har motteke) {_MESSAGE}) ",
    rf"(?:hvis|såfremt|er|har) du (?:ikke (?:er )?(?:den )?(?:rette|tiltænkte)|"
    rf"(?:har )?(?:modtaget|modtager|fått|mottatt|motteke) {_MESSAGE}) ",
    rf"(?:om|har) (?:du|ni) (?:inte är (?:den )?(?:rätt|avsedd)|(?:har |av misstag )?(?:fått|mottagit) {_MESSAGE})[ ,]",
    r"(?:wenn|falls|sollten) sie (?:nicht der|nicht die|diese (?:e-?mail|nachricht|mail|mitteilung))",
    r"(?:the )?(?:sender|recipient)s? (?:does|do|is|are|should|accepts?) ",
)
# Headings of such notes; they need the same signs.
HEADINGS = (
    r"confidentiality(?: note| notice| statement)?\s?[:.\-\n]",
    r"confidential(?:ity)? (?:notice|note)",
    r"(?:legal )?disclaimer\s?[:.\-\n]",
    r"(?:important|privacy|legal) notice\s?[:.\-\n]",
    r"privileged (?:and|&|/) confidential",
    r"konfidensielt?\s?[:.\-\n]|konfidensialitet(?:serklæring|smerknad)?\s?[:.\-\n]|fortrolighet\s?[:.\-\n]",
    r"fortroligt?\s?[:.\-\n]|sekretess\s?[:.\-\n]|ansvarsfraskrivelse\s?[:.\-\n]|friskrivning",
    r"vertraulichkeitshinweis|rechtlicher hinweis|haftungsausschluss|hinweis\s?:",
    r"aviso (?:legal|de confidencialidad)|avvertenz[ae]|avis de confidentialité|vertrouwelijkheid",
)
SECRECY = (
    r"confidential|confidentiel|confidencial|privileged|proprietary",
    r"konfidensiel[lt]|konfidentiel[lt]|taushetsplikt|taushetsbelagt|taushetsbelagde|fortrolig|teiepliktig|sensitiv",
    r"sekretess|vertraulich|vertrouwelijk|riservat|poufn|luottamuksell|trúnaðar|důvěrn",
)
ADDRESSEE = (
    r"(?:the )?(?:intended|named|proper) (?:recipient|addressee)|intended (?:solely |only |exclusively )?for|addressee|(?:to|"
    r"by) whom (?:it is|they are) addressed",
    r"for the (?:sole |exclusive )?use of|other than the (?:recipient|addressee)",
    r"(?:kun |bare |utelukkende |berre )?(?:tiltenkt|berekna|beregnet)|rett(?:e)? (?:mottaker|mottakar|adressat)|riktig mottaker|"
    r"adressaten|adressert til|mottakeren",
    r"rette modtager|tiltænkt|modtageren|avsedd (?:endast |enbart )?för|avsedda? mottagare|avsedd mottagare|adressat|mottagaren",
    r"bestimmungsgemäß|adressat|(?:den|der|für den) empfänger|geadresseerde|bestemd voor|destinataire|destinatari|tarkoitettu|ætlað|určen",
)
ERROR = (
    r"in error|by mistake|erroneously|inadvertently|mistakenly|not the (?:intended|named)",
    r"ved en feil(?:tagelse)?|ved ein feil|feilaktig|ved en feiltakelse|ikke er (?:den )?(?:rett|rette|riktig|tiltenkt)",
    r"ved en fejl(?:tagelse)?|fejlagtigt|av misstag|felaktigt|irrtümlich|nicht der (?:richtige|vorgesehene)",
    r"per abuis|ten onrechte|per vergissing|par erreur|por error|per errore|erroneamente|por engano|erehdyksessä|omyłkow|misgáningi|omylem",
)
REMOVAL = (
    r"(?:delete|destroy|erase|remove) (?:it|this|the|all|any|and|your)|notify (?:the sender|us)|(?:contact|inform|advise) the sender",
    r"slett(?:e|es)? (?:den|denne|e-?posten|meldingen|meldinga|mailen|eventuelle|all)|(?:gi|varsle|underrett|kontakte?|"
    r"informere?)(?: beskjed til| straks)? avsender",
    r"slett(?:e)? e-?post|gje avsendar|varsle avsendar|ber (?:vi )?(?:deg|dykk|om) (?:om å )?(?:slette|varsle|gi)",
    r"slet(?:te|tes)? (?:den|denne|mailen|e-?mailen|venligst)|(?:underrette?|kontakte?|give|giv) (?:straks )?(?:besked til )?afsender",
    r"radera|ta bort (?:detta|meddelandet|mejlet)|(?:meddela|underrätta|kontakta) (?:omedelbart )?avsändaren|förstör",
    r"lösch|vernicht|informieren sie|verwijder|détrui|supprimer|elimin|cancell|usun|poista|eyða|smaž",
)
COPYING = (
    r"(?:unauthori[sz]ed|any) (?:use|copying|disclosure|dissemination|review|distribution)|strictly prohibited|legally privileged|"
    r"(?:disclos|disseminat|distribut|cop)(?:e|ing|ure|ion|y)",
    r"uvedkommende|utilsiktet|videreformidl|viderebring|spre(?:des|dning)|kopier|offentliggjør|(?:virus|ansvar) for",
    r"obehörig|kopiera|sprida|uberettiget|videregive|unbefugt|weitergabe|openbaarmaking|divulg|difu",
)
# What makes a note one about any mail: a condition, a possibility, or that it is meant for somebody.
CONDITIONS = (
    r"\b(?:if|should you|hvis|dersom|såfremt|om (?:du|ni|de)|har (?:du|de) (?:fått|mottatt|modtaget)|wenn|falls|sollten|"
    r"jos|mikäli|ef|si|se|"
    r"als|kan inneholde|kan innehalde|kan indeholde|kan innehålla|may contain|kann)\b"
)
# Behind a banner's words: the author tells where they stand, or that something else is so.
TOLD = r"[,–-] ?(?:står|stod|sto|skriver|sier|heter|steht|it says|says|men|but|aber|mutta)\b"
# Formulas that are whole by themselves.
WHOLE_FORMULAS = (
    r"(?:p |\S )?please (?:consider|think of|think about) the environment before printing",
    r"(?:think|consider the environment) before (?:you )?print(?:ing)?",
    r"save (?:a tree|paper)[^\n]{0,60}print",
    r"(?:tenk|vis) (?:på miljøet|miljø(?:hensyn)?|deg om)[^\n]{0,40}(?:skriver|skrive) ut",
    r"(?:tenk|vis) miljø(?:hensyn)?[.!]?$|tenk på miljøet(?: før du skriver ut)?(?: denne e-?posten)?[.!]?$",
    r"(?:vær (?:så )?(?:snill|vennlig)|vennligst|ver (?:så )?(?:snill|venleg)|venligst|vänligen)[^\n]{0,40}milj[^\n]{0,40}"
    r"(?:skriv(?:er|e)?|printer|udskriver|skriver) (?:ut|denne)",
    r"tenk miljø[^\n]{0,20} ikkj?e skriv[^\n]{0,60}$",
    r"(?:e-?post|brev|henvendelser?|dokumenter?)(?: og vedlegg)?(?: (?:til|fra|frå)(?: og fra| og frå)? [^.\n]{1,40})? "
    r"(?:kan|vil|blir|vert|er)"
    r"[^.\n]{0,30} (?:journalført|journalførast|journalføres|arkivert|arkiveres|arkivlov\w*|offentleglov\w*)[^\n]{0,160}$",
    r"[^.\n]{2,60} er (?:omfattet|omfatta) av off\w{5,12}lov\w{0,4}\. (?:all )?e-?post (?:til|fra|frå|og)\b[^.\n]{0,60} "
    r"(?:kan|vil|blir|vert) [^.\n]{0,30}(?:journalfør|arkiver)\w{1,4}[^.\n]{0,40}\.?$",
    r"denne e-?posten (?:er å anse som|kan være|kan vere|regnes som)[^.\n]{0,60} dokument[^.\n]{0,60}"
    r"(?:journal|arkiv|offentleg)\w*[^\n]{0,60}$",
    r"(?:spar papir|ta omsyn til miljøet|ta vare på miljøet|ver miljøvennleg)[^\n]{0,60}skriv(?:er)? ut",
    r"tænk på miljøet[^\n]{0,40}(?:printer|udskriver)|tänk på miljön[^\n]{0,40}(?:skriver ut|utskrift)",
    r"(?:bitte )?(?:denken sie|prüfen sie)[^\n]{0,60}(?:umwelt|ausdruck)",
    r"(?:virus-?free|virusfri(?:tt)?|virusvapaa)\b[ .]*(?:www\.\S+|avast|avg)?[ .<]*(?:https:x)?[ .>]*$|virenfrei\b[^\n]{0,40}$|"
    r"uten virus\. ?www\.\S+$",
    r"(?:(?:les|sjå|se|läs|læs|read|see) )?(?:vår|våre|vores|our) (?:personvernerklæring|personvernfråsegn|personvernpolicy|"
    r"personvernregler|"
    r"integritetspolicy|privatlivspolitik|privacy (?:policy|notice|statement))(?: (?:finner|finn|hittar|finder) (?:du|ni|de|"
    r"dere|dykk)| finnes|"
    r" finst| ligger| ligg| er tilgjengelig| can be found)?(?: her| här| here| på| at)?[ :<(]{0,3}(?:https:x|www\.\S+)[ .>)]*$",
    r"e-?mails? (?:sent )?(?:to and from|to or from) (?:this address|us|our)[^.\n]{0,60}? "
    r"(?:may|will) be (?:monitored|recorded|archived|stored)[^.\n]{0,80}[.]?$",
    r"[^.\n]{2,60} is (?:a (?:company|limited company) )?registered in (?:england|scotland|ireland)[^\n]{0,80}(?:registered|company) "
    r"(?:number|no\.?|office)[^\n]{0,200}$",
    r"no virus found in this (?:incoming |outgoing )?message",
    r"th(?:is|e) e?-?(?:e-?mail|message|mail) (?:has been|was) (?:scanned|checked|virus checked)(?: for (?:viruses|malware|"
    r"spam)[^\n]{0,40})? by \S+(?: \S+){0,5}[.!]?$",
    r"denne (?:e-?posten|meldingen|mailen) (?:er|har blitt|ble) (?:sjekket|kontrollert|skannet|virussjekket)(?: for (?:virus|"
    r"skadelig)[^\n]{0,40})? av \S+(?: \S+){0,5}[.!]?$",
    r"th(?:is|e) (?:e-?mail|message)[^\n]{0,80} (?:scanned|checked) for viruses[^\n]{0,60} archived by mimecast[^\n]{0,400}$",
    r"(?:information|informasjon|tietoja|informationen) (?:from|fra|frå|från|von) eset [^\n]{0,160}$",
    r"(?:the message|meldingen|meldinga|meddelandet|meddelelsen|die nachricht) (?:was|ble|vart|blei|blev|wurde)[^\n]{0,20}? "
    r"(?:checked|kontrollert|sjekket|kontrolleret|geprüft)? ?(?:by|av|af|von|med) [^\n]{0,20}eset[^\n]{0,60}(?:\n?https:x)?$",
    r"diese e-?mail wurde (?:von \S+(?: \S+){0,4} )?auf viren (?:geprüft|überprüft)[^\n]{0,60}$",
    r"scanned (?:for viruses )?by [^,\n]{0,40}(?:scan|virus|security|defender|sophos|mcafee|avast|avg|norton|symantec|messagelabs|"
    r"barracuda|mimecast|proofpoint|trend|eset|clamav|kaspersky|f-secure|bitdefender|gateway|filter)[^,\n]{0,30}$",
)
_LINKISH = (
    r"here|link|klikk|click|trykk|visit|go to|gå til|send|e-?mail|reply|svar|https?:|www\.|@|innstilling|settings|preferences|view|list"
)
_BECAUSE = (
    r"(?:fordi|siden|for at|då|da|eftersom|för att)[^.?]{0,80}(?:abonner|registrer|påmeld|meldt|medlem|kunde |kund |konto|"
    r"nyhets|nyheds|liste|samtyk|innstilling|följer|følger|prenumer|tilmeld|anmäl)"
)
# Formulas of lists: a beginning, and what must follow.
LIST_FORMULAS = (
    (
        (r"you (?:received|are receiving|have received|got) this (?:message|e-?mail|mail|because)",),
        (
            r"because[^.?]{0,80}(?:subscri|group|list|account|settings|registered|signed up|notif|member|newsletter|mentioned|assigned|"
            r"authored|commented|review was requested|on a team|modified the|opted in|thread|watching)",
        ),
    ),
    (
        (
            r"to unsubscribe(?: from [^,:\n]{1,80}?)?(?: and stop[^,\n]{0,60})?[,:]? "
            r"(?:please )?(?:click|visit|send|reply|e-?mail|go to|use|follow|https?)",
        ),
        (_LINKISH,),
    ),
    ((r"(?:to |if you )?(?:no longer wish|wish|want) to (?:receive|unsubscribe|stop)",), (r"unsubscribe|opt.?out|click",)),
    ((r"(?:_{5,}\s+)?\S[^\n]{0,80} mailing list",), (r"@|https?:|www\.|listinfo",)),
    (
        (r"du (?:mottar|får|modtager|har fått|har mottatt) denne (?:e-?posten|meldingen|mailen|mail|e-?mail|meldinga)",),
        (_BECAUSE,),
    ),
    ((r"du får (?:det här|detta) (?:mejlet|mailet|meddelandet)",), (_BECAUSE,)),
    ((r"(?:hvis|dersom|om) du ikke (?:lenger )?ønsker (?:å motta|flere|slike)",), (r"meld deg av|klikk|avmeld|abonnement",)),
    (
        (
            r"(?:meld deg av|avmelding|avregistrer|avslutt abonnement|avsluta prenumeration|afmeld)\s?(?:her|:|"
            r"av nyhetsbrev(?:et)?|fra denne listen)?\s?",
        ),
        (r"(?:her[.!]?|https?:\S+|www\.\S+|<\S+>)$",),
    ),
    ((r"for å (?:melde deg av|avslutte)",), (r"klikk|svar|send|gå til|trykk",)),
    ((r"för att (?:avsluta|avregistrera)",), (r"klicka|svara|skicka",)),
    (
        (
            r"(?:når|ved) (?:du |å |man )?(?:sender?|sende|skickar|kontakter|kontaktar|tar kontakt|mejlar)[^.\n]{0,60}? "
            r"(?:behandler|handsamar|behandlar|godtar|godtek|samtykker)[^.\n]{0,40} "
            r"(?:personopplysning|personopplysing|personuppgift|personoplysning)",
            r"när (?:du|ni) (?:skickar|kontaktar|mejlar)[^.\n]{0,60}? behandlar[^.\n]{0,40} personuppgift",
        ),
        (r"(?:personvern\S*|integritets\S*|privatlivs\S*|gdpr\S*|https:x|www\.\S+|her|här)[ .>]*$",),
    ),
    ((r"sie (?:erhalten|haben) diese (?:e-?mail|nachricht)",), (r"weil|da sie",)),
    (
        (
            r"(?:(?:les|sjå|se|läs|læs|read|see)(?: mer| meir| mere| more)? (?:om |about )?)?(?:hvordan |korleis |hur |how )?"
            r"(?:vi|we|(?!hun |han |ho |jeg |eg |jag )\S+(?: \S+){0,3}) (?:behandler|handsamar|behandlar|process(?:es)?) "
            r"(?:dine |dina |your )?(?:personopplysning|personopplysing|personuppgift|personoplysning|personal data)",
        ),
        (r"(?:personvern\S*|integritets\S*|privatlivs\S*|privacy \w+|https:x|www\.\S+|her|här)[ .>]*$",),
    ),
)
LIST_WHOLE = (
    r"(?:—\s+)?reply to this email directly[^\n]{0,200}",
    r"(?:unsubscribe|list-unsubscribe|meld deg av|avmelding|avregistrer)\s?[:|]\s?\S{0,200}$",
    r"unsubscribe$|(?:manage|update) your (?:subscriptions?|preferences)$|view it on github$",
)
# Words that are a banner in brackets or capital letters.
BANNER_WORDS = frozenset({"ekstern", "eksternt", "extern", "external"})
# Banners that are a line by themselves.
BANNER_LINES = (
    r"(?:this is an? )?external (?:e-?mail|sender|message)|extern(?:al)?|ekstern (?:e-?post|avsender|avsendar|mail|melding)|"
    r"ekstern afsender|extern avsändare|externe e-?mail|externer absender",
    r"\W{0,3}(?:ekstern|extern) (?:e-?post|mail|mejl|avsender|avsendar|avsändare|afsender)[\s–,!:-]{1,4}(?:vær|ver|var) "
    r"(?:varsom|varsam|forsiktig|obs|försiktig|opmærksom|oppmerksom|kritisk)",
    r"(?:obs|nb|merk|advarsel|viktig|varning|åtvaring)\W{1,4}(?:ekstern|extern) "
    r"(?:e-?post|mail|mejl|avsender|avsendar|avsändare|afsender)",
    r"ext(?:ern(?:al)?)?\s?:?|caution(?: |: ?| - )external(?: e-?mail| sender)?|warning: external (?:e-?mail|sender)",
)
# How lists say how one leaves them, which is no request to the reader of a case.
UNSUBSCRIBE = (
    r"(?:for å (?:slutte|avslutte|melde)|för att sluta|for at (?:afmelde|stoppe)|um sich|to (?:stop|unsubscribe))"
    r"[^.?\n]{0,160}\+unsubscribe@\S{1,80}"
)
# How a banner begins that goes on; what it warns of must follow, or nothing.
BANNER_STARTS = (
    r"(?:\W{0,3}(?:caution|warning|attention|notice|alert|external|external e-?mail|important|obs|nb|advarsel|merk|viktig|advarsel|"
    r"varning|achtung|vorsicht|let op|attention)\W{1,4})?"
    r"(?:this|the) (?:e-?mail|message|sender)(?: has)? (?:originated?s?|was sent|comes?|came|is|was received|has been sent|"
    r"been sent)(?: from| by)? (?:an )?(?:outside|external|somewhere outside|someone outside)",
    r"(?:caution|warning|attention|alert)\W{1,4}(?:external|outside) (?:e-?mail|sender|message|source)",
    r"(?:obs|nb|advarsel|åtvaring|forsiktig|varning|pas på)\W{1,4}(?:ekstern|extern) (?:e-?mail|e-?post|mail|mejl|avsender|avsendar|"
    r"avsändare|afsender|melding)\W{1,4}",
    r"(?:external|ekstern|extern) (?:e-?mail|e-?post|sender|avsender|avsendar|avsändare|afsender|mail)\W{1,4}",
    r"you don['’]t often get e-?mail from",
    r"some people who received this message don['’]t often get e-?mail from",
    r"du (?:mottar|får|modtager) (?:ikke|ikkje|inte) ofta?e? (?:e-?post|mails?|e-?mails?) (?:fra|frå|från)",
    r"(?:noen|nokon|nokre|nogle|enkelte|vissa)(?: personer| personar)?(?: av dem)?,? (?:som|der) (?:mottok|fick|fekk|har "
    r"modtaget|fikk|har mottatt|"
    r"har motteke|har fått) (?:denne|detta|det här) (?:meldingen|meldinga|meddelelse|"
    r"meddelandet|e-?posten)",
    r"(?:\W{0,3}(?:obs|nb|advarsel|åtvaring|merk|viktig|forsiktig|ekstern e-?post|ekstern avsender|varning|pas på)\W{1,4})?"
    r"(?:(?:denne|dette|denna|detta|den här|det här) )?(?:e-?posten|e-?post|meldingen|meldinga|mailen|e-?mailen|e-?mail|mail|er en|"
    r"meddelandet|mejlet|mejl|meddelande|"
    r"e-?postmeddelandet)"
    r"(?: er| kommer| kjem| ble| vart| har blitt| är| har)? ?(?:sendt|sent|skickats|sänts)? ?(?:fra|frå|från|av|utanfor|utenfor) "
    r"(?:en |ein |et |någon |avsender |avsendar |avsändare |adresse |adressa |adress |utenfor |utanför |utanfor ){0,3}"
    r"(?:ekstern|extern|utenfor|utanför|utanfor|utsiden|utsida|organisasjonen|noen utenfor)",
    r"(?:obs|nb|advarsel|åtvaring|merk|viktig|varning|pas på)\W{1,4}(?:denne|dette|denna|detta) (?:e-?posten|mailen|meldingen|meldinga|"
    r"mejlet|meddelandet|mail|besked) kom(?:mer)? (?:fra|frå|från) (?:en |ein )?(?:ekstern|extern)",
    r"(?:achtung|vorsicht|hinweis)\W{1,4}(?:diese|externe) (?:e-?mail|nachricht)",
    r"sie erhalten nicht (?:oft|häufig) e-?mails? von",
    r"et saa usein sähköpostia (?:osoitteesta|henkilöltä|lähettäjältä)",
    r"(?:\W{0,3}(?:varoitus|huom|huomio|huomautus)\W{1,4})?(?:tämä (?:viesti|sähköposti)(?:viesti)? (?:tulee|tuli|on (?:peräisin|lähetetty|"
    r"tullut)) (?:organisaation ulkopuolelta|organisaatiosi ulkopuolelta|yrityksen ulkopuolelta|ulkoiselta lähettäjältä|ulkopuoliselta)|"
    r"ulkoinen (?:lähettäjä|viesti|sähköposti)\W{1,4})",
    r"(?:\W{0,3}(?:varúð|athugið|aðvörun)\W{1,4})?þessi (?:tölvu)?póstur (?:er|kemur|barst) (?:frá utanaðkomandi|utan)",
    r"attention ?\W{1,4}(?:ce|cet) (?:courriel|e-?mail|message)",
    r"let op\W{1,4}(?:deze|dit) (?:e-?mail|bericht)",
)
BANNER_SIGNS = (
    r"do not click|don['’]t click|links?|attachments?|learn why|organi[sz]ation|recogni[sz]e|sender|safe|caution|phish|company|"
    r"network|domain",
    r"klikk|kommunen|bedriften|selskapet|virksomheten|verksemda|foretaket|"
    r"lenker|lenkjer|vedlegg|finn ut hvorfor|finn ut kvifor|organisasjon|forsiktig|avsender|kjenner|få mer|læs hvorfor|"
    r"få mere at vide|klik|links|vedhæft",
    r"klicka|länkar|bilagor|läs (?:mer|om)|ta reda på varför|avsändaren|känner|klicken|anhänge|absender|pièces jointes|bijlagen|"
    r"liens|koppelingen|externe|extern|linkk|liittei|lähettäj|tärkeää|tengla|hlekki|viðhengi|wichtig",
)
# How a sentence of a banner begins that goes on after the first.
WARNING_STARTS = (
    r"do not|don['’]t|never|please|exercise|be careful|be cautious|use caution|verify|only|report|learn why|unless|"
    r"if you|treat|think before|"
    r"this (?:e-?mail|message)|the sender|it (?:was|did)",
    r"ikke (?:klikk|åpne|svar|trykk)|ikkje (?:klikk|opne)|vær (?:forsiktig|varsom|obs)|ver (?:varsam|forsiktig)|klikk (?:ikke|"
    r"aldri)|åpne (?:ikke|aldri|kun)|"
    r"finn ut hv|finn ut kv|kontroller|hvis du ikke|dersom du|med mindre|denne (?:e-?posten|meldingen)|avsenderen|få mer å vite|les mer",
    r"klicka (?:inte|aldrig)|öppna (?:inte|aldrig)|var försiktig|läs (?:mer|om)|ta reda på|avsändaren|klik (?:ikke|"
    r"aldrig)|åbn (?:ikke|aldrig)",
    r"bitte (?:keine|nicht|öffnen|klicken|seien)|älä |lue,? (?:lisää|miksi)|tarkista|ekki (?:smella|opna)|erfahren sie",
    r"vær opmærksom|få mere at vide|læs hvorfor|afsenderen|klicken sie|öffnen sie|seien sie|ne cliquez|klik niet|open geen",
)
# Somebody asks the reader for something, or speaks for himself.
REQUESTS = (
    r"(?:kan|kunne|vil|kunna|skulle|kan vi|kunne vi) (?:du|dere|de|dykk|dokker|ni|i) (?!ikke er)",
    r"(?:can|could|would|will) (?:you|somebody|someone|we) ",
    r"(?:jeg|eg|jag|ich|i['’]m|i am|i have|i can|i cannot|my|vår sak|our users|våre brukere|brukerne|brukarane|kundene våre) ",
    r"(?:dere|dokker) ",
    r"but it (?:is|was)|men den (?:er|var|är)|aber sie (?:ist|war)",
)
