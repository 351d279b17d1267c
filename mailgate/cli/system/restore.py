"""`mailgate restore`: put a backup in place, while nothing runs. In: the folder of a backup. Out: what was found, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.backup import Restore
from mailgate.application.backup import restore as restoring
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, acting, installation
from mailgate.errors import NotAllowed


def restore(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that mailgate backup has made.")],
    yes: Annotated[bool, typer.Option("--yes", help="Confirm that no process of mailgate uses this database any more.")] = False,
    other_keys: Annotated[bool, typer.Option("--other-keys", help="Restore although the secrets are not those of the backup.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in place, as the database that the settings name. Stop the gateway first.

    An SQLite file that is there is kept under another name; on PostgreSQL the database must be empty. Put the secrets back first: copy
    them to secrets.file. Mail that was unfinished in the backup waits until `mailgate outbox restored` says what becomes of it.
    Everybody logs in again.
    """
    found = installation(config)
    if not yes:
        raise NotAllowed("stop everything that uses the database, then say --yes; nothing has changed")
    done = restoring(found, acting(None), Restore(folder, other_keys))
    if as_json:
        print(output.json_line({**asdict(done), "moved_to": str(done.moved_to or "")}))
        return
    accepted = output.counted(done.ledger["accepted"], "mail")
    print(f"restored the backup of {done.manifest.made_at[:19]} UTC: {accepted}, balanced: {done.ledger['balanced']}")
    if done.moved_to:
        output.note(f"the database that was there is {done.moved_to}")
    output.note(
        f"{output.counted(done.sessions_ended, 'session')} ended: everybody logs in again. Who was disabled, or got another password, "
        "since the backup is as before: mailgate account list"
    )
    if any(done.waiting.values()):
        output.note(f"{waiting(done.waiting)} wait for you: the lost gateway may have sent or answered them; mailgate outbox restored")


def waiting(counts: Mapping[str, int]) -> str:
    """The counts of what waits, in words."""
    named = (("journal", "accepted mail"), ("notices", "notice"), ("outbox", "outgoing mail"))
    journal, notices, outbox = (output.counted(counts[name], one) for name, one in named)
    return f"{journal}, {notices} and {outbox}"
