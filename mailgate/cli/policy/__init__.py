"""`mailgate policy`: the operators' document, before it is in force (`check`, `test`, `schema`, `backtest`) and its `versions`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.policies import newer_rules
from mailgate.application.policies.documents import SCHEMA, Checked, check_document
from mailgate.cli import output
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, acting, installation
from mailgate.cli.policy import backtest, diff, editing, versions
from mailgate.cli.policy.documents import document_of, show_faults
from mailgate.errors import NotAllowed

app = noun("The policy: check and try a document, then its versions.")
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A policy document, such as the policy.yaml of mailgate init.")]


@app.command()
def check(file: FileArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show everything that is wrong with a policy document, and where; then run its tests."""
    rules, passed, lacks, warnings = _good(file, config, as_json)
    tests = f"{output.counted(passed, 'test')} passed" if passed else "no tests"
    said = f"{warnings} {'warning' if warnings == 1 else 'warnings'}" if warnings else "no problems"
    line = {"file": str(file), "rules": rules, "passed": passed, "lacking": list(lacks)}
    print(output.json_line(line) if as_json else f"{file}: {output.counted(rules, 'rule')}, {said}, {tests}")
    if lacks and not as_json:
        print(f"{file}: {newer_rules.what_is_missing(lacks)}; {newer_rules.what_to_do(lacks)}")


@app.command("test")
def run_tests(file: FileArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Run the tests in a policy document, and show those that fail."""
    passed = _good(file, config, as_json)[1]
    print(output.json_line({"file": str(file), "passed": passed}) if as_json else f"{file}: {output.counted(passed, 'test')} passed")


@app.command()
def schema() -> None:
    """Print the JSON Schema of policy documents, for editors."""
    print(json.dumps(SCHEMA, ensure_ascii=False, indent=2))


def _good(file: Path, config: Path | None, as_json: bool) -> tuple[int, int, Mapping[str, str], int]:
    """Of a good document: how many rules and tests, which newer rules it lacks, how many warnings. Raises NotAllowed for another one."""
    checked: Checked = check_document(installation(config, optional=True), acting(None), document_of(file))
    show_faults(checked, as_json)
    if checked.policy is None or checked.refusal:
        raise NotAllowed(checked.refusal)
    return len(checked.policy.rules), len(checked.policy.examples), newer_rules.lacking(checked.policy), len(checked.problems)


VERBS: tuple[Callable[..., None], ...] = (*versions.VERBS, editing.edit, diff.diff, backtest.backtest)
for verb in VERBS:
    app.command()(verb)
