"""docs/policy is true: every example of its reference and every recipe of its cookbook is run through `mailgate policy check`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mailgate.rules
from mailgate.cli import main
from mailgate.rules.document.schema import ACTIONS, OPERATORS, SCHEMA
from mailgate.rules.document.yaml_tree import Node, parse
from mailgate.rules.facts import FACTS
from mailgate.rules.policy import DISPOSITIONS
from tests.support.harness.repository import ROOT

FOLDER = ROOT / "docs" / "policy"
CONCEPTS, REFERENCE_PAGE, COOKBOOK = (
    (FOLDER / name).read_text(encoding="utf-8") for name in ("concepts.md", "reference.md", "cookbook.md")
)
SHIPPED = Path(mailgate.rules.__file__).with_name("supportweb.yaml").read_bytes()
FORM = b"From: web@kunde.example\r\nTo: support@firma.example\r\nSubject: Kontakt\r\nX-Form: kontakt-2\r\n\r\nHei\r\n"


def _section(heading: str) -> str:
    """What stands under a heading, up to the next of its level or above."""
    level = heading.partition(" ")[0]
    _, found, rest = REFERENCE_PAGE.partition(f"\n{heading}\n")
    assert found, heading
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head; code loses its ticks."""
    lines = [line for line in _section(heading).splitlines() if re.match(r"\| [^-]", line)][1:]
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [[cell.strip("`") for cell in row] for row in cells]


def _plain(node: Node) -> Any:
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    return {key: _plain(value) for key, value in node.value.items()} if isinstance(node.value, dict) else node.value


def _read(text: str | bytes) -> dict[str, Any]:
    raw = text if isinstance(text, bytes) else text.encode()
    found = _plain(parse(raw)[0])
    assert isinstance(found, dict)
    return found


def _mapping(text: str) -> dict[str, Any]:
    """A cell as YAML, with or without braces."""
    return _read(text if text.startswith("{") else f"{{{text}}}")


def _check(document: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through the command, as an operator does; JSON is YAML."""
    file = folder / "policy.yaml"
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    code = main(["policy", "check", str(file)])
    said = capsys.readouterr()
    assert code == 0, said.out + said.err


FACT_ROWS, OPERATOR_ROWS = _rows("## Facts"), _rows("## Operators")
RULE_ROWS = [*_rows("## Dispositions"), *_rows("## Actions")]
REFERENCE = _read(re.findall(r"^```yaml reference\n(.*?)^```", REFERENCE_PAGE, re.MULTILINE | re.DOTALL)[0])


def _asked(rule: dict[str, Any], test: dict[str, Any]) -> dict[str, Any]:
    rules = [{"name": "example", **rule}, *REFERENCE["rules"]]
    return {**REFERENCE, "rules": rules, "tests": [{"name": "example", "rule": "example", **test}]}


def test_given_the_reference_when_compared_with_the_code_then_nothing_is_missing_or_invented() -> None:
    facts = {row[0]: (row[1], row[2]) for row in FACT_ROWS if row[0] != "header.<name>"}
    assert facts == {name: (fact.type, fact.means) for name, fact in FACTS.items()}
    assert {row[0]: (row[1], row[2]) for row in OPERATOR_ROWS[: len(OPERATORS)]} == dict(OPERATORS)
    assert [row[0] for row in OPERATOR_ROWS[len(OPERATORS) :]] == ["all", "any", "not"]
    assert {row[0] for row in _rows("## Dispositions")} == DISPOSITIONS
    assert {row[0]: row[1] for row in _rows("## Actions")} == ACTIONS


@pytest.mark.parametrize(("heading", "form"), [("## Rules", SCHEMA["properties"]["rules"]), ("## Tests", SCHEMA["properties"]["tests"])])
def test_given_the_keys_of_rules_and_tests_when_compared_with_the_schema_then_all_are_told(heading: str, form: dict[str, Any]) -> None:
    assert sorted(row[0] for row in _rows(heading)) == sorted(form["items"]["properties"])


@pytest.mark.parametrize("row", [*FACT_ROWS, *OPERATOR_ROWS], ids=lambda row: row[0])
def test_given_an_example_of_a_fact_or_operator_when_asked_then_it_holds_and_not_for_everything(
    row: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = {**_mapping(row[4]), "expect": "hold"}
    document = _asked({"when": _mapping(row[3]), "then": "hold"}, test)
    _check(document, tmp_path, capsys)
    against = {"name": "against", "when": {"not": _mapping(row[3])}, "then": "note"}
    document["rules"].insert(0, against)
    _check(document, tmp_path, capsys)


@pytest.mark.parametrize("row", RULE_ROWS, ids=lambda row: row[0])
def test_given_an_example_of_a_disposition_or_action_when_asked_then_it_follows(
    row: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule, effects = _mapping(row[2]), _plain(parse(row[4].encode())[0])
    test = {**_mapping(row[3]), "expect": rule["then"], "effects": effects}
    condition = {"size_bytes": {"over": 0}}  # holds for every mail, and is not the default
    _check(_asked({"when": condition, **rule}, test), tmp_path, capsys)
    assert row[0] in (rule["then"], *(name for action in rule.get("do", ()) for name in action))


def _recipes() -> Iterator[Any]:
    for title, body in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", COOKBOOK, re.MULTILINE | re.DOTALL):
        block = re.search(r"^```yaml recipe\n(.*?)^```", body, re.MULTILINE | re.DOTALL)
        assert block, title
        above = re.search(r"Above `(\w+)`:", body)
        yield pytest.param(block[1], above[1] if above else "", id=title)


RECIPES = list(_recipes())


def test_given_the_cookbook_when_counted_then_there_are_fifteen_recipes_and_more() -> None:
    assert len(RECIPES) >= 15


@pytest.mark.parametrize(("recipe", "above"), RECIPES)
def test_given_a_recipe_when_put_into_the_built_in_document_then_its_tests_and_all_others_pass(
    recipe: str, above: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, added = _read(SHIPPED), _read(recipe)
    assert len(added["tests"]) >= 1
    assert bool(above) == ("rules" in added)
    at = [rule["name"] for rule in document["rules"]].index(above) if above else 0
    document["rules"][at:at] = added.pop("rules", [])
    document["tests"] += added.pop("tests")
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "skjema.eml").write_bytes(FORM)
    _check({**document, **added}, tmp_path, capsys)


@pytest.mark.parametrize("text", re.findall(r"^```yaml\n(.*?)^```", CONCEPTS + REFERENCE_PAGE + COOKBOOK, re.MULTILINE | re.DOTALL))
def test_given_any_other_example_when_put_into_the_built_in_document_then_it_has_no_problem(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, added = _read(SHIPPED), _read(text)
    if "agreements" in added:
        added["agreements"] = {**document["agreements"], **added["agreements"]}
    _check({**document, **added}, tmp_path, capsys)
