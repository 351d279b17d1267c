"""The words with which servers say why they refuse, for `enhanced_status`. In: nothing. Out: patterns, all bounded. Holds no decisions.

English as Postfix, Exim, Sendmail, qmail, Exchange, Gmail, Yahoo, Domino, GroupWise, Zimbra, MDaemon and hMailServer write it; bokmål,
nynorsk, Swedish, Danish, German, French, Dutch and others as far as their systems translate it.
"""

from __future__ import annotations

import re

FULL_WORDS = (
    r"quota",
    r"(mailbox|mailfolder|inbox|mail box|postkass\w{1,2}|postboks\w{0,2}|innboks\w{0,2}|postfach|boîte|boite)\b"
    r"[^.\n]{0,30}\b(full|fullt|voll|pleine)\b",
    r"\bfull (mailbox|postkasse|postboks|innboks)",
    r"over ?(its |the )?limit|exceeded .{0,30}(storage|space)|(mailbox|storage|disk) (space|size)? ?(is )?(exceed|full)",
    r"out of (disk )?space|insufficient (system )?(storage|disk)|too much (mail|e-?mail)|not been collected",
)
OURS_WORDS = (
    r"(message|mail|size|e-post|melding)\w{0,4} (is |er |exceeds? |exceeded |size ){0,2}(too (large|big)|for stor|.{0,20}(maximum|limit))",
    r"(maximum|max) .{0,20}message size",
    r"\bspam\b|\bspf\b|\bdkim\b|\bdmarc\b|black ?list|block ?list|\brbl\b|\bdnsbl\b|blocked (using|by|for)|has been blocked|reputation",
    r"\bvirus|malware|(content|attachment)s? .{0,30}(reject|not allowed|blocked)",
    r"against .{0,20}policy|policy (reasons|rejection|violation)",
    r"(unable|not permitted|not allowed|refus\w{1,4}|denied|nekter|ikke lov) (to |å )?(relay|videresend)",
    r"relay(ing)? (access )?(is )?(denied|not (permitted|allowed)|prohibited)",
    r"not accepting mail from|authentication (is )?required|authenticated sender|client host",
    r"(sender|avsender|avsendar).{0,40}(reject|denied|not allowed|blocked|invalid|unknown|not found|verif|exist|avvist|ikk?j?e)",
    r"too many hops|routing loop|mail loop|sløyfe|loops? back",
)
_WHO = r"\b(user|mailbox|recipient|address|account|host|domain|name|bruker|brukar|mottaker|mottakar|adresse|konto)\b"
_IS_GONE = (
    r"(is |was |has been |are )?unknown",
    r"(is |was |are )?not (be )?(found(?!, try)|known|recogni[sz]ed|registered|active|listed)",
    r"disabled|discontinued|deactivated|inactive|suspended|terminated|invalid|deleted|closed",
    r"does(n't| not) (exist|have an? )|(couldn't|could not|can't|cannot) be found|wasn't found|rejected: user",
    r"(er|var|ble|vart|blitt) (slettet|sletta|sperret|sperra|deaktivert|avsluttet|avslutta|lagt ned)",
)
DEAD_WORDS = (
    rf"{_WHO}(?:[^.\n]|\.(?=\S)){{0,60}}?\b({'|'.join(_IS_GONE)})",
    r"\b(mailbox|user|account|recipient|address) (\S{1,80}@\S{1,80} )?(is |was )?(currently )?unavailable",
    r"user unknown|unknown (user|recipient|local.part|address|mailbox|host|domain)",
    r"no such (user|mailbox|recipient|address|person|account|domain|host|local user)",
    r"no (mailbox|user|account|one) (here )?(here|by (that|this) name)|not our (customer|user)|no mailbox (here|by that name)",
    r"invalid (recipient|mailbox|address|final delivery|user)|(bad|non-?existent) (recipient|mailbox|destination|address|user)",
    r"no longer (valid|employed|with|works?|in use|available|active|exists?|accept)",
    r"not a (valid|known) (user|recipient|mailbox|address|account)",
    r"unroute?able|(no|null) mx\b|non-?existent hosts|indicated no smtp service",
    r"domain (name )?(does not accept|has no)|host not found(?!, try)|recipient address rejected: access denied",
    r"does(n't| not) (exist|have an? .{1,60}account)|did not exactly match|no matches to nameserver|not have a final email delivery point",
    r"ukj?ent (bruker|brukar|mottaker|mottakar|adress[ea]|postkass[ea]|domene)|ugyldig (adress[ea]|mottak[ae]r)",
    r"(finnes|finst|eksisterer|fins) ikk?j?e|ble ikke funnet|vart ikkje funnen?|har (sluttet|slutta)",
    r"ikk?j?e lenger (i bruk|gyldig|hos|aktiv)",
    r"existerar inte|finns inte|okänd (användare|mottagare)|findes ikke|ukendt (bruger|modtager)|unbekannt|existiert nicht|nicht gefunden",
    r"n'existe pas|inconnu|bestaat niet|onbekend|no existe|desconocid|non esiste|não existe",
    r"не существует|не найден|недействител|不存在|查无此人|存在しません",
)


def _any(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


FULL, OURS, DEAD = _any(FULL_WORDS), _any(OURS_WORDS), _any(DEAD_WORDS)
"""The mailbox has no room; it was about the mail, its sender or the way; nobody has this address."""
