"""`mailgate policy edit`: fetch the version in force, open an editor, check, show the difference, activate. In: a person. Out: a version.

Nothing that was typed is lost: a document that is not activated stays in the folder that is named.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mailgate import config as reader
from mailgate.application.app import App
from mailgate.application.policies import compare, versions
from mailgate.application.policies.documents import SCHEMA, PolicyRefused
from mailgate.application.principal import Principal
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, acting, open_app
from mailgate.cli.policy.diff import show_differences
from mailgate.cli.policy.documents import document_of, show_faults
from mailgate.cli.policy.versions import AuthorOption, YesOption
from mailgate.errors import NotAllowed, UsageError

MODELINE = "# yaml-language-server: $schema=policy.schema.json\n"


def edit(
    comment: Annotated[
        str | None, typer.Option("--comment", metavar="WHY", help="Why; stays with the version. Asked for when it is not given.")
    ] = None,
    yes: YesOption = False,
    author: AuthorOption = None,
    config: ConfigOption = None,
) -> None:
    """Edit the policy in force with $VISUAL or $EDITOR; it is checked, and what would change is shown before it is activated."""
    principal = acting(author)
    with open_app(config) as app:
        before = versions.show_version(app, principal, None)
        file = _written(before.text)
        while True:
            _open(file)
            text = file.read_text(encoding="utf-8", errors="replace").removeprefix(MODELINE)
            if text == before.text:
                output.note("nothing was changed")
                return
            try:
                if _looks_good(app, principal, file, text):
                    break
                raise NotAllowed(f"not activated; {file} has what you wrote")
            except PolicyRefused as refused:
                show_faults(refused.checked, as_json=False)
                if not _asked("Edit it again?", file):
                    raise NotAllowed(f"{refused}; {file} has what you wrote") from None
        why = comment if comment is not None else typer.prompt("Why? It stays in the history")
        done = versions.activate(app, principal, versions.Activate(document_of(file), why, yes))
    print(f"version {done.version.version} ({done.version.hash[:8]}) is in force; before it, version {done.before}")


def _written(text: str) -> Path:
    """The document and the schema for editors that read it, in a folder of our own."""
    folder = Path(tempfile.mkdtemp(prefix="mailgate-policy-"))
    (folder / "policy.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    file = folder / "policy.yaml"
    file.write_text(text if "yaml-language-server:" in text else MODELINE + text, encoding="utf-8")
    return file


def _open(file: Path) -> None:
    environment = reader.process_environment()
    editor = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode
    except (OSError, ValueError):
        raise UsageError(f"the editor {editor!r} cannot be started; set VISUAL or EDITOR to one that is there") from None
    if code:
        raise NotAllowed(f"the editor {editor!r} ended with {code}; nothing was activated, and {file} has what you wrote")


def _looks_good(app: App, principal: Principal, file: Path, text: str) -> bool:
    """Check what was written and show what it changes; whether it is to be activated. Raises PolicyRefused."""
    file.write_text(text, encoding="utf-8")
    document = document_of(file)
    checked, left = versions.would_strand(app, principal, document)
    show_faults(checked, as_json=False)
    show_differences(compare.compare(app, principal, compare.Compare(None, document)).differences)
    for one in left:
        print(f"left behind: {one}")
    return _asked("Activate it?", file)


def _asked(question: str, file: Path) -> bool:
    """The answer of the person; without one, nothing is activated. Raises NotAllowed at the end of the input."""
    sys.stdout.flush()
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        raise NotAllowed(f"nobody answered; nothing was activated, and {file} has what you wrote") from None
