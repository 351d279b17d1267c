"""Phrases of mail that nobody wrote by hand: absence, receipts of ticket systems, challenges, recalls. In: nothing. Out: phrases.

Source for `wording`; holds no decisions. Languages: nb, nn, da, sv, fi, is, en, de, and nl, fr where their systems are common.
All phrases are in lower case with single blanks; all patterns are bounded.
"""

from __future__ import annotations

import re

from mailgate.mail.words.phrases import Phrases

AWAY = Phrases((
    "julefri", "påskefri", "i'm ooo", "i am ooo", "ooo until",
    "kontoret vårt er stengt", "kontoret vårt er stengd", "jeg er stoppet i", "jeg er fratrådt", "i have now left", "i've left",
    "i've now left", "on pto", "public holiday", "bank holiday", "ich bin nicht mehr für", "ich bin nicht mehr im",
    "oy:n palveluksessa", "ne fais plus partie", "de baja por", "de baja médica", "fora do escritório", "de férias", "werk niet op",
    "lean luomus", "luomus", "virgelobis", "in leat kantuvrras", "in leat barggus",
    "jag är ledig", "julestengt",
    "julelukket", "sommerstengt", "påskestengt", "jullukket", "julestengd", "sumarstengt", "jul- och nyårsstängt",
    "vinterferie",    "høstferie", "haustferie", "er stengt grunnet", "er stengt på grunn av ferie",
    "no longer with", "no longer at", "äitiyslomalla",
    "vanhempainvapaalla", "opintovapaalla", "sairauslomalla", "na urlopie", "poza biurem", "zwolnieniu lekarskim", "nieobecny w biurze",
    "nieobecna w biurze", "puhkusel", "lapsehoolduspuhkusel", "kontorist eemal", "atostogose", "atvaļinājumā", "de vacaciones",
    "fuera de la oficina", "di vacanze", "in ferie fino", "fuori ufficio", "em férias", "в отпуске", "у відпустці",
    "ikke på kontoret", "ikke til stede", "ikke tilgjengelig", "ute av kontoret", "borte fra kontoret", "på ferie", "avvikler ferie",
    "tar ferie", "har ferie", "feriestengt", "i permisjon", "er sykmeldt", "er fraværende", "er bortreist", "ikke tilstede",
    "er på reise", "avspaserer", "ikkje på kontoret", "ikkje til stades", "ikkje tilgjengeleg", "ute frå kontoret",
    "borte frå kontoret", "avviklar ferie", "tek ferie", "er fråverande", "er sjukmeld", "ude af kontoret", "ikke på arbejde",
    "holder ferie", "på barsel", "har fri", "på orlov", "inte på kontoret", "ej på kontoret", "inte på plats", "på semester",
    "har semester", "är ledig", "föräldraledig", "tjänstledig", "är frånvarande", "out of the office", "out of office",
    "away from the office", "away from my desk", "on vacation", "on holiday", "on annual leave", "on leave", "maternity leave",
    "paternity leave", "parental leave", "currently away", "currently out", "not in the office", "limited access to email",
    "limited access to my email", "no access to email", "nicht im büro", "nicht im haus", "außer haus", "nicht erreichbar", "im urlaub",
    "in urlaub", "in elternzeit", "abwesend", "en ole toimistolla", "en ole paikalla", "olen lomalla", "olen poissa", "vuosilomalla",
    "tavoitettavissa", "niet op kantoor", "niet aanwezig", "afwezig", "met vakantie", "op vakantie", "met verlof", "absent du bureau",
    "actuellement absent", "suis absent", "suis absente", "en congé", "en congés", "en vacances", "hors du bureau", "absente du bureau",
    "foreldrepermisjon", "fødselspermisjon", "pappapermisjon", "pappaperm", "mammaperm", "jeg har sluttet", "jeg jobber ikke lenger",
    "jeg er ikke lenger ansatt", "eg har slutta", "eg jobbar ikkje lenger", "har feriestengt", "holder ferielukket",
    "jeg er ikke længere ansat", "jag har slutat", "jag arbetar inte längre", "har semesterstängt", "i no longer work", "i have left",
    "i am no longer", "i have limited access", "ich arbeite nicht mehr", "ich bin nicht mehr bei", "betriebsurlaub",
    "en ole enää töissä", "ik werk niet meer", "je ne travaille plus", "bort frå kontoret", "er på feriereise", "er bortreist",
    "er på ferietur", "sommerferie", "er sjuk", "er syk i dag", "har sykt barn", "ikke på jobb", "ikkje på jobb", "inte på jobbet",
    "är sjuk", "är bortrest", "er syg", "er bortrejst", "poissa toimistolta", "olen sairaana", "olen vapaalla", "ekki við",
    "ekki á skrifstofunni", "í fríi", "í sumarfríi", "í leyfi", "í orlofi", "er fjarverandi", "verð fjarverandi", "er hættur",
    "er hætt störfum", "off work", "out sick", "on sick leave", "krankgeschrieben", "bin krank", "nicht am arbeitsplatz",
    "nicht im dienst", "away until", "away from work", "i am away", "i'm away", "i will be away", "tatt ut ferie", "tar ut ferie",
    "har permisjon",
    "kontoret er stengt", "kontoret er stengd", "kontoret är stängt", "office is closed", "offices are closed", "office will be closed",
    "í fæðingarorlofi", "í veikindaleyfi", "í námsleyfi",
))  # fmt: skip
"""Absence, in words that people use too: they count only with a second sign."""

AT_ANOTHER_PLACE = Phrases((
    "på en konferanse", "på ein konferanse", "på et seminar", "på et kurs", "ute på oppdrag", "på oppdrag", "ute av landet",
    "work part time", "work part-time", "jobber deltid", "arbeider deltid",
    "på kurs", "på reise", "på tjenestereise", "på konferanse", "på messe", "på seminar", "på samling", "i møte", "på kundebesøk",
    "på tenestereise", "på tjänsteresa", "på konferens", "på mässa", "på utbildning", "i möte", "på tjenesterejse", "på forretningsrejse",
    "til møde", "i møde", "på rejse", "på kursus", "travelling", "traveling", "at a conference", "at an offsite", "in training",
    "in meetings", "on a business trip", "on business travel", "attending a", "on the road", "auf dienstreise", "auf geschäftsreise",
    "auf reisen", "unterwegs", "in besprechung", "auf einer konferenz", "auf einer messe", "auf schulung", "in einer schulung",
    "matkoilla", "työmatkalla", "kokouksessa", "koulutuksessa", "á ferðalagi", "á námskeiði", "á ráðstefnu", "á fundi", "erlendis",
    "op reis", "op zakenreis", "op cursus", "en déplacement", "en formation", "en réunion",
))  # fmt: skip
"""Where somebody is who does not read mail today. Never enough without `UNREACHABLE` or `RETURN_OR_STAND_IN`."""

UNREACHABLE = Phrases((
    "ikke til å lese e-post", "ikke til å lese epost",
    "til denne adressen leses ikke", "denne adressen leses ikke", "denne adressa vert ikkje lesen",
    "får ikke lest e-post", "får ikkje lese e-post",
    "bez dostępu do poczty",
    # nb, nn
    "leser ikke e-post", "leser ikke epost", "leser ikke mail", "e-posten leses ikke", "eposten leses ikke", "e-post leses ikke",
    "meldinger leses ikke", "innboksen leses ikke", "postkassen leses ikke", "lue sähköpostia", "lue sähköpostiani",
    "leser i liten grad e-post", "leser e-post sporadisk", "leser e-posten min sporadisk", "leser e-posten sporadisk",
    "leser mail sporadisk", "leser mailen min sporadisk", "leser ikke e-posten min", "leser ikke mailen min",
    "leser e-post sjelden", "leser sjelden e-post", "sjekker ikke e-post", "sjekker e-post sporadisk", "sjekker e-post sjelden",
    "sjekker sjelden e-post", "begrenset tilgang til e-post", "begrenset tilgang til epost", "begrenset tilgang til mail",
    "begrenset tilgang på e-post", "begrenset med tilgang til e-post", "begrenset mulighet til å svare", "begrenset mulighet for å svare",
    "liten tilgang til e-post", "ikke lese e-post", "ikke tilgjengelig på e-post", "ikke tilgjengelig på mail", "svarer ikke på e-post",
    "svarer ikke før", "vil ikke kunne svare", "kan ikke svare på e-post", "forvent forsinket svar", "forsinket svar",
    "svaret kan ta lenger tid", "svar kan ta lenger tid", "svarer så snart jeg er tilbake", "svarer når jeg er tilbake",
    "svarer deg når jeg", "svarer deg så snart jeg", "svarer på e-post når jeg", "henvendelser besvares",
    "gått av med pensjon", "har pensjonert meg", "gått i pensjon", "blitt pensjonist", "gått i pension",
    "blitt uførepensjonist", "saker som haster kan", "saker som hastar kan", "henvendelser som haster kan", "blir besvart når jeg",
    "besvares når jeg", "e-post blir ikke lest", "e-posten blir ikke lest", "e-poster blir ikke lest", "blir ikke lest i denne perioden",
    "denne e-postadressen er ikke", "denne epostadressen er ikke", "denne adressen er ikke i bruk", "denne adressen er ikke lenger",
    "denne e-postkontoen er ikke", "denne postkassen er ikke", "denne innboksen er ikke", "adressen er ikke lenger i bruk",
    "e-postadressen er ikke lenger i bruk", "e-postadressen er nedlagt", "denne e-postadressen brukes ikke",
    "denne e-postadressen blir ikke", "er ikke lenger ansatt", "jobber ikke lenger her", "jobber ikke lenger i", "jobber ikke lenger hos",
    "les ikkje e-post", "les ikkje epost", "les e-post sporadisk", "les e-posten min sporadisk", "sjekkar ikkje e-post",
    "avgrensa tilgang til e-post",
    "avgrensa tilgang til epost", "svarar ikkje før", "svarar når eg er", "svarar deg når eg", "svarar så snart eg er",
    "forseinka svar", "førespurnader vert svara", "førespurnadar vert svara", "denne e-postadressa er ikkje", "denne adressa er ikkje",
    "adressa er ikkje lenger i bruk", "er ikkje lenger tilsett", "jobbar ikkje lenger", "e-post vert ikkje lese",
    # da
    "læser ikke e-mail", "læser ikke mail", "læser ikke mine mails", "tjekker ikke mail", "tjekker ikke mine mails",
    "tjekker ikke e-mail", "begrænset adgang til e-mail", "begrænset adgang til mail", "begrænset adgang til min mail",
    "begrænset adgang til mine mails", "forsinket svar må", "svarer når jeg er tilbage", "svarer så snart jeg er tilbage",
    "vender tilbage når jeg", "svarer først", "må forvente længere svartid", "denne mailadresse er ikke", "denne e-mailadresse er ikke",
    "denne mail bruges ikke", "mailadressen er ikke længere i brug", "er ikke længere ansat", "arbejder ikke længere",
    # sv
    "läser inte e-post", "läser inte mejl", "läser inte mail", "läser inte min e-post", "läser inte min mejl", "kollar inte mejl",
    "kollar inte min mejl", "läser mejl sporadiskt", "läser e-post sporadiskt", "läser min mejl sporadiskt", "läser min e-post sporadiskt",
    "läser mina mejl sporadiskt", "läser mejlen sporadiskt", "begränsad tillgång till e-post",
    "begränsad tillgång till mejl", "begränsad tillgång till mail", "begränsad tillgång till min", "begränsade möjligheter att svara",
    "begränsad möjlighet att svara", "svarar när jag är tillbaka", "svarar så snart jag är", "återkommer när jag är tillbaka",
    "återkommer så snart jag är", "fördröjt svar", "försenat svar", "den här e-postadressen används inte",
    "denna e-postadress används inte", "adressen används inte längre", "e-postadressen är inte längre", "arbetar inte längre",
    "jobbar inte längre", "är inte längre anställd",
    # fi
    "en lue sähköposti", "en seuraa sähköposti", "luen sähköpostia satunnaisesti", "luen sähköpostia rajoitetusti",
    "rajoitettu pääsy sähköposti", "rajallinen pääsy sähköposti", "rajoitetusti tavoitettavissa", "en ole tavoitettavissa",
    "vastaan viestiisi palattuani", "vastaan palattuani", "vastaan viesteihin palattuani", "vastaan, kun palaan", "vastaan kun palaan",
    "viiveellä", "tämä sähköpostiosoite ei ole", "osoite ei ole enää käytössä", "en työskentele enää", "ei työskentele enää",
    "ei ole enää palveluksessa", "en ole enää palveluksessa",
    # is
    "les ekki tölvupóst", "skoða ekki tölvupóst", "les ekki póst", "takmarkaðan aðgang að tölvupósti",
    "takmarkaður aðgangur að tölvupósti", "svara þegar ég kem", "svara um leið og ég kem", "mun svara þegar ég", "mun svara um leið",
    "svara tölvupósti þegar", "þetta netfang er ekki", "netfangið er ekki lengur í notkun", "starfa ekki lengur", "starfar ekki lengur",
    "er ekki lengur við störf", "vinn ekki lengur", "tölvupósti verður svarað", "póstum verður svarað", "verður svarað þegar",
    # en
    "limited access to my inbox", "limited access to email", "limited access to e-mail", "limited access to my email",
    "limited access to my e-mail", "limited access to mail", "limited email access", "limited e-mail access",
    "limited access to internet", "limited access to the internet", "intermittent access to email", "intermittent access to e-mail",
    "intermittent access to my", "sporadic access to email", "sporadic access to my", "not have access to my email",
    "without access to email", "without access to my email", "not reading email", "not reading my email", "not reading e-mail",
    "not checking email", "not checking my email", "not checking e-mail", "not be checking email", "not be checking my",
    "not be reading email", "not be reading my", "not monitoring email", "not monitoring my", "not be monitoring",
    "checking email infrequently", "checking emails infrequently", "check email infrequently", "checking email sporadically",
    "checking email periodically", "checking email intermittently", "expect a delayed response", "expect a delay in my response",
    "expect delayed responses", "delayed response", "delay in my response", "delays in my response", "slow to respond",
    "slower to respond", "response may be delayed", "responses may be delayed", "reply may be delayed", "replies may be delayed",
    "respond when i return", "reply when i return", "respond as soon as i am back", "reply as soon as i am back",
    "respond on my return", "reply on my return", "respond upon my return", "reply upon my return", "this email address is no longer",
    "this e-mail address is no longer", "this email account is no longer", "this address is no longer", "this mailbox is no longer",
    "this inbox is no longer", "this email is no longer in use", "this email address is not", "is no longer with the company",
    "is no longer with us", "is no longer employed", "no longer works here", "no longer works for", "no longer works at",
    "no longer work here", "no longer work for", "no longer work at", "unable to read email", "unable to check email",
    "unable to respond to email",
    # de
    "lese keine e-mail", "lese meine e-mails nicht", "lese e-mails nur", "rufe meine e-mails nicht", "rufe keine e-mails",
    "eingeschränkten zugriff auf e-mail", "eingeschränkten zugriff auf meine", "nur eingeschränkt zugriff auf",
    "nur begrenzt zugriff auf", "begrenzten zugriff auf", "keinen zugriff auf meine e-mails", "nur eingeschränkt erreichbar",
    "eingeschränkt erreichbar", "nur sporadisch e-mails", "nur unregelmäßig", "e-mails werden nicht gelesen",
    "e-mails werden nicht weitergeleitet", "wird nicht weitergeleitet", "verzögerter antwort", "verzögerten antwort",
    "verzögerte antwort", "kann sich meine antwort verzögern", "antwort kann sich verzögern", "nach meiner rückkehr",
    "antworte ihnen, sobald", "antworte ihnen sobald", "melde mich nach meiner", "diese e-mail-adresse ist nicht mehr",
    "diese e-mail-adresse wird nicht", "diese mailadresse ist nicht", "diese adresse ist nicht mehr", "adresse ist nicht mehr gültig",
    "nicht mehr im unternehmen", "nicht mehr bei uns beschäftigt", "nicht mehr für die firma",
    # nl, fr
    "lees mijn e-mail niet", "beperkt toegang tot mijn", "beperkte toegang tot", "beperkt bereikbaar", "dit e-mailadres is niet",
    "dit e-mailadres wordt niet", "werkt niet meer bij", "accès limité à", "un accès limité", "consulte pas mes",
    "cette adresse n'est plus", "ne fait plus partie", "à mon retour", "dès mon retour",
))  # fmt: skip
"""That the author cannot be reached by mail, or the address is not in use: enough when it answers a mail of ours."""

RETURN_OR_STAND_IN = Phrases((
    "ny kontaktperson er", "ny kontaktperson:", "ny kontaktperson i", "new contact is", "new contact person", "neuer ansprechpartner",
    "neue ansprechpartnerin", "uusi yhteyshenkilö",
    "for anything urgent",
    "vil være tilbake", "være tilbake", "vera attende", "vere attende", "svarer deg så", "svarar deg så", "så fort jeg kan",
    "så fort eg kan", "overtar oppgavene", "overtar mine", "tar over for meg", "overtek oppgåvene", "haster saken", "send e-post til",
    "lengre responstid", "lenger responstid", "lengre svartid", "lenger svartid", "forsinkelse i svar",
    "please reach out", "reach out to", "will answer", "if you need anything before", "if you need something before", "redirect your",
    "direct your", "please direct", "sijaiseni", "merci de contacter", "contactez", "à mon retour", "a mi regreso", "a mi vuelta",
    "responderé", "contacte con", "póngase en contacto", "após o meu regresso", "responderei", "beantwoord uw", "ruovttoluotta",
    "oktavuođa", "vástidan", "gitta", "rádjai",
    "svarer på henvendelser etter", "bliver besvaret efter", "behöver du hjälp",
    "reach out to", "please direct", "øyeblikkelig hjelp", "besvares fra", "vert svara på frå", "yhteyshenkilö", "wracam", "wrócę",
    "w pilnych",    "odpowiem po", "po powrocie", "proszę o kontakt", "proszę dzwonić", "proszę kontaktować",
    "kiireloomulis", "pöörduge", "võtke ühendust",
    "tagasi tööl", "kreipkitės", "skubiais", "steidzam", "sazināties", "asuntos urgentes", "contacte con", "contactar con",
    "per urgenze", "assuntos urgentes", "срочным вопросам", "термінових питань",
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
    "ved hast", "ved haster", "dersom det haster", "hvis det haster", "om det hastar", "dersom det hastar", "ved akutt", "ved spørsmål",
    "kontakt sentralbord", "ring sentralbord", "ring vakt", "kontakt min kollega", "kontakt kollega", "kontakt vår", "kontakt resepsjon",
    "hvis det haster", "haster det", "ved spørgsmål", "kontakt min kollega", "om det är brådskande", "vid frågor", "kontakta min kollega",
    "ring växeln", "i mellomtiden", "i mellomtida", "reopens on", "kehre zurück", "vastaan viestiisi", "vastaan sinulle",
    "vastaan huomenna",
    "kiireellisessä", "kiireellistä", "kiireasioissa", "palaan töihin", "kem aftur", "kem til baka", "sný aftur",
    "verð aftur", "vinsamlegast hafið samband", "vinsamlega hafið samband", "vinsamlegast hafðu samband", "ef erindið er brýnt",
    "ef málið er brýnt", "brýn erindi", "brýnum erindum", "hafið samband við", "hafðu samband við", "bei dringenden", "meine vertretung",
    "vertreten durch", "in meiner abwesenheit", "during my absence", "in my absence", "in my place", "i return", "back at work",
    "i fraværet", "i mitt fravær", "mens jeg er borte", "medan eg er borte", "under min frånvaro", "i mit fravær", "poissa ollessani",
    "poissaollessani", "í fjarveru minni",
))  # fmt: skip

TIMES_OF_ABSENCE = Phrases((
    "for tiden", "for tida", "påregnes", "reknast med", "för närvarande", "currently", "derzeit",
    *AWAY, *AT_ANOTHER_PLACE, *RETURN_OR_STAND_IN, "denne uken", "denne veka", "denna vecka", "denne uge", "this week", "diese woche",
    "i dag", "idag", "today", "heute", "tänään", "perioden", "during", "fram til", "frem til", "until", "bis zum", "saakka", "delayed",
    "forsinket", "försenat", "forseinka", "svarer", "svarar", "respond", "reply", "antwort",
))  # fmt: skip
"""What says that somebody is away, and for how long."""

RECEIVED = Phrases((
    "to let you know we received your", "to let you know that we received your", "to let you know we've received your",
    "to let you know that we have received your",
    "saken din har fått", "henvendelsen har fått", "saka di har fått",
    "vi har mottatt din henvendelse", "vi har mottatt henvendelsen", "vi har mottatt din forespørsel", "din henvendelse er mottatt",
    "henvendelsen din er mottatt", "henvendelsen er mottatt", "henvendelsen din er registrert", "din henvendelse er registrert",
    "henvendelsen er registrert", "din henvendelse har fått", "henvendelsen din har fått",
    "din sak er registrert", "saken din er registrert", "saken er registrert med",
    "forespørselen din er mottatt", "din forespørsel er mottatt", "forespørselen er mottatt", "forespørselen din er registrert",
    "førespurnaden din er registrert", "saka di er registrert", "saka er registrert med", "din begäran har tagits emot",
    "din begäran har mottagits", "din förfrågan har tagits emot", "din anmodning er modtaget", "din forespørgsel er modtaget",
    "pyyntösi on vastaanotettu", "viestisi on vastaanotettu",
    "det er opprettet en sak", "vi har opprettet en sak", "din sak har fått", "me har motteke førespurnaden",
    "me har motteke henvendinga", "vi har motteke førespurnaden", "vi har motteke henvendinga", "førespurnaden din er motteken",
    "henvendinga di er motteken", "henvendinga di er registrert",
    "vi har modtaget din henvendelse", "vi har modtaget din forespørgsel", "din henvendelse er modtaget",
    "din henvendelse er registreret", "vi har tagit emot ditt ärende",
    "vi har tagit emot din förfrågan", "vi har mottagit ditt ärende", "vi har mottagit din förfrågan", "ditt ärende har registrerats",
    "ditt ärende är registrerat", "ditt ärende har tagits emot", "ditt ärende har mottagits",
    "olemme vastaanottaneet yhteydenottosi",
    "olemme vastaanottaneet viestisi", "olemme vastaanottaneet tukipyyntösi", "olemme vastaanottaneet pyyntösi",
    "yhteydenottosi on vastaanotettu", "tukipyyntösi on", "við höfum móttekið erindi",
    "við höfum móttekið fyrirspurn", "erindi þitt hefur verið móttekið", "fyrirspurn þín hefur verið móttekin",
    "beiðni þín hefur verið", "we have received your request", "we have received your inquiry",
    "we have received your enquiry", "we've received your request", "we have received your ticket", "your request has been received",
    "your request has been logged", "your request has been registered", "your request has been assigned",
    "your ticket has been created", "your ticket has been received", "your ticket has been opened", "your case has been created",
    "your case has been registered", "your inquiry has been received", "your enquiry has been received", "ticket has been created",
    "ticket has been opened", "ticket was created", "case has been created", "case has been opened",
    "ihre anfrage ist", "ihre anfrage wurde",
    "ihre anfrage haben wir", "wir haben ihre anfrage", "ihr ticket wurde", "ihr anliegen wurde",
    "ein ticket wurde", "ihre nachricht ist bei uns eingegangen", "wij hebben uw aanvraag", "uw aanvraag is", "votre demande a été",
    "nous avons bien reçu votre demande",
))  # fmt: skip
"""How a ticket system says that a request has come in."""

RECEIVED_MAIL = Phrases((
    "takk for din henvendelse", "takk for henvendelsen", "takk for at du kontaktet", "takk for førespurnaden", "takk for henvendinga",
    "tak for din henvendelse", "tak for din forespørgsel", "tack för din förfrågan", "tack för att du kontaktar",
    "tack för att du kontaktade", "kiitos yhteydenotostasi", "takk fyrir að hafa samband", "thank you for contacting",
    "thanks for contacting", "thank you for your inquiry", "thank you for your enquiry", "vielen dank für ihre anfrage",
    "merci de nous avoir contact",
    "vi har mottatt din e-post", "vi har mottatt e-posten din", "vi har mottatt meldingen din", "vi har mottatt din melding",
    "me har motteke e-posten", "vi har modtaget din mail", "vi har modtaget din besked", "vi har tagit emot ditt mejl",
    "vi har tagit emot ditt meddelande", "we have received your email", "we have received your e-mail", "we have received your message",
    "we've received your email", "we've received your message", "we received your email", "we received your message",
    "wir haben ihre nachricht", "wir haben ihre e-mail", "við höfum móttekið tölvupóst", "takk for din e-post", "takk for e-posten din",
    "thank you for your email", "thank you for your message", "vielen dank für ihre nachricht", "vielen dank für ihre e-mail",
    "tak for din mail", "tack för ditt mejl", "tack för ditt meddelande", "kiitos viestistäsi",
))  # fmt: skip
"""The same of a mail: people write so too, hence a promise of `PROMISED` must stand beside it."""

PROMISED = Phrases((
    "vil bli behandlet", "blir behandlet", "behandles fortløpende", "behandlast fortløpande", "vil bli besvart", "vil verte svara",
    "saksnummer", "sakanr", "referansenummer", "sak nr", "så snart som mulig", "så snart vi kan", "så raskt som mulig",
    "så fort som mogleg", "så snart som mogleg", "vil svare deg", "vil besvare", "vil ta kontakt", "vil kontakte deg", "blir besvart",
    "vert svara", "behandlet innen", "svar innen", "sagsnummer", "hurtigst muligt", "vender tilbage", "svarer dig", "ärendenummer",
    "så snart som möjligt", "så snart vi kan", "återkommer", "tukipyyntönumero", "mahdollisimman pian", "vastaamme", "palaamme",
    "málsnúmer", "eins fljótt og", "munum svara", "svörum", "verður svarað", "ticket number", "ticket id", "case number",
    "reference number", "as soon as possible", "shortly", "will get back to you", "will be in touch", "will respond", "will reply",
    "within 24 hours", "within one business day", "business days", "ticketnummer", "vorgangsnummer", "so schnell wie möglich",
    "schnellstmöglich", "umgehend", "in kürze", "melden uns", "zo spoedig mogelijk", "dans les plus brefs", "dès que possible",
))  # fmt: skip

CHALLENGES = Phrases((
    "e-posten din er satt på vent fordi", "meldingen din er satt på vent fordi", "så blir e-posten levert", "så blir meldingen levert",
    "any more courtesy notices", "member's priority guest list", "lower priority queue for our member",
    # of lists, whose moderator has not looked yet
    "until the list moderator can review", "moderator for approval", "awaits moderator approval", "awaiting moderator approval",
    "awaiting approval by a moderator", "is awaiting approval by", "waiting for approval by a moderator", "message is pending approval",
    "restricted to list subscribers", "allowed to post to this list", "authorized to send mail to the", "til moderator for godkjenning",
    "venter på godkjenning fra en moderator", "venter på godkjenning av en moderator", "ventar på godkjenning frå ein moderator",
    "inntil listens moderator", "inntil moderatoren", "väntar på godkännande av en moderator", "väntar på moderatorns godkännande",
    "venter på godkendelse fra en moderator", "wartet auf die genehmigung", "odottaa valvojan hyväksyntää",
    "prove your message was sent by a human", "prove that your message was sent by a human", "bevise at du ikke er en robot",
    "mottakeren må godkjenne den før", "for at jeg skal motta e-posten din", "for at eg skal få e-posten din",
    "this and future mail delivered", "add yourself to my guest list", "for at e-posten din skal bli levert",
    "verify that you are a human", "verify that you are human", "verify you are human", "verify that you're a human",
    "verify that you are a real", "to complete this verification", "sender verification", "your email requires verification",
    "your message requires verification", "requires verification verify#", "to deliver your message, please",
    "to have your message delivered", "to release your message", "release the following message from quarantine",
    "confirm that you sent", "confirm that you are the sender", "confirm that your message is legitimate",
    "confirm you are not a spammer", "reply to this message to confirm", "your message is being held until",
    "your message has been held until", "your message will be delivered once you", "your message will not be delivered until",
    "add you to my allowed", "added to my list of approved senders", "added to the list of approved senders",
    "request to be added to my", "i am protecting myself from receiving junk", "i'm protecting myself from receiving junk",
    "uses a challenge/response", "this is a one-time automated", "one-time verification", "bekreft at du er et menneske",
    "bekreft at du er en person", "bekrefte at du er et menneske", "stadfest at du er eit menneske", "bekreft at du har sendt denne",
    "for at meldingen skal bli levert", "for at e-posten skal bli levert", "meldingen din holdes tilbake",
    "e-posten din holdes tilbake", "bekræft at du er et menneske", "bekræft, at du er et menneske",
    "for at din besked kan blive leveret", "bekräfta att du är en människa", "bekräfta att du är avsändaren",
    "för att ditt meddelande ska levereras", "vahvista, että olet ihminen", "vahvista että olet ihminen", "jotta viestisi toimitetaan",
    "staðfestu að þú sért", "bestätigen sie, dass sie ein mensch", "bestätigen sie bitte, dass sie", "damit ihre nachricht zugestellt",
    "um ihre nachricht zuzustellen", "absender-verifizierung", "absenderverifizierung", "bevestig dat u een mens",
    "vérifier que vous êtes un humain",
))  # fmt: skip
"""Challenge-response filters: the mail asks for a click, and nobody wrote it."""

RECALL_SUBJECT = re.compile(
    r"(?:tilbakekall(?:ing|else)?|attendekall(?:ing)?|recall|message recall|recalled|återkalla(?:nde)?|återkallelse|återkallning|"
    r"tilbagekald(?:else|ning)?|tilbagekaldt|zurückrufen|zurückgerufen|rückruf|nachrichtenrückruf|peruuta(?:minen)?|peruutus|palauta|"
    r"palautus|takaisinkutsu|viestin peruutus|afturkalla|afturköllun|afturkallað|rappel|intrekken|intrekking)"
    r"(?: (?:av|of|von|de|success|failure|report|rapport))?\s?[:：]",
    re.IGNORECASE,
)
RECALL_TEXT = re.compile(
    r"(?:vil|ønsker|ynskjer|ønskjer) (?:gjerne |gerne )?(?:å )?(?:tilbakekalle|kalle tilbake|attendekalle|trekke tilbake|trekkje tilbake|"
    r"at tilbagekalde|tilbagekalde) (?:meldingen|meldinga|beskjeden|e-posten|meddelelsen|mailen|beskeden)|"
    r"would like to recall the (?:message|e-?mail)|(?:has|have) recalled (?:the|this|a) (?:message|e-?mail)|"
    r"(?:vill|önskar) återkalla (?:meddelandet|e-postmeddelandet|mejlet)|"
    r"(?:möchte|will) (?:die|diese|eine) (?:nachricht|e-mail)[^\n]{0,300} (?:zurückrufen|widerrufen|zurückziehen)|"
    r"(?:haluaa|haluaisi) (?:peruuttaa|palauttaa|kutsua takaisin|perua) (?:viestin|sähköpostin)|"
    r"(?:vill|óskar eftir að|vildi) (?:afturkalla|draga til baka) (?:skilaboðin|póstinn|tölvupóstinn)|"
    r"souhaite(?:rait)? rappeler le message|wil het bericht[^\n]{0,300} intrekken",
    re.IGNORECASE,
)
RECALL_SIGNS = Phrases((
    "tilbakekalle", "kalle tilbake", "attendekalle", "trekke tilbake", "trekkje tilbake", "tilbagekalde", "recall", "återkalla",
    "zurückrufen", "widerrufen", "zurückziehen", "peruuttaa", "palauttaa", "kutsua takaisin", "perua", "afturkalla", "draga til baka",
    "rappeler", "intrekken",
))  # fmt: skip
"""One of these stands in each sentence of `RECALL_TEXT`: one pass of RE2 spares most texts that pattern."""
RECALL_REPORT = re.compile(
    r"recall (?:succe|fail|status)|tilbakekalling(?:en)? (?:lyktes|mislyktes|status)|rückruf(?:status| war)", re.IGNORECASE
)
"""The report on a recall names the recipients, and whether it worked: Exchange writes it."""
RECEIPT_SUBJECT = re.compile(
    r"(?:ikke |ikkje |not |nicht |ej |inte |non |niet |ei )?"
    r"(?:lest|lese|lesen|read|gelesen|läst|læst|lu|gelezen|luettu|leído|ulest|oläst|ulæst|ungelesen|lesið|ólesið|slettet|"
    r"deleted|gelöscht)\s?:|"
    r"(?:lesebekreftelse|lesebekrefting|lesekvittering|læsekvittering|läskvitto|lesebestätigung|read receipt)\s?:|"
    r"(?:return receipt|kvittering|returkvittering|kvitto|empfangsbestätigung)(?: \([a-zæøåäöü]{3,12}\))? -",
    re.IGNORECASE,
)
RECEIPT_TEXT = re.compile(
    r"ble (?:lest|slettet)|blei (?:lesen|sletta)|vart (?:lesen|lese|sletta)|was (?:read|deleted|opened|displayed)|"
    r"wurde .{0,40}(?:gelesen|gelöscht)|lästes|har lästs|raderades|blev (?:læst|slettet)|is gelezen|a été lu|luettiin|poistettiin|"
    r"var (?:lesinn|lesið|eytt)",
    re.IGNORECASE,
)
RECEIPT_SENTENCE = re.compile(
    r"only acknowledges that the message was displayed|bekrefter (?:bare|kun|berre) at meldinga?e?n? (?:ble|blei|vart) vist|"
    r"stadfestar berre at meldinga vart vist|bekräftar (?:bara|endast) att meddelandet visades|"
    r"bekræfter (?:kun|bare) at (?:meddelelsen|beskeden) blev vist|bestätigt nur, dass die nachricht .{0,60}angezeigt",
    re.IGNORECASE,
)
"""How Mozilla's programs end a receipt."""
RECEIPT_FIELD = re.compile(
    r"^\W{0,4}(?:til|till|to|an|emne|ämne|subject|betreff|sendt|skickat|sent|gesendet)\s?:", re.IGNORECASE | re.MULTILINE
)
"""A field of the mail that was read, as Outlook repeats it."""
