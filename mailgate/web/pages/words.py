"""The words of pages, per language, from `web/locale/*.po`. In: a key. Out: the text, with values put in. A missing key stops the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from mailgate import catalogue

LANGUAGES = catalogue.LANGUAGES
FLASHES = "~"
"""Stands between the keys of what is told once."""
PARTS = "", "staff.", "why."
"""What all read, what staff read, and why something happened (`reasons`)."""
NAMES: Mapping[str, str] = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language by key, such as `login.title`."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """The text with its values, which are escaped where the text stands in HTML. KeyError for a key that nobody has written."""
        text = self.texts[key]
        return text.format(**values) if values else text

    def html(self, key: str, /, **values: object) -> Markup:
        """The text as HTML: values are escaped unless they are markup of ours."""
        return Markup(escape(self.texts[key])).format(**{name: escape(value) for name, value in values.items()})

    def get(self, key: str, default: str = "") -> str:
        """The text, or another one when there is no such key."""
        return self.texts.get(key, default)


@lru_cache(maxsize=len(LANGUAGES))
def words(language: str) -> Words:
    """The words of a language. Raises KeyError for one that has none."""
    return Words(language, {key: text for part in PARTS for key, text in catalogue.shipped("mailgate.web", language, part).items()})


def flash_text(t: Words, flash: str) -> str:
    """What is told once on the next page; of several that came one after the other, each."""
    return " ".join(t.get(key) for key in dict.fromkeys(flash.split(FLASHES)[:2]) if key.startswith("flash."))


def choose(wanted: str, accept_language: str, default: str) -> str:
    """The language of a page: what was chosen, else what the browser asks for (RFC 9110 section 12.5.4), else the default.

    Danes and Swedes read bokmål more easily than English.
    """
    if wanted in LANGUAGES:
        return wanted
    aliases = {"nb": "nb", "no": "nb", "nn": "nn", "da": "nb", "sv": "nb", "en": "en"}
    for name, _ in sorted(_ranges(accept_language), key=lambda one: -one[1]):
        if name in aliases:
            return aliases[name]
    return default


def _ranges(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header.split(",")[:20]:
        name, _, more = part.strip().lower().partition(";")
        quality = more.strip().removeprefix("q=")
        try:
            found.append((name.partition("-")[0], float(quality) if quality else 1.0))
        except ValueError:
            continue
    return found
