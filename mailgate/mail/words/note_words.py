"""The words that notes of absence are made of, and no other mail is. Data for `absence_note`; all in lower case; nb, nn, da, sv, en, de.

Function words, days and hours, reasons to be away, mail and its reading, ways to reach somebody else, and politeness. What a help desk is
written to about (a thing, a fault, a case) is not among them: a text with such a word is a person's.
"""

from __future__ import annotations

from mailgate.mail.reply.words.quote_words import MONTHS, WEEKDAYS
from mailgate.mail.words.word_lists import words

_NORDIC = words("""
    kommunehuset rådhuset skolen skulen barnehagen legekontoret biblioteket servicetorget servicekontoret lageret sekretariatet
    rektor saksbehandler sakshandsamar klinikken praksisen romjula romjulen
    bliver blive hastende d
    sitter deltar deltek deltager delta hjelper hjelpe bistår bistå hjälper hjelp faste fast evenings gått vår vårt våre våra här där
    rettes rettast dagene dagane dagarna dagar henvend sin sitt sine saker gjelder gjeld gäller gælder angår vedr vedrørende angående
    jobbreise jobbreiser jobbresa tjänsteärende undertegnede undertegnande undertecknad drift mellomtida mellantiden mellomtid
    julledighet julledigt resande fot bara förmiddagar eftermiddagar dröja dröjer veckan bemannet bemannad bemanna ubemannet ubemanna
    bytta byttet bytt kontoen kontoa kontot konto frisk friskmeldt ute fjelltur hyttetur tur sydentur hytta fjellet lenge länge
    hendelser händelser jobbar deltid delstilling dagsenter foreldrepenger efterårsferie høstferien vinterferien påskeferien evt
    eventuelle ved vet hvornår når jeg eg jag vi me dere du deg dig din ditt dine min mitt mine meg mig det den de denne denna dette
    detta disse som at att og och eller men å i på för före fra frå från til till vid hos av af med uten utan om hvis dersom då da så
    etter efter før fram frem for under innen innan mellom inntil ut opp er är var blir vert bli vil vill kan må skal ska har hadde ha
    være vere vara igjen igen der her alle all hele heile hela noe noko något nokon noen ikke ikkje inte ej ingen kun bare berre også òg
    eventuelt gjerne gärna heller vennligst venligst vänligen snarest mulig mogleg möjligt muligt straks først tidligst senest snart
    fort raskt sjelden sjeldan sällan sporadisk periodevis jevnlig litt lite liten begrenset begrensa avgrensa begränsad begränsat
    begrænset redusert tid tida tiden periode perioden perioder mellomtiden mens medan ellers annars neste nästa næste første resten uke
    uken uka veke veka vecka uge ugen dag dager dage dagen idag imorgen imorgon morgen morgon morn måned måneden månad år året formiddag
    ettermiddag eftermiddag kveld kväll lunsj kl klokka klokken klockan ca øyeblikket augneblinken ögonblicket øjeblikket nå nu no
    dessverre diverre desværre tyvärr dermed derfor slik dato ferie ferien ferietur feriestengt ferielukket fellesferien sommerferie
    juleferie påskeferie vinterferie høstferie sommarsemester semester semesterstängt jul julen romjul romjulen påske påsken påska
    nyttår helg helgen helligdag permisjon permisjonen foreldrepermisjon pappapermisjon mammapermisjon fødselspermisjon pappaperm
    mammaperm perm barsel barselsorlov orlov ledig föräldraledig tjänstledig ledighet fri fridag avspasering avspaserer avspaserar syk
    sjuk syg sykmeldt sykemeldt sjukmeld sjukmeldt sjukskriven sygemeldt sykt barn hjemme heime hemma kurs kurset kursus utbildning
    seminar konferanse konferansen konferens konference messe mässa samling reise reiser resa rejse rejser tjenestereise tenestereise
    tjänsteresa tjenesterejse forretningsrejse utenlands utlandet oppdrag kundebesøk møte møter møtet möte möten møde møder opptatt
    oppteken upptagen optaget borte bort bortreist bortrest bortrejst fraværende fråverande frånvarande fravær fraværet fråvær frånvaro
    utilgjengelig tilgjengelig tilgjengeleg tillgänglig tilgængelig ude kontor kontoret jobb jobben jobber arbeid arbeidet arbeider
    arbete arbetet arbetar arbejde arbejder arbejdet plass plats stede stades stengt stengd stängt lukket holder åpent ope öppet åbent
    åpner opnar öppnar åbner sluttet slutta slutat fratrådt ansatt tilsett anställd lenger lengre længere längre e-post epost e-posten
    eposten e-poster eposter e-postadressen e-postadressa epostadressen e-postadresse e-postkontoen mail mailen mailer mails mailene
    mailboks mailadressen mejl mejlet mejlen mejladressen meddelelse meddelande meddelandet melding meldingen meldinga meldinger besked
    beskeden innboks innboksen innboksa inkorg inkorgen indbakke postkasse postkassen postkassa adresse adressen adressa adress
    henvendelse henvendelsen henvendelser henvendinga førespurnad førespurnaden førespurnader forespørsel forespørsler fråga frågor
    spørsmål spørgsmål svar svaret svarer svarar svare svara svares svarte besvart besvares besvarer besvare besvaras lese leser lest
    leses les lesast lesen læser læst læses läser läst läses sjekker sjekkar sjekke tjekker tjekke kollar kolla følger overvåkes
    overvåket bruk brukes brukt används bruges aktiv nedlagt videresendes videresendt vidaresend vidaresendt tilgang tilgangen åtkomst
    adgang mulighet anledning kapasitet høve möjlighet forsinket forsinka forsinkelse forsinkelser forseinka försenat försening påregnes
    reknast regne forvent vente ventes venter ta tar tek tager får ge gi tilbake attende tilbage tillbaka åter retur kommer kjem
    returnerer gang kontakt kontakte kontaktes kontakter kontakta ring ringe ringes rings ringa sms send sende skriv skrive benytt nås
    nåes treffes telefon telefonen telefonisk tlf mobil mobilen nummer nr sentralbord sentralbordet hovednummer hovednummeret växel
    växeln reception receptionen resepsjon resepsjonen vakt vakttelefon vakttelefonen kollega kollegaer kolleger kollegor kollegaen
    vikar vikaren stedfortreder ersättare haster hastar hast haste hastesaker hastesak hastesaka akutt akut akutte brådskande bråttom
    presserende viktig behov hjälp hjælp kundeservice kundtjänst hei hej heisann hallo god godt gode fin fint takk tak tack mange tusen
    hilsen mvh vennlig helsing hälsning hälsningar vh kh beklager beklagar unnskyld ursäkta undskyld ønsker ønskjer önskar riktig sommer
    sommar tålmodighet forståelse ferieavvikling ferieavviklingen feltarbeid feltarbeidet dekning dekninga dekningen nettilgang
    internett internet nett ser ubestemt uavgrensa utsatt sporadiske sporadiskt nesten opptil ned aller inkludert inklusive begge
    ettermiddagen formiddagen ukene vekene veckorna veckor ugerne uger månedene måneder månader akutta akuta akuttsaker akuttsak ærend
    ærende ærender ärende ärenden erende heter heiter hedder leder leiar sjef chef avdelingsleder avdelingssjef avdelingsleiar daglig
    dagleg daglige fagleder teamleder gruppeleder nærmeste overtar overtek over erstatter ersetter erstattar ersetta ersätter avløser
    avløyser avlöser bak avviklet avvikla deaktivert lagt stengde stengte åpningstider opningstider öppettider åbningstider vanskelig
    vanskeleg svårt svært mailadresse e-mailadresse e-mail e-mails e-mailen ny nye nytt egen post postmottak postmottaket felles
    fellespost servicedesk helpdesk brukerstøtte brukarstøtte kundestøtte supporten ikt it it-avdelingen it-avdelinga leilighet
    anledningen begynner byrjar börjar starter startar starta begynne tilbakekomst heimkomst hjemkomst återkomst tilbagekomst etterpå
    deretter därefter derefter dags sjekket sjekka lesne mulighetene begrensede avgrensede begränsade begrænsede begrensningen møteleder
    reisedag reisedager studiepermisjon studier studieuke velferdspermisjon omsorgspermisjon omsorgsorlov sykmelding sykemelding
    sjukmelding sykefravær sjukefråvær sykehus sjukhus legetime tannlege vab vabbar vabb dagpappa egenmelding eigenmelding korona covid
    influensa forkjølet pensjon pensjonist pension pensionist pensionär sluttar slutter slutade stilling stillinga stillingen permittert
    permitterad flexdag plandag planleggingsdag studiedag kursdag kursdager workshop workshopen konferansedag kundemøte kundemøter
    kundemöte ledermøte styremøte ledersamling personalsamling personaltur firmatur avdelingstur teamsamling kickoff kick-off samlingen
    messen seminaret konferansa kundebesök kundebesøg tjeneste tenesteoppdrag oppdraget venligt hermed därför därmed förrän førrän
    førend næstfølgende ringer ringar treffer träffas treff innanfor inom inden indenfor virkedag arbeidsdag arbeidsdager arbetsdag
    arbetsdagar arbejdsdag arbejdsdage dagers dagars dages timer timar timmar time nyår nytår mellan mellem juletid påsketid stille
    skjærtorsdag langfredag kristi himmelfartsdag pinse pinsen pingst midsommar midsommer fraværsmelding fråværsmelding frånvarobesked
    autosvar automatisk automatiskt svarmelding få høre svarane snarleg snar råd svarast skjer imens imedan imedens undertiden underveis
    underveg benen beina føttene apparatet fått igjennom gjennom i-dag snakkes høres hørest videre deres återkommer tatt kundesenter
    kundesenteret drøye drøyer træffes indtil sendes avsluttet arbeidsforhold arbeidsforholdet ansettelsesforhold anställning treg tregt
    respons butikken butikk butik butiken verkstedet bedriften firmaet selskapet avdelingen avdelinga dykk dokker hverdag hverdager
    virkedager mandager tirsdager onsdager torsdager fredager fredagar måndagar mandagar fredage mandage
""")  # fmt: skip
_ENGLISH = words("""
    instead received
    mon-wed mon-thu mon-fri tue-thu ping mon tue wed thu fri sat sun reaching acme undersigned staffed reopening i i'm im i'll i've am
    is are was will be been being the a an my me your you our we we're us it its this that these for from to until till of on in at by
    with without and or but if as when then so not no won't don't do does cannot can't unable able any only very may might please thank
    thanks hello hi dear hey out away office offices holiday holidays vacation annual leave parental maternity paternity sick ill travel
    travelling traveling trip business conference training course meeting meetings offsite closed open reopen reopens current currently
    presently moment today tomorrow week weeks weekend day days month year next morning afternoon evening time period whole rest all
    limited restricted reduced little intermittent sporadic occasional access email e-mail emails e-mails mail mails inbox mailbox
    message messages address account monitored unmonitored read reading check checking checked respond response responses responding
    reply replies replying answer answered answering delay delayed delays slow slower expect soon possible earliest return returning
    returned back again get getting contact call phone telephone mobile number reach reached reachable write send forward forwarded
    urgent urgently emergency immediate immediately assistance help matter matters question questions need needs require requires
    meantime meanwhile colleague colleagues during absence work working works job longer company left employed used use uses switchboard
    reception otherwise regards best kind wishes patience understanding happy merry christmas new early late later regularly frequently
    infrequently mondays tuesdays wednesdays thursdays fridays off part-time there's sorry inconvenience would could should must have
    has had pto ooo anything something anyone everyone someone nothing else availability unavailable hours hour internet service
    services desk helpdesk support team teams manager supervisor lead head which who whom what here there than also too about after
    before between through throughout inclusive including both workshop seminar summit fair day-long all-day offsites retreat jury duty
    bank bereavement compassionate sabbatical surgery hospital doctor doctor's appointment appointments dentist flight flying plane
    fully partly part mostly sometimes occasionally once twice daily nightly each every another kindly best-effort effort make try
    trying follow following up take taking took care cover covering covered covers backup deputy replacement stand-in standing place
    temporarily temporary permanently permanent date notice further unless wherever whenever however though although appreciate
    apologise apologize apologies apology afraid catch catching soonest priority prioritise prioritize shortly promptly quickly timely
    manner regular normal usual schedule scheduled planned unplanned non-urgent time-sensitive deadline enjoy enjoying enjoyed
    well-earned some few couple several two three four five six seven ten i'd you'll we'll they she he his her their them him they'll
    she'll he'll that's it'll voicemail cell direct extension ext plus main numbers general email's inboxes nobody monitors monitor
    redirected redirect passed pass
""")
_GERMAN = words("""
    unser unsere unserem unseren büros bleibt bleiben
    erkrankt erkrankung krankheit krankheitsbedingt ich bin wir sind mein meine meinen meiner mich mir ihr ihre ihren ihrer ihnen sie es
    ist war wird werden wurde nicht kein keine keinen mehr und oder aber der die das den dem des ein eine einen einer einem im in am an
    ab bis vom von zum zur zu mit ohne auf für bei nach vor während bitte danke vielen dank guten tag hallo sehr geehrte damen herren
    büro urlaub elternzeit mutterschutz dienstreise geschäftsreise schulung konferenz messe besprechung termin terminen krank
    krankgeschrieben abwesend abwesenheit außer haus hause erreichbar unterwegs derzeit zurzeit momentan aktuell heute morgen woche
    wochen wieder zurück rückkehr antworte antworten antwort beantworten beantworte beantwortet lese lesen gelesen e-mail e-mails email
    emails mail mails nachricht nachrichten postfach adresse e-mail-adresse mailadresse verwendet mutterschutz/elternzeit genutzt gültig
    weitergeleitet gerade leider noch sowie dass ob wie wenn dann davor dort hier also auch jedoch gern gerne jederzeit innerhalb
    außerhalb durch gegen um über unter werktag werktage arbeitstag arbeitstage arbeitstagen nächster nächsten nächste letzter letzten
    ersten einschließlich einschl inklusive voraussichtlich wahrscheinlich frühestens spätestens tage tagen stunden stunde monat monate
    monaten jahr jahres weihnachten weihnachtsferien ostern feiertag feiertage feiertagen brückentag betriebsferien resturlaub
    jahresurlaub erholungsurlaub sommerurlaub winterurlaub wochenende ganztägig ganztags halbtags vormittags nachmittags teilzeit
    fortbildung weiterbildung workshop seminar tagung kongress kundentermin kundenterminen kundenbesuch außentermin außentermine
    außendienst homeoffice eingang eingegangene eingegangenen anfrage anfragen posteingang gesichtet bearbeitet bearbeitung bearbeite
    bearbeiten sichte abrufen abgerufen rufe empfangen empfang lesezugriff internetzugang zugang möglichkeit möglichkeiten möglich
    schwer schlecht sporadisch gelegentlich regelmäßig unregelmäßig unbestimmt unbestimmte zeit zeitraum zwischenzeit zwischenzeitlich
    vertritt vertreten vertreter vertreterin leiter leiterin abteilung abteilungsleiter team sekretariat hotline rufnummer mobil
    mobilnummer handy notfall notfällen eilig eilige eiligen eilt wichtig wichtige wichtigen schreiben rufen anrufen ruf schreib sende
    senden schicken richten leiten weiterleiten weiter geleitet mailbox account konto inaktiv deaktiviert abgeschaltet ausgeschieden
    verlassen firma ruhestand rente verständnis geduld sonnige schöne frohe rutsch liebe lieben lieber viele beste besten herzliche
    herzlichen herr herrn frau kolleginnen damit daher deshalb erst wird's werde's stehe stehen verfügung gesund erreichen erreicht
    erreiche eingeschränkt begrenzt begrenzten nur selten zugriff dringend dringenden dringende dringendes fällen fall falls anliegen
    fragen wenden kontaktieren melde melden kollegen kollegin kollege vertretung telefon telefonisch nummer zentrale verzögert
    verzögerung verzögerungen kann können haben hat habe grüße freundlichen freundliche grüßen befinde geschlossen betriebsurlaub
    unternehmen beschäftigt tätig arbeite arbeiten freitags montags schnellstmöglich bald sobald diese dieser dieses uhr
""")
_FINNISH = words("""
    moikka tervehdys olen ole en ei emme olemme eivät on oli minä me te sinä se tämä tätä tässä tänään huomenna eilen ja tai sekä että
    jos kun niin mutta vain enää vielä jo taas asti saakka alkaen välillä aikana ajan ajaksi aika päivä päivää päivän päivänä viikko
    viikon viikolla viikkoa kuukausi kuukauden vuosi vuoden loma loman lomalla lomaa lomallani vuosiloma vuosilomalla kesälomalla
    talvilomalla joululomalla hiihtolomalla vapaa vapaalla vapaapäivä vapaapäivällä perhevapaalla vanhempainvapaalla äitiyslomalla
    isyysvapaalla hoitovapaalla opintovapaalla sairaslomalla sairaana sairas poissa poissaolo poissaoloni poissaolon ollessani matkoilla
    matkalla työmatkalla koulutuksessa kurssilla kokouksessa seminaarissa messuilla toimisto toimistolla toimistolta toimistossa
    paikalla töissä töihin työssä tavoitettavissa tavoitat tavoittaa saat saa voit voi voitte yhteyttä yhteys ottaa ota ottakaa soita
    soittaa soittakaa puhelimitse puhelin puhelimella puhelinta numero numerosta numeroon numerossa vaihde vaihteesta vaihteeseen keskus
    sähköposti sähköpostia sähköpostiani sähköpostejani sähköposteja sähköpostini sähköpostit sähköpostiin sähköpostitse
    sähköpostiosoite sähköpostiosoitteeseen viesti viestisi viestistä viestistäsi viestiisi viestit viesteihin viestejä viestiäsi osoite
    osoitteeseen osoitteesta käytössä lue luen lueta seuraa seuraan vastaan vastaa vastata vastaus vastaukset vastausta vastausaika
    vastaamme palaan palaamme palattuani palattua takaisin asian asia asiassa asiasi asioissa asiat kiireellisissä kiireellinen
    kiireelliset kiireisissä kiireasioissa akuuteissa tarvittaessa sijainen sijaiseni sijaisenani sijaistaa kollega kollegani kollegalle
    kollegaani esimies esihenkilö esihenkilöni asiakaspalvelu asiakaspalveluun asiakaspalvelusta tuki tukeen kiitos kiitokset hei moi
    terve hyvää joulua kesää syksyä kevättä talvea pääsiäistä uutta vuotta terveisin ystävällisin terv satunnaisesti rajoitetusti
    rajallisesti harvoin viiveellä viive mahdollisimman pian heti ensi seuraavan seuraavaksi maanantaina tiistaina keskiviikkona
    torstaina perjantaina lauantaina sunnuntaina maanantaihin tiistaihin keskiviikkoon torstaihin perjantaihin maanantaista tiistaista
    keskiviikosta torstaista perjantaista maanantaita tiistaita keskiviikkoa torstaita perjantaita lähtien ennen jälkeen klo kello noin
    enkä sillä siitä välitetä edelleen ohjata lähetä lähettää lähettäkää työskentele työskentelen palveluksessa lopettanut eläkkeellä
    suljettu tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta
    joulukuuta
""")
_DUTCH = words("""
    ik ben wij zijn is was word wordt worden niet geen meer wel en of maar de het een mijn uw jouw je u jullie onze ons hij zij in op
    aan bij met van voor tot naar om te uit door over onder tussen tijdens na vanaf t/m als dan dat die dit deze daar hier er vandaag
    morgen week weken dag dagen maand maanden jaar moment momenteel tijdelijk periode afwezig afwezigheid aanwezig vakantie verlof
    zwangerschapsverlof ouderschapsverlof ziek ziekteverlof vrij kantoor buiten werk werken werkzaam bereikbaar beperkt toegang beperkte
    e-mail e-mails email emails mail mails mailtje bericht berichten postvak mailbox lees lezen gelezen beantwoord beantwoorden antwoord
    antwoorden reageren reageer reactie terug terugkeer terugkom zodra mogelijk snel spoedig dringend dringende spoed spoedgevallen
    urgente vragen zaken neem nemen contact opnemen kunt kan kunnen bellen bel nummer telefoonnummer telefonisch collega collega's
    vervanger vervangt vervangen doorgestuurd automatisch bedankt dank hartelijk groet groeten vriendelijke vriendelijk beste hallo
    goedendag begrip alvast weer heb hebt heeft had zal zult zullen eerst eerstvolgende volgende einde gesloten cursus congres zakenreis
    training vergadering reis feestdagen kerst kerstvakantie zomervakantie januari februari maart mei augustus oktober maandag dinsdag
    woensdag donderdag vrijdag zaterdag zondag
""")
KNOWN = _NORDIC | _ENGLISH | _GERMAN | _FINNISH | _DUTCH | MONTHS | WEEKDAYS
AWAY = words("""
    jobbreise jobbresa julledighet julledigt erkrankt efterårsferie fjelltur hyttetur sydentur ferie ferien ferietur feriestengt
    ferielukket sommerferie juleferie påskeferie vinterferie høstferie semester semesterstängt permisjon permisjonen foreldrepermisjon
    pappapermisjon mammapermisjon fødselspermisjon pappaperm mammaperm barsel barselsorlov orlov ledig föräldraledig tjänstledig
    avspasering avspaserer avspaserar sykmeldt sykemeldt sjukmeld sjukmeldt sjukskriven sygemeldt syk sjuk syg fri kurs kurset kursus
    utbildning seminar konferanse konferansen konferens konference messe mässa reise resa rejse tjenestereise tenestereise tjänsteresa
    tjenesterejse forretningsrejse kundebesøk oppdrag utenlands møte møter möte möten møde møder opptatt bortreist bortrest bortrejst
    fraværende fråverande frånvarande stengt stengd stängt lukket sluttet slutta slutat holiday holidays vacation leave sick ill
    travelling traveling trip conference training course meetings offsite closed away out off left reiser hjemme heime sykt avsluttet
    urlaub elternzeit mutterschutz dienstreise geschäftsreise schulung konferenz besprechung krank krankgeschrieben abwesend unterwegs
    geschlossen betriebsferien betriebsurlaub mutterschutz/elternzeit jahresurlaub resturlaub fortbildung weiterbildung tagung
    kundentermin außentermin ausgeschieden ferieavvikling feltarbeid fridag studiepermisjon velferdspermisjon omsorgspermisjon
    sykmelding sykemelding vab vabbar workshop workshopen planleggingsdag plandag kursdag konferansedag ledersamling personalsamling
    samling kundemøte pto ooo unavailable sabbatical jury bereavement summit retreat seminaret kundebesök kundebesøg studieuke flexdag
    permittert pensjon pension pensjonist lomalla vuosilomalla kesälomalla talvilomalla joululomalla hiihtolomalla vapaalla
    vapaapäivällä perhevapaalla vanhempainvapaalla äitiyslomalla isyysvapaalla hoitovapaalla opintovapaalla sairaslomalla sairaana
    poissa työmatkalla matkoilla koulutuksessa kurssilla kokouksessa messuilla eläkkeellä lopettanut suljettu vakantie verlof afwezig
    zwangerschapsverlof ouderschapsverlof ziek zakenreis cursus congres gesloten
""")
"""One of these says why the author is not there; or one of `NOT_THERE` does."""
BRIEFLY = words("""
    fjelltur hyttetur fri fridag workshop workshopen kundemøte kundemöte kokouksessa matkoilla ziek møte møter möte möten møde møder
    opptatt out off away left reise resa rejse reiser hjemme heime oppdrag trip meetings syk sjuk syg sykt
""")
"""Of these, what people also say of a part of a day: then the note must say what comes after it, too."""
NOT_THERE = (
    "ikke på kontor", "ikke på jobb", "ikke på arbeid", "ikkje på kontor", "ikkje på jobb", "inte på kontor", "inte på jobb",
    "ikke på arbejd",
    "ikke til stede", "ikkje til stades", "inte på plats", "ikke tilgjengelig", "ikkje tilgjengeleg", "inte tillgänglig",
    "ikke tilgængelig",
    "ute av kontoret", "ute frå kontoret", "ute fra kontoret", "borte fra", "borte frå", "bort frå", "ude af kontoret", "jobber ikke",
    "arbeider ikke", "jobbar ikkje", "arbetar inte", "jobbar inte", "arbejder ikke", "not in the office", "not at work", "not available",
    "do not work", "don't work", "i work monday", "i work mon", "i work tuesday", "work mondays", "my working days",
    "arbeite montags", "arbeite nur", "arbeitstage sind", "jobber mandag", "jobber tirsdag", "arbeider mandag", "arbeider tirsdag",
    "jobbar måndag", "arbetar måndag", "arbejder mandag", "arbeidsdagene mine", "arbeidsdager er",
    "ikke tilbake", "ikkje attende", "ikkje tilbake", "inte tillbaka", "ikke tilbage", "not back", "erst am", "erst wieder", "erst ab",
    "not working", "nicht im büro", "nicht im haus", "außer haus", "nicht erreichbar", "arbeite nicht",
    "i do not work", "i don't work", "blir ikke lest", "vert ikkje lese", "leses ikke", "ikke bli lest", "no longer monitored",
    "not monitored", "byttet jobb", "bytta jobb", "bytt jobb", "ute og reiser", "på resande fot", "jobbar bara", "jobber bare",
    "jobber kun",
    "work part-time", "jobber deltid", "jobbar deltid", "ikke i bruk", "ikkje i bruk", "inte i bruk", "not in use", "no longer in use",
    "er nedlagt",
    "er avviklet", "er avvikla", "er deaktivert", "ist deaktiviert", "out of reach",
    "utan dekning", "uten dekning", "uten nett", "utan nett", "ej på kontor", "ej på plats", "ej tillgänglig", "ute på oppdrag",
    "limited availability", "ikke på arbeid", "inte på jobb", "inte i tjänst", "ikke i tjeneste", "ikkje i teneste", "nicht im dienst",
    "nicht am arbeitsplatz", "en ole paikalla", "en ole toimisto", "en ole töissä", "ei ole enää", "niet op kantoor", "niet aanwezig",
    "vanskelig å nå", "vanskeleg å nå", "svår att nå", "svær at få fat", "hard to reach", "difficult to reach", "lenger i bruk",
    "lengre i bruk", "længere i brug", "längre i bruk", "ikke i brug",
)  # fmt: skip
OUT_OF_USE = ("i bruk", "in use", "i brug", "nedlagt", "avviklet", "avvikla", "deaktivert", "deaktiviert", "lest", "lese", "leses")
"""Of an address: then the note has another one."""
DONE = words("""
    test teste testen tester testa prøv prøve prøver prøva prüfe prüfen probiere prova provar try start starte starten starta kjør kjøre
    køyr køyre kör installer installere installiere bestill bestille bestelle fiks fikse fiksa fix
""")
"""What people do or ask to be done: a note with one of these is none, however long it is."""
LATER = words("""
    returnerer returnerar bearbeitet
    reopen reopens dröja dröjer ping bemannet bemannad återkommer træffes treffes respons tilbake attende tilbage tillbaka åter sendes
    rettes svarer svarar svare svara svar besvart besvares besvarer besvare besvaras leser lest leses lese les læser läser läses sjekker
    sjekkar kontakt kontakte kontakta ring ringe ringa haster hastar hast haste hastesaker akutt akut brådskande vikar kollega back
    return returning reply replies respond response answer answered checking reading read contact call urgent access reach wieder zurück
    rückkehr
    antworte antworten antwort beantworten beantworte lesen kontaktieren wenden vertretung dringenden zugriff henvend henvende
    henvendelser sjekkes tilgang tillgång adgang mejla maila skriv ersättare erstatter vikaren vikarierer weitergeleitet vertritt
    erreichbar gelesen eingang notfall arbeitstag palaan palattuani takaisin vastaan vastaa lue yhteyttä soita kiireellisissä sijaiseni
    sijaistaa seuraa terug bellen gelezen beantwoord vervangt reageren bereikbaar reachable arbeidsdag arbetsdag redirected monitored
    begynner overtar overtek heter heiter hedder
""")
"""What comes then: a return, an answer later, or somebody else."""
SPAN = words("""
    til till until bis idag today heute uken uka veka veckan ugen week woche øyeblikket augneblinken ögonblicket øjeblikket currently
    derzeit zurzeit momentan tom asti saakka viikon tänään vandaag tot ubestemt temporarily permanent permanently ut heile hele hela
""")
UNTIL = words("til till until bis tom asti saakka tot")
SPANS = ("i dag", "i resten", "ut uk", "this week", "denne uk", "denne veka", "for tiden", "for tida", "für zeit")
CALL = words("ring ringe ringa call kontakt kontakte kontakta contact rufen anrufen ruf soita soittakaa bellen")
WRITTEN_TO = words("kontakt kontakte kontakta contact med an til till to via")
REACHABLE = words("""
    sentralbord sentralbordet hovednummer hovednummeret växel växeln reception receptionen resepsjon resepsjonen vakt vakttelefon
    vakttelefonen kollega kollegaer colleague switchboard zentrale sekretariat hotline kollege kollegen kollegin vaihde vaihteeseen keskus
    kollegani kollegalle collega
""")
"""A note that asks the reader to call says whom: a number, a switchboard, a colleague. "Call after that" is a person's answer."""
NAMED_AFTER = words("""
    med hilsen helsing hälsningar hälsning mvh vh regards grüße grüßen terveisin groet groeten ping left kontakt kontakte kontakta
    kontakter contact call ring ringe ringa kollega kollegaen colleague kollegin kollegen kollege vikar vikaren er är is ist on heter
    heiter hedder hei hej hi hello hallo dear kjære moi leder leiar sjef chef avdelingsleder manager herr herrn frau damen bruk bei
    collega kollegani kollegaani sijaiseni sijaisenani met vervanger stedfortreder ersättare vertretung an til till to i hos at for från
    from fra frå av af by og och and und eller or oder på via
""")
"""A word with a capital that follows one of these, or another such word, is somebody's name."""
ALSO_NAMES = words("per dag are bo jo siv liv ask even odd tor may april june mai august")
"""Of the words of such notes, those that are first names too."""
IS_OR_HAS = words("er är is ist has har hat on heeft")
WORKS = words("jobber jobbar arbeider arbetar arbejder works starfar svarer svarar leser läser læser")
SUBJECTS = words("""
    jeg eg jag vi me i we ich wir minä ik wij ég við og och and men but aber da så nå no nu dessverre diverre tyvärr desværre at att som
    kommunehuset rådhuset skolen skulen barnehagen legekontoret biblioteket servicetorget servicekontoret lageret sekretariatet
    kundesenteret kundeservice rektor saksbehandler sakshandsamar lensmannskontoret klinikken praksisen
    kontoret office offices büro butikken butikk verkstedet bedriften firmaet selskapet avdelingen avdelinga resepsjonen receptionen
    sentralbordet undertegnede undertegnande undertecknad e-posten eposten e-postadressen adressen adressa adresse innboksen postkassen
    mailboks mailbox inbox address mailadressen takk tack tak thanks hei hej hi hello hallo it this that det dette detta moment tiden
""")
"""Words for who is away in a note, and what may stand before the verb when that is left out; days, too."""
