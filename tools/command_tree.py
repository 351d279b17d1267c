"""The commands of the program with their options, as plain values: what the reference, the man pages and the completions are made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from mailgate.cli import COMMANDS, LazyGroup, app
from mailgate.cli.groups import value_type


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `names`: all its forms. `value`: what it takes, "" for a flag. `choices`: the words that it takes, if only some."""

    names: Sequence[str]
    value: str
    choices: Sequence[str]
    text: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. `files`: it names a file or folder."""

    name: str
    choices: Sequence[str]
    files: bool
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command or verb. `path`: its words after `mailgate`. `verbs`: those of a noun, none for a command of its own."""

    path: Sequence[str]
    text: str
    options: Sequence[Option]
    arguments: Sequence[Argument]
    verbs: Sequence[Command] = ()


def tree() -> Sequence[Command]:
    """Every command, in the order of the manual."""
    root = typer.main.get_command(app)
    assert isinstance(root, LazyGroup)
    context = root.make_context("mailgate", [], resilient_parsing=True)
    return [_command(root.get_command(context, name), (name,), context) for name in COMMANDS]


def walk(commands: Sequence[Command]) -> Iterator[Command]:
    """The commands, and the verbs beneath them."""
    for one in commands:
        yield one
        yield from walk(one.verbs)


def _command(one: Any, path: tuple[str, ...], parent: Any) -> Command:
    context = one.make_context(path[-1], [], parent=parent, resilient_parsing=True)
    names = one.list_commands(context) if hasattr(one, "list_commands") else []
    verbs = [_command(one.get_command(context, name), (*path, name), context) for name in names]
    params = [param for param in one.get_params(context) if not getattr(param, "hidden", False)]
    options = [_option(param) for param in params if param.param_type_name == "option"]
    arguments = [_argument(param) for param in params if param.param_type_name == "argument"]
    return Command(path, _plain(one.help), options, arguments, verbs)


def _option(param: Any) -> Option:
    names = [name for name in (*param.opts, *param.secondary_opts) if name.startswith("-")]
    value = "" if param.is_flag or param.count else param.metavar or "TEXT"
    return Option(sorted(names, key=len), value, _choices(param), _plain(param.help))


def _argument(param: Any) -> Argument:
    return Argument(param.metavar or param.name.upper(), _choices(param), value_type(param) is Path, _plain(param.help))


def _choices(param: Any) -> Sequence[str]:
    kind = value_type(param)
    return [str(one.value) for one in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _plain(text: str | None) -> str:
    """Paragraphs, each on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n"))
