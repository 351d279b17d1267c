"""Guess the language of a text. In: text. Out: `nb nn da sv en de fi nl fr`, or "". Small word lists, no model, microseconds per line.

Words that only one of the languages has count most; words that two or three share count for each of them. When the Scandinavian
languages cannot be told apart the answer is `nb`, the language of most of our senders.
"""

from __future__ import annotations

import re

LANGUAGES = ("nb", "nn", "da", "sv", "en", "de", "fi", "nl", "fr")
_SCANDINAVIAN = frozenset({"nb", "nn", "da", "sv"})
_LETTERS_OF_WORDS = "abcdefghijklmnopqrstuvwxyzæøåäöüßéèêëçàâîïôû"
_OE, _OE_OCTET = "œ", "\x9c"
"""The one letter of words that ISO 8859-1 has not; it takes the place that it has in Windows-1252, which is a control in clean text."""
_ADDRESSES = re.compile(r"(?<!\S)\S*(?:@|://)\S*|\bwww\.\S*")
_ABBREVIATIONS = re.compile(r"[A-ZÆØÅÄÖÜ](?<!\w.)(?!(?<=M)(?:VH|FG)\b)[A-ZÆØÅÄÖÜ]{1,3}(?!\w)")
"""`IT`, `US`, `NO` are words of no language; `MVH` and `MFG` are. It begins with the letters, for which `re` has a quick search."""
_MAX_CHARS = 4_000
_MAX_WORDS = 400
_ENOUGH = 1.5
"""One word of one language, or of two close ones, is enough: most replies are short."""
_ENOUGH_NORDIC = 1.0
_LEVEL = 0.5

_LISTS = {
    "nb": """i du man ham henne hans hennes dit hit burde bør kanskje allerede alltid aldri ofte annet andre annen samme selv hele
        alle alt mest minst god stor ny nye år måned tid jobb jobber arbeid firma kontakt ta kom kommer går ser sier vet tror
        gir tar uten mot mellom hos sluttet begynt møte melding
        fint bra greit flott se vedlegg vedlagt vedlagte tekst bilde brukernavn passord logge innlogging skriver nettside faktura
    ordre bestilling
        leverandør kunne ville skulle vært gått skjer slutt deg din ditt dine vår vårt våre oss dem de sin sitt hadde gang
        dager timer lenger første neste ringe sende sendt fikk gikk står ligger finner bruker trenger ønsker mener synes takker
        mvh ja nei hvilken hvilke hver noens kunde kunden dag morgen kveld haster mulig ferdig feil feilmelding problem problemet hjelp
        hjelpen hjelpe løst vedrørende angående
        jeg ikke hva hvordan hvor hvorfor noe noen være fra til og det som har kan vi vil skal med på en er av for å etter bare
    også nå så når må
        mitt mine dere deres meg seg hun han ble blir gjør gjøre får fått slik mye mange veldig hei takk tusen vennlig hilsen spørsmål
        svar siden hvis
        enn eller denne dette disse der her om ved over under før igjen ut inn opp ned fungerer virker sak saken beklager gjerne litt
        kun fordi
        fraværende ferie kontoret tilbake mandag tirsdag onsdag torsdag fredag lørdag søndag uke snart men et""",
    "nn": """i du man han hennar dit hit burde bør kanskje allereie alltid aldri ofte anna andre annan same sjølv heile alle alt
        mest minst god stor ny nye år månad tid jobb jobbar arbeid firma kontakt ta kom kjem går ser seier veit trur gir tek
        utan mot mellom hos slutta byrja møte melding
        sjå vedlegg vedlagt tekst bilete brukarnamn passord logge innlogging skrivar nettside faktura kunne ville skulle vore
        gått skjer deg din ditt dine vår vårt våre oss dykkar sin sitt hadde gong dagar timar lenger første neste ringje sende
        sendt fekk gjekk står ligg finn brukar treng takkar ja nei kvar dag morgon kveld hastar mogleg ferdig feil feilmelding
        problem problemet hjelp hjelpa hjelpe kunde kunden løyst vedrørande no ynskja logga meg gløymt framleis
        eg ikkje kva korleis kvar kvifor noko nokon vere frå til og det som har kan vi vil skal med på ein er av for å etter berre
    også så når må
        mitt mine de dykk meg seg ho han vart blir gjer gjere får fått slik mykje mange veldig hei takk tusen venleg helsing spørsmål
        svar sidan viss
        enn eller denne dette desse der her om ved over under før igjen ut inn opp ned fungerer verkar sak saka beklagar gjerne litt
        fordi korfor
        fråverande ferie kontoret tilbake måndag tysdag onsdag torsdag fredag laurdag sundag veke snart men eit ikkje kven hjå dei
        sjølv berre
        ynskjer ønskjer trur eigen kjem hjelp eitt nokre vore heile saman""",
    "da": """i du man ham hende hans hendes burde bør måske allerede altid aldrig ofte andet andre anden samme selv hele alle alt
        mest mindst god stor ny nye år måned tid job arbejder arbejde firma kontakt tage kom kommer går ser siger ved tror
        giver tager uden mod mellem stoppet begyndt møde besked
        se vedhæftet tekst billede brugernavn adgangskode logge printer hjemmeside faktura ordre bestilling kunne ville skulle
        været gået sker dig din dit dine vores os dem de sin sit havde gang dage timer længere første næste ringe sende sendt
        fik gik står ligger finder bruger behøver ønsker synes mvh ja nej hvilken hvilke hver dag morgen aften haster muligt
        færdig fejl fejlmeddelelse problem problemet hjælp hjælpen hjælpe kunde kunden løst vedrørende angående jeres virker ikke
        jeg ikke hvad hvordan hvor hvorfor noget nogen være fra til og det som har kan vi vil skal med på en er af for at efter
    kun også nu så når
        må mit mine jer jeres mig sig hun han blev bliver gør gøre får fået sådan meget mange hej tak tusind venlig hilsen spørgsmål
        svar siden hvis
        end eller denne dette disse der her om ved over under før igen ud ind op ned fungerer virker sag sagen beklager gerne lidt fordi
        fraværende ferie kontoret tilbage mandag tirsdag onsdag torsdag fredag lørdag søndag uge snart men et kære bedste hilsner hos
        mvh""",
    "sv": """i du man honom henne hans hennes borde bör kanske redan alltid aldrig ofta annat andra annan samma själv hela alla allt
        mest minst god stor ny nya år månad tid jobb jobbar arbete företag kontakta ta kom kommer går ser säger vet tror ger
        tar utan mot mellan hos slutat börjat möte meddelande
        se bifogat bifogad text bild användarnamn lösenord logga skrivare hemsida faktura order beställning kunde ville skulle
        varit gått händer dig din ditt dina vår vårt våra oss dem de sin sitt hade gång dagar timmar längre första nästa ringa
        skicka skickat fick gick står ligger hittar använder behöver önskar tycker ja nej vilken vilka varje dag morgon kväll
        bråttom möjligt klar fel felmeddelande problem problemet hjälp hjälpen hjälpa löst angående
        jag inte vad hur var varför något någon vara från till och det som har kan vi vill ska med på en är av för att efter bara
    också nu så när
        måste mitt mina ni er mig sig hon han blev blir gör göra får fått sådan mycket många väldigt hej tack tusen vänlig hälsning
        hälsningar fråga
        svar sedan om än eller denna detta dessa där här vid över under före igen ut in upp ner fungerar ärende ärendet tyvärr gärna
        lite eftersom
        frånvarande semester kontoret tillbaka måndag tisdag onsdag torsdag fredag lördag söndag vecka snart men ett inom""",
    "en": """man always never often other same self whole all good new year month time job work works company contact come goes says
        know believe without against between message meeting received into will
        see attached attachment text picture username password log login printer page invoice order could were did going
        happens him them had time days hours longer first next call send sent got went need want think yes no which each day
        morning possible done error problem help helped solved regarding still
        i not what how where why something someone be from to and it that has can we will shall with on a is of for the after only
    also now so
        when must my your you me he she was are this these there here if than or by over under before again out in up down works case sorry
        please thanks thank regards hello hi dear back office vacation monday tuesday wednesday thursday friday have been would could
        an as at
        do does did but they their its our us just any about which who""",
    "de": """du man ihm schon immer nie oft andere anderen gleiche selbst ganze alle alles gut neu jahr monat zeit arbeit firma
        kontakt kommt geht sagt weiß glaube ohne gegen zwischen aufgehört nachricht um
        siehe anhang text bild benutzername passwort anmelden drucker seite rechnung bestellung könnte würde wurde gehabt dich
        dir uns ihnen hatte mal tage stunden länger erste nächste anrufen senden gesendet ging brauche möchte ja nein welche
        jede tag morgen möglich fertig fehler problem hilfe gelöst bezüglich vielen schönen mfg
        ich nicht was wie wo warum etwas jemand sein von zu und es das die der den dem ein eine hat kann wir will soll mit auf ist
    für nach nur
        auch jetzt so wenn muss mein meine sie ihr ihre mich sich er war wird werden haben diese dieser dieses hier dort oder als bei über
        unter vor wieder aus im am zum zur bitte danke grüße grüßen hallo sehr geehrte geehrter damen herren freundlichen büro urlaub montag
        dienstag mittwoch donnerstag freitag anfrage dass aber noch einen keine kein mehr""",
    "fi": """katso liite liitteenä kuva käyttäjätunnus salasana kirjautua tulostin sivu lasku tilaus oli kerran päivää tuntia
        ensimmäinen seuraava soittaa lähettää sain tarvitsen haluan kyllä mikä jokainen huomenta mahdollista valmis virhe
        ongelma apua apu ratkaistu koskien kiitoksia paljon toimi tulostaa
        minä ei en et emme mitä miten missä miksi jotain joku olla on ja se että joka voi me olen olet ovat kanssa kun jos vain
    myös nyt niin
        pitää minun sinun hän oli tämä nämä siellä täällä tai kuin hei kiitos ystävällisin terveisin kysymys vastaus takaisin toimisto loma
        maanantai tiistai keskiviikko torstai perjantai poissa asti voisitte teidän meidän mutta ole hyvä asia tapaus päivää""",
    "nl": """zie bijlage tekst afbeelding gebruikersnaam wachtwoord inloggen printer pagina factuur bestelling kunnen zouden geweest
        jou ons hen had keer dagen uren langer eerste volgende bellen sturen verzonden kreeg ging nodig wil ja nee welke elke
        dag morgen mogelijk klaar fout probleem hulp opgelost betreffende
        ik niet wat hoe waar waarom iets iemand zijn van naar en het de een heeft kan wij we wil zal met op is voor na alleen ook
    nu zo als
        moet mijn jullie u uw mij zich hij zij was waren wordt worden hebben deze dit die daar hier of dan bij over onder weer uit graag
        bedankt dank groet groeten hallo beste geachte kantoor vakantie maandag dinsdag woensdag donderdag vrijdag vraag dat maar nog geen
        vriendelijke aan te om er""",
    "fr": """voir jointe joint texte image utilisateur connexion connecter imprimante page facture commande pourrait serait été lui
        eux avait fois jours heures longtemps premier prochain appeler envoyer envoyé besoin voudrais oui non quel quelle
        chaque jour matin possible terminé erreur problème aide résolu concernant beaucoup bonne journée fonctionne
        je ne pas que quoi comment où pourquoi quelque être de à et il elle le la les un une des du a peut nous vous avec sur est pour
        après seulement aussi maintenant si quand doit mon ma mes votre vos notre me se était sont ce cette ces ici ou par dans plus sans
        merci bonjour cordialement madame monsieur bureau vacances lundi mardi mercredi jeudi vendredi question réponse mais au aux en
        qui""",
}
_LETTERS = {
    "ø": ("nb", "nn", "da"),
    "æ": ("nb", "nn", "da"),
    "ö": ("sv", "de", "fi"),
    "ä": ("sv", "de", "fi"),
    "ß": ("de",),
    "ü": ("de",),
    "ç": ("fr",),
    "è": ("fr",),
}


_TENTHS = 10
_BITS = 20
"""A score in tenths, of 400 words at most, fits in that many bits."""


def _packed(points: dict[int, int]) -> int:
    """Points per index of a language, in one number: adding two adds all languages at once, which is what reading a mail spends time on."""
    return sum(tenths << (index * _BITS) for index, tenths in points.items())


def _weights() -> dict[str, int]:
    """Word -> points, packed; a word of one language weighs 3, of two 1.5, of three 1, of more 0.6 each."""
    owners: dict[str, list[int]] = {}
    for index, code in enumerate(LANGUAGES):
        for word in set(_LISTS[code].split()):
            owners.setdefault(word, []).append(index)
    weigh = {1: 30, 2: 15, 3: 10}
    return {word: _packed(dict.fromkeys(ids, weigh.get(len(ids), 6))) for word, ids in owners.items()}


def _octets(word: str) -> bytes:
    return word.replace(_OE, _OE_OCTET).encode("latin-1")


def _words_alone() -> bytes:
    """A translation table: letters of words in lower case, all else a blank."""
    lower = {octet: chr(octet).lower() for octet in range(256)}
    return bytes(ord(sign) if sign in _LETTERS_OF_WORDS or sign == _OE_OCTET else 0x20 for sign in lower.values())


_WORDS_ALONE = _words_alone()
_WEIGHTS = {_octets(word): points for word, points in _weights().items()}
_LETTER_WEIGHTS = {_octets(letter): _packed({LANGUAGES.index(code): 5 for code in codes}) for letter, codes in _LETTERS.items()}
"""A letter speaks for its languages once; it decides only between languages that words already speak for."""


def guess(text: str) -> str:
    """The language of `text`, "" when it says too little. Only the first 4,000 characters and 400 words are looked at."""
    words = _words(_without_names(text[:_MAX_CHARS]))[:_MAX_WORDS]
    found = [weight for weight in map(_WEIGHTS.get, words) if weight]
    joined = b"".join(words)
    total = sum(found) + sum(weight for letter, weight in _LETTER_WEIGHTS.items() if letter in joined)
    scores = [total >> (index * _BITS) & ((1 << _BITS) - 1) for index in range(len(LANGUAGES))]
    best = scores.index(max(scores))
    enough = _ENOUGH_NORDIC if LANGUAGES[best] in _SCANDINAVIAN else _ENOUGH
    if scores[best] < enough * _TENTHS or (len(words) > 20 and len(found) * 8 < len(words)):
        return ""
    return _settled(LANGUAGES[best], scores)


def _words(text: str) -> list[bytes]:
    """The words of `text` in lower case, in ISO 8859-1: octets are translated and parted many times faster than a pattern finds letters."""
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        octets = text.lower().replace(_OE, _OE_OCTET).encode("latin-1", "replace")
    return octets.translate(_WORDS_ALONE).split()


def _without_names(text: str) -> str:
    """The text without addresses and abbreviations, whose parts look like words: the `no` of `kunde.no`."""
    if "@" in text or "://" in text or "www." in text:
        text = _ADDRESSES.sub(" ", text)
    return text if text.isupper() else _ABBREVIATIONS.sub(" ", text)


def _settled(best: str, tenths: list[int]) -> str:
    """Between Scandinavian languages that are level, `nb`."""
    if best in _SCANDINAVIAN and best != "nb" and tenths[LANGUAGES.index(best)] - tenths[0] < _LEVEL * _TENTHS:
        return "nb"
    return best
