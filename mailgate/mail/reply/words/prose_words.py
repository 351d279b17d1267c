"""Words of prose. Data for `line_kinds`: a line with one of these is never signature. All in lower case.

Function words (pronouns, negations, auxiliaries, conjunctions) and the verbs and things that support desks hear of, in nb, nn, sv, da
and en, and the function words of de, nl and fr.
"""

from __future__ import annotations

from mailgate.mail.words.word_lists import words

PROSE_WORDS = words("""
    jeg eg du vi dere dokker dykk meg deg oss han hun ho hen den det dei de dem seg min mitt mine din ditt dine vår vårt våre hans
    hennes deres
    som at om hvis dersom når mens fordi men eller ikke ikkje ingen ingenting aldri alltid bare berre kun også òg samt enda ennå fortsatt
    fremdeles framleis nå no da då så her der hvor kor hva kva hvem kven hvorfor kvifor hvordan korleis noe noko noen nokon nokre
    er var blir vert blei ble vart bli har hadde ha hatt kan kunne kunna må måtte skal skulle vil ville bør burde får fikk fekk
    fått gjør gjer gjorde
    gjort går gikk gjekk gått kommer kjem kom kommet ser så sett vet veit trenger treng trengte ønsker ønskjer virker verkar verker
    fungerer funker funkar mangler manglar feiler står stod ligger ligg gjelder gjeld heter heiter prøver prøvde prøvd sjekket sjekk sjekke
    ring ringe ringer ringte send sende sender sendte sendt sendes slett slette slettes start starte startet startes bytt bytte byttet
    opp ned inn ut på med uten utan til fra frå etter før under over mellom hos mot ved siden sidan igjen allerede allereie
    feil feilen feila feilmelding feilkode problem problemet problemer virket verka nede oppe død dødt borte vekk ødelagt stopper
    stoppet stopp henger krasjer
    skriver skriveren skrivaren printer printeren maskin maskinen maskiner pc pcen skjerm skjermen server serveren nettverk
    nettverket internett vpn
    passord passordet bruker brukeren brukere brukernavn konto kontoen lisens faktura fakturaen bilag bilaget vedlegg vedlegget
    logg loggen fil filen
    sak saken sakene ordre ordren serienr serienummer modell versjon utgave
    mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tysdag laurdag sundag i morgen morgon går dag kveld formiddag
    ettermiddag uke veke
    januar februar mars april mai juni juli august september oktober november desember klokka klokken kl
    ja nei jo neida joda ok okei okay hei hallo takk tusen beklager unnskyld vennligst venlegst gjerne gjerne kanskje håper
    jag dig mig oss ni er dom dem den din ditt dina mitt mina vår vårt våra hans hennes inte ingen ingenting aldrig alltid bara också ännu
    fortfarande nu då där här var vad vem varför hur något någon några är blir blev bli har hade ha haft kan kunde måste ska skulle vill
    ville bör får fick fått gör gjorde gjort går gick gått kommer kom ser såg vet behöver önskar fungerar funkar verkar saknas saknar
    fel felet felmeddelande nere uppe trasig borta skrivare skrivaren datorn dator skärm lösenord användare användaren ärende
    ärendet faktura
    måndag tisdag lördag söndag igår imorgon idag vecka hej tack ursäkta nej
    jeg mig dig os jer sig vores jeres ikke ingen intet aldrig altid kun også endnu stadig nu hvor hvad hvem hvorfor hvordan noget
    nogen nogle
    er blev bliver blive havde kunne måtte skulle ville burde får fik fået gør gjorde gjort går gik gået kommer ser ved skal virker mangler
    fejl fejlen fejlmeddelelse fejlkode skærm skærmen adgangskode bruger brugeren sagen tirsdag lørdag hej tak undskyld desværre
    i me my mine you your yours we us our ours he him his she her they them their it its this that these those who whom which what
    when where
    why how if because but or not no none nothing never always only also still yet already now then there here
    is are was were be been being am has have had do does did done can cannot could may might must shall should will would get gets
    got gotten
    need needs needed want wants try tries tried work works worked working fail fails failed failing stop stops stopped start started starts
    restart restarted call calls called calling send sends sent see sees saw seen know knows knew think says said ask asked asks
    come comes came
    does don't doesn't didn't can't won't isn't i'm it's we're i've you're
    error errors problem problems issue issues down broken dead missing wrong printer printers server servers computer screen password
    user users account license invoice attachment log file files ticket case order serial model version replaced updated installed
    monday tuesday wednesday thursday friday saturday sunday tomorrow yesterday today tonight week morning
    yes hello hi hey please sorry maybe hope to from into after before until again
    ich du wir ihr sie er es mich dich uns nicht kein keine nie immer nur auch noch schon jetzt hier dort wo was wer warum wie wenn
    weil aber oder
    ist sind war waren wird wurde werden habe haben hat hatte kann können muss soll will bitte fehler drucker funktioniert geht ja
    nein danke
    ik jij je wij we jullie hij zij niet geen nooit altijd alleen ook nog nu hier daar waar wat wie waarom hoe als omdat maar is
    zijn was heeft hebben
    kan moet wil werkt fout ja nee bedankt graag
    ei eivät emme ette että mutta joka kun vain vielä vieläkin edelleen nyt myös mukana onko olen olet olemme ovat oli voitteko
    voisitteko voitko pitää pitäisi toimii toimivat auttanut rikki virhe virheen tulostin tulostimen koneen salasana
    liitteenä soita soittakaa huomenna tänään eilen minä minun meidän teidän
    ekki eru voru hefur hafa eða það þetta þessi ég við þið hann hún ennþá enn samt líka núna strax getið getur hringdu hringið
    villan villuna prentari prentarinn tölva tölvan bilað bilaður virkar lagað vantar sjá morgun gær okkar ykkar
    je tu nous vous il elle ils elles ne pas rien jamais toujours aussi encore maintenant ici où quoi qui pourquoi comment si parce
    mais est sont
    était avez avons ont peut doit erreur imprimante marche oui non merci
""") - words("no is da as vår hans mai do de dag jo dina mina it kunde")
# Last words of a line that announces a name, a number or an address: "Ny kontaktperson er", "Send den til".
ANNOUNCING = words("""
    er är is are was heter heiter named called til till to på at for för med with av af by hos fra frå från from som as under
    via på: og og/eller
    følgende følgjande følgande følgende følgjende following these disse desse dessa nedenfor below
""")
# How a question ends whose answer stands below it: "Kan dere endre til dette?"
ASKED_FOR = frozenset(
    (verb, what)
    for verb in ("til", "till", "to", "slik", "som", "zu")
    for what in ("dette?", "detta?", "this?", "slik?", "diesem?", "det?")
)
# A sentence with one of these introduces the person named below it: what follows is no signature.
INTRODUCES_CONTACT = (
    "kontakt", "contact", "kontaktperson", "leveringsadress", "leveres til", "levereras", "mottaker", "mottakar", "mottagare",
    "modtager", "recipient",
    "bestill", "adresse", "address", "adress", "kollega", "kolleg", "colleague", "ansatt", "tilsett", "anställd", "employee",
    "ny bruker", "ny brukar",
    "new user", "ny användare", "ny bruger", "telefonnummer", "phone number", "nummeret", "numret", "number is", "ring ", "call ",
    "nås på", "treffes på",
    "reach", "erstatter", "ersätter", "replaces", "overtar", "tar över", "overtager", "vikar", "eier", "owner", "ansvarlig er",
    "navn", "namn", "name",
    "tilgang", "access", "åtkomst", "adgang", "send ", "sendes til", "skickas", "gjelder", "gjeld ", "gäller", "gælder",
    "concerns", "visittkort", "signatur",
)  # fmt: skip
