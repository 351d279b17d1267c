"""`mailgate policy`: the operators' document, before it is live (`check`, `test`, `schema`) and as versions (`policy_versions`).

In: a file. Out: what is wrong, its tests, the form.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mailgate.cli import output, policy_versions
from mailgate.cli.opening import JsonOption
from mailgate.cli.policy_document import checked, document_bytes, passing
from mailgate.rules.document_schema import SCHEMA

app = typer.Typer(name="policy", no_args_is_help=True, help="The operators' policy: its document and its versions.", rich_markup_mode=None)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A policy document, such as the policy.yaml of mailgate init.")]


@app.command()
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Show everything that is wrong with a document, and where."""
    policy = checked(document_bytes(file), file, as_json=as_json)
    rules = len(policy.rules)
    print(output.json_line({"file": str(file), "rules": rules}) if as_json else f"{file}: {rules} rules, no problems")


@app.command("test")
def run_tests(file: FileArgument, as_json: JsonOption = False) -> None:
    """Run the tests that a document carries, and show those that fail."""
    policy = passing(checked(document_bytes(file), file, as_json=as_json), file, as_json=as_json)
    passed = len(policy.examples)
    print(output.json_line({"file": str(file), "passed": passed}) if as_json else f"{file}: {passed} tests passed")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a document, for editors."""
    print(json.dumps(SCHEMA, ensure_ascii=False, indent=2))


for verb in policy_versions.VERBS:
    app.command()(verb)
