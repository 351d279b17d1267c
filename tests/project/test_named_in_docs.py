"""What the documentation and the program's own hints name exists: options, headings, metrics, log events, pages, verbs, deploy files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mailgate import metrics
from tests.project.test_docs import DOCS, PACKAGE, PAGES
from tests.support.harness.repository import ROOT
from tools.command_tree import Command, tree, walk

FROM_EVERYWHERE = {"--help", "--version"}


@cache
def _commands() -> dict[str, Command]:
    return {" ".join(command.path): command for command in walk(tree())}


def _command_of(words: list[str]) -> Command | None:
    known = _commands()
    return next((known[name] for name in (" ".join(words[:2]), words[0]) if name in known), None) if words else None


def _calls(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each call of mailgate in code, as (the line, its words)."""
    for line in re.findall(r"(?:`|^ {4,}(?:export \S+ )?|bin/)mailgate ([^`\n#]+)", text, re.MULTILINE):
        yield line, line.split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_options_then_the_command_takes_them(page: Path) -> None:
    wrong = []
    for line, words in _calls(page.read_text(encoding="utf-8")):
        command = _command_of(words)
        options = {word.partition("=")[0] for word in words if word.startswith("--")} - FROM_EVERYWHERE
        if command is not None and options - _options(command):
            wrong.append(line)
    assert wrong == []


def _options(command: Command) -> set[str]:
    return {name for option in command.options for name in option.names}


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_links_to_headings_then_they_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if link[1] not in _anchors(page.parent / link[0] if link[0] else page)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_metrics_then_they_exist(page: Path) -> None:
    kept = {*metrics.COUNTERS, *metrics.GAUGES, *metrics.HISTOGRAMS, *metrics.HEARTBEATS}
    known = (DOCS / "reference" / "metrics.md").read_text(encoding="utf-8") + " ".join(f"mailgate_{name}" for name in kept)
    named = set(re.findall(r"\bmailgate_[a-z0-9_]+\b", page.read_text(encoding="utf-8")))
    assert [name for name in named if name not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_a_line_of_the_log_then_the_program_writes_it(page: Path) -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    named = re.findall(r"[Tt]he log (?:says|has|has a line) `([a-z_]+)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if f'"{name}"' not in sources] == []


def _texts() -> Iterator[tuple[str, str]]:
    """Each text in the program, with its module: docstrings and hints."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield str(path.relative_to(ROOT)), node.value


def test_given_a_hint_when_it_names_pages_or_files_then_they_exist() -> None:
    named = {(where, name) for where, text in _texts() for name in re.findall(r"\b((?:docs|deploy)/[\w./-]*\w)", text)}
    assert named
    assert [one for one in sorted(named) if not list(ROOT.glob(f"{one[1]}*"))] == []


def test_given_a_hint_when_it_names_a_verb_of_a_command_then_it_exists() -> None:
    nouns = {name.split()[0] for name in _commands() if " " in name}  # their own lines have a verb, or no word behind them
    named = {(where, f"{noun} {verb}") for where, text in _texts() for noun, verb in re.findall(r"\bmailgate ([a-z]+) ([a-z-]+)", text)}
    hints = [(where, name) for where, name in sorted(named) if name.split()[0] in nouns]
    assert len(hints) > 20
    assert [one for one in hints if one[1] not in _commands()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_when_it_names_files_of_deploy_then_they_exist(page: Path) -> None:
    named = re.findall(r"\b(deploy/[\w./-]*\w)", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []
