"""A stranger's subject made fit to be named in a mail of ours. In: a subject. Out: at most 78 characters that lead nowhere. Pure.

What strangers write must not go out under our name as they wrote it: no address of a page or mailbox can be followed, nothing turns the
reading direction, and there is no room for a message.
"""

from __future__ import annotations

import re
import unicodedata

from mailgate.mail.mime.charset import one_line

MAX_CHARS = 78
_LOOK_CHARS = 1_000
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:\s?/{1,3}|\b(?:mailto|tel|javascript|data|file|sms):", re.IGNORECASE)
_DOT_BETWEEN = re.compile(r"(?<=[^\W_])[.\u3002\uff0e\uff61\u2024\ufe52](?=[^\W_])")
_SEPARATOR = re.compile(r"(?<=\S)[@/\\](?=\S)")


def defanged(subject: str) -> str:
    """`subject` on one line, cut, with nothing that a mail program makes a link of."""
    text = "".join(sign for sign in one_line(subject[:_LOOK_CHARS]) if unicodedata.category(sign) != "Cf")
    text = " ".join(_SEPARATOR.sub(" ", _SCHEME.sub("", text)).split())
    text = _DOT_BETWEEN.sub(" ", text) if _has_name(text) else text
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1].rstrip() + "\u2026"


def _has_name(text: str) -> bool:
    """Whether words are joined by dots as host names are; a decimal number or a date keeps its dots."""
    return any(any(sign.isalpha() for sign in one) for one in text.split() if _DOT_BETWEEN.search(one))
