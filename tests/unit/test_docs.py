"""The manual stays true: what it does not name, or names and is not there, is red."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import tables
from mailgate.config import skeleton
from mailgate.config.sections import Sections
from mailgate.metrics import COUNTERS, GAUGES
from mailgate.rules.default import SUPPORTWEB_POLICY

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mailgate"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def _code() -> str:
    """The program but for the modules that only define and check settings."""
    paths = (path for path in PACKAGE.rglob("*.py") if path.parent.name != "config" or path.name == "__init__.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_given_the_program_when_the_tables_are_made_then_the_page_has_them() -> None:
    assert tables.filled(OPERATIONS) == OPERATIONS, "run make docs"


def test_given_the_tables_when_counted_then_nothing_is_left_out() -> None:
    settings = list(skeleton.settings())
    assert len(settings) > 50
    assert tables.metrics_table().count("\n| `mailgate_") == len(COUNTERS) + len(GAUGES)
    assert all(f"\n| `{setting.name}` |" in OPERATIONS for setting in settings)
    assert all(f"\n| `mailgate {name}` |" in OPERATIONS for name, _ in tables.commands())


@pytest.mark.parametrize("setting", list(skeleton.settings()), ids=lambda setting: setting.name)
def test_given_a_setting_when_looked_at_then_it_is_documented_and_used(setting: skeleton.Setting) -> None:
    assert len(setting.meaning) > 10
    assert re.search(rf"\.{setting.key}\b", _code()), f"{setting.name} changes nothing"


def test_given_a_time_or_size_setting_when_named_then_its_unit_is_in_the_name() -> None:
    for setting in skeleton.settings():
        if setting.meaning.startswith("seconds"):
            assert setting.key.endswith("_s"), setting.name
        if "days" in setting.meaning.split()[:1]:
            assert setting.key.endswith("_days"), setting.name


def test_given_every_command_when_looked_at_then_it_has_a_line_of_help() -> None:
    assert [name for name, text in tables.commands() if len(text) < 10] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_commands_then_they_exist(page: Path) -> None:
    known = {name for name, _ in tables.commands()}
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^ {4}(?:export \S+ )?|bin/)mailgate ([a-z]+)(?: ([a-z]+))?", text, re.MULTILINE)
    for noun, verb in named:
        assert noun in known or f"{noun} {verb}" in known or any(name.startswith(f"{noun} ") for name in known), f"mailgate {noun} {verb}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_settings_then_they_exist(page: Path) -> None:
    known = {setting.name for setting in skeleton.settings()}
    sections = "|".join(Sections.model_fields)
    named = re.findall(rf"`((?:{sections})\.(?!py\b)[a-z_]+)\b(?!\.)", page.read_text(encoding="utf-8"))
    code = {"metrics.count", "intake.process", "policy.yaml"}
    assert [name for name in named if name not in known | code] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_links_to_files_then_they_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_make_targets_then_they_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^ {4}(?:PYTHON=\S+ )?)make ([a-z0-9-]+)", text, re.MULTILINE)
    assert [name for name in named if name not in targets] == []


@pytest.mark.parametrize("page", ["flow.md", "standards.md", "policy.md"])
def test_given_a_page_when_it_names_modules_then_they_exist(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:mail|cases|rules|store|inbound|outbound|cli)/[a-z_]+\.py|[a-z]+\.py)`", text))
    missing = [name for name in named if not (PACKAGE / name).exists() and not list(PACKAGE.glob(f"*/{name}"))]
    assert missing == []


def test_given_the_flow_when_read_then_the_twelve_names_are_in_it_in_order() -> None:
    names = [
        "listener", "journal.append", "intake.process", "read", "matcher", "chain.run", "apply", "unit_of_work.commit",
        "notices", "render", "actors.send", "smarthost.submit",
    ]  # fmt: skip
    text = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
    found = [match.split("/")[-1].removesuffix(".py") for match in re.findall(r"^\d+\. \*\*`([^`]+)`\*\*", text, re.MULTILINE)]
    assert found == names


def test_given_the_policy_page_when_compared_then_it_has_every_rule_in_order() -> None:
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8").partition("## What a reply does")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)
    assert rows == [rule.name for rule in SUPPORTWEB_POLICY.rules]


def _counted() -> Iterator[tuple[str, str]]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func)
            if name in ("count", "metrics.count", "REGISTRY.count") and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value), str(path.relative_to(ROOT))


def test_given_every_count_in_the_code_when_looked_up_then_the_metric_exists() -> None:
    found = list(_counted())
    assert found
    assert [(name, path) for name, path in found if name not in COUNTERS] == []


@pytest.mark.parametrize("name", sorted(COUNTERS))
def test_given_a_documented_counter_when_looked_for_then_something_counts_it(name: str) -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.name != "metrics.py")
    assert re.search(rf"[\"']{name}[\"']", sources), f"nothing counts {name}"


def test_given_the_guarantees_when_read_then_each_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(parts) == 10
    for part in parts:
        named = re.findall(r"`(tests/[^`:]+)(?:::(test_\w+))?`", part)
        assert named, part.splitlines()[0]
        for path, function in named:
            assert (ROOT / path).exists(), path
            assert not function or f"def {function}(" in tests, function


def test_given_the_threats_when_read_then_each_line_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = text.partition("## Who tries what")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    known = set(re.findall(r"def (test_\w+)", tests)) | {f"test_{path.stem}" for path in (ROOT / "tests").rglob("scripts/*.txt")}
    assert len(rows) >= 20
    for row in rows:
        named = re.findall(r"`(tests?[_/][^`]+)`", row.split("|")[-2])
        assert named, row
        for name in named:
            exists = (ROOT / name).exists() if "/" in name else any(one == name or one.startswith(f"{name}_") for one in known)
            assert exists, name


def test_given_every_module_when_looked_at_then_it_says_what_it_is() -> None:
    silent = [
        path for path in PACKAGE.rglob("*.py") if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
