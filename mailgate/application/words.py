"""Words that people give, checked and cleaned. In: text as typed or posted. Out: the clean value, or Invalid with the field's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from mailgate.errors import Invalid, PermanentFailure
from mailgate.mail.address import normal
from mailgate.mail.smtp_address import smtp_address

LANGUAGES = ("nb", "nn", "en")
MAX_LINE_CHARS = 250
MAX_TEXT_CHARS = 1024 * 1024
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")


def one_line(text: str, field: str, what: str) -> str:
    """The text without control characters and line ends. Raises Invalid when nothing is left or it is too long.

    `field` is for programs, `what` (such as "the summary") begins the sentence for people.
    """
    clean = " ".join("".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text).split())
    if not clean:
        raise Invalid(field, "empty", f"{what} is empty")
    if len(clean) > MAX_LINE_CHARS:
        raise Invalid(field, "too_long", f"{what} has {len(clean)} characters; {MAX_LINE_CHARS} are the most", most=MAX_LINE_CHARS)
    return clean


def line_or_empty(text: str, field: str, what: str) -> str:
    """Like `one_line`, for a field that may be left empty."""
    return one_line(text, field, what) if text else ""


def whole_text(text: str, field: str, what: str) -> str:
    """A text of several lines: LF line ends, no control characters but LF and TAB.

    Raises Invalid for a text that is too long, and for one of which nothing can be seen.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")).strip("\n")
    if all(unicodedata.category(sign)[0] in "CZ" for sign in clean):
        raise Invalid(field, "empty", f"{what} is empty")
    if len(clean) > MAX_TEXT_CHARS:
        raise Invalid(field, "too_long", f"{what} is too long; {MAX_TEXT_CHARS} characters are the most", most=MAX_TEXT_CHARS)
    return clean


def mail_address(text: str, field: str = "address") -> str:
    """`local@domain`, domain in lower case and as A-labels. Raises Invalid for what could not be written to."""
    try:
        return smtp_address(normal(text)).text
    except PermanentFailure as error:
        raise Invalid(field, "no_address", f"{text!r} is no mail address: {error}") from error


def mail_domain(text: str, field: str = "domains") -> str:
    """A mail domain in lower case, as A-labels. Raises Invalid for what is none."""
    domain = text.strip().lower().removeprefix("@").rstrip(".")
    try:
        domain = smtp_address(f"x@{domain}").text.partition("@")[2].lower()
    except PermanentFailure:
        domain = ""
    if not _DOMAIN.fullmatch(domain):
        raise Invalid(field, "no_domain", f"{text!r} is no mail domain, such as kunde.example")
    return domain


def one_of(word: str, words: Sequence[str], field: str, what: str) -> str:
    """The word, when it is one of these. Raises Invalid, which lists them."""
    if word not in words:
        raise Invalid(field, "unknown", f"there is no {what} {word!r}; there are {', '.join(words)}", known=tuple(words))
    return word
