"""`mailgate policy`: look at an operators' document before it is live. In: a file. Out: what is wrong, its tests, the form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mailgate.errors import NotAllowed, UsageError
from mailgate.rules.document import Document, load
from mailgate.rules.document_schema import SCHEMA
from mailgate.rules.document_yaml import MAX_DOCUMENT_BYTES
from mailgate.rules.examples import failures

app = typer.Typer(name="policy", no_args_is_help=True, help="The operators' policy: check, test, schema.", rich_markup_mode=None)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A policy document, such as the policy.yaml of mailgate init.")]


@app.command()
def check(file: FileArgument) -> None:
    """Show everything that is wrong with a document, and where."""
    document = _checked(file)
    assert document.policy is not None, "a document without problems has a policy"
    print(f"{file}: {len(document.policy.rules)} rules, no problems")


@app.command()
def test(file: FileArgument) -> None:
    """Run the tests that a document carries, and show those that fail."""
    policy = _checked(file).policy
    assert policy is not None, "a document without problems has a policy"
    failed = list(failures(policy))
    for failure in failed:
        print(f"{file}: {failure}")
    if failed:
        raise NotAllowed(f"{len(failed)} of {len(policy.examples)} tests failed")
    print(f"{file}: {len(policy.examples)} tests passed")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a document, for editors."""
    print(json.dumps(SCHEMA, ensure_ascii=False, indent=2))


def _checked(file: Path) -> Document:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}; give the path of a policy document") from None
    document = load(raw)
    for problem in document.problems:
        print(problem.at(str(file)))
    if document.problems:
        count = len(document.problems)
        raise NotAllowed(f"{file} has {count} {'problem' if count == 1 else 'problems'}")
    return document
