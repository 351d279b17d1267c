"""Recognises a plain text part that only stands in for the HTML part. Stage: reading, before the text is chosen.

In: text. Out: yes or no. It must never match a text with a sentence about anything but the format of the mail.
"""

from __future__ import annotations

import re

from mailgate.mail.reply.footer import is_banner, is_footer
from mailgate.mail.reply.mobile_signature import is_mobile_signature
from mailgate.mail.reply.quote_lines import is_blank, is_rule

MAX_CHARS = 2_000
_INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufe0f\ufeff\uffa0\ufffc]+"
)
_PICTURE = re.compile(
    r"<?\[?\(?(?:cid:|image|bilde|et bilde|ett bild|bild|billede|a picture|logo|inline|embedded|attachment|vedlegg|photo|"
    r"picture)[^\]\n]{0,200}\]?\)?>?"
    r"|<?\S{1,80}\.(?:png|jpe?g|gif|bmp|heic)>?"
    r"|[<\[(]{0,2}https?://\S{1,400}[>\])]{0,2}",
    re.IGNORECASE,
)
# A part that refers its reader to the HTML part.
_NEEDS_HTML = re.compile(
    r"(?=.*\bhtml\b)(?=.*(?:support|requir|capable|enabled?|compatible|view|format|display|krever|krev|støtter|støttar|vis(?:es|"
    r"ning)?\b|stöd|kräver|"
    r"understøtter|kræver|unterstütz|benötig|anzeig|ondersteun|nécessite|supporte|version|versjon|client|klient|program|reader|"
    r"leser|läsare)).{0,300}",
    re.IGNORECASE | re.DOTALL,
)
_SEE_ONLINE = re.compile(
    r"(?:(?:view|read|see|open) (?:this|the|it)[^\n]{0,40} (?:online|in (?:your|a|the) (?:web )?browser)|(?:vis|les|se|sjå|åpne|opne|åbn|"
    r"öppna|läs) (?:denne |dette |detta |den her )?"
    r"(?:e-?posten|meldingen|meldinga|mailen|mejlet|meddelandet|e-?mailen)?\s?(?:i|på) (?:nettleser(?:en)?|nettlesar(?:en)?|webbläsaren?|"
    r"browseren?|nettet)[^\n]{0,20}|(?:katso|lue|avaa) (?:tämä )?(?:viesti|sähköposti|uutiskirje) selaimessa|"
    r"(?:diese )?(?:e-?mail|nachricht) (?:im|in (?:ihrem|deinem)) browser (?:ansehen|anzeigen|lesen|öffnen)|"
    r"(?:hvis|dersom|om) (?:du|ni) (?:ikke|ikkje|inte) (?:kan|får|ser) [^\n.]{0,50}(?:e-?post|melding|mejl|mail)[^\n.]{0,30},? "
    r"(?:klikk|trykk|klicka|klik)[^\n.:]{0,12})"
    r"(?:\s*[:.]?\s*<?https?://\S+>?)?",
    re.IGNORECASE,
)
_MULTIPART = re.compile(
    r"(?:this is a multi-?part message|dies ist eine mehrteilige nachricht|"
    r"d(?:ette|etta) (?:er|är) e[tnt]{1,2} (?:multipart|flerdelt|flerdelad|flerdelat)[- ]?(?:melding|meddelelse|besked|meddelande)) "
    r"(?:in|im|i) mime[- ]?format(?:et)?\.?|(?:&nbsp;|&#160;|\s)+|\[html\]|html only|null|undefined|none",
    re.IGNORECASE,
)
# A short text about the format of the mail, with no word in common with its HTML.
_HTML_VERSION = re.compile(
    r"\bhtml\b|\b(?:plain[- ])?text[- ]?(?:version|part|only)|\bplain text|\b(?:rein|ren) tekst|\btekst(?:versjon|utgave|"
    r"format)|\btextversion|"
    r"\bklartext|\b(?:web ?)?browser|\bnettle[st]ar|\bnettleser|\bwebb?läsare|\be-?mail client|\be-?postprogram|\bmailprogram",
    re.IGNORECASE,
)
_HTML_VERSION_CHARS = 240


def is_placeholder(text: str) -> bool:
    """True for invisible characters, placeholders of pictures, signatures alone, and sentences that ask for a client that shows HTML."""
    if not text or text.isspace():
        return True
    if len(text) > MAX_CHARS:
        return False
    if text.lstrip().startswith(("--\n", "-- \n")):
        return True  # a signature and nothing above it
    lines = (_INVISIBLE.sub(" ", line).strip() for line in text.split("\n"))
    shown = (line for line in lines if any(map(str.isalnum, line)) or (line and not line.isascii()))
    if "html" not in text.lower():  # true of most texts, where the first line of prose decides
        return all(_is_placeholder(line) for line in shown)
    kept = list(shown)
    if all(_is_placeholder(line) for line in kept):
        return True
    joined = " ".join(kept)
    return len(joined) <= 400 and "?" not in joined and _NEEDS_HTML.fullmatch(joined) is not None


def mentions_html_version(text: str) -> bool:
    """True for a short text about the format of the mail. Call it for a text that differs from its HTML."""
    return len(text.strip()) <= _HTML_VERSION_CHARS and "?" not in text and _HTML_VERSION.search(text) is not None


def _is_placeholder(line: str) -> bool:
    if _PICTURE.fullmatch(line) or is_mobile_signature(line):
        return True
    return _SEE_ONLINE.fullmatch(line) is not None or _MULTIPART.fullmatch(line) is not None


def is_boilerplate(text: str) -> bool:
    """True for a part that holds banners and notes of a gateway and nothing else."""
    if not text.strip() or len(text) > 4 * MAX_CHARS:
        return False
    paragraphs = [part.strip() for part in re.split(r"\n[ \t\xa0]*\n", text) if part.strip()]
    return all(
        is_banner(" ".join(part.split())) or is_footer(part) or all(is_blank(line) or is_rule(line) for line in part.split("\n"))
        for part in paragraphs
    )
