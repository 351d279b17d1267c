"""Writes settings for people: the file that `mailgate init` makes and the table of the manual. In: the sections. Out: text."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from mailgate.config.document import section_model
from mailgate.config.sections import Sections

_HEAD = """\
# Settings of mailgate. Every key is here with its default; a # before it means that the default counts.
# MAILGATE_SECTION__KEY in the environment overrides a key. Relative paths count from the folder of this file.
# Secrets stand in the file that secrets.file names, not here.
"""
_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: where it stands, what it takes, its default as TOML, and what it means."""

    section: str
    key: str
    kind: str
    default: str
    meaning: str

    @property
    def name(self) -> str:
        """`section.key`."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return f"MAILGATE_{self.section}__{self.key}".upper()


def settings() -> Iterator[Setting]:
    """Every setting, in the order of the file."""
    for section in Sections.model_fields:
        for key, field in section_model(section).model_fields.items():
            yield Setting(section, key, _kind(field.annotation), toml_value(field.default), field.description or "")


def toml_text(chosen: Mapping[str, Any]) -> str:
    """A complete, commented settings file. `chosen` (`section.key` -> value) stands without a #; all else as its default, commented out."""
    lines, section = [_HEAD], ""
    for setting in settings():
        if setting.section != section:
            section = setting.section
            lines += ["", f"[{section}]", *_comment(" ".join((section_model(section).__doc__ or "").split()))]
        lines += _comment(f"{setting.meaning} ({setting.kind})")
        given = setting.name in chosen
        lines.append(f"{'' if given else '# '}{setting.key} = {toml_value(chosen[setting.name]) if given else setting.default}")
    return "\n".join(lines) + "\n"


def toml_value(value: Any) -> str:
    """A value as TOML. None is the empty text, which paths take for not set."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps("" if value is None else str(value), ensure_ascii=False)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(word or "empty" for word in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list"
    if Path in get_args(annotation):
        return "path"
    return {int: "whole number", float: "number", bool: "true or false"}.get(annotation, "text")
