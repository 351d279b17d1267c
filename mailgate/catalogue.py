"""Catalogues of words: one `locale/<language>.po` per language in a package, or several parts. In: a package or a file. Out: key -> text.

A key names a text, such as `login.title`; `{name}` in a text is a place for a value. Pages and mails have a catalogue each.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

from mailgate.errors import ConfigError

LANGUAGES = ("nb", "nn", "en")


@cache
def shipped(package: str, language: str, part: str = "") -> Mapping[str, str]:
    """The texts of one language that come with the program. `part`: how the file's name begins. Raises KeyError for an unknown language."""
    if language not in LANGUAGES:
        raise KeyError(language)
    with files(package).joinpath("locale", f"{part}{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language, abort_invalid=True)
    return {str(one.id): str(one.string) for one in catalog if one.id and one.string}


def of_file(path: Path, language: str) -> Mapping[str, str]:
    """The texts of a file of the operators. Raises ConfigError, with the file, when it is no catalogue."""
    try:
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, abort_invalid=True)
        return {str(one.id): str(one.string) for one in catalog if one.id and one.string}
    except (PoFileError, UnicodeDecodeError, ValueError, OSError) as error:
        raise ConfigError(
            f"the catalogue cannot be read: {error}", file=str(path), hint="it has the form of gettext's .po files"
        ) from error
