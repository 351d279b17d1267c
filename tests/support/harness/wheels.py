"""Builds and installs mailgate as a user or an image would: from the files that go into a build, never from the checkout itself.

Builds use the setuptools of the environment that runs the tests, which `constraints.txt` pins: an environment for each build takes longer
than the build.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.harness.repository import ROOT, tracked

# Never part of a build, and too large to look at: `.dockerignore` is tested without them too.
UNSEEN = (".git", ".venv")
BUILD_TIMEOUT_S = 300


@dataclass(frozen=True)
class Environment:
    """A virtual environment that holds mailgate and what it declares as dependencies, and nothing else."""

    folder: Path

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run one of its programs in `cwd`, without anything that points at the checkout."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAILGATE", "COV"))}
        program = str(self.folder / "bin" / command[0])
        return _run(program, *command[1:], cwd=cwd, env=variables)

    def install(self, wheel: Path, *options: str) -> None:
        """Install a wheel with its dependencies, as `constraints.txt` pins them."""
        _checked("-m", "pip", "--python", str(self.folder), "install", "-qq", "--no-compile", *options, str(wheel))

    def uninstall(self, *packages: str) -> None:
        """Take packages out again; those that are not there do not matter."""
        _checked("-m", "pip", "--python", str(self.folder), "uninstall", "-qq", "--yes", "--root-user-action=ignore", *packages)


def copied_environment(of: Path, folder: Path) -> Environment:
    """A virtual environment with the packages of another one, whose files it shares until one of both replaces them."""
    shutil.copytree(of, folder, symlinks=True, copy_function=os.link)
    return Environment(folder)


def let_in(ignore: str, root: Path) -> Iterator[Path]:
    """The files and links below `root` that a `.dockerignore` lets into the build context, relative to `root`.

    Of several patterns that match a path or a folder above it, the last one counts; `!` takes a path back in.
    """
    patterns = [_pattern(line.strip()) for line in ignore.splitlines() if line.strip() and not line.startswith("#")]
    for path in sorted(_files(root)):
        kept = True
        for keeps, found in patterns:
            if any(found.fullmatch(str(part)) for part in (path, *path.parents) if part.name):
                kept = keeps
        if kept:
            yield path


def copy_context(target: Path) -> None:
    """Copy the build context of the image to `target`; a link stays a link, as it does in an image's build."""
    for path in let_in((ROOT / ".dockerignore").read_text(encoding="utf-8"), ROOT):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path, follow_symlinks=False)


def copy_repository(target: Path) -> None:
    """Copy what git tracks to `target`: what a fresh clone has, with changes that are not committed yet."""
    for path in tracked():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path, follow_symlinks=False)


def build_wheel(source: Path, target: Path) -> Path:
    """The wheel that pip makes of these sources."""
    _checked("-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "-w", str(target), str(source))
    return _only(target, "*.whl")


def build_wheel_of_sdist(source: Path, target: Path) -> Path:
    """The wheel that `python -m build` makes of the sdist that it makes of these sources."""
    _checked("-m", "build", "--no-isolation", "--outdir", str(target), str(source))
    return _only(target, "*.whl")


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if name not in UNSEEN and name not in links]
        yield from ((here / name).relative_to(root) for name in [*names, *links])


def _pattern(line: str) -> tuple[bool, re.Pattern[str]]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", line.removeprefix("!"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return line.startswith("!"), re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _checked(*words: str) -> None:
    variables = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = _run(sys.executable, *words, cwd=Path("/"), env=variables)
    assert done.returncode == 0, done.stdout + done.stderr


def _run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
