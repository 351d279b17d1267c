"""The words that notes of absence are made of, and no other mail is. Data for `absence_note`; all in lower case; nb, nn, da, sv, en, de.

Function words, days and hours, reasons to be away, mail and its reading, ways to reach somebody else, and politeness. What a help desk is
written to about (a thing, a fault, a case) is not among them: a text with such a word is a person's.
"""

from __future__ import annotations

from mailgate.mail.reply.words.quote_words import MONTHS, WEEKDAYS
from mailgate.mail.words.word_lists import words

_NORDIC = words("""
    jeg eg jag vi me dere du deg dig din ditt dine min mitt mine meg mig det den de denne denna dette detta disse som at att og
    och eller men
    å i på för före fra frå från til till ved vid hos av af med uten utan om hvis dersom når då da så etter efter før fram frem
    for under innen innan
    mellom inntil ut opp er är var blir vert bli vil vill kan må skal ska har hadde ha være vere vara igjen igen der her alle all hele heile
    hela noe noko något nokon noen ikke ikkje inte ej ingen kun bare berre også òg eventuelt gjerne gärna heller vennligst venligst vänligen
    snarest mulig mogleg möjligt muligt straks først tidligst senest snart fort raskt sjelden sjeldan sällan sporadisk periodevis
    jevnlig litt
    lite liten begrenset begrensa avgrensa begränsad begränsat begrænset redusert tid tida tiden periode perioden perioder mellomtiden mens
    medan ellers annars neste nästa næste første resten uke uken uka veke veka vecka veckan uge ugen dag dager dagar dage dagen idag imorgen
    imorgon morgen morgon morn måned måneden månad år året formiddag ettermiddag eftermiddag kveld kväll lunsj kl klokka klokken klockan ca
    øyeblikket augneblinken ögonblicket øjeblikket nå nu no tiden dessverre diverre desværre tyvärr dermed derfor slik dato
    ferie ferien ferietur feriestengt ferielukket fellesferien sommerferie juleferie påskeferie vinterferie høstferie
    sommarsemester semester
    semesterstängt jul julen romjul romjulen påske påsken påska nyttår helg helgen helligdag permisjon permisjonen foreldrepermisjon
    pappapermisjon mammapermisjon fødselspermisjon pappaperm mammaperm perm barsel barselsorlov orlov ledig föräldraledig tjänstledig
    ledighet fri fridag avspasering avspaserer avspaserar syk sjuk syg sykmeldt sykemeldt sjukmeld sjukmeldt sjukskriven sygemeldt sykt barn
    hjemme heime hemma kurs kurset kursus utbildning seminar konferanse konferansen konferens konference messe mässa samling reise reiser
    resa rejse rejser tjenestereise tenestereise tjänsteresa tjenesterejse forretningsrejse utenlands utlandet oppdrag kundebesøk møte møter
    møtet möte möten møde møder opptatt oppteken upptagen optaget borte bort bortreist bortrest bortrejst fraværende fråverande frånvarande
    fravær fraværet fråvær frånvaro utilgjengelig tilgjengelig tilgjengeleg tillgänglig tilgængelig ute ude kontor kontoret jobb
    jobben jobber
    jobbar arbeid arbeidet arbeider arbete arbetet arbetar arbejde arbejder arbejdet plass plats stede stades stengt stengd stängt lukket
    holder åpent ope öppet åbent åpner opnar öppnar åbner sluttet slutta slutat fratrådt ansatt tilsett anställd lenger lengre
    længere längre
    e-post epost e-posten eposten e-poster eposter e-postadressen e-postadressa epostadressen e-postadresse e-postkontoen mail mailen mailer
    mails mailene mailboks mailadressen mejl mejlet mejlen mejladressen meddelelse meddelande meddelandet melding meldingen meldinga
    meldinger besked beskeden innboks innboksen innboksa inkorg inkorgen indbakke postkasse postkassen postkassa adresse adressen adressa
    adress henvendelse henvendelsen henvendelser henvendinga førespurnad førespurnaden førespurnader forespørsel forespørsler fråga frågor
    spørsmål spørgsmål svar svaret svarer svarar svare svara svares svarte besvart besvares besvarer besvare besvaras lese leser lest leses
    les lesast lesen læser læst læses läser läst läses sjekker sjekkar sjekke tjekker tjekke kollar kolla følger overvåkes overvåket bruk
    brukes brukt används bruges aktiv nedlagt videresendes videresendt vidaresend vidaresendt tilgang tilgangen åtkomst adgang mulighet
    anledning kapasitet høve möjlighet forsinket forsinka forsinkelse forsinkelser forseinka försenat försening påregnes reknast
    regne forvent
    vente ventes venter ta tar tek tager får ge gi tilbake attende tilbage tillbaka åter retur kommer kjem kom returnerer gang
    kontakt kontakte kontaktes kontakter kontakta ring ringe ringes rings ringa sms send sende skriv skrive bruk benytt nås nåes når treffes
    telefon telefonen telefonisk tlf mobil mobilen nummer nr sentralbord sentralbordet hovednummer hovednummeret växel växeln reception
    receptionen resepsjon resepsjonen vakt vakttelefon vakttelefonen kollega kollegaer kolleger kollegor kollegaen vikar vikaren
    stedfortreder
    ersättare haster hastar hast haste hastesaker hastesak hastesaka akutt akut akutte brådskande bråttom presserende viktig behov
    hjelp hjälp
    hjælp kundeservice kundtjänst hei hej heisann hallo god godt gode fin fint takk tak tack mange tusen hilsen mvh vennlig helsing hälsning
    hälsningar vh kh beklager beklagar unnskyld ursäkta undskyld ønsker ønskjer önskar riktig sommer sommar tålmodighet forståelse
    videre deres återkommer tatt kundesenter kundesenteret
    drøye drøyer træffes indtil sendes avsluttet arbeidsforhold arbeidsforholdet ansettelsesforhold anställning treg tregt respons butikken
    butikk butik butiken verkstedet bedriften firmaet selskapet avdelingen avdelinga dykk dokker hverdag hverdager virkedag
    virkedager mandager tirsdager onsdager torsdager fredager fredagar måndagar mandagar fredage mandage
""")  # fmt: skip
_ENGLISH = words("""
    i i'm im i'll i've am is are was will be been being the a an my me your you our we we're us it its this that these for from to
    until till of
    on in at by with without and or but if as when then so not no won't don't do does cannot can't unable able any only very may
    might please
    thank thanks hello hi dear hey out away office offices holiday holidays vacation annual leave parental maternity paternity
    sick ill travel
    travelling traveling trip business conference training course meeting meetings offsite closed open reopen reopens current currently
    presently moment today tomorrow week weeks weekend day days month year next morning afternoon evening time period whole rest all limited
    restricted reduced little intermittent sporadic occasional access email e-mail emails e-mails mail mails inbox mailbox message messages
    address account monitored unmonitored read reading check checking checked respond response responses responding reply replies replying
    answer answered answering delay delayed delays slow slower expect soon possible earliest return returning returned back again
    get getting
    contact call phone telephone mobile number reach reached reachable write send forward forwarded urgent urgently emergency immediate
    immediately assistance help matter matters question questions need needs require requires meantime meanwhile colleague colleagues during
    absence work working works job longer company left employed used use uses switchboard reception otherwise regards best kind wishes
    patience understanding happy merry christmas new year early late later regularly frequently infrequently mondays tuesdays wednesdays
    thursdays fridays off part-time there's sorry inconvenience would could should must have has had
""")
_GERMAN = words("""
    ich bin wir sind mein meine meinen meiner mich mir ihr ihre ihren ihrer ihnen sie es ist war wird werden wurde nicht kein
    keine keinen mehr
    und oder aber der die das den dem des ein eine einen einer einem im in am an ab bis vom von zum zur zu mit ohne auf für bei
    nach vor während
    bitte danke vielen dank guten tag hallo sehr geehrte damen herren büro urlaub elternzeit mutterschutz dienstreise
    geschäftsreise schulung
    konferenz messe besprechung termin terminen krank krankgeschrieben abwesend abwesenheit außer haus hause erreichbar unterwegs derzeit
    zurzeit momentan aktuell heute morgen woche wochen wieder zurück rückkehr antworte antworten antwort beantworten beantworte beantwortet
    lese lesen gelesen e-mail e-mails email emails mail mails nachricht nachrichten postfach adresse e-mail-adresse mailadresse verwendet
    genutzt gültig weitergeleitet eingeschränkt begrenzt begrenzten nur selten zugriff dringend dringenden dringende dringendes fällen fall
    falls anliegen fragen wenden kontaktieren melde melden kollegen kollegin kollege vertretung telefon telefonisch unter nummer zentrale
    verzögert verzögerung verzögerungen kann können haben hat habe grüße freundlichen freundliche grüßen befinde mich geschlossen
    betriebsferien betriebsurlaub unternehmen beschäftigt tätig arbeite arbeiten freitags montags schnellstmöglich bald sobald diese dieser
    dieses uhr
""")
KNOWN = _NORDIC | _ENGLISH | _GERMAN | MONTHS | WEEKDAYS
AWAY = words("""
    ferie ferien ferietur feriestengt ferielukket sommerferie juleferie påskeferie vinterferie høstferie semester semesterstängt permisjon
    permisjonen foreldrepermisjon pappapermisjon mammapermisjon fødselspermisjon pappaperm mammaperm barsel barselsorlov orlov ledig
    föräldraledig tjänstledig avspasering avspaserer avspaserar sykmeldt sykemeldt sjukmeld sjukmeldt sjukskriven sygemeldt syk sjuk syg fri
    kurs kurset kursus utbildning seminar konferanse konferansen konferens konference messe mässa reise resa rejse tjenestereise
    tenestereise
    tjänsteresa tjenesterejse forretningsrejse kundebesøk oppdrag utenlands møte møter möte möten møde møder opptatt bortreist bortrest
    bortrejst fraværende fråverande frånvarande stengt stengd stängt lukket sluttet slutta slutat holiday holidays vacation leave sick ill
    travelling traveling trip conference training course meetings offsite closed away out off left reiser hjemme heime sykt
    avsluttet urlaub elternzeit mutterschutz dienstreise
    geschäftsreise schulung konferenz besprechung krank krankgeschrieben abwesend unterwegs geschlossen betriebsferien betriebsurlaub
""")
"""One of these says why the author is not there; or one of `NOT_THERE` does."""
BRIEFLY = words("""
    fri møte møter möte möten møde møder opptatt out off away left reise resa rejse reiser hjemme heime oppdrag trip meetings syk
    sjuk syg sykt
""")
"""Of these, what people also say of a part of a day: then the note must say what comes after it, too."""
NOT_THERE = (
    "ikke på kontor", "ikke på jobb", "ikke på arbeid", "ikkje på kontor", "ikkje på jobb", "inte på kontor", "inte på jobb",
    "ikke på arbejd",
    "ikke til stede", "ikkje til stades", "inte på plats", "ikke tilgjengelig", "ikkje tilgjengeleg", "inte tillgänglig",
    "ikke tilgængelig",
    "ute av kontoret", "ute frå kontoret", "ute fra kontoret", "borte fra", "borte frå", "bort frå", "ude af kontoret", "jobber ikke",
    "arbeider ikke", "jobbar ikkje", "arbetar inte", "jobbar inte", "arbejder ikke", "not in the office", "not at work", "not available",
    "do not work", "don't work", "not working", "nicht im büro", "nicht im haus", "außer haus", "nicht erreichbar", "arbeite nicht",
    "i do not work", "i don't work",
)  # fmt: skip
LATER = words("""
    återkommer træffes treffes respons tilbake attende tilbage tillbaka åter sendes rettes svarer svarar svare svara svar besvart besvares
    besvarer besvare besvaras leser lest leses lese les
    læser läser läses sjekker sjekkar kontakt kontakte kontakta ring ringe ringa haster hastar hast haste hastesaker akutt akut brådskande
    vikar kollega back return returning reply replies respond response answer checking reading read contact call urgent access reach wieder
    zurück rückkehr antworte antworten antwort beantworten beantworte lese lesen kontaktieren wenden vertretung dringenden zugriff
""")
"""What comes then: a return, an answer later, or somebody else."""
SPAN = words("""
    til till until bis idag today heute uken uka veka veckan ugen week woche øyeblikket augneblinken ögonblicket øjeblikket
    currently derzeit
    zurzeit momentan tom
""")
UNTIL = words("til till until bis tom")
SPANS = ("i dag", "i resten", "ut uk", "this week", "denne uk", "denne veka", "for tiden", "for tida", "für zeit")
CALL = words("ring ringe ringa call")
REACHABLE = words("""
    sentralbord sentralbordet hovednummer hovednummeret växel växeln reception receptionen resepsjon resepsjonen vakt vakttelefon
    vakttelefonen kollega kollegaer colleague switchboard
""")
"""Who is asked to call is told whom: a number, a switchboard, a colleague. "Call after that" is a person's answer."""
NAMED_AFTER = words("""
    left kontakt kontakte kontakta kontakter contact call ring ringe ringa kollega kollegaen colleague kollegin kollegen kollege
    vikar vikaren
    stedfortreder ersättare vertretung an til till to i hos at bei for från from fra frå av af by og och and und eller or oder på via
""")
"""A word with a capital that follows one of these, or another such word, is somebody's name."""
ALSO_NAMES = words("per dag are bo jo siv liv ask even odd tor may april june mai august")
"""Of the words of such notes, those that are first names too."""
