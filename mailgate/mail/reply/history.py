"""Distinguishes the history of this thread from forwarded mail, pasted headers and forms. Stage: reply extraction.

In: an announcement of quoted text, and who wrote to whom. Out: yes or no. Only the history of the thread is cut: a forwarded mail is
content. It must never take the mail that is being answered for a forward.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from mailgate.mail.reply.attribution import address_start
from mailgate.mail.reply.correspondence import Correspondence, bare_subject
from mailgate.mail.reply.header_block import fields_at
from mailgate.mail.reply.quote_lines import Span, is_blank, is_quoted
from mailgate.mail.reply.words.history_words import ANSWER_STEMS, ANSWERS_BELOW, INTRODUCTIONS, PLACE_SIGNS, POINTS_BELOW
from mailgate.mail.reply.words.quote_words import DATE, FROM, SENT, SUBJECT, TO

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,80}@[^\s<>()\[\],;:\"]{1,190}")
_LABELLED = re.compile(r"^\s*\*?(?:emne|subject|ämne|betreff|onderwerp|objet)\*?\s?:\s*", re.IGNORECASE)
_NAME_WORD = re.compile(r"[^\W\d_]{2,}")
_HAS_LETTER = re.compile(r"[^\W\d_]")
_LOOK_LINES = 6
_SUBJECT_CHARS = 300
_MIN_SUBJECT_CHARS = 4
_POINTING_CHARS = 60
_IDENTIFIERS = ("message-id:", "mime-version:", "in-reply-to:")
_TRACE = ("received:", "return-path:", "dkim-signature:", "x-received:", "authentication-results:", "arc-seal:")


def is_history(lines: Sequence[str], span: Span, who: Correspondence) -> bool:
    """True when `span` announces a mail of this thread, also when nothing is known of the correspondents."""
    if who.author is None:
        return True
    if span.kind == "attribution":
        address = _first_address(_announcement(lines, span))
        return who.answers == "unknown" or not address or who.is_recipient(address) or not _is_introduced(lines, span.start)
    fields = fields_at(lines, span)
    address = _first_address(fields.get(FROM, "") or _announcement(lines, span))
    if address and who.is_recipient(address):
        return True
    if span.kind == "above":
        return True
    if span.kind == "block" and (_is_logged(fields) or (_is_undated(fields) and _is_introduced(lines, span.start))):
        return False
    if who.answers == "nothing":
        return not address and fields.get(FROM, "").strip(' "*').lower() in who.names
    return _belongs_to_thread(lines, span, who, fields, address)


def _is_undated(fields: dict[str, str]) -> bool:
    """True for From, To and Subject alone, as a rule for mail has them: clients put the date with them."""
    return SENT not in fields and DATE not in fields


def _is_logged(fields: dict[str, str]) -> bool:
    """True for a line of a log: `From: 10.0.0.1`."""
    return bool(fields.get(FROM)) and not _HAS_LETTER.search(fields[FROM])


def _belongs_to_thread(lines: Sequence[str], span: Span, who: Correspondence, fields: dict[str, str], address: str) -> bool:
    """In a reply: true when the announced mail came to us too, or nothing shows that it is another one."""
    named = bool(address) and not who.is_author(address)
    recipients = _ADDRESS.findall(fields.get(TO, ""))
    if any(map(who.is_recipient, recipients)):
        return True
    if who.is_same_case(fields.get(SUBJECT, "")) and not (named and recipients):
        return not (_is_introduced(lines, span.start) and _is_strangers(fields.get(FROM, ""), who))
    if _is_introduced(lines, span.start):
        return not named and span.kind != "forwarded" and not _is_strangers(fields.get(FROM, ""), who, sure=False)
    if who.answers == "a mail":
        return not named
    return True


def _is_strangers(name: str, who: Correspondence, *, sure: bool = True) -> bool:
    """True for a From without address, as colleagues have it, that names neither the author nor one whom this mail goes to.

    `sure`: not when this mail names nobody.
    """
    bare = name.strip(' "*').lower()
    return (
        bool(bare)
        and "@" not in bare
        and (bool(who.names) or not sure)
        and bare not in who.names
        and who.author_words.isdisjoint(bare.split())
    )


def names_recipient(lines: Sequence[str], span: Span, who: Correspondence) -> bool:
    """True when the attribution has the address or a word of the name of somebody this mail goes to, or nothing is known of them."""
    if who.author is None or not who.addresses:
        return True
    said = _announcement(lines, span)
    address = _first_address(said).lower()
    if address and (who.is_recipient(address) or who.is_author(address)):
        return True
    words = set(_NAME_WORD.findall(said.lower()))
    local_parts = {one.partition("@")[0] for one in who.addresses}
    return not words.isdisjoint(local_parts) or any(not words.isdisjoint(_NAME_WORD.findall(name)) for name in who.names)


def is_dated(lines: Sequence[str], span: Span) -> bool:
    """True when the attribution has a number, as each date does, or an address: a client wrote it."""
    said = _announcement(lines, span)
    return "@" in said or any(map(str.isdigit, said))


def is_spoken_of(lines: Sequence[str], span: Span) -> bool:
    """True for a delimiter that the author writes about: no header follows, and a colon leads to it or the sentence goes on below it."""
    above = next((lines[index].rstrip() for index in range(span.start - 1, -1, -1) if not is_blank(lines[index])), "")
    below = next((line.lstrip() for line in lines[span.end : span.end + _LOOK_LINES] if not is_blank(line)), "")
    return above.endswith(":") or (below[:1].islower() and (not above or is_quoted(above) or above[-1:].isalpha()))


def _announcement(lines: Sequence[str], span: Span) -> str:
    return " ".join(lines[span.start : span.end])


def _first_address(text: str) -> str:
    start = address_start(text)
    found = None if start is None else _ADDRESS.match(text, start)
    return found[0].removeprefix("mailto:") if found else ""


def _is_introduced(lines: Sequence[str], start: int) -> bool:
    """True when the last words above introduce what follows: "Se hva leverandøren svarte:"."""
    above = next((lines[index].strip() for index in range(start - 1, max(-1, start - _LOOK_LINES), -1) if not is_blank(lines[index])), "")
    return above.endswith(":") or INTRODUCTIONS.search(above) is not None


def announces_inline_answers(lines: Sequence[str], end: int) -> bool:
    """True when the text above line `end` says that the answers are in the quoted mail: "se svar i rødt under"."""
    near = lines[max(0, end - 40) : end]
    above = "\n".join(near)
    low = above.lower()
    if not ANSWER_STEMS.first(low):  # true of most mails
        return False
    if ">" in above:
        above = "\n".join(line for line in near if not is_quoted(line))
    return bool(PLACE_SIGNS.first(f" {' '.join(above.split())}".lower())) and ANSWERS_BELOW.search(above) is not None


def points_below(lines: Sequence[str], end: int) -> bool:
    """True when a line above line `end` says no more than "se under"."""
    near = [line for line in lines[max(0, end - 40) : end] if len(line) <= _POINTING_CHARS and not is_quoted(line)]
    return any(POINTS_BELOW.match(line) for line in near)


def with_subject_line(lines: Sequence[str], span: Span, who: Correspondence, floor: int) -> Span:
    """The span extended over a line with the subject, which some clients repeat above the header block."""
    if span.kind != "block":
        return span
    above = next((index for index in range(span.start - 1, max(floor, span.start - 4) - 1, -1) if not is_blank(lines[index])), None)
    if above is None or len(lines[above]) > _SUBJECT_CHARS:
        return span
    subject = bare_subject(fields_at(lines, span).get(SUBJECT, "") or who.subject)
    same = len(subject) >= _MIN_SUBJECT_CHARS and bare_subject(_LABELLED.sub("", lines[above], count=1)) == subject
    return span._replace(start=above) if same and any(not is_blank(line) for line in lines[:above]) else span


def _has_identifier(lines: Sequence[str], span: Span) -> bool:
    """True when a field with an id stands in the block or right below it, and no rule above: Thunderbird forwards all fields below one."""
    first = next(index for index in range(span.start, span.end) if not is_blank(lines[index]))
    joined = takewhile(lambda line: not is_blank(line), lines[first : span.end + _LOOK_LINES])
    return lines[first][:1].isalpha() and any(line[:16].lower().startswith(_IDENTIFIERS) for line in joined)


def is_pasted_header(lines: Sequence[str], span: Span) -> bool:
    """True for a pasted header section: it has trace fields (RFC 5321 section 4.4) or ids, which no client puts above a quote.

    Or lines of a log on top: `From: 10.0.0.1`.
    """
    if span.kind == "attribution":
        return False
    if span.kind == "block" and _has_identifier(lines, span):
        return True
    if span.kind == "block" and not any(map(_HAS_LETTER.search, lines[: span.start])) and _is_logged(fields_at(lines, span)):
        return True
    near = [line[:24].lower() for line in lines[max(0, span.start - 2 * _LOOK_LINES) : span.end]]
    if not any(line.startswith(_TRACE) for line in near):
        return False
    joined = span.end - span.start
    above = near[: len(near) - joined]
    while above and above[-1].strip() and not above[-1].startswith(_TRACE):
        above.pop()
    traced = any(line.startswith(_TRACE) for line in near[len(near) - joined :])
    return traced or bool(above and above[-1].startswith(_TRACE))
