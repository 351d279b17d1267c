"""What `pyproject.toml` and `constraints.txt` say of the program is right: packages, dependencies, pins, version."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mailgate import __version__
from mailgate.config import skeleton
from tests.support.harness.repository import ROOT, tracked

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
THIS = Path(__file__).relative_to(ROOT)
# Declared although no module of ours imports them: libraries that we use import them, or run them as programs.
INDIRECT = {"standard-imghdr", "tzdata"}
TOOLS = {
    "authres",
    "build",
    "check-jsonschema",
    "import-linter",
    "mypy",
    "pytest-rerunfailures",
    "pytest-xdist",
    "ruff",
    "setuptools",
    "types-psutil",
    "uvloop",
}
# The mail server that `make bench` compares us with installs itself.
PEERS = {"roundup"}


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _declared(requirements: Iterable[str]) -> set[str]:
    return {_name(Requirement(one).name) for one in requirements}


def _imported(*folders: str) -> set[str]:
    """Distributions whose modules are imported anywhere in these folders, within functions too."""
    owners = importlib.metadata.packages_distributions()
    found = set()
    for path in tracked(*folders):
        if path.suffix == ".py":
            for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
                found.update(_modules(node))
    ours = {"mailgate", "tests", "bench", "docs", "tools", *PEERS}
    return {_name(owner) for name in found - ours - sys.stdlib_module_names for owner in owners.get(name, [name])}


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module.partition(".")[0]]
    return []


def test_given_the_program_when_its_imports_are_compared_then_each_is_declared_and_each_declared_one_is_imported() -> None:
    declared = _declared([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["fast"]])
    assert _imported("mailgate") ^ (declared - INDIRECT) == set()


def test_given_tests_and_tools_when_their_imports_are_compared_then_each_is_declared_and_each_declared_one_is_imported() -> None:
    extras = PROJECT["optional-dependencies"]
    declared = _declared([*extras["dev"], *extras["fuzz"]])
    imported = _imported("tests", "bench", "docs", "tools")
    assert imported - declared - _declared(PROJECT["dependencies"]) == set()
    assert declared - imported - TOOLS == set()


def test_given_the_packages_that_are_listed_when_compared_then_they_are_the_folders_with_code() -> None:
    folders = {str(path.parent).replace("/", ".") for path in tracked("mailgate") if path.suffix == ".py"}
    assert sorted(folders | {"mailgate.templates"}) == PYPROJECT["tool"]["setuptools"]["packages"]


@pytest.mark.parametrize("path", [path for path in tracked("mailgate", "templates") if path.suffix != ".py"], ids=str)
def test_given_a_file_that_is_no_module_when_looked_up_then_the_package_data_names_it(path: Path) -> None:
    package, inner = ("mailgate.templates", path.relative_to("templates")) if path.parts[0] == "templates" else _package_of(path)
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"].get(package, [])
    assert any(inner.match(pattern) for pattern in patterns), f"{package}: {inner}"


def _package_of(path: Path) -> tuple[str, Path]:
    """The package whose package-data names this file: the nearest one that names any."""
    named = PYPROJECT["tool"]["setuptools"]["package-data"]
    folders = [folder for folder in path.parents if str(folder).replace("/", ".") in named]
    return (str(folders[0]).replace("/", "."), path.relative_to(folders[0])) if folders else (str(path.parent), path)


def test_given_the_program_when_run_as_a_module_then_it_is_the_command_line() -> None:
    done = subprocess.run([sys.executable, "-m", "mailgate", "--version"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert __version__ in done.stdout


def test_given_every_requirement_when_looked_up_then_it_is_pinned_within_its_bounds() -> None:
    pinned = {_name(name): version for name, version in PINS.items()}
    wanted = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    for requirement in map(Requirement, wanted):
        version = pinned.get(_name(requirement.name))
        assert version is not None, requirement.name
        assert requirement.specifier.contains(version), requirement


def test_given_what_is_installed_when_compared_then_it_is_what_is_pinned() -> None:
    pinned = {_name(name): version for name, version in PINS.items()}
    other = {"mailgate", "pip", "wheel", "setuptools"}  # what a virtual environment begins with
    installed = {_name(found.metadata["Name"]): found.version for found in importlib.metadata.distributions()}
    assert {name: version for name, version in installed.items() if name not in other and pinned.get(name) != version} == {}


def test_given_the_sources_when_searched_then_no_registry_is_named() -> None:
    registries = re.compile("|".join((r"pypi\.org", r"python" + r"hosted", r"docker\.io", r"ghcr\.io", r"index-" + r"url", r"npmjs")))
    named = [
        str(path)
        for path in tracked()
        if path != THIS and path.suffix not in (".eml", ".mbox", ".png") and registries.search((ROOT / path).read_text("utf-8", "replace"))
    ]
    assert named == []


def test_given_the_version_when_compared_then_change_log_and_package_agree() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert [setting for setting in skeleton.settings() if not setting.default] == []
