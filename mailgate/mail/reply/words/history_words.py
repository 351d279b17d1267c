"""What people write above a forward, and above a quote that holds their answers. Data for `history`; decides nothing."""

from __future__ import annotations

import re

from mailgate.mail.words.phrases import Phrases

# "Se under", "videresender", "FYI": what follows is to be read.
INTRODUCTIONS = re.compile(
    r"\b(?:se|sjå|les|läs) (?:under|nedenfor|nedanfor|nedan|nedenstående|vedlagt|videresendt|vidarebefordrat|mailen|mail|meldingen|"
    r"e-?posten|svaret|hva|kva|vad|hvad|dette|denne)\b"
    r"|\b(?:videresend\w*|vidaresend\w*|vidarebefordra\w*|forwarding|i forward|fwd|fyi|til orientering|til info(?:rmasjon)?|"
    r"for info(?:rmation)?|leiter\w* .{0,20}weiter|doorgestuurd)\b"
    r"|\b(?:see|read) (?:below|the (?:mail|message|e-?mail|answer|reply)|what|this|their)\b|\bbelow (?:is|from)\b|\bsiehe unten\b|"
    r"\bzie (?:hieronder|onder)\b|\bvoir ci-dessous\b"
    r"|\b(?:fikk|fekk|mottok|mottatt|fick|modtog|received|got) (?:dette|denne|svar|følgende|følgjande|detta|this|the following|"
    r"a reply|an answer)\b"
    r"|\b(?:svarte|svarer|svarar|skriver|skriv|skrev|sier|seier|säger|siger|svarade|svarede|answered|replied|says|wrote)\s*$",
    re.IGNORECASE,
)
_PLACE = (
    r"(?:i|med|in|mit|en|with)\s(?:rød[te]?|raud[te]?|rött?|röd[at]?|rot(?:er schrift)?|red|rouge|blå[tt]{0,2}|blau|blue|"
    r"grøn[nt]{0,2}|grön[t]?|grün|green|fet|kursiv|bold|caps)|"
    r"under|nedenfor|nedanfor|nedan(?:för)?|nedenunder|herunder|underneath|below|"
    r"inline|in-?line|(?:inn)?i teksten|i texten|in the text|in the mail|"
    r"in your mail|"
    r"(?:inn)?i mailen|(?:inn)?i meldingen|(?:inn)?i meldinga|(?:inn)?i e-?posten|i mejlet|i (?:din mail|ditt mejl)|inn(?:e)? i mailen|"
    r"zwischen den zeilen|(?:viestisi|tekstin) sekaan|(?:flettet|fletta|satt|lagt|skrevet|skrive) inn|indsat|insatta?|inskriv\w{1,3}|"
    r"infogad\w?|eingefügt|embedded|interspersed|mellom linjene|mellan raderna|mellem linjerne|"
    r"between the lines|unten|im text|ci-dessous|hieronder|in de tekst|"
    r"(?:í|með) (?:rauðu|bláu|grænu)|rauðu letri|(?:hér )?(?:að|fyrir) neðan|(?:inn)?i? ?í textanum|á milli línanna|"
    r"(?:for|under|etter|efter|bak|bag) (?:hvert|kvart|hver|varje|each|every) (?:spørsmål|punkt|fråga|spørgsmål|question|point)|"
    r"(?:bak|etter|mellom) (?:spørsmåla|dine spørsmål|spørsmåla dine)|"
    r"(?:bak|etter|efter|bag|mellom|mellan|mellem) (?:spørsmålene|frågorna|spørgsmålene|dine spørgsmål|dina frågor)|"
    r"(?:after|between) (?:the|your) questions|zwischen (?:den|Ihren|deinen) Fragen|"
    r"poniżej|na czerwono|w tekście|žemiau|raudonai|tekste"
)
# For themselves: the Finnish "alla" (below) is the Swedish "alla" (all), as in "har ni svarat alla".
_FINNISH_PLACE = r"punaisella|sinisellä|vihreällä|alla|alapuolella|alempana|tekstin (?:seassa|joukossa)|viestin sisällä|rivien välissä"
_FINNISH_ANSWERS = r"(?:vasta(?:us|ukset|ukseni|uksemme|sin|ttu)|kommen(?:tit|ttini|toin|toitu))"
_ANSWERS = (
    r"(?:(?<!for )(?<!ikke )(?<!ikkje )(?<!inte )(?<!fått )(?<!fikk )(?<!fick )(?<!noe )(?<!noko )(?<!på )(?<!få )(?<!mottatt )"
    r"(?<!motteke )(?<!ønsker )(?<!ynskjer )(?<!trenger )(?<!treng )(?<!mangler )(?<!manglar )"
    r"(?:svar(?! meg| mig| oss)(?:et (?:mitt|vårt)|ene|a|en|ar)?|svaret (?:mitt|vårt))|"
    r"svara|kommentar(?:er|ar|ene|erne)?|answers|(?<!the )(?<!an )(?<!no )(?<!any )(?<!your )answer|"
    r"repl(?:y|ies)|comments?|respons(?:e|es)?|"
    r"svör(?:in|um)?|athugasemdir(?:nar)?|merknad(?:er|ar|ene|ane)?|bemærkninger|odpowiedzi|odpowiedź|atsakymai|"
    r"antworten|(?<!die )(?<!eine )(?<!keine )(?<!ihre )(?<!deine )antwort|anmerkungen|réponses?|commentaires?|antwoord(?:en)?)"
)
# What must stand in a text that says where answers are: one pass of RE2 spares most texts the pattern below.
PLACE_SIGNS = Phrases((
    " rød", " raud", " rött", " röd", " rot", " red", " rouge", " blå", " blau", " blue", " grøn", " grön", " grün", " green", " fet",
    " kursiv", " bold", " caps", "under", "neden", "nedan", "below", "inline", "in-line", "teksten", "texten", "the text", "the mail",
    "your mail", "mailen", "melding", "posten", "mejlet", "din mail", "linjene", "raderna", "linjerne", "the lines", "unten", "im text",
    "ci-dessous", "hieronder", "de tekst", " hvert", " kvart", " hver", " varje", " each", " every",
    " alla", " alempana", " alapuolella", "punaisella", "sinisellä", "vihreällä",
    "innimellom", "flett", "satt inn", "lagt inn", "skrevet inn", "skrive inn", "indsat", "insatt", "inskriv", "infogad", "eingefügt",
    "embedded", "interspersed", "zwischen", "viestisi", "inn i mail", "inne i mail", "ditt mejl",
    " bak ", " etter ", " mellom ", " mellan ", " mellem ", " between ", " efter ", " bag ", " after ",
    "poniżej", "na czerwono", "w tekście", "žemiau", "raudonai", "tekste",
    " din mail", " din e-post", "deres mail", "deres e-post", "dykkar e-post",
    "tekstin", "viestin", "rivien", "rauðu", "bláu", "grænu", "neðan", "textanum", "línanna",
))  # fmt: skip
# One of these stands in each text that `ANSWERS_BELOW` finds.
ANSWER_STEMS = Phrases((
    "svar", "answer", "kommentar", "comment", "commenta", "repl", "respon", "antwort", "antwoord", "anmerk", "répon", "repon", "kommenter",
    "skrevet", "written", "inline", "in-line", "i rødt", "i raudt", "i rött", "in red", "svör", "athugasemd", "vasta", "komment",
    "merknad", "bemærkning", "odpowied", "atsakym", "fylt", "fyllt", "udfyldt", "filled in", "filled out",
    "skriver inn", "skriver rett", "skriv inn", "skriv rett", "skrive inn", "skriver med", "skriv med", "skriver i ", "skrive i ",
    "innimellom", "rødt", "raudt", "rött", "rød tekst", "raud tekst", "röd text",
))  # fmt: skip
_BETWEEN = r"(?:(?!\b(?:ikke|ikkje|inte|nicht|not|(?:ditt|deres)(?! spørsmål)|your(?! (?:questions?|points?)\b))\b)[^.\n?]){0,40}?"
_END = r"(?!\w)(?![^.\n]{0,60}\?)"
# "Svar innimellom", not "skriveren svarer innimellom": now and then.
_NOW_AND_THEN = (
    r"(?:^\W*(?:(?:hei|hallo)\b\W*)?|\b(?:har|jeg|eg|vi|mine|våre|se|sjå|ligger|ligg|står) )"
    r"(?:svar(?:ene|a|er|ar|t)?|kommentarer|skrevet)\b[^.\n?]{0,40}?\binnimellom\b"
)
_COLOUR = r"(?:i|med|in|with) (?:rødt?|raudt?|rött|red|blått?|blue|grønt?|green|fet|kursiv)"
_IN_MAIL = r"(?:inn )?i (?:(?:mailen|e-?posten|meldingen|meldinga|teksten|mejlet)\b|(?:din|dykkar|deres) (?:mail|e-?post|tekst|melding))"
# "Skriver i rødt", "fylt ut under": whoever does it is not named or is the author. "Skriveren skriver i rødt" is a fault.
_FILLED_IN = (
    rf"(?:^\W*(?:(?:hei|hallo)\b\W*)?|[.!]\s+|\b(?:jeg|eg|vi|har) )(?:skriver|skriv|skrevet|skrive)(?! ut)\b[^.\n?]{{0,20}}?\b"
    rf"(?:{_COLOUR}|{_IN_MAIL}){_END}"
    rf"|\b(?:fylt (?:ut|inn)|utfylt|innfylt|ifyllt|fyllt i|udfyldt|filled (?:in|out))\b{_BETWEEN}\b"
    rf"(?:(?:under|nedenfor|nedanfor|nedan|below)(?=\W*(?:$|[.!]))|{_COLOUR}|{_IN_MAIL}|inline){_END}"
    rf"|\bfylt (?:ut|inn) (?:din|deres|dykkar) (?:mail|e-?post|tekst)\b{_END}"
)
# "Se under, svart på begge", "Nedenfor har jeg kommentert".
_PLACE_FIRST = (
    rf"\b(?:under|nedenfor|nedanfor|nedan|below|{_COLOUR})\b[^.\n?]{{0,12}}\b(?:har (?:jeg|eg|vi|jag) (?:svart|svara|svarat|besvart|"
    rf"kommentert|skrevet|skrive|fylt)|(?:(?:jeg|eg|vi) har )?(?:svart|svara|kommentert) på|(?:finner|finn|ser|står) (?:du |dere )?"
    rf"(?:svarene|svara|mine svar|svaret mitt))"
)
# Nothing but "se under" in a line: the answer is in the quote, or the author points at what was said. Words in colour tell which.
POINTS_BELOW = re.compile(
    r"^\W*(?:(?:hei|hallo|hi|hello|hej)\b[\w ]{0,20}\W{1,3})?(?:se|sjå|see|siehe|katso|ser|please see|vennligst se) "
    r"(?:under|nedenfor|nedanfor|nedan|nedenunder|herunder|below|unten|alla)\W*$",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_BLACK = (
    r"(?<!er )(?<!var )(?<!blir )(?<!ble )(?<!vert )(?<!helt )svart(?! (?:og|skjerm|bilde|bakgrunn|strek|felt|farge|side|toner|blekk))"
)
# "Mine svar i rødt", "answers inline", "jeg har svart under".
ANSWERS_BELOW = re.compile(
    rf"\b{_ANSWERS}\b{_BETWEEN}\b(?:{_PLACE}){_END}"
    rf"|\b(?:{_NOT_BLACK}|svara|svarer|svarar|svarat|(?:har|jeg|vi|er) svaret|svarede|"
    rf"besvarer|besvarar|besvart|besvarat|besvaret|skrevet(?! ut)|kommentert|answered|replied|"
    rf"commented|written|geantwortet|beantwortet|répondu|geantwoord)\b{_BETWEEN}\b(?:{_PLACE}){_END}"
    rf"|\b(?:svaraði|hef svarað)\b{_BETWEEN}\b(?:{_PLACE}){_END}"
    rf"|\b{_FINNISH_ANSWERS}\b{_BETWEEN}\b(?:{_FINNISH_PLACE}|{_PLACE}){_END}"
    rf"|{_FILLED_IN}|{_PLACE_FIRST}"
    rf"|{_NOW_AND_THEN}|^\W*(?:hei\W+)?(?:se|sjå) innimellom\b"
    rf"|\b(?:see|se|sjå|siehe|voir|zie) (?:inline|in-?line|i rødt|i raudt|i rött|in red|rødt|raudt|rött|rød tekst|raud tekst|röd text)\b",
    re.IGNORECASE | re.MULTILINE,
)
