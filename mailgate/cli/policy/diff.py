"""`mailgate policy diff`: what one document means that another does not. In: numbers of versions, or files. Out: one line for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.policies.compare import ComparePolicies, PolicyDifference, Source, compare
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, acting, open_app
from mailgate.cli.policy.documents import document_of, shown_when_refused

IN_FORCE = "active"
_SIGNS = {"added": "+", "removed": "-", "moved": ">", "changed": "~"}


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="Number of a version, active for the one in force, or a file.")],
    after: Annotated[str | None, typer.Argument(metavar="B", help="The same. With A alone: from the one in force to A.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changes in meaning from A to B: rules, workflow, agreements, notices, redirect and the rest."""
    one, other = (before, after) if after is not None else (IN_FORCE, before)
    with open_app(config) as app, shown_when_refused(as_json):
        found = compare(app, acting(None), ComparePolicies(_source(one), _source(other)))
    if as_json:
        for difference in found.differences:
            print(output.json_line(asdict(difference)))
    elif found.differences:
        show_differences(found.differences)
    else:
        print("the same text" if found.same_text else "the same meaning: only the text differs")


def _source(named: str) -> Source:
    if named == IN_FORCE:
        return None
    return int(named) if named.isdecimal() else document_of(Path(named), mails=False)


def show_differences(found: Iterable[PolicyDifference]) -> None:
    """One line for each, below the part of the document that it is in."""
    for part, members in groupby(found, key=lambda difference: difference.part):
        print(part)
        for one in members:
            print(output.one_line(f"  {_SIGNS[one.change]} {one.name + ': ' if one.name else ''}{_meaning(one)}"))


def _meaning(one: PolicyDifference) -> str:
    if one.change in ("added", "removed"):
        return one.after or one.before or "empty"
    return f"{one.before or 'nothing'} -> {one.after or 'nothing'}"
