"""Text of strangers as HTML: escaped, line ends kept, web addresses made links that carry nothing along. In: text. Out: markup."""

from __future__ import annotations

from markupsafe import Markup, escape

from mailgate.web_addresses import runs

_LINK = Markup('<a href="{}" rel="noreferrer noopener nofollow">{}</a>')


def linked(text: str) -> Markup:
    """Runs of the text between addresses are escaped; only http and https become links. Linear in the text's length."""
    return Markup("").join(_lines(words) + (_LINK.format(url, url) if url else "") for words, url in runs(text))


def _lines(text: str) -> Markup:
    return Markup(str(escape(text)).replace("\n", "<br>\n"))
