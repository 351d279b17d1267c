"""Why something happened, in the reader's language. In: a stored reason, which is English. Out: the same for nb and nn.

What the program itself says is known from the English catalogue `why`, whose texts are templates of what is stored. What operators wrote
fits no template and stays as it is. Facts are shown in words; on pages about rules, their names in the policy follow. In English the stored
text is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from string import Formatter

from mailgate import catalogue
from mailgate.web.pages.words import Words

Pieces = Sequence[tuple[str, str]]
"""Text, and the name of the value that follows it, "" for the end."""
_STORED, _RULE, _SEEN, _FACT = "en", "why.rule.", "why.seen.", "why.fact."
_HEADER = "header."
_VALUES = "does", "kind", "status", "trust"


def localized(stored: str, t: Words, *, named: bool = False) -> str:
    """A stored reason in the language of `t`. `named`: facts with their names of the policy."""
    if t.language == _STORED:
        return stored
    key = _sentences().get(stored)
    if key:
        return t(key)
    return _with_facts(stored, t, named) or _composed(stored, t) or _of_own_rule(stored, t, named) or stored


def localized_facts(stored: str, t: Words) -> str:
    """What a rule saw that did not hold, such as `kind is human, case.found is false`."""
    return stored if t.language == _STORED else _facts(stored, t, named=True) or stored


def _with_facts(stored: str, t: Words, named: bool) -> str:
    """A reason of ours with what was seen behind it: `a machine wrote … (kind is bulk)`."""
    for reason, key in _sentences().items():
        if key.startswith(_RULE) and stored.startswith(f"{reason} (") and stored.endswith(")"):
            seen = stored[len(reason) + 2 : -1]
            return f"{t(key)} ({_facts(seen, t, named) or seen})"
    return ""


def _of_own_rule(stored: str, t: Words, named: bool) -> str:
    """What an operator's rule saw, behind the reason that they gave it; "" when it is no list of facts that we know."""
    reason, begins, seen = stored.rpartition(" (") if stored.endswith(")") else ("", "", stored)
    seen = seen.removesuffix(")") if begins else seen
    if f"{_FACT}{seen.partition(' ')[0]}" not in t.texts:
        return ""
    shown = _facts(seen, t, named)
    return f"{reason} ({shown})" if shown and begins else shown


def _composed(stored: str, t: Words) -> str:
    """A reason with values in it; each value is translated, too."""
    for key, pieces in _templates():
        values = _values(pieces, stored)
        if values:
            return t(key, **{name: _value(name, value, t) for name, value in values.items()})
    return ""


def _value(name: str, value: str, t: Words) -> str:
    if name == "trust":
        return t.get(f"trust.{value}", value)
    return t.get(f"why.{name}.{value}", value) if name in _VALUES else localized(value, t)


def _facts(seen: str, t: Words, named: bool) -> str:
    """`kind is bulk` as `slag: masseutsendelse`; "" when it is no list of facts."""
    shown: list[str] = []
    for piece in seen.split(", "):
        found = _fact(piece, t, named)
        if not found and not shown:
            return ""
        if not found and (bound := piece.removeprefix("not ")) != piece:
            shown[-1] = t(f"{_SEEN}compared", value=shown[-1], bound=bound)
        else:
            shown.append(found or piece)  # a list is the value of the fact before
    return ", ".join(shown)


def _fact(piece: str, t: Words, named: bool) -> str:
    name, _, rest = piece.partition(" ")
    verb, _, value = rest.partition(" ")
    shown = _in_words(name, t, named)
    if verb == "is" and value:
        return f"{shown}: {_seen_value(name, value, t)}"
    if verb == "has" and value:
        return t(f"{_SEEN}has", fact=shown, value=value)
    return t(f"{_SEEN}missed", fact=shown) if rest == "does not match" else ""


def _in_words(name: str, t: Words, named: bool) -> str:
    """A fact in words, with its name of the policy behind it when that is wanted; a name that is none of ours stays."""
    field = name.removeprefix(_HEADER)
    words = t(f"{_FACT}header", name=field) if field != name else t.get(f"{_FACT}{name}")
    return (f"{words} [{name}]" if named else words) if words else name


def _seen_value(name: str, value: str, t: Words) -> str:
    """The value of a fact, in words where there are words for it."""
    family = {"kind": "why.kind.", "trust": "trust.", "case.status": "why.status."}.get(name, "why.truth.")
    return t.get(f"{family}{value}") or t.get(f"why.truth.{value}", value)


def _values(pieces: Pieces, text: str) -> Mapping[str, str]:
    """The values that make the text of the template; {} for another text."""
    first, values, at = pieces[0][0], dict[str, str](), len(pieces[0][0])
    if not text.startswith(first):
        return {}
    for (_, name), (follows, more) in pairwise(pieces):
        end = text.find(follows, at) if more else len(text) - len(follows)
        if end <= at or not text.startswith(follows, end):
            return {}
        values[name], at = text[at:end], end + len(follows)
    return values


@cache
def _sentences() -> Mapping[str, str]:
    """Reasons without values: stored text -> key."""
    return {text: key for key, text in _stored() if "{" not in text}


@cache
def _templates() -> Sequence[tuple[str, Pieces]]:
    """Reasons with values in them, the template with the longest fixed text first: another one would take its fixed words for values."""
    found = [(key, [(text, name or "") for text, name, _, _ in Formatter().parse(text)]) for key, text in _stored() if "{" in text]
    ended = [(key, pieces if not pieces[-1][1] else [*pieces, ("", "")]) for key, pieces in found]
    return sorted(ended, key=lambda one: -sum(len(text) for text, _ in one[1]))


def _stored() -> Iterator[tuple[str, str]]:
    """The English texts that are whole reasons."""
    skipped = (_SEEN, _FACT, "why.truth.", *(f"why.{name}." for name in _VALUES))
    return ((key, text) for key, text in catalogue.shipped("mailgate.web", _STORED, "why.").items() if not key.startswith(skipped))
