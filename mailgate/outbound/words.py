"""The words of mails, per language, from `outbound/locale/*.po` and the operators' own `words.<language>.po`. In: a key. Out: the text.

A text for HTML has its values escaped; the text itself is plain and is escaped, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from string import Formatter

from markupsafe import Markup, escape

from mailgate import catalogue
from mailgate.errors import ConfigError
from mailgate.outbound.html_text import escaped

PACKAGE = "mailgate.outbound"
as_markup: Callable[[str], Markup] = partial(str.__new__, Markup)
"""Text that is HTML, as `Markup`: which asks each text whether it is already."""
_INNER = str.maketrans({"«": "‘", "»": "’", "“": "‘", "”": "’", "„": "‘"})


class MailWords:
    """The texts of one language by key, for one form of a mail."""

    __slots__ = ("_fixed", "_html", "_texts")

    def __init__(self, texts: Mapping[str, str], *, html: bool = False) -> None:
        self._html, self._texts = html, {key: str(escape(text)) for key, text in texts.items()} if html else texts
        fixed = {key: text.format() for key, text in self._texts.items() if not places_of(text)}
        self._fixed: Mapping[str, str] = {key: as_markup(text) for key, text in fixed.items()} if html else fixed

    def __call__(self, text_key: str, /, **values: object) -> str:
        """The text with its values. KeyError for a key that nobody has written, or a value that is not given."""
        fixed = self._fixed.get(text_key)
        if fixed is not None:
            return fixed
        text = self._texts[text_key]
        if not self._html:
            return text.format(**values)
        # The text is escaped once, each value here; Markup.format would do it again, at ten times the cost.
        return as_markup(text.format_map(_Escaped(values)))


class _Escaped:
    """Values by name, escaped when a text asks for one: what its text does not say may be undefined for a mail of this kind."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        return escaped(self._values[name])


class BothWords:
    """The texts of one language for both forms of a mail."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.text, self.html = MailWords(texts), MailWords(texts, html=True)


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
    """`text` for use inside quotation marks: its own ones become inner ones (‘…’), as in nb, nn and en."""
    line = " ".join(text.split())
    return line if line.isascii() else line.translate(_INNER)
