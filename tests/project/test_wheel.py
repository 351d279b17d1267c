"""What is built can be installed and run away from the checkout: by the image, and by whoever gets an sdist."""

from __future__ import annotations

import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.harness import wheels
from tests.support.harness.repository import ROOT
from tests.support.harness.wheels import Environment

# One worker plays them all: each other one would install all dependencies again.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from exactly the files that `.dockerignore` lets in."""
    folder = tmp_path_factory.mktemp("image")
    wheels.copy_context(folder / "source")
    return wheels.build_wheel(folder / "source", folder)


@pytest.fixture(scope="module")
def wheel_of_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by `python -m build`, which makes the wheel from the sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    wheels.copy_repository(folder / "source")
    return wheels.build_wheel_of_sdist(folder / "source", folder / "dist")


@dataclass(frozen=True)
class Installed:
    """What `deploy/install.sh` left: a folder, and what it said."""

    folder: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A checkout, installed as the page says: the one time that all dependencies are fetched and unpacked."""
    place = tmp_path_factory.mktemp("checkout")
    wheels.copy_repository(place / "source")
    folder = place / "opt" / "mailgate"
    command = [place / "source" / "deploy" / "install.sh", folder]
    return Installed(folder, subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=600))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, installed: Installed, wheel: Path) -> Environment:
    """An environment with the image's wheel and the dependencies that it declares, and nothing else."""
    made = wheels.copied_environment(installed.folder, tmp_path_factory.mktemp("environment") / "venv")
    made.uninstall("mailgate", "pip", "setuptools")
    made.install(wheel)
    return made


def _files(wheel: Path) -> set[str]:
    """Without the metadata, which names the way it was built."""
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def _installed_from(environment: Environment, cwd: Path) -> Path:
    return Path(environment.run("python", "-c", "import mailgate; print(mailgate.__file__)", cwd=cwd).stdout.strip())


def test_given_the_build_context_of_the_image_when_built_and_installed_then_the_demo_runs(environment: Environment, tmp_path: Path) -> None:
    assert _installed_from(environment, tmp_path).is_relative_to(environment.folder)
    done = environment.run("mailgate", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_given_an_sdist_when_built_and_installed_then_the_demo_runs(environment: Environment, wheel_of_sdist: Path, tmp_path: Path) -> None:
    environment.install(wheel_of_sdist, "--no-deps", "--force-reinstall")
    done = environment.run("mailgate", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_given_both_wheels_when_compared_then_they_hold_the_same_files(wheel: Path, wheel_of_sdist: Path) -> None:
    assert _files(wheel) == _files(wheel_of_sdist)


def test_given_the_wheel_when_opened_then_every_file_of_the_package_is_in_it_and_nothing_else(wheel: Path) -> None:
    package = [path for path in (ROOT / "mailgate").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    templates = [path for path in (ROOT / "templates").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    wanted = {str(path.relative_to(ROOT)) for path in package} | {f"mailgate/{path.relative_to(ROOT)}" for path in templates}
    assert "mailgate/templates/__init__.py" in wanted
    shared = {str(path.relative_to(ROOT / "deploy")) for path in (ROOT / "deploy" / "share").rglob("*") if path.is_file()}
    assert {"share/man/man1/mailgate.1", "share/fish/vendor_completions.d/mailgate.fish"} <= shared
    found = {name.partition(".data/data/")[2] or name for name in _files(wheel)}
    assert found == wanted | shared


def test_given_a_checkout_when_installed_as_the_page_says_then_what_it_prints_next_works(installed: Installed, tmp_path: Path) -> None:
    folder, done = installed.folder, installed.done
    assert done.returncode == 0, done.stderr
    assert f"export PATH={folder}/bin:$PATH" in done.stderr
    assert (folder / "share" / "man" / "man1" / "mailgate.1").exists()
    script = "mailgate init gateway && cd gateway && mailgate policy check policy.yaml && mailgate todo"
    environment = {"PATH": f"{folder}/bin:{os.defpath}", "HOME": str(tmp_path)}
    played = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert played.returncode == 0, played.stdout + played.stderr
