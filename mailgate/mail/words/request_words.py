"""What people ask a help desk to do, and out-of-office notes never ask for. In: nothing. Out: patterns for folded text, linear.

Source for `wording`; holds no decisions. Notes of absence tell their reader to call, write, wait or look at a page: no such verb is here.
Delete is here only with what a desk deletes, since footers ask to delete a mail that went astray.
"""

from __future__ import annotations

import re

ORDER = re.compile(
    r"(?:\A|[.!?:;,\u2013-] |\b(?:og|and|och|samt|så|then|please|venligst|vennligst|vänligen) )(?:bare |berre |gjerne |just |også )?"
    r"(?:"
    # nb, nn, da
    r"(?:sett|sæt) (?:opp|på|op|et|ein?|eit|inn|ned|den|det|dei)\b|(?:slå|skru) (?:på|av|til|fra)\b|"
    r"(?:lukk|luk|steng|fjern|aktiver|deaktiver|kjør|køyr|kør|bytt|skift|oppdater|opdater|installer|monter|gjenopprett|nullstill)\b|"
    r"opprett (?!(?:ei?n? )?(?:ny )?sak)|(?:åpne|opne) (?:den|det|saken|saka|kontoen|tilgang\w*|for)\b|"
    r"endre (?:den|det|teksten|meldingen|meldinga|til|på)\b|ta (?:det|den|dei)\b(?! med| opp)|"
    r"legg inn (?!(?:ei?n? )?(?:ny )?sak)|(?:sperr|blokker|lås|spærr|tilbakestill)\b(?! ute)|"
    # sv
    r"(?:spärra|återställ|stäng|ta bort|ändra|byt|uppdatera|aktivera|inaktivera)\b|sätt (?:på|upp)\b|starta om\b|"
    # en
    r"turn (?:on|off)\b|set (?:up|my|the)\b|(?:disable|enable|restart|reboot|reinstall|go ahead|reset|unlock)\b|"
    r"(?:close|remove|change|add|block|lock) (?:the|this|my|her|his|our)\b|"
    r"(?:slett|slet|radera|delete) (?!den|denn?e|this|the (?:e-?mail|message)|it|detta|det|e-?post|e-?mail|mail|meld|mejl|also)|"
    # de, fi
    r"(?:richten|schalten|sperren|löschen|schließen|ändern|aktivieren|deaktivieren|entfernen) sie\b|"
    r"(?:asettakaa|aseta|sulkekaa|sulje|poistakaa|poista|vaihtakaa|muuttakaa|laittakaa)\b)|"
    r"\bbitte (?:\S{1,20} ){0,6}(?:sperren|löschen|schließen|einrichten|einschalten|abschalten|ausschalten|"
    r"deaktivieren|aktivieren|ändern)\b|\bproszę (?:o )?(?:ustawi|zamkn|usun|wyłącz|włącz|zmieni)\w{0,10}|"
    r"\bplease (?:set|turn|close|disable|enable|remove)\b|"
    r"\bskal (?:e-?posten|mailen|mailene|postkass\w{1,3}|innboksen)(?: min| mi| mine)? (?:videresendes|vidaresendast|sendes|gå)\b|"
    r"\b(?:e-?posten|mailen|mailene|postkass\w{1,3}|innboksen)(?: min| mi| mine)? skal (?:videresendes|vidaresendast|sendes|gå)\b",
    re.IGNORECASE,
)
"""Something to do, at the beginning of a sentence or of a part of one."""

WISH = re.compile(
    r"\b(?:jeg|eg|vi|me) (?:treng|trenger|må ha|vil (?:gjerne )?ha)\b|\b(?:ønsker|ynskjer|ønskjer) at (?!du|dere|de\b|alle)|"
    r"\b(?:jeg|eg|vi|me)\b[^.!?\n]{0,60} og må (?:ha|få)\b|\b(?:jag|vi) (?:behöver|vill ha)\b|"
    r"\b(?:jeg|vi) har brug for\b|(?<!\bif )(?<!\bshould )\b(?:i|we) need\b|\b(?:ich|wir) (?:brauchen?|benötigen?)\b|\bmöchten?, dass\b",
    re.IGNORECASE,
)

OF_THE_NOTE = re.compile(
    r"\btekst\w{0,3} (?:til|for|i|på) (?:auto|fravær|fråvær|ferie(?:melding|svar))|"
    r"\bny(?:tt|e)? (?:fraværs|fråværs|frånvaro|autosvar|feriemelding)|"
    r"\b(?:dette|her|det) er (?:den nye |den )?teksten\b|\bteksten? (?:som )?(?:vi|jeg|eg|me) (?:vil|ønsker|ønskjer|skal)\b|"
    r"\b(?:out[ -]of[ -]office|auto[- ]?reply|autosvar\w{0,3}|fraværsmelding\w{0,2}|feriesvar\w{0,2})\b[^.!?\n]{0,60} "
    r"(?:should (?:say|read)|skal (?:stå|lyde|si|være)|soll (?:lauten|stehen))\b|"
    r"\bskal teksten\b|\bteksten skal\b|\btext (?:for|of|in) (?:the |my |our )?(?:auto|out[ -]of[ -](?:the )?office)",
    re.IGNORECASE,
)
"""Somebody speaks of the text of an automatic answer: what follows is that text, and they want it put in."""
