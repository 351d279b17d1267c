"""`mailgate case file`: save an attachment. In: a case and the number that `case show` gives the file. Out: a file, mode 0600."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.cases import read
from mailgate.application.cases.views import AgentCase
from mailgate.cli.case.everyday import KeyArgument, app
from mailgate.cli.opening import ConfigOption, acting, open_app
from mailgate.cli.output import counted, one_line
from mailgate.errors import UsageError


@app.command("file")
def save_file(
    key: KeyArgument,
    number: Annotated[int, typer.Argument(metavar="N", min=1, help="Number of the file, as `mailgate case show` gives it.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="PATH", help="File or folder to write to. Default: its own name, here.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Save an attachment of a case; nothing is written over. It is what a stranger sent: open it with care."""
    with open_app(config) as opened:
        case = read.show_case(opened, acting(None), read.ShowCase(key))
        assert isinstance(case, AgentCase), "operators see the whole case"
        files = [(comment.id, file) for comment in case.comments for file in comment.files]
        if number > len(files):
            raise UsageError(f"{case.key} has {counted(len(files), 'file')}; mailgate case show {case.key} numbers them")
        comment_id, file = files[number - 1]
        found = read.read_file(opened, acting(None), read.ReadFile(key, comment_id, file.sha256))
    print(_written(_target(to, found.filename), found.content))


def _target(to: Path | None, filename: str) -> Path:
    """Where to write. The sender's name may hold anything: only its last part counts, and it begins with no dot."""
    own = one_line(filename).replace("/", "_").replace("\\", "_").lstrip(".") or "file"
    return to / own if to is not None and to.is_dir() else to or Path(own)


def _written(path: Path, content: bytes) -> Path:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already; give another name with --to") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; give another one with --to") from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    return path
