"""Content-Type and Content-Disposition values. In: an unfolded value. Out: main value and parameters, all text. Linear, never raises.

RFC 2045 section 5.1, RFC 2231 (continuations, charset and language), RFC 2047 where it must not stand but does. Read as senders break
them: no semicolon between parameters, no closing quote, blanks round `=`, the same parameter twice (the first one counts).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mailgate.mail.mime.charset import codec_name, decode, one_line
from mailgate.mail.mime.headers import decode_words

# A name is looked for where a word begins, not at each letter of a word that is no name.
_PARAM = re.compile(
    r"""(?<![^\s=;"])([^\s=;"]{1,100})[ \t]{0,40}=[ \t]*(?:"((?:[^"\\]|\\.)*)(?:"|\Z)|((?:(?!\s{1,20}[\w*-]{2,40}\s?=)[^;"])*))""",
    re.DOTALL,
)
_UNQUOTE = re.compile(r"\\(.)", re.DOTALL)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?", re.DOTALL)
_AFTER_QUOTED = ("", ";", " ", "\t")
_MAX_PARAMS = 200
_MAX_CHARS = 16_384


@dataclass(frozen=True, slots=True)
class Value:
    """`main` in lower case without parameters; parameter names in lower case, values decoded; `defects` as named.

    `filenames` and `names`: all that readers may take for the parameters `filename` and `name`, the one in `params` first.
    """

    main: str = ""
    params: dict[str, str] = field(default_factory=dict)
    defects: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The parameter `name` (lower case), "" when absent."""
        return self.params.get(name, "")


@dataclass(slots=True)
class _Pieces:
    """One parameter as it comes in: whole, or in numbered sections. `more`: what stands again with another value."""

    whole: str | None = None
    extended: str | None = None
    more: list[_Pieces] = field(default_factory=list)
    sections: dict[int, tuple[str, bool]] = field(default_factory=dict)


def read_value(text: str) -> Value:
    """Take a value apart. `text` is unfolded and may hold what the sender left unencoded."""
    defects: tuple[str, ...] = ()
    if len(text) > _MAX_CHARS:
        text, defects = text[:_MAX_CHARS], ("parameters_too_long",)
    main, tail = _split_main(text)
    if not tail.strip(" ;\t"):
        return Value(main, {}, defects)
    found: dict[str, _Pieces] = {}
    for count, match in enumerate(_PARAM.finditer(tail)):
        if count >= _MAX_PARAMS:
            defects = ("too_many_parameters",)
            break
        if match.group(2) is not None and tail[match.end() : match.end() + 1] not in _AFTER_QUOTED:
            defects = ("unclear_parameters",)
        _collect(found, *match.groups())
    if "boundary" in found and _is_ambiguous(found["boundary"]):
        defects = (*defects, "two_boundaries")
    joined = {name: _join(pieces) for name, pieces in found.items()}
    return Value(main, joined, defects, _readings(found.get("filename")), _readings(found.get("name")))


def _is_ambiguous(pieces: _Pieces) -> bool:
    """Whether readers take different values for the parameter: it stands twice, or in two forms."""
    return bool(pieces.more) or (pieces.whole is not None and pieces.whole != _join(pieces))


def _readings(pieces: _Pieces | None) -> tuple[str, ...]:
    """All that readers take for a parameter that stands twice, or in several forms: first what we take."""
    if pieces is None:
        return ()
    forms = [_Pieces(whole=pieces.whole), _Pieces(extended=pieces.extended), _Pieces(sections=pieces.sections), *pieces.more]
    return tuple(dict.fromkeys(filter(None, map(_join, (pieces, *forms)))))


def _split_main(text: str) -> tuple[str, str]:
    """The part before the parameters; a missing semicolon after it is forgiven."""
    main, _, tail = text.partition(";")
    if "=" in main:
        first = main.split(None, 1)
        if "=" in first[0]:
            return "", text
        main, tail = first[0], (first[1] if len(first) > 1 else "") + ";" + tail
    return main.strip(" \t\"'").lower(), tail


def _collect(found: dict[str, _Pieces], name: str, quoted: str | None, token: str | None) -> None:
    match = _SECTION.fullmatch(name.lower()) if "*" in name else None
    base, number, star = match.groups() if match else (name.lower(), None, None)
    value = (token or "").strip() if quoted is None else _UNQUOTE.sub(r"\1", quoted) if "\\" in quoted else quoted
    pieces = found.setdefault(base, _Pieces())
    if number is not None:
        kept, _ = pieces.sections.setdefault(int(number), (value, bool(star)))
        if kept != value:
            pieces.more.append(_Pieces(sections={0: (value, bool(star))}))
    elif star:
        if pieces.extended not in (None, value):
            pieces.more.append(_Pieces(extended=value))
        pieces.extended = pieces.extended or value
    else:
        if pieces.whole not in (None, value):
            pieces.more.append(_Pieces(whole=value))
        pieces.whole = value if pieces.whole is None else pieces.whole


def _join(pieces: _Pieces) -> str:
    """RFC 2231 section 4.1: sections by their number; the extended form wins over the plain one."""
    if pieces.extended is not None:
        return one_line(_extended(pieces.extended))
    if pieces.sections and (0 in pieces.sections or 1 in pieces.sections):
        return one_line(_sections(pieces.sections))
    text = pieces.whole or ""
    if "=?" in text:
        return one_line(decode_words(text))
    return one_line(_extended(text)) if text[:12].lower().startswith(("utf-8''", "iso-8859-1''")) else one_line(text)


def _extended(value: str) -> str:
    charset, first, rest = value.partition("'")
    _, second, payload = rest.partition("'")
    if first and not second and codec_name(charset):
        payload = rest  # without the field for the language
    elif not second:
        charset, payload = "", value
    return decode(unquote_to_bytes(payload), charset)[0]


def _sections(sections: dict[int, tuple[str, bool]]) -> str:
    data, coded = bytearray(), ""
    charset = ""
    for position, number in enumerate(sorted(sections)):
        value, extended = sections[number]
        if extended and position == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        if extended:
            coded += value  # `%C3%A` may end one section and `5` begin the next
        else:
            data += unquote_to_bytes(coded) + value.encode("utf-8", "replace")
            coded = ""
    text = decode(bytes(data) + unquote_to_bytes(coded), charset)[0]
    return decode_words(text) if "=?" in text else text
