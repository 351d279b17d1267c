"""Recognises the HTML elements in which clients put quoted history and signatures, by name and style. Stage: reply extraction.

In: the attributes of one element. Out: yes or no. Outlook prefixes the names of HTML that it quotes with `x_`.
"""

from __future__ import annotations

import re

from mailgate.mail.words.word_lists import words

Attributes = dict[str, str | None]

_CONTAINER_STYLE = re.compile(
    r"border\s*:\s*none\s*;\s*border-top\s*:\s*solid\s*(?:#\w{3,6}|\w+)\s*1\.0pt\s*;\s*padding\s*:\s*3\.0pt", re.IGNORECASE
)
_CONTAINER_NAMES = words(
    """
    gmail_quote gmail_quote_container gmail_attr moz-cite-prefix moz-forward-container protonmail_quote tutanota_quote
    zmail_extra iosymail yahoo_quoted divrplyfwdmsg appendonsend mail-editor-reference-message-container olk_src_body_section
    replysplit isreplycontent reply-intro ms-outlook-mobile-reference-message ik_mail_quote front-blockquote messagereplysection
    stopspelling zwchr qtdseparatebr wisestamp_app_main origbody reply_block mailquote
    """
)
# The start tag of each container above holds one of these.
_HINTS = tuple(
    words(
        """
        gmail_ moz-cite moz-forward protonmail_ tutanota_ zmail_extra iosymail yahoo_quoted divrplyfwdmsg appendonsend
        reference-message olk_src_body replysplit stopspelling isreplycontent reply-intro ik_mail_quote front-blockquote
        messagereplysection origbody __divider__ <blockquote name="quote" name=quote border-top reply_block mailquote zwchr
        """
    )
)


def may_hold_quote(html: str) -> bool:
    """Fast pre-check: the markup may hold a quote container."""
    lower = html.lower()
    return any(hint in lower for hint in _HINTS)


def is_container(tag: str, attributes: Attributes) -> bool:
    """True for an element in which clients put quoted history. Outlook prefixes names of quoted HTML with `x_`."""
    if not attributes:
        return False
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".lower().split()
    for name in names:
        bare = name.removeprefix("x_")
        if bare in _CONTAINER_NAMES or "yahoo_quoted" in bare:
            return not (tag == "blockquote" and (bare == "gmail_quote" or is_indentation(attributes)))
    if attributes.get("data-marker") == "__DIVIDER__":
        return True
    if tag == "blockquote":
        return attributes.get("type") == "cite"
    if tag == "div":
        return (attributes.get("name") or "").lower() in ("quote", "messagereplysection") or _CONTAINER_STYLE.search(
            attributes.get("style") or ""
        ) is not None
    return False


# The colours that people choose for answers: the reds, the green and the blue of Outlook's palette.
_ANSWER_COLOURS = r"(?:red\b|#ff0000|#c00000|rgb\((?:255|192),\s?0,\s?0\)|#00b050|#0070c0)"
_COLOURED = re.compile(rf"[\s;\"']color\s?[:=]\s?[\"']?{_ANSWER_COLOURS}", re.IGNORECASE)


def is_coloured(html: str) -> bool:
    """True when words below the start of the quote have a colour that people choose for their answers."""
    lower = html.lower()
    starts = [at for at in map(lower.find, ("divrplyfwdmsg", "border-top", "gmail_quote", "<blockquote", "appendonsend")) if at >= 0]
    return bool(starts) and _COLOURED.search(lower, min(starts)) is not None


# Where clients put the signature of their user: Gmail, Outlook (web, phone), Apple Mail, Thunderbird, Proton, Zoho, Spark, Yahoo, GMX.
_SIGNATURES = words(
    """
    gmail_signature signature ms-outlook-mobile-signature applemailsignature moz-signature protonmail_signature_block zmail_signature
    zmail_signature_below messagesignaturesection yahoo-signature ymail-signature signature_old email-signature
    """
)


def may_hold_signature(html: str) -> bool:
    """Fast pre-check: the markup may hold a signature element."""
    return "ignature" in html


def is_signature(attributes: Attributes) -> bool:
    """True for an element in which clients put the signature. Outlook prefixes names of quoted HTML with `x_`."""
    if not attributes:
        return False
    names = (attributes.get("id"), attributes.get("class"), attributes.get("name"), attributes.get("data-smartmail"))
    return any(one in _SIGNATURES for name in names if name for one in name.lower().split())


def opens_history(attributes: Attributes) -> bool:
    """True for containers that hold the header only: the history follows them."""
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".lower().split()
    opens = ("divrplyfwdmsg", "appendonsend", "moz-cite-prefix", "gmail_attr", "replysplit", "stopspelling", "reply-intro")
    if attributes.get("data-marker") == "__DIVIDER__":
        return True
    return any(name.removeprefix("x_") in opens for name in names) or _CONTAINER_STYLE.search(attributes.get("style") or "") is not None


def is_indentation(attributes: Attributes) -> bool:
    """True for a blockquote that an editor made as indentation."""
    style = attributes.get("style")
    if not style:
        return False
    style = style.replace(" ", "").lower()
    return "border:none" in style and "border-left" not in style


def is_marked_quote(attributes: Attributes) -> bool:
    """True for a blockquote that a client marked as quoted mail."""
    if not attributes:
        return False
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().replace("gmail_quote", "")
    marked = (
        attributes.get("type") == "cite" or attributes.get("cite") is not None or "border-left" in (attributes.get("style") or "").lower()
    )
    return marked or any(word in names for word in ("quote", "cite", "iosymail"))
