"""The documentation stays true: what it does not name, or what it names that does not exist, is red."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgate.config import skeleton
from mailgate.config.sections import Sections
from mailgate.metrics import COUNTERS, GAUGES, HEARTBEATS, HISTOGRAMS
from mailgate.rules.default import SUPPORTWEB_POLICY
from tests.support.harness.repository import ROOT
from tools import reference

DOCS = ROOT / "docs"
PACKAGE = ROOT / "mailgate"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])
PACKAGES = sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())


def _code() -> str:
    """The program but for the modules that only define and check settings."""
    paths = (path for path in PACKAGE.rglob("*.py") if path.parent.name != "config" or path.name == "__init__.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize("name", list(reference.pages()))
def test_given_the_program_when_a_reference_page_is_made_then_it_is_the_one_that_is_kept(name: str) -> None:
    assert (DOCS / "reference" / name).read_text(encoding="utf-8") == reference.pages()[name], "run make docs"


def test_given_the_reference_when_counted_then_nothing_is_left_out() -> None:
    pages = reference.pages()
    settings = list(skeleton.settings())
    assert len(settings) > 50
    assert all(f"\n| `{setting.name}` |" in pages["settings.md"] for setting in settings)
    assert pages["metrics.md"].count("\n| `mailgate_") == len(COUNTERS) + len(GAUGES) + len(HISTOGRAMS) + len(HEARTBEATS) + 2
    assert all(f"\n| `mailgate {name}` |" in pages["commands.md"] for name, _ in reference.commands())


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
    assert [name for name, text in reference.commands() if len(text) < 10] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_commands_then_they_exist(page: Path) -> None:
    known = {name for name, _ in reference.commands()}
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^ {4}(?:export \S+ )?|bin/)mailgate ([a-z-]+)(?: ([a-z-]+))?", text, re.MULTILINE)
    for noun, verb in named:
        assert noun in known or f"{noun} {verb}" in known or any(name.startswith(f"{noun} ") for name in known), f"mailgate {noun} {verb}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_settings_then_they_exist(page: Path) -> None:
    known = {setting.name for setting in skeleton.settings()}
    sections = "|".join(Sections.model_fields)
    named = re.findall(rf"`((?:{sections})\.(?!py\b)[a-z_]+)\b(?!\.)", page.read_text(encoding="utf-8"))
    code = {"metrics.count", "policy.yaml"}
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_files_of_the_program_then_they_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(rf"`((?:{'|'.join(PACKAGES)})/(?:[a-z_]+/)*(?:[a-z_]+\.py)?)`", text))
    assert [name for name in named if not (PACKAGE / name).exists()] == []


@pytest.mark.parametrize("page", ["flow.md", "policy/how-mail-is-read.md", "security.md", "guarantees.md"])
def test_given_a_page_when_it_names_modules_and_functions_then_they_exist(page: str) -> None:
    settings = {setting.name for setting in skeleton.settings()}
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", (DOCS / page).read_text(encoding="utf-8"))
    assert [name for name in named if name not in settings and not _exists(name)] == []


def _exists(name: str) -> bool:
    """Whether a dotted name below `mailgate` is a module, or something in one."""
    try:
        pkgutil.resolve_name(f"mailgate.{name}")
    except (ImportError, AttributeError):
        return False
    return True


def test_given_names_that_do_not_exist_when_looked_up_then_they_are_found_out() -> None:
    assert _exists("mail.read.read")
    assert not _exists("mail.read.write")
    assert not _exists("mail.nowhere.read")


def test_given_the_flow_when_read_then_the_steps_of_a_mail_are_in_order() -> None:
    text = (DOCS / "flow.md").read_text(encoding="utf-8").partition("## What happens when an agent")[0]
    steps = [name.split(".") for name in re.findall(r"^\d+\. \*\*`([^`]+)`\*\*", text, re.MULTILINE)]
    assert [step[0] for step in steps] == [
        "inbound",
        "inbound",
        "inbound",
        "mail",
        "inbound",
        "rules",
        "inbound",
        "store",
        *["outbound"] * 4,
    ]


@pytest.mark.parametrize(
    "question", ["What happens when mail comes in", "What happens when an agent closes a case", "Which code may touch the database"]
)
def test_given_a_question_of_a_stranger_when_looked_for_then_readme_leads_to_its_heading_in_the_flow(question: str) -> None:
    assert f"\n## {question}\n" in (DOCS / "flow.md").read_text(encoding="utf-8")
    assert "](docs/flow.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_given_the_glossary_when_read_then_it_is_sorted_and_no_term_stands_twice() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)[2:]
    assert len(rows) > 100
    assert rows == sorted(set(rows), key=str.casefold)


def test_given_the_policy_page_when_compared_then_it_has_every_rule_in_order() -> None:
    text = (DOCS / "policy" / "concepts.md").read_text(encoding="utf-8").partition("## What a reply does")[0]
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
    text = (DOCS / "guarantees.md").read_text(encoding="utf-8")
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(parts) == 10
    for part in parts:
        named = re.findall(r"`(tests/[^`:]+)(?:::(test_\w+))?`", part)
        assert named, part.splitlines()[0]
        for path, function in named:
            assert (ROOT / path).exists(), path
            assert not function or f"def {function}(" in tests, function


def _table_rows(text: str) -> list[tuple[str, str]]:
    """(head of its table, row) for each row of each table."""
    found, head = [], ""
    for line in text.splitlines():
        if not line.startswith("|"):
            head = ""
        elif not head:
            head = line
        elif not line.startswith("|---"):
            found.append((head, line))
    return found


def test_given_the_threats_when_read_then_each_line_names_tests_that_exist() -> None:
    text = (DOCS / "security.md").read_text(encoding="utf-8")
    rows = [row for head, row in _table_rows(text) if re.search(r"\| tests? \|$", head)]
    rows += re.split(r"^\* ", text.partition("## What is protected")[2].partition("\n## ")[0], flags=re.MULTILINE)[1:]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    known = set(re.findall(r"def (test_\w+)", tests)) | {f"test_{path.stem}" for path in (ROOT / "tests").rglob("scripts/*.txt")}
    assert len(rows) >= 70
    for row in rows:
        named = re.findall(r"`(tests?[_/][^`]+)`", row)
        assert named, row
        for name in named:
            exists = (ROOT / name).exists() if "/" in name else any(one == name or one.startswith(f"{name}_") for one in known)
            assert exists, name


def test_given_every_module_when_looked_at_then_it_says_what_it_is() -> None:
    silent = [
        path for path in PACKAGE.rglob("*.py") if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
