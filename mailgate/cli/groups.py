"""How commands show their help: verbs with their whole first paragraph, values by words. In: a help text or a command. Out: a typer app."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import typer
import typer.core

VALUE_WORDS: dict[Any, str] = {int: "N", float: "N", Path: "PATH"}
"""What stands for a value in help texts, by its type; TEXT for all others."""


class WholeHelpGroup(typer.core.TyperGroup):
    """Lists its commands with their whole first paragraph."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list for --help."""
        verbs = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_paragraph(verb.help)) for name, verb in verbs if verb is not None])


def noun(help_text: str) -> typer.Typer:
    """The app of one noun; its module adds the verbs."""
    return typer.Typer(cls=WholeHelpGroup, help=help_text, add_completion=False, rich_markup_mode=None)


def name_values(command: Any) -> Any:
    """The command, whose help names each value by a word (`--limit N`) and not by its Python type (`--limit <int range>`). Idempotent."""
    for one in (command, *getattr(command, "commands", {}).values()):
        for param in one.params:
            if param.type_descriptor.is_choice:
                continue
            if param.param_type_name == "argument":
                param.display_type_rich = _no_type  # its name says it
            elif not (param.is_flag or param.count or param.metavar):
                param.metavar = VALUE_WORDS.get(value_type(param), "TEXT")
    return command


def value_type(param: Any) -> Any:
    """The type of one value of an option or argument: of `list[Path] | None` it is `Path`."""
    kind = param.type_descriptor.annotation
    while arguments := [one for one in get_args(kind) if one is not type(None)]:
        kind = arguments[0]
    return kind


def _no_type(ctx: Any) -> None:
    """In place of `TyperArgument.display_type_rich`."""


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())
