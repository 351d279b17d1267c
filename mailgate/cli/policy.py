"""`mailgate policy`: the operators' document, before it is live (`check`, `test`, `schema`) and as versions (`policy_versions`).

In: a file. Out: what is wrong, its tests, the form.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mailgate import bootstrap
from mailgate.cli import output, policy_backtest, policy_diff, policy_versions
from mailgate.cli.opening import ConfigOption, JsonOption, settings
from mailgate.cli.policy_document import checked, document_bytes, passing
from mailgate.rules.document_schema import SCHEMA
from mailgate.rules.policy import Policy

app = typer.Typer(name="policy", no_args_is_help=True, help="The operators' policy: its document and its versions.", rich_markup_mode=None)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A policy document, such as the policy.yaml of mailgate init.")]


@app.command()
def check(file: FileArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show everything that is wrong with a document, and where; then run its tests."""
    policy = _good(file, config, as_json)
    rules, passed = len(policy.rules), len(policy.examples)
    tests = f"{passed} tests passed" if passed else "no tests"
    line = {"file": str(file), "rules": rules, "passed": passed}
    print(output.json_line(line) if as_json else f"{file}: {rules} rules, no problems, {tests}")


@app.command("test")
def run_tests(file: FileArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Run the tests that a document carries, and show those that fail."""
    passed = len(_good(file, config, as_json).examples)
    print(output.json_line({"file": str(file), "passed": passed}) if as_json else f"{file}: {passed} tests passed")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a document, for editors."""
    print(json.dumps(SCHEMA, ensure_ascii=False, indent=2))


def _good(file: Path, config: Path | None, as_json: bool) -> Policy:
    own = bootstrap.own_addresses(settings(config)).mailboxes
    return passing(checked(document_bytes(file), file, own, as_json=as_json), file, as_json=as_json)


for verb in (*policy_versions.VERBS, policy_diff.diff):
    app.command()(verb)
app.command()(policy_backtest.backtest)
