"""`mailgate backup`: a copy of everything, while the gateway runs. In: folders. Out: the folder that was made."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.backup import BackUp, back_up
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, acting, installation


def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder named by the time is made in it.")],
    secrets: Annotated[
        Path | None, typer.Option("--secrets", metavar="FOLDER", help="Another folder, for the secrets file and the signing keys.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the database into a new folder, readable for this user alone; the secrets into another one, if one is named.

    The settings file and the templates are not in it.
    """
    done = back_up(installation(config), acting(None), BackUp(folder, secrets))
    if as_json:
        print(output.json_line({"folder": str(done.folder), "secrets": [str(one) for one in done.secrets], **asdict(done.manifest)}))
        return
    print(done.folder)
    for file in done.secrets:
        print(file)
    accepted = output.counted(done.manifest.ledger["accepted"], "mail")
    output.note(f"{accepted}, {'balanced' if done.manifest.ledger['balanced'] else 'NOT balanced: see mailgate ledger'}")
    if not done.secrets:
        output.note("the secrets are not in it: without them replies to older notices are not recognised; --secrets FOLDER copies them")
