"""How nouns with verbs show their help: every verb with its whole first paragraph, not cut off. In: a help text. Out: a typer app."""

from __future__ import annotations

from typing import Any

import typer
import typer.core


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


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())
