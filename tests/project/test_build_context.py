"""The repository has real files only, and `.dockerignore` is read as an image's build reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.harness.repository import ROOT, tracked
from tests.support.harness.wheels import let_in


def test_given_the_repository_when_searched_then_there_is_no_symbolic_link() -> None:
    assert [str(path) for path in tracked() if (ROOT / path).is_symlink()] == []


def test_given_the_build_context_when_listed_then_sources_and_templates_are_in_and_tests_are_not() -> None:
    context = {str(path) for path in let_in((ROOT / ".dockerignore").read_text(encoding="utf-8"), ROOT)}
    assert {"pyproject.toml", "mailgate/__init__.py", "templates/__init__.py", "deploy/install.sh"} <= context
    assert [name for name in context if name.startswith(("tests/", "docs/", ".")) or "__pycache__" in name] == []


@pytest.mark.parametrize(
    ("ignore", "wanted"),
    [
        ("*\n!a\n", ["a/b.py", "a/c/d.pyc", "a/link"]),
        ("*\n!a\n**/*.pyc\n", ["a/b.py", "a/link"]),
        ("*\n!a/c\n", ["a/c/d.pyc"]),
        ("# all\n", ["a/b.py", "a/c/d.pyc", "a/link", "e.txt"]),
        ("a\n!a/c\n", ["a/c/d.pyc", "e.txt"]),
    ],
)
def test_given_patterns_when_read_then_the_last_match_counts_and_links_stay_links(ignore: str, wanted: list[str], tmp_path: Path) -> None:
    (tmp_path / "a" / "c").mkdir(parents=True)
    for name in ("a/b.py", "a/c/d.pyc", "e.txt"):
        (tmp_path / name).touch()
    (tmp_path / "a" / "link").symlink_to("c")
    assert [str(path) for path in let_in(ignore, tmp_path)] == wanted
