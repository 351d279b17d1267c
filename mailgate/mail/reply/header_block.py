"""Recognises header blocks ("Fra: … Sendt: … Til: … Emne: …") and delimiter lines above quoted text. Stage: reply extraction.

In: lines of text. Out: spans and kinds. One table holds the labels of all locales; a block needs several labels and a value that only
mail has, so that "Fra: Oslo / Til: Bergen" stays. Bounded by `MAX_BLOCK_LINES`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailgate.mail.reply.attribution import has_date, has_time, has_time_or_year, tokens
from mailgate.mail.reply.quote_lines import COLONS, EDGE, INVISIBLE, MAX_LINE_CHARS, Span, is_blank
from mailgate.mail.reply.words.quote_words import (
    DATE,
    FORWARDED,
    FROM,
    LABEL_CHARS,
    LABELS,
    ORIGINAL,
    PRONOUNS,
    REPLY_ABOVE,
    SENT,
    SUBJECT,
    TO,
    VERBS,
)

MAX_BLOCK_LINES = 30

_ABOVE = (" above ", " over ", "oberhalb", "ovanför", "dessus", " boven ", "encima", "yläpuolelle", " ofan ")

_TITLES = ORIGINAL | FORWARDED
_TITLE_CHARS = 60
# Each marker of `REPLY_ABOVE` holds one of these.
_ABOVE_STEMS = ("above", "over", "oberhalb", "ovanför", "dessus", "boven", "encima", "yläpuolelle", " ofan ")
_QUOTED = re.compile('["“”„«»\'‘’][^"“”„«»]{8,}["“”„«»\'‘’]')
_SPEAKERS = frozenset({"i", "we", "jeg", "eg", "vi", "jag", "ich", "wir", "står", "stod", "says", "said", "steht", "er", "is", "är", "ist"})
_INNER_LABEL = re.compile(r"((?:[^\W\d_]{1,12} )?([^\W\d_]{1,14}))\*?\s?:")
_NOTES = re.compile(r"[^-]---\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: [AP]M)?---")
_BRACKETED_ADDRESS = re.compile(r"[<\[(](?:mailto:)?[^\s<>\[\]()@]{1,80}@[^\s<>\[\]()@]{1,120}[>\])]")


def block_at(lines: Sequence[str], index: int) -> tuple[Span | None, int]:
    """The header block that starts at line `index`, and the line up to which no other block can start."""
    if _label(lines[index]) is None:
        return None, index + 1
    if _is_flat(lines[index]):
        return Span("block", index, index + 1), index + 1
    roles: dict[str, str] = {}
    end = cursor = index
    limit = min(len(lines), index + MAX_BLOCK_LINES)
    while cursor < limit:
        role = _label(lines[cursor])
        if role is not None:
            roles.setdefault(role, lines[cursor][:MAX_LINE_CHARS].replace("：", ":").partition(":")[2])
            end = cursor + 1
        elif not _continues_block(lines, cursor, end):
            break
        cursor += 1
    if not _is_header(roles) and not _has_foreign_labels(lines, roles, end):
        return None, max(end, cursor)
    while end < limit and not is_blank(lines[end]) and lines[end][:1] in " \t":
        end += 1
    return Span("block", index, end), end


def fields_at(lines: Sequence[str], span: Span) -> dict[str, str]:
    """The values of the header fields that stand in `span` or right under it, by role; the first of each, also of a flat line."""
    found: dict[str, str] = {}
    for line in lines[span.start : min(len(lines), span.end + 1)]:
        shown = line[: 2 * MAX_LINE_CHARS].replace("：", ":")
        for role, value in _flat_fields(shown) if shown.count(":") > 2 else _one_field(shown):
            found.setdefault(role, value)
    return found


def _one_field(line: str) -> list[tuple[str, str]]:
    role = _label(line)
    return [] if role is None else [(role, line.partition(":")[2].strip(EDGE))]


def _flat_fields(line: str) -> list[tuple[str, str]]:
    """The fields of a line that holds several."""
    marks = [(found, LABELS.get(found[1].lower()) or LABELS.get(found[2].lower())) for found in _INNER_LABEL.finditer(line)]
    known = [(found, role) for found, role in marks if role]
    ends = [*(found.start() for found, _ in known[1:]), len(line)] if known else []
    return [(role, line[found.end() : end].strip(EDGE)) for (found, role), end in zip(known, ends, strict=True)]


def _label(line: str) -> str | None:
    """The role of a `Label: value` line, or None."""
    head, colon, _ = line[: LABEL_CHARS + 12].replace("：", ":").partition(":")
    if not colon:
        return None
    return LABELS.get(head.strip(">|" + EDGE).lower().replace("\xa0", " "))


def _is_flat(line: str) -> bool:
    """True for a whole block on one line: `From: … Sent: … To: … Subject: …`."""
    if len(line) > MAX_LINE_CHARS or line.count(":") < 4 or _label(line) != FROM:
        return False
    roles = {LABELS.get(found[1].lower()) or LABELS.get(found[2].lower()) for found in _INNER_LABEL.finditer(line)}
    return bool(roles & {SENT, DATE}) and SUBJECT in roles and TO in roles


def _continues_block(lines: Sequence[str], cursor: int, end: int) -> bool:
    """True for a line without a label within a block: one blank line, or a short wrapped value, before the next label."""
    blank = is_blank(lines[cursor])
    for ahead in range(cursor + 1, min(len(lines), cursor + (2 if blank else 4))):
        if _label(lines[ahead]) is not None:
            return cursor - end < 4
        if blank or is_blank(lines[ahead]):
            return False
    return False


def _is_header(roles: dict[str, str]) -> bool:
    """True for enough of From, Sent, To, Subject and a value that only mail has: an address, or a date with a time or year."""
    when = roles.get(SENT) or roles.get(DATE) or ""
    lower = when.lower()
    dated = has_date(lower, tokens(lower)) and has_time_or_year(lower)
    addressed = any("@" in value for value in roles.values())
    if FROM in roles and SENT in roles and SUBJECT in roles:
        return True
    if FROM in roles and SENT in roles and TO in roles:
        return addressed or (dated and has_time(lower))
    if FROM in roles and len(roles) >= 3:
        return (addressed and (dated or SUBJECT in roles or TO in roles)) or (dated and SUBJECT in roles)
    if FROM in roles and len(roles) == 2:
        return addressed and (dated or SUBJECT in roles)
    return len(roles) >= 3 and addressed and dated


def _has_foreign_labels(lines: Sequence[str], roles: dict[str, str], end: int) -> bool:
    """True for a From with an address followed by a date under an unlisted label."""
    if FROM not in roles or not _BRACKETED_ADDRESS.search(roles[FROM]):
        return False
    for line in lines[end : end + 3]:
        label, colon, value = line[:MAX_LINE_CHARS].replace("：", ":").partition(":")
        lower = value.lower()
        if not colon or len(label) > LABEL_CHARS + 6:
            return False
        if has_date(lower, tokens(lower)) and has_time_or_year(lower):
            return True
    return False


def may_be_delimiter(line: str) -> bool:
    """Fast pre-check: the line starts with punctuation, holds a colon, or is short and has a word of a reply-above marker."""
    if not line[0].isalnum() or ":" in line or "---" in line:
        return True
    if len(line) < 90:
        for word in _ABOVE:  # runs for each line: a loop is faster than a generator or a pattern
            if word in line:
                return True
    return False


def delimiter(line: str) -> str | None:
    """`original` or `forwarded` for a delimiter line, `above` for a reply-above marker, else None."""
    if len(line) > MAX_LINE_CHARS:
        return None
    core = line.strip(INVISIBLE)
    if is_dated_rule(core):
        return "original"
    ruled = core.startswith(("***", "—", "–", "―")) or core.strip("*> ")[:2] in ("--", "__", "==", "~~", "##", "- ", "++")
    phrase = core.strip("-_=~#*+>—–―: \t\xa0\u200e\u200f").lower()
    if not phrase:
        return None
    if phrase in FORWARDED and (ruled or core[-1:] in COLONS):
        return "forwarded"
    if ruled and (phrase in ORIGINAL or _is_named_rule(core, phrase)):
        return "original"
    named = _delimiter_with_header(phrase) if ruled and core.strip("*> ").startswith("----") else None
    if named:
        return named
    if len(phrase) > 12:
        for stem in _ABOVE_STEMS:  # runs for each line
            if stem in phrase:
                return "above" if any(marker in phrase for marker in REPLY_ABOVE) and not _mentions_marker(phrase) else None
    return None


def is_bare_title(line: str) -> bool:
    """True for the words of a delimiter alone on a line, without a rule: "Opprinnelig melding". A header block below proves it."""
    return len(line) <= _TITLE_CHARS and line.strip(INVISIBLE + "*_" + COLONS).lower() in _TITLES


def _mentions_marker(phrase: str) -> bool:
    """True when the author mentions the marker: in quotation marks with words beside them, in a question, or with a pronoun."""
    quoted = _QUOTED.search(phrase)
    if quoted and tokens(phrase[: quoted.start()] + phrase[quoted.end() :]):
        return True
    return "?" in phrase or not _SPEAKERS.isdisjoint(tokens(phrase))


def is_dated_rule(line: str) -> bool:
    """GroupWise writes `>>> Author <address> date >>>`, Lotus Notes `Author---date---subject`."""
    if line.startswith(">>> ") and line.rstrip().endswith(" >>>") and len(line) < MAX_LINE_CHARS:
        lower = line.lower()
        return has_date(lower, tokens(lower))
    return "---" in line and _NOTES.search(line[:MAX_LINE_CHARS]) is not None


def _is_named_rule(core: str, phrase: str) -> bool:
    """`---- Author skrev ----`, as mail apps of Android write it."""
    words = tokens(phrase)
    if not core.startswith("--") or not core.endswith("--") or not 2 <= len(words) <= 7:
        return False
    return words[-1] in VERBS and words[-2] not in PRONOUNS and not any(word in PRONOUNS for word in words)


def _delimiter_with_header(phrase: str) -> str | None:
    """Yahoo sets the first header field on the delimiter's own line; Lotus Notes the author."""
    inner, dashes, rest = phrase.partition("--")
    inner = inner.strip("- ")
    if dashes and rest.strip("- ") and inner in FORWARDED:
        return "forwarded"
    if dashes and rest.strip("- ") and inner in ORIGINAL:
        return "original"
    return "forwarded" if inner.startswith("forwarded by ") else None
