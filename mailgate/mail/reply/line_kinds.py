"""Classifies a line as part of a signature (closing, name, title, company, contact, address) or as prose, which is never signature.

In: one line. Out: a kind. The whole line must be of that kind: "Tlf 22 33 44 55" is a contact, "Ring meg på 22 33 44 55" is prose,
"HP LaserJet" is neither. It must never decide what is cut: that is `signature_block`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailgate.mail.reply.contact import CONTACT, NUMBER, contact_kind, has_digit, is_address, is_follow, is_hours
from mailgate.mail.reply.correspondence import Correspondence
from mailgate.mail.reply.mobile_signature import is_mobile_signature
from mailgate.mail.reply.quote_lines import is_blank, is_rule
from mailgate.mail.reply.words.device_words import DEVICES
from mailgate.mail.reply.words.prose_words import PROSE_WORDS
from mailgate.mail.reply.words.quote_words import MONTHS, WEEKDAYS
from mailgate.mail.reply.words.signature_words import (
    CLOSING_LINKS,
    CLOSINGS,
    COMPANY_FORMS,
    CONTACT_LABELS,
    REGISTER_STARTS,
    TITLE_ENDS,
    TITLES,
    WEAK_CLOSINGS,
)

BLANK, CLOSING, WEAK, NAME, TITLE, COMPANY, ADDRESS, PLAIN, PROSE, NOISE = (
    "blank", "closing", "weak", "name", "title", "company", "address", "plain", "prose", "noise",
)  # fmt: skip
# Kinds that identify a person or how to reach them.
PROOFS = frozenset({TITLE, COMPANY, CONTACT, ADDRESS})

MAX_LINE_CHARS = 160
_MAX_REMEMBERED_CHARS = 80
_MAX_PLAIN_WORDS = 5
_POLISH_FORMS = (" sp. z o.o.", " Sp. z o.o.", " S.A.", " sp. k.", " s.r.o.")
_EDGE = " \t\xa0\u200b*_|>•·"
_PIECES = re.compile(r"\s+[|•·/–—]\s*|\s*[|•·]\s+|\t+|\s{3,}|,\s+|;\s+|\s+-\s+|(?<=\d)\s+(?=[A-Za-z]{1,10}[.:]\s)")
_WORD = re.compile(r"[^\W\d_]+(?:['’./&-][^\W\d_]+)*")
_LETTERS = re.compile(r"[^\W\d_]+")
_NAME_WORD = re.compile(r"[^\W\d_][\w'’-]*\.?")
_SITE_IN_TEXT = re.compile(r"[^\s<>()]{1,64}@[\w.-]{1,190}|(?:https?://|www\.)\S{1,300}", re.IGNORECASE)
# "Ola Nes (han/ham)", "John Smith (he/him)".
_GENDER = re.compile(r"\s*\((?:han|hun|ho|hen|hon|de|he|she|they|sie|er|hän)/[^\W\d_]{2,6}(?:/[^\W\d_]{2,6})?\)", re.IGNORECASE)
_ON_BEHALF = re.compile(
    r"(?:[Pp]å vegne?r? av|[Pp]å vägnar av|[Oo]n behalf of|[Ii]m Auftrag von)(?: [A-ZÆØÅÄÖÜ][\w.'’&-]{0,24}){1,5}(?: (?:AS|A/S|AB|GmbH))?"
)
_EMOJI_TAIL = re.compile("[\\s\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]+$")
_BRACKETS = re.compile(r"<[^<>\n]{0,300}>|\(https?://[^)\s]{0,300}\)")
# The placeholder of a picture in plain text: a logo above the name.
_PICTURE = re.compile(
    r"\[(?:cid:|image|bilde|et bilde|eit bilete|ett bild|en bild|et billede|a picture|a close|a black|logo|inline|signatur)[^\]]{0,300}\]"
    # Outlook breaks its descriptions over lines.
    r"|^\[(?:bilde|et bilde|eit bilete|ett bild|en bild|et billede|a picture|a close|a black|a (?:blue|white|red|green)|a logo|logo|icon|"
    r"text|graphical user|shape)\b[^\[\]]{0,300}$"
    r"|^(?:automatisk generert|automatiskt genererad|automatisk genereret|description automatically|automatisch generierte|"
    r"(?:ki|ai)-gener\w+)[^\[\]]{0,60}\]$"
    # Pictures that are links: a logo on the web, the signs of networks.
    r"|\[(?:https?://[^\]\s]{1,300}\.(?:png|jpe?g|gif|svg)|"
    r"(?:facebook|linkedin|instagram|twitter|x|youtube|tiktok)(?:[ -](?:logo|icon|ikon))?)"
    r"\]<https?://[^<>\s]{1,500}>"
    r"|\[[^\[\]\d\n]{0,30}\b(?:logo|logotyp|ikon|icon)\b[^\[\]\d\n]{0,20}\](?:<https?://[^<>\s]{1,500}>)?"
    # Pictures instead of labels: "[Telefon] +47 22 33 44 55".
    r"|^\[(?:telefon|tlf|phone|mobil|mobile|e-?post|e-?mail|mail|web|"
    r"nettside|website|adresse|address|kart|map)(?:[ -]?(?:ikon|icon))?\](?=\s\S)",
    re.IGNORECASE,
)
_LOCAL_PIECES = re.compile(r"[._-]")
_LIST_ITEM = re.compile(r"\s*(?:\d{1,3}[.)]|[-*•+]|[a-z]\))\s+\S")
_POSTSCRIPT = re.compile(r"(?:p\.?\s?s|n\.?b|obs)\b\.?\s?[:.!,-]?\s", re.IGNORECASE)
_SERIAL = re.compile(r"[A-ZÆØÅ]{1,5}[-/]?\d|\d{4,}")
# Words in lower case between the words of a title or a name.
_SMALL_WORDS = frozenset(
    ["for", "av", "og", "i", "på", "and", "of", "och", "the", "und", "für", "til", "ved", "hos", "med", "ext", "int", "lokal", "anknytning"]
)
_NEW = frozenset({"ny", "nytt", "nye", "nya", "new", "neue", "neuer"})
_PARTICLES = frozenset({"van", "von", "der", "den", "de", "af", "av", "bin", "el", "la", "du", "og", "and", "&", "och", "ten", "zu"})


def kind_of(line: str, who: Correspondence) -> str:
    """The kind of one line. `who` gives the author's domain; see `names_author` for the author's name."""
    if is_blank(line):
        return BLANK
    if len(line) > MAX_LINE_CHARS * 2:
        return PROSE
    domain = who.author.address.rpartition("@")[2].split(".")[0] if who.author else ""
    return _remembered_kind(line, domain) if len(line) <= _MAX_REMEMBERED_CHARS else _shown_kind(line, domain)


def _shown_kind(line: str, domain: str) -> str:
    """The kind of a non-blank line; `domain` is the first label of the author's domain, "" when unknown."""
    core = _visible(line)
    if not core or is_rule(line) or core == "ᐧ" or is_mobile_signature(line):
        return NOISE
    if len(core) > MAX_LINE_CHARS or _LIST_ITEM.match(line) or _POSTSCRIPT.match(core):
        return PROSE
    if _ON_BEHALF.fullmatch(core):
        return TITLE
    if _opens_like_closing(core):
        return _closing_kind(core) or _closing_with_contacts(core, domain) or _kind_of_pieces(core, domain)
    return _kind_of_pieces(core, domain)


# Cached: closings and signature lines recur in each mail of a person, and several times while one is read.
_remembered_kind = lru_cache(maxsize=1024)(_shown_kind)


def is_picture(line: str) -> bool:
    """True for a line that is only the placeholder of a picture: a logo."""
    return _PICTURE.fullmatch(line.strip()) is not None


def _visible(line: str) -> str:
    """The line without picture placeholders, pronouns and links in brackets."""
    bare = _PICTURE.sub(" ", line.strip()) if "[" in line or "]" in line else line
    shown = _BRACKETS.sub(" ", bare) if "<" in bare or "(http" in bare else bare
    shown = (_GENDER.sub("", shown) if "/" in shown and "(" in shown else shown).strip(_EDGE)
    shown = shown if shown.isascii() else _EMOJI_TAIL.sub("", shown) or shown
    return shown or bare.strip(_EDGE + "<>")


def _kind_of_pieces(core: str, domain: str) -> str:
    """The strongest kind of the pieces between bars and commas, when each piece has one; else plain or prose."""
    core = _without_follow(core)
    if core.startswith(REGISTER_STARTS) and not core.endswith("?"):
        return COMPANY
    if _is_full_title(core):
        return TITLE
    if core.endswith(_POLISH_FORMS) and len(core) <= _MAX_REMEMBERED_CHARS and core[0].isupper() and "," not in core:
        return COMPANY
    if not PROSE_WORDS.isdisjoint(core.split()) and not is_follow(core):  # decides most lines, at little cost
        return PROSE
    whole = _piece_kind(core, domain)
    if whole not in (PLAIN, PROSE):
        return whole
    pieces = [piece for piece in _PIECES.split(core) if piece and piece.strip(_EDGE + ",;")]
    kinds = [_piece_kind(piece, domain) for piece in pieces]
    if PROSE in kinds or len(kinds) < 2 or _holds_prose(core):
        return PROSE if whole == PROSE or PROSE in kinds or len(kinds) > 1 else PLAIN
    known = [kind for kind in kinds if kind != PLAIN]
    proven = [kind for kind in known if kind in PROOFS]
    plain = [piece for piece, kind in zip(pieces, kinds, strict=True) if kind == PLAIN]
    if proven and len(plain) <= 1 and not any(map(_has_lower_case, plain)):
        return proven[-1] if kinds[0] != NAME else NAME if len(kinds) == 1 else proven[0]
    return known[0] if len(known) == len(kinds) else PLAIN


def _is_full_title(core: str) -> bool:
    """A title in capitalised words, the last of which is one: "Key Account Manager"."""
    words = core.split()
    return (
        2 <= len(words) <= 5
        and core.replace(" ", "").isalpha()
        and all(word[0].isupper() for word in words)
        and _is_title([words[-1].lower()])
    )


def _without_follow(core: str) -> str:
    """The line without a last piece that asks to follow a company: "www.kunde.example | Følg oss på LinkedIn"."""
    before, bar, last = core.rpartition("|")
    return before.rstrip() if bar and before.strip() and is_follow(last.strip()) else core


def holds_prose(line: str) -> bool:
    """True for a line that holds prose or is a list item."""
    return _LIST_ITEM.match(line) is not None or _holds_prose(_visible(line))


def _holds_prose(core: str) -> bool:
    """True for prose in the line, addresses and links excluded."""
    linked = any(sign in core for sign in "@:.")
    if linked and contact_kind(core) == CONTACT:
        return False
    bare = _SITE_IN_TEXT.sub("x", core) if linked else core
    words = _WORD.findall(bare)
    return is_prose(bare.strip(), [word.lower() for word in words], words)


def _piece_kind(piece: str, domain: str) -> str:
    core = piece.strip(_EDGE + ",;")
    contact = contact_kind(core)
    if contact:
        return contact
    if is_follow(core) or is_hours(core):
        return CONTACT
    words = _WORD.findall(core)
    low = [word.lower() for word in words]
    if is_prose(core, low, words) or _announces_new(core, low):
        return PROSE
    if is_address(core, low):
        return ADDRESS
    if not words or _SERIAL.search(core) or has_digit(core):
        return PLAIN if words and len(words) <= _MAX_PLAIN_WORDS else PROSE if len(words) > _MAX_PLAIN_WORDS else NUMBER
    return _worded_kind(core, words, low, domain)


def _worded_kind(core: str, words: list[str], low: list[str], domain: str) -> str:
    if _is_company(words, low, domain):
        return COMPANY
    if len(words) <= 7 and _is_title(low):
        return TITLE
    if low[0] in ("for", "på", "pva", "v", "i") and len(words) > 1 and _is_company(words[1:], low[1:], domain):
        return COMPANY
    if looks_like_name(core):
        return NAME
    return PLAIN if len(words) <= _MAX_PLAIN_WORDS and words[0][0].isupper() else PROSE


def _announces_new(core: str, low: list[str]) -> bool:
    """True for a line that announces a change (`Ny adresse: Storgata 1`): it is no signature."""
    return bool(low) and low[0] in _NEW and ":" in core and not CONTACT_LABELS.isdisjoint(low)


def is_prose(core: str, low: list[str], words: list[str]) -> bool:
    """True for a question, a sentence, an announcement, or a line with a word of prose."""
    if core.endswith(("?", ":", "…")) or (core.endswith("!") and words):
        return True
    if core.endswith(".") and len(words) >= 4 and len(words[-1]) > 2:
        return True
    if PROSE_WORDS.isdisjoint(low):
        return False
    return any(
        word in PROSE_WORDS and not (shown.isupper() and len(shown) <= 3 and shown != "I") for word, shown in zip(low, words, strict=True)
    )


def _opens_like_closing(core: str) -> bool:
    """Fast pre-check: the first word begins a closing."""
    first = _CLOSING_WORD.search(core)
    return first is not None and first[0].lower() in _CLOSING_STARTS


def _closing_kind(core: str) -> str:
    """`closing` for "Med vennlig hilsen, Ola Nordmann", `weak` for "Takk," and abbreviations, else ""."""
    if len(core) > 80:
        return ""
    for sign in (" / ", " | ", " · ", " – "):
        if sign not in core:
            continue
        first, _, second = core.partition(sign)
        if _closing_kind(first) == CLOSING and _closing_kind(second) == CLOSING:
            return CLOSING
    words = _CLOSING_WORD.findall(core)
    low = [word.lower() for word in words]
    for size in range(min(5, len(words)), 0, -1):
        phrase = " ".join(low[:size])
        strong, weak = phrase in CLOSINGS, phrase in WEAK_CLOSINGS
        if (strong or weak) and _ends_in_name(core, words, low, size):
            if weak and size < len(words) and (len(low[0]) > 3 or not core[: len(phrase)].isupper()) and phrase not in _NAMED_WEAK:
                return ""
            return CLOSING if strong else WEAK
    return ""


_CLOSING_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CLOSING_STARTS = frozenset(phrase.split()[0] for phrase in CLOSINGS | WEAK_CLOSINGS)
_ABBREVIATED = frozenset({"mvh", "vh", "kh"})
_NAMED_WEAK = frozenset({"hälsar", "hilser", "lg", "kv", "terv", "vg", "br", "klem", "cheers", "best"})


def _closing_with_contacts(core: str, domain: str) -> str:
    """`closing` for a signature on one line: "Mvh Per Olsen, Drift, 99 88 77 66"."""
    first, *rest = (piece.strip() for piece in _PIECES.split(core) if piece and piece.strip())
    if not rest or _closing_kind(first) != CLOSING:
        return ""
    kinds = [_piece_kind(piece, domain) for piece in rest]
    return CLOSING if PROOFS & set(kinds) and all(kind in PROOFS or kind in (NAME, NUMBER) for kind in kinds) else ""


def _ends_in_name(core: str, words: list[str], low: list[str], size: int) -> bool:
    """True when only names follow the formula."""
    rest, rest_low = words[size:], low[size:]
    if not rest:
        return not core.endswith("?") and not has_digit(core)
    if (
        len(rest) == 1
        and low[0] in _ABBREVIATED
        and rest_low[0] not in PROSE_WORDS
        and rest_low[0] not in CLOSING_LINKS
        and core[-1].isalpha()
    ):
        return True  # "mvh ola"
    if core.endswith(".") and len(rest) == 2 and len(rest[1]) == 1:
        core = core[:-1]  # "Mvh Ola N."
    if len(rest) > 5 or core.endswith(("?", ".", "!", ":")) or has_digit(core):
        return False
    return all(
        (word[0].isupper() and lower not in PROSE_WORDS) or lower in CLOSING_LINKS for word, lower in zip(rest, rest_low, strict=True)
    ) and (rest[-1][0].isupper() or rest_low[-1] in ("alle", "all"))


def closing_name(line: str) -> str:
    """The name behind the formula of a closing line, "" when the line is the formula alone."""
    core = _visible(line)
    words = _CLOSING_WORD.findall(core)
    for size in range(min(5, len(words)), 0, -1):
        phrase = " ".join(word.lower() for word in words[:size])
        if phrase in CLOSINGS or phrase in WEAK_CLOSINGS:
            while size < len(words) - 1 and words[size].lower() in ("fra", "frå", "från", "from", "von"):
                size += 1
            rest = " ".join(words[size:])
            return "" if rest and _closing_kind(rest) else rest
    return ""


def looks_like_name(core: str) -> bool:
    """True for one to five capitalised words that are not prose, devices or days."""
    words = core.strip(" .,*_~-–—/").split()
    if not 1 <= len(words) <= 5 or len(core) > 48:
        return False
    for position, word in enumerate(words):
        low = word.lower().strip(".,()'\"")
        if position and low in _PARTICLES:
            continue
        if not _NAME_WORD.fullmatch(word.strip(",()'\"")) or not word.strip("(\"'")[:1].isupper():
            return False
        if low in PROSE_WORDS or low in DEVICES or (low in WEEKDAYS and len(low) > 3) or (low in MONTHS and len(low) > 4):
            return False
        if word.isupper() and len(word) <= 3 and len(words) == 1:
            return False
    return not all(word.isupper() and len(word) <= 3 for word in words)


def names_author(line: str, who: Correspondence) -> bool:
    """True when the line is the name of the mail's author, whole or in part; sharing one name of several is not enough."""
    own = who.author_words
    if not own:
        return False
    shown = _BRACKETS.sub(" ", line) if "<" in line or "(http" in line else line
    found = [word for word in map(str.lower, _LETTERS.findall(shown)) if word not in _PARTICLES]
    if not found or len(found) > 5:
        return False
    if len(own) == 1 or len(found) == 1:
        return found[0] in own or _is_local_part(found, who)
    hits = sum(word in own for word in found)
    return hits >= 2 or (found[0] in own and all(len(word) <= 2 for word in found[1:])) or _is_local_part(found, who)


def _is_local_part(found: list[str], who: Correspondence) -> bool:
    """True when the local part is made of the names: `olanes@` or `onesdal@` for Ola Nesdal."""
    if who.author is None:
        return False
    local = who.author.address.partition("@")[0].lower()
    if len(found) > 1 and local in (found[0][0] + found[-1], found[0] + found[-1][0], "".join(found), found[0] + found[-1]):
        return True
    parts = _LOCAL_PIECES.split(local)
    return len(found) > 1 and found[0] in parts and found[-1] in parts


def _is_company(words: list[str], low: list[str], domain: str) -> bool:
    """A name with a company's form at its end or beginning, or the name in the author's mail domain."""
    if not words or len(words) > 7 or not words[0][0].isupper():
        return False
    if len(words) > 1 and (low[-1] in COMPANY_FORMS or low[0] in ("stiftelsen", "foreningen", "as", "ab")):
        return words[-1].isupper() or low[-1] not in ("as", "da", "ba", "ab", "is", "an") or words[-1][0].isupper()
    if len(words) == 1 and low[0].endswith(
        ("kommune", "kommun", "universitet", "universitetet", "sykehus", "forening", "verket", "etaten")
    ):
        return True
    return len(domain) >= 3 and ("".join(low) == domain or low[0] == domain)


def is_loose_title(line: str) -> bool:
    """True for a line with a title and other words in lower case: "Rådgiver innkjøp", but also "Rådgiver slutter"."""
    return _has_lower_case(_visible(line))


def _has_lower_case(text: str) -> bool:
    """True for a word in lower case that is neither a title nor one that stands between names."""
    return any(word.islower() and word not in _SMALL_WORDS and not _is_title([word]) for word in _WORD.findall(text))


def _is_title(low: list[str]) -> bool:
    if not TITLES.isdisjoint(low):
        return True
    return any(word.endswith(TITLE_ENDS) or ("-" in word and not TITLES.isdisjoint(word.split("-"))) for word in low)
