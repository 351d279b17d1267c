"""The words of mails, per language, from `outbound/locale/*.po` and the operators' own `words.<language>.po`. In: a key. Out: the text.

A text for HTML has its values escaped; the text itself is plain and is escaped, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from string import Formatter

from markupsafe import Markup, escape

from mailgate import catalogue
from mailgate.errors import ConfigError

PACKAGE = "mailgate.outbound"
as_markup: Callable[[str], Markup] = partial(str.__new__, Markup)
"""Text that is HTML, as `Markup`: which asks each text whether it is already."""
_INNER = str.maketrans({"«": "‘", "»": "’", "“": "‘", "”": "’", "„": "‘"})


@dataclass(frozen=True, slots=True)
class MailWords:
    """The texts of one language by key, for one form of a mail."""

    texts: Mapping[str, str]
    html: bool = False

    def __call__(self, text_key: str, /, **values: object) -> str:
        """The text with its values. KeyError for a key that nobody has written, or a value that is not given."""
        text = self.texts[text_key]
        if not self.html:
            return text.format(**values)
        if not values:
            return _without_values(text)
        # The text is escaped once, each value here; Markup.format would do it again, at ten times the cost.
        return as_markup(_escaped(text).format(**{name: escape(value) for name, value in values.items()}))


class BothWords:
    """The texts of one language for both forms of a mail."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.text, self.html = MailWords(texts), MailWords(texts, html=True)


@lru_cache(4096)
def _escaped(text: str) -> str:
    return str(escape(text))


@lru_cache(4096)
def _without_values(text: str) -> Markup:
    return Markup(_escaped(text).format())


def load(language: str, folder: Path | None) -> Mapping[str, str]:
    """All texts of a language, those of `folder` in place of the shipped ones. Raises ConfigError for a file that cannot be used."""
    texts = catalogue.shipped(PACKAGE, language)
    own = own_file(folder, language)
    return {**texts, **_checked(catalogue.of_file(own, language), texts, own)} if own else texts


def own_file(folder: Path | None, language: str) -> Path | None:
    """The operators' catalogue of this language, when there is one."""
    places = (place / f"words.{language}.po" for place in ((folder / "mail", folder) if folder else ()))
    return next((place for place in places if place.is_file()), None)


def _checked(own: Mapping[str, str], shipped: Mapping[str, str], file: Path) -> Mapping[str, str]:
    """The operators' texts, when each replaces one of ours and asks for no value that ours has not."""
    for key, text in own.items():
        if key not in shipped:
            raise ConfigError(f"there is no text {key!r} in mails", file=str(file), hint="a key is one of outbound/locale/en.po")
        try:
            unknown = places_of(text) - places_of(shipped[key])
        except ValueError as error:
            raise ConfigError(f"the text {key!r} has a brace that does not fit: {error}", file=str(file)) from error
        if unknown:
            raise ConfigError(f"the text {key!r} asks for {', '.join(sorted(unknown))}, which it is not given", file=str(file))
    return own


def places_of(text: str) -> frozenset[str]:
    """The names in braces. Raises ValueError for braces that do not fit."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def inner_quotes(text: str) -> str:
    """`text` as it stands within quotation marks: its own ones are the inner ones (‘…’) of nb, nn and en."""
    return re.sub(r"\s+", " ", text).strip().translate(_INNER)
