"""`mailgate dkim`: keys that sign our mail, and the DNS records that publish them. In: settings. Out: lines for a zone file; key files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.dkim import Published, SigningRecords, signing_records
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, acting, installation

STRING_CHARS = 250
"""A string of a TXT record holds 255 bytes (RFC 1035 section 3.3.14)."""


def dkim(
    folder: Annotated[Path | None, typer.Option("--folder", help="Where new keys go. Default: beside the secrets file.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the DNS records of the keys that sign our mail; make keys when the settings name none."""
    found = signing_records(installation(config), acting(None), SigningRecords(folder))
    _print(found, as_json)
    if found.made and not as_json:
        print("; when they are published, add to the settings:\n; [dkim]")
        for setting, path in found.made.items():
            print(f'; {setting} = "{path.absolute()}"')


def _print(found: Published, as_json: bool) -> None:
    for record in found.records:
        if as_json:
            print(output.json_line({"name": record.name, "type": "TXT", "value": record.value}))
            continue
        strings = " ".join(f'"{record.value[at : at + STRING_CHARS]}"' for at in range(0, len(record.value), STRING_CHARS))
        print(f"{record.name}. 3600 IN TXT ( {strings} )")
