"""Emoji reactions sent as mail. In: the reply's text and the types of the parts. Out: whether the mail is no more than a reaction. Pure.

Gmail sends a part of type text/vnd.google.email-reaction+json and a line that names Gmail; Outlook sends one line and the quoted mail.
A reaction, or a lone emoji, says no more than a thanks, unless the emoji is one of refusal: then a person has to look.
"""

from __future__ import annotations

import re

GMAIL_PART = "text/vnd.google.email-reaction+json"
_MAX_CHARS = 400
_ANNOUNCED = re.compile(
    r"[^\n]{0,120}?\b(?:reacted|reagerte|har reagert|reagerade|har reagerat|reagerede|har reageret|reagoi|brást við|hefur brugðist við|"
    r"a réagi|reagierte|liked|loved|likte|elsket|gillade|heeft gereageerd|reageerde|reaccionó|hat[^\n]{0,80} reagiert)\b[^\n]{0,120}",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:gmail\w*|message|e-?mail|mail|melding\w*|meddela?nde\w*|meddelelse\w*|besked\w*|beskjed\w*|e-post\w*|epost\w*|nachricht\w*|viesti\w*|sähköposti\w*|"
    r"skilaboð\w*|tölvupóst\w*|mejl\w*|bericht\w*|mensaje)\b",
    re.IGNORECASE,
)
# Phones without reactions write `Liked "…"` with the words that were reacted to.
_TAPBACK = re.compile(r"(?:liked|loved|emphasi[sz]ed|likte|elsket|gillade|gefällt)\s[\"“«].{1,300}[\"”»]", re.IGNORECASE)
_URL = re.compile(r"<?https?://\S{1,500}>?")
_URL_LINE = re.compile(r"\s*<?https?://\S{1,500}>?\s*")
_REFUSALS = frozenset("👎😠😡🤬😢😭💔❌😞😟☹🙁😕❓❔⁉😤🖕🤮🤯😩😫⛔🚫🆘⚠🤷😒🙄")
_PLAIN = re.compile(r"[\s\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff:!.]")


def is_reaction(text: str, part_types: tuple[str, ...] = ()) -> bool:
    """Whether `text` (a reply without quote and signature) is an emoji reaction or emoji alone, and not one of refusal."""
    if len(text) > _MAX_CHARS or not _REFUSALS.isdisjoint(text):
        return False
    reacted = GMAIL_PART in part_types
    for line in filter(None, map(str.strip, text.split("\n"))):
        if not (is_emoji(line) or _is_line_of_client(line)):
            return False
        reacted = True
    return reacted


def _is_line_of_client(line: str) -> bool:
    if _URL_LINE.fullmatch(line) or _TAPBACK.fullmatch(line):
        return True
    said = _URL.sub("", line)
    return _ANNOUNCED.fullmatch(said) is not None and _ABOUT.search(said) is not None and "?" not in said


def is_emoji(line: str) -> bool:
    """Whether `line` holds emoji and nothing else."""
    if line.isascii():
        return False
    signs = _PLAIN.sub("", line)
    return 0 < len(signs) <= 10 and all(_is_emoji_sign(sign) for sign in signs)


def _is_emoji_sign(sign: str) -> bool:
    return "\U0001f300" <= sign <= "\U0001faff" or "\u2600" <= sign <= "\u27bf" or sign in "\u2764\u2b50\u2b55\u203c"
