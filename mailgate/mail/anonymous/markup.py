"""Replaces what a person wrote in HTML. In: source and `Pseudonyms`. Out: source with the same elements, classes and styles. Pure.

Mail clients are told by elements, classes, ids and styles, so those stay; text, addresses, titles and pictures' names do not.
"""

from __future__ import annotations

import html as entities
import re

from mailgate.mail.anonymous.pseudonyms import Pseudonyms
from mailgate.mail.words.word_lists import words

_PIECE = re.compile(
    r"(?is)<!--\[if.{0,200}?\]>|<!\[endif\]-->|<!--.*?(?:-->|\Z)|<(?:style|script)\b.*?(?:</(?:style|script)\s*>|\Z)|</?[a-z!?][^<>]*>|[^<]+|<"
)
_ATTRIBUTE = re.compile(r"""([\w:-]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""")
_LINK = re.compile(r"""(?i)(?:https?:)?//[^\s"'()<>]+|[\w.+-]+@[\w.-]+""")
_KEPT = words(
    """
    class id style type dir lang width height align valign border color face size bgcolor cellpadding cellspacing colspan rowspan charset
    http-equiv start rel target role hidden xmlns
    """
)


def anonymised(source: str, names: Pseudonyms) -> str:
    """`source` with other words; what is shown keeps its lines."""
    return _PIECE.sub(lambda found: _piece(found.group(), names), source)


def _piece(piece: str, names: Pseudonyms) -> str:
    low = piece[:8].lower()
    if low.startswith(("<!--[if", "<![endif")):
        return piece
    if low.startswith("<!--"):
        return "<!--" + names.text(piece[4:].removesuffix("-->")) + "-->"
    if low.startswith(("<style", "<script")):
        return _LINK.sub(lambda found: names.text(found.group()), piece) if low.startswith("<style") else ""
    if piece.startswith("<") and len(piece) > 1:
        return _ATTRIBUTE.sub(lambda found: found[1] + found[2] + _value(found[1].lower(), found[3], names), piece)
    return _escaped(names.text(entities.unescape(piece)))


def _value(name: str, value: str, names: Pseudonyms) -> str:
    if name in _KEPT or name.startswith(("xmlns", "data-og", "data-ogsc")):
        return _LINK.sub(lambda found: names.text(found.group()), value)
    quote = value[0] if value[0] in "\"'" else ""
    inner = entities.unescape(value[1:-1] if quote else value)
    return quote + _escaped(names.text(inner)).replace('"', "&quot;").replace("'", "&#39;") + quote


def _escaped(text: str) -> str:
    return entities.escape(text, quote=False).replace("\u00a0", "&nbsp;")
