"""`mailgate policy edit`: fetch the active version, open an editor, check, show the difference, activate. In: a person. Out: a version.

Nothing that was typed is lost: however the command ends, a document that is not activated stays as it was written, and its path is named.
A version that somebody else has put in force meanwhile is never overwritten.
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mailgate import config as reader
from mailgate.application.app import App
from mailgate.application.policies import compare, versions
from mailgate.application.policies.documents import MODELINE, SCHEMA, SCHEMA_FILE, PolicyDocument, PolicyRefused, has_modeline
from mailgate.application.principal import Principal
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, acting, open_app
from mailgate.cli.policy.diff import show_differences
from mailgate.cli.policy.documents import document_of, show_faults
from mailgate.cli.policy.versions import AuthorOption, YesOption, show_consequences
from mailgate.errors import Conflict, NotAllowed, UsageError


def edit(
    comment: Annotated[
        str | None, typer.Option("--comment", metavar="WHY", help="Why; stays with the version. Asked for when it is not given.")
    ] = None,
    yes: YesOption = False,
    author: AuthorOption = None,
    config: ConfigOption = None,
) -> None:
    """Edit the active policy with $VISUAL or $EDITOR; it is checked, and what would change is shown before it is activated."""
    principal = acting(author)
    with open_app(config) as app:
        fetched = versions.show_version(app, principal, None)
        with _draft(fetched.text) as file:
            document = _edited(app, principal, file, fetched.text)
            if document is None:
                output.note("nothing was changed")
                return
            why = comment if comment is not None else typer.prompt("Why? It stays in the history")
            done = _activated(app, principal, versions.Activate(document, why, yes, base=fetched.version.version))
    print(f"version {done.version.version} ({done.version.hash[:8]}) is in force; before it, version {done.before}")


def _edited(app: App, principal: Principal, file: Path, before: str) -> PolicyDocument | None:
    """What the person has written and wants to activate, None when it is what was there before. Raises NotAllowed."""
    while True:
        _open(file)
        document = document_of(file)
        wanted = document if has_modeline(before) else replace(document, raw=document.raw.removeprefix(MODELINE.encode()))
        if wanted.raw == before.encode():
            return None
        try:
            if _looks_good(app, principal, document):
                return wanted
            raise NotAllowed("not activated")
        except PolicyRefused as refused:
            show_faults(refused.checked, as_json=False)
            if not _asked("Edit it again?"):
                raise NotAllowed(str(refused)) from None


def _activated(app: App, principal: Principal, command: versions.Activate) -> versions.InForce:
    try:
        return versions.activate(app, principal, command)
    except Conflict as error:
        raise NotAllowed(
            f"version {error.current} came into force while you edited version {command.base}; nothing was activated: "
            f"mailgate policy diff {error.current} FILE shows what yours would change in it"
        ) from None


@contextmanager
def _draft(text: str) -> Iterator[Path]:
    """The document and the schema for editors that read it, in a folder of our own, which goes when the block ends well."""
    folder = Path(tempfile.mkdtemp(prefix="mailgate-policy-"))
    (folder / SCHEMA_FILE).write_text(json.dumps(SCHEMA), encoding="utf-8")
    file, given = folder / "policy.yaml", (text if has_modeline(text) else MODELINE + text).encode()
    file.write_bytes(given)
    with ExitStack() as otherwise:
        otherwise.callback(_say_where, file, given)
        yield file
        otherwise.pop_all()
    shutil.rmtree(folder)


def _say_where(file: Path, given: bytes) -> None:
    if file.exists() and file.read_bytes() == given:
        shutil.rmtree(file.parent)
    else:
        output.note(f"{file} has what you wrote")


def _open(file: Path) -> None:
    environment = reader.process_environment()
    editor = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
    try:
        with _interrupts_left_to_editor():
            code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode
    except (OSError, ValueError):
        raise UsageError(f"the editor {editor!r} cannot be started; set VISUAL or EDITOR to one that is there") from None
    if code:
        raise NotAllowed(f"the editor {editor!r} ended with {code}; nothing was activated")


@contextmanager
def _interrupts_left_to_editor() -> Iterator[None]:
    """Ctrl-C reaches us, too: who types it there means the editor. A function, since a program inherits what is ignored."""
    before = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _looks_good(app: App, principal: Principal, document: PolicyDocument) -> bool:
    """Check what was written and show what it changes; whether it is to be activated. Raises PolicyRefused."""
    tried = versions.try_out(app, principal, document)
    show_faults(tried.checked, as_json=False)
    show_differences(compare.compare(app, principal, compare.ComparePolicies(None, document)).differences)
    show_consequences(tried)
    return _asked("Activate it?")


def _asked(question: str) -> bool:
    """The answer of the person; without one, nothing is activated. Raises NotAllowed at the end of the input."""
    sys.stdout.flush()
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        raise NotAllowed("nobody answered; nothing was activated") from None
