"""Carriers: where a token travels in a mail, and how it is found there again.

In: texts of a mail. Out: only tokens that `tokens.examine` holds good.

Three carriers go out with every mail about a case: the reply address (`support+<token>@`), the Message-ID (`<token>.<unique>@domain`) and a
marker line in the body (`Ref: <token>`), for relays that rewrite the other two. The thread root carries no token and no right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from mailgate.cases.tokens import FIRST_LETTER, LONGEST, MAX_LOCAL_PART_OCTETS, SHORTEST, Token, TokenKeys, TokenRefusal, examine, has_form

MARKER = "Ref: "
Examined = tuple[str, Token | TokenRefusal]
"""A text, and what `examine` says of it."""
MAX_CANDIDATES = 200
"""How many texts of one mail are checked at most, so that a mail of nothing but markers costs a bounded time."""

_TOKEN = rf"(?<![a-z0-9])([a-z2-7]{{{SHORTEST},{LONGEST}}})(?![a-z0-9])"
_ROOT = re.compile(r"case\.[0-9a-f]{32}@", re.ASCII)
# Looking for the letter first costs a quarter of looking at every place whether a word begins there.
_IN_MESSAGE_ID = re.compile(
    rf"([{FIRST_LETTER}](?<![a-zA-Z0-9].)[a-zA-Z2-7]{{{SHORTEST - 1},{LONGEST - 1}}})(?![a-zA-Z0-9])", re.ASCII | re.DOTALL
)
# Between the word and the token: what quoting (`> `), bold (`*Ref:* `), table cells (`|`), no-break spaces and re-wrapping put there.
_IN_TEXT = re.compile(rf"\bRef[*_]{{0,2}}[ \t\u00a0]?:[\s>*_|\u00a0\u200b]{{0,40}}{_TOKEN}", re.IGNORECASE | re.ASCII)


def reply_local_part(token: str, mailbox: str) -> str:
    """`<mailbox>+<token>`, or the token alone for mailbox "". Raises ValueError over 64 octets (RFC 5321 section 4.5.3.1.1)."""
    local_part = f"{mailbox}+{token}" if mailbox else token
    if len(local_part.encode()) > MAX_LOCAL_PART_OCTETS:
        raise ValueError(f"{mailbox!r} is too long a mailbox name: a token must fit behind it within {MAX_LOCAL_PART_OCTETS} octets")
    return local_part


def message_id(token: str, unique: str, domain: str) -> str:
    """A Message-ID without angle brackets (RFC 5322 section 3.6.4): `<token>.<unique>@<domain>`; `unique` is the mail's outbox id."""
    return f"{token}.{unique.replace('-', '')}@{domain}"


def thread_root(case_id: str, domain: str) -> str:
    """The id that all mails of a case name first in References, so that clients keep them in one thread. Stable; gives no right."""
    return f"case.{case_id.replace('-', '')}@{domain}"


def is_ours_by_form(message_id: str) -> bool:
    """True when an id looks like one that we give: a thread's root, or one with a token. Form only, no key is asked."""
    return _ROOT.match(message_id) is not None or any(has_form(text) for text in _IN_MESSAGE_ID.findall(message_id))


def marker_line(token: str) -> str:
    """The line of the body, without a line end. Short enough not to be wrapped, plain enough to come through quoting and HTML."""
    return MARKER + token


def in_local_part(keys: TokenKeys, local_part: str, today: date) -> Token | None:
    """The good token of `<mailbox>+<token>` or `<token>`, in any case of letters."""
    return first_good(examined(keys, local_part, today))


def examined(keys: TokenKeys, local_part: str, today: date) -> tuple[Examined, ...]:
    """What each text of the local part is that could be a token."""
    return tuple((text, examine(keys, text, today)) for text in _in_local_part(local_part))


def first_good(found: Iterable[Examined]) -> Token | None:
    """The first good token of these texts."""
    return next((token for _, token in found if not isinstance(token, TokenRefusal)), None)


def in_message_ids(keys: TokenKeys, message_ids: Iterable[str], today: date) -> tuple[Token, ...]:
    """The good tokens of In-Reply-To and References (without brackets), in the order given. Other ids of the same mail change nothing."""
    found = (match for text in islice(message_ids, MAX_CANDIDATES) for match in _IN_MESSAGE_ID.findall(text))
    return _all_good(keys, found, today)


def in_text(keys: TokenKeys, text: str, today: date) -> tuple[Token, ...]:
    """The good tokens of marker lines in a text, quoted or not, in order. Linear in the text's length."""
    return _all_good(keys, _marked(text), today)


def _marked(text: str) -> Iterator[str]:
    """What stands behind marker words. Finding the words first, in octets, costs a tenth of looking for the whole pattern everywhere."""
    plain = text.encode("latin-1", "replace").lower()  # one octet for each character
    at = plain.find(b"ref")
    while at >= 0:
        found = _IN_TEXT.match(text, at)
        if found:
            yield found.group(1)
        at = plain.find(b"ref", found.end() if found else at + 1)


def without_tokens(keys: TokenKeys, text: str, today: date) -> str:
    """The text with each token that we signed, valid or expired, as `…`: quoted text reaches other people, a reply address must not."""

    def hidden(match: re.Match[str]) -> str:
        found = examine(keys, match.group(1), today)
        return match.group() if isinstance(found, TokenRefusal) and found.token is None else "…"

    return _IN_MESSAGE_ID.sub(hidden, text)


def refusals(found: Iterable[Examined]) -> tuple[TokenRefusal, ...]:
    """Why the token-like texts of a mail's local parts are no good, for the trail: expired, forged, unknown key."""
    formed = (one for text, one in found if not isinstance(one, TokenRefusal) or one.reason != "malformed" or has_form(text))
    return tuple(one for one in islice(formed, MAX_CANDIDATES) if isinstance(one, TokenRefusal))


def _in_local_part(local_part: str) -> Iterator[str]:
    tail = local_part.rpartition("+")[2]
    yield tail
    if "=" in tail or "-" in tail or "." in tail:  # SRS, PRVS and other rewriting forwarders put words and signs around it
        yield from (match.group(1) for match in islice(_IN_MESSAGE_ID.finditer(local_part), 4))


def _all_good(keys: TokenKeys, candidates: Iterable[str], today: date) -> tuple[Token, ...]:
    checked = (examine(keys, text, today) for text in dict.fromkeys(islice(candidates, MAX_CANDIDATES)))
    return tuple(found for found in checked if not isinstance(found, TokenRefusal))
