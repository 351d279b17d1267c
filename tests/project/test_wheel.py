"""What is built can be installed and run away from the checkout: by the image, and by whoever gets an sdist."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support import wheels
from tests.support.repository import ROOT
from tests.support.wheels import Environment

pytestmark = pytest.mark.slow


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


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """A fresh environment with the image's wheel and the dependencies that it declares."""
    made = wheels.new_environment(tmp_path_factory.mktemp("environment") / "venv")
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


def test_given_a_checkout_when_installed_as_the_page_says_then_what_it_prints_next_works(tmp_path: Path) -> None:
    wheels.copy_repository(tmp_path / "source")
    folder = tmp_path / "opt" / "mailgate"
    done = subprocess.run(
        [tmp_path / "source" / "deploy" / "install.sh", folder], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert f"export PATH={folder}/bin:$PATH" in done.stderr
    assert (folder / "share" / "man" / "man1" / "mailgate.1").exists()
    script = "mailgate init gateway && cd gateway && mailgate policy check policy.yaml && mailgate todo"
    environment = {"PATH": f"{folder}/bin:{os.defpath}", "HOME": str(tmp_path)}
    played = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert played.returncode == 0, played.stdout + played.stderr
