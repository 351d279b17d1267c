"""Reads `mailgate.toml` and the `MAILGATE_SECTION__KEY` variables into one document that knows where each key stands.

In: a path and the environment. Out: raw values by section and key. Never judges a value; `where` lets others name the place.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from mailgate.config.sections import MOVED, Sections, SettingsSection
from mailgate.errors import ConfigError

PREFIX = "MAILGATE_"
OWN_VARIABLES = frozenset({"MAILGATE_CONFIG", "MAILGATE_KILL", "MAILGATE_OPERATOR"})
FOREIGN_PREFIXES = ("MAILGATE_TEST_", "MAILGATE_BENCH_")
MAX_FILE_BYTES = 256 * 1024
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_NUMBERS: tuple[type, ...] = (int, float, bool)

_STRAIGHT = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019", '"'))
"""Typographic quotes, as word processors and web pages put them in, to those of TOML."""


@dataclass(frozen=True)
class SettingsDocument:
    """What is set, and where. `values` has every section, maybe empty; `variables` are the keys that the environment sets."""

    file: Path | None
    text: str
    values: dict[str, dict[str, Any]]
    variables: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def fail(self, section: str, key: str, what: str, hint: str = "") -> NoReturn:
        """Raise ConfigError at the place of this key: its variable, its line, or the file."""
        variable = self.variables.get((section, key))
        if variable:
            raise ConfigError(what, file=variable, hint=hint)
        line = line_of(self.text, section, key) if self.file else 0
        if not line:
            raise ConfigError(what, hint=hint)
        raise ConfigError(what, file=str(self.file), line=line, hint=hint)


def read(path: Path | None, environment: Mapping[str, str]) -> SettingsDocument:
    """Read file and environment. Raises ConfigError for an unreadable file, text that is no TOML, an unknown section or variable."""
    text = read_text(path) if path else ""
    content = parse_toml(path, text) if path else {}
    values: dict[str, dict[str, Any]] = {name: {} for name in Sections.model_fields}
    for section, table in content.items():
        if section not in values:
            line = line_of(text, section, "")
            raise ConfigError(f"unknown section [{section}]", file=str(path), line=line, hint=suggest(section, values, "sections are"))
        if not isinstance(table, dict):
            raise ConfigError(
                f"{section} is a section, not a value",
                file=str(path),
                line=line_of(text, section, ""),
                hint=f"write [{section}] on a line of its own",
            )
        values[section] = dict(table)
    return SettingsDocument(path, text, values, _overlay(values, environment))


def read_text(path: Path) -> str:
    """The UTF-8 text of a settings file of sensible size. Raises ConfigError."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"larger than {MAX_FILE_BYTES // 1024} KiB", file=str(path), hint="is this the settings file?")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", file=str(path), hint="save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(path), hint="check the path and its permissions") from None


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """TOML text as values. Raises ConfigError with the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found.group(1)) if found and found.group(1) else text.count("\n") + 1
        what = _AT_LINE.sub("", str(error))
        raise ConfigError(f"no TOML: {what}", file=str(path), line=line, hint=_toml_meant(text, line)) from None
    except RecursionError:
        raise ConfigError("no TOML: nested too deep", file=str(path), line=1, hint="sections hold plain values only") from None


def _toml_meant(text: str, line: int) -> str:
    """What to write instead of a line that is no TOML. Its value is not shown: it may be a secret."""
    lines = text.splitlines()
    found = lines[line - 1] if line <= len(lines) else ""
    if found.translate(_STRAIGHT) != found:
        return f'write straight quotes, not typographic ones: {found.partition("=")[0].strip()[:40]} = "..."'
    return 'texts stand in quotes (key = "text"), lists in [ ]'


def line_of(text: str, section: str, key: str) -> int:
    """The line on which `section.key` (or, with key "", the section) is first set; 0 when it is not.

    Each line that ends a complete document is a place where something was set: the parser itself says what. Only asked when there is an
    error to show, so its cost (the file is parsed once per line) does not matter.
    """
    lines, start = text.splitlines(), 0
    for number in range(1, len(lines) + 1):
        try:
            content = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        table = content.get(section)
        if section in content and (not key or (isinstance(table, dict) and key in table)):
            return _first_statement(lines, start, number)
        start = number
    return 0


def suggest(name: str, known: Iterable[str], otherwise: str) -> str:
    """`did you mean …?`, or all that is known."""
    names = list(known)
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"{otherwise} {', '.join(names)}"


def _first_statement(lines: list[str], start: int, end: int) -> int:
    return next((number + 1 for number in range(start, end) if lines[number].strip() and not lines[number].lstrip().startswith("#")), end)


def _overlay(values: dict[str, dict[str, Any]], environment: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Let the environment's values override the file's; returns which variable set which key."""
    variables: dict[tuple[str, str], str] = {}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in OWN_VARIABLES or name.startswith(FOREIGN_PREFIXES):
            continue
        section, key = _key_of(name)
        values[section][key] = _from_text(name, section, key, environment[name])
        variables[section, key] = name
    return variables


def _key_of(name: str) -> tuple[str, str]:
    section, _, key = name.removeprefix(PREFIX).lower().partition("__")
    if section in Sections.model_fields and key in section_model(section).model_fields:
        return section, key
    if (section, key) in MOVED:
        raise ConfigError(f"{section}.{key} is no setting any more", file=name, hint=f"the policy says it, as {MOVED[section, key]}")
    known = [f"{PREFIX}{s}__{k}".upper() for s in Sections.model_fields for k in section_model(s).model_fields]
    close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.6)
    raise ConfigError(
        "no setting has this variable", file=name, hint=f"did you mean {close[0]}?" if close else "variables are MAILGATE_SECTION__KEY"
    )


def section_model(section: str) -> type[SettingsSection]:
    """The class of a section by its name."""
    model = Sections.model_fields[section].annotation
    if not (isinstance(model, type) and issubclass(model, SettingsSection)):
        raise TypeError(section)
    return model


def _from_text(variable: str, section: str, key: str, text: str) -> Any:
    """Numbers and truth values are read from their text; all other types check the text themselves."""
    kind = section_model(section).model_fields[key].annotation
    if kind not in _NUMBERS:
        return text
    try:
        return TypeAdapter(kind).validate_python(text.strip(), strict=False)
    except ValidationError:
        word = {int: "a whole number", float: "a number", bool: "true or false"}[kind]
        raise ConfigError(f"{section}.{key} must be {word}, not {text[:40]!r}", file=variable) from None
