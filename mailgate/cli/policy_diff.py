"""`mailgate policy diff`: what one document means otherwise than another. In: numbers of versions, or files. Out: one line for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from mailgate import bootstrap
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption
from mailgate.cli.policy_document import checked, document_bytes
from mailgate.cli.policy_versions import opened
from mailgate.config import Settings
from mailgate.policy_in_force import beginning
from mailgate.rules.document_file import policy_of
from mailgate.rules.policy import Policy
from mailgate.rules.policy_diff import Change, Difference, differences
from mailgate.store.unit_of_work import Store

IN_FORCE = "active"
_SIGNS: dict[Change, str] = {"added": "+", "removed": "-", "moved": ">", "changed": "~"}


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="Number of a version, active for the one in force, or a file.")],
    after: Annotated[str | None, typer.Argument(metavar="[B]", help="The same. With A alone: from the one in force to A.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changes in meaning from A to B: rules, workflow, agreements, notices, redirect and the rest."""
    one, other = (before, after) if after is not None else (IN_FORCE, before)
    with opened(config) as (settings, store):
        (old, old_text), (new, new_text) = (_found(named, settings, store, as_json=as_json) for named in (one, other))
    found = differences(old, new)
    if as_json:
        for difference in found:
            print(output.json_line(asdict(difference)))
    elif found:
        _show(found)
    else:
        print("the same text" if old_text == new_text else "the same meaning: only the text differs")


def _found(named: str, settings: Settings, store: Store, *, as_json: bool) -> tuple[Policy, str]:
    """A policy and its text. Shows every problem of a file, then raises NotAllowed; PolicyError for a version that cannot be read."""
    own = bootstrap.own_addresses(settings).mailboxes
    if named != IN_FORCE and not named.isdecimal():
        raw = document_bytes(Path(named))
        return checked(raw, named, own, as_json=as_json), raw.decode("utf-8")
    with store.reading() as uow:
        number = uow.policies.active() if named == IN_FORCE else int(named)
        text = uow.policies.get(number).text if number is not None else ""
    if number is None:
        text = beginning(settings.policy.file).text()
    return policy_of(text, own, f"version {number or 'that a new database begins with'}"), text


def _show(found: Iterable[Difference]) -> None:
    for part, members in groupby(found, key=lambda difference: difference.part):
        print(part)
        for one in members:
            print(output.one_line(f"  {_SIGNS[one.change]} {one.name + ': ' if one.name else ''}{_said(one)}"))


def _said(one: Difference) -> str:
    if one.change in ("added", "removed"):
        return one.after or one.before or "empty"
    return f"{one.before or 'nothing'} -> {one.after or 'nothing'}"
