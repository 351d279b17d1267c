"""Message ids. In: values of Message-ID, In-Reply-To, References. Out: ids without angle brackets, in order, none twice.

RFC 5322 section 3.6.4, and what is sent instead: no brackets, blanks inside, several in one field, words round them.
"""

from __future__ import annotations

import re

_BRACKETED = re.compile(r"<([^<>]{1,998})>")
_WORD = re.compile(r"[^\s<>,;\"()]+")
_BLANK = re.compile(r"\s+")
MAX_CHARS = 998


def read_ids(text: str, limit: int = 100) -> tuple[tuple[str, ...], bool]:
    """The ids in `text`, and whether some were left out: over `limit` the first and the last are kept, both ends matter for threading."""
    found = [_BLANK.sub("", one) for one in _BRACKETED.findall(text)] if "<" in text else []
    if not found:
        found = [one for one in _WORD.findall(text) if "@" in one[1:-1] and len(one) <= MAX_CHARS]
    ids = list(dict.fromkeys(one for one in found if one))
    if len(ids) <= limit:
        return tuple(ids), False
    head = limit // 2
    return (*ids[:head], *ids[-(limit - head) :]), True


def read_id(text: str) -> str | None:
    """The one id of a Message-ID field, None when there is none that can be used."""
    ids, _ = read_ids(text)
    if ids:
        return ids[0]
    bare = _BLANK.sub("", text.strip().strip("<>"))
    return bare[:MAX_CHARS] or None
