"""`mailgate person`: a copy of one person's data, and its erasure. In: a mail address. Out: a file; how much of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.persons import erase as erasing
from mailgate.application.persons import export as exporting
from mailgate.cli import output
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption, ReasonOption, acting, open_app
from mailgate.errors import NotAllowed

app = noun("One person's data: a copy of it, and its erasure.")

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's mail address.")]


@app.command()
def export(
    address: AddressArgument,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="The ZIP file to write. Default: ADDRESS.zip, here.")] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all that is known of a person into a ZIP file: what they wrote, what is recorded of them, mails and files."""
    command = exporting.ExportPerson(address, to or Path(f"{address.replace('/', '_')}.zip"))
    with open_app(config) as opened:
        done = exporting.export_person(opened, acting(operator), command)
    if as_json:
        print(output.json_line({"file": str(done.file), **done.counts}))
        return
    print(done.file)
    output.note(_words(done.counts))


@app.command()
def erase(
    address: AddressArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would be erased.")] = False,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase a person: mails, words, files, accounts, names and all addresses. Cannot be undone. Backups that still hold them are named."""
    command = erasing.ErasePerson(address, output.given(reason, "the reason"))
    with open_app(config) as opened:
        act = erasing.erase_person if yes else erasing.preview_erasure
        done = act(opened, acting(operator), command)
    if as_json:
        print(output.json_line({"erased": yes, **asdict(done)}))
    else:
        _print(done)
    if not yes:
        raise NotAllowed("nothing has changed: look through it, then add --yes to erase; it cannot be undone")


def _print(done: erasing.Erased) -> None:
    output.show_one({name.replace("_", " "): count for name, count in done.counts.items()}, as_json=False)
    for backup in done.backups:
        made = f", made {output.one_line(backup.made_at)}" if backup.made_at else ""
        print(f"still in  {backup.place}{made}")
    for address in done.other_addresses:
        print(f"the same person  {address}")
    output.note(f"the audit names them {done.audit_id}; logs, backups elsewhere and mailboxes are not reached from here")


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items() if count)
