"""What is shipped beside the program is right: compose file, units, Postfix examples, scripts, pins, wheel."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mailgate import __version__, config
from mailgate.config import skeleton
from mailgate.config.secret_file import fresh_text

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = [ROOT / ".ci" / "run", *sorted(DEPLOY.glob("*.sh"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
EXPOSURE_MAX = 2.5


def _run(*command: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)  # type: ignore[call-overload, no-any-return]


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def test_given_the_compose_file_when_checked_against_its_schema_then_it_is_right() -> None:
    done = _run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml"))
    assert done.returncode == 0, done.stdout


def test_given_the_settings_of_the_compose_file_when_loaded_then_they_are_accepted() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    found = dict(re.findall(r"^    (MAILGATE_[A-Z]+__[A-Z_]+): (\S.*)$", text, re.MULTILINE))
    filled = {name: re.sub(r"\$\{[A-Z_]+(?::-([^}]*)|:\?[^}]*)\}", lambda m: m.group(1) or "x", value) for name, value in found.items()}
    assert len(filled) > 6
    settings = config.load(None, filled, make_secrets=False)
    assert settings.outbound.delivery == "smtp"
    assert not settings.embedded


def test_given_dockerfile_and_makefile_when_compared_then_both_install_with_the_same_script() -> None:
    assert "deploy/install.sh /opt/mailgate" in (ROOT / "Dockerfile").read_text()
    assert "deploy/install.sh --editable" in (ROOT / "Makefile").read_text()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        assert "pip install" not in line


def test_given_the_dockerfile_when_read_then_what_it_copies_is_there_and_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists(), source
            assert f"!{source}\n" in ignored, source


def test_given_the_dockerfile_when_read_then_it_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users
    assert users[-1].split(":")[0] not in ("root", "0")


@pytest.fixture(params=UNITS, ids=lambda unit: unit.name)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A unit as it would be installed, with a program that is there."""
    program = shutil.which("true") or "/bin/true"
    copy = tmp_path / request.param.name
    copy.write_text(request.param.read_text().replace("/opt/mailgate/bin/mailgate", program))
    return copy


@pytest.mark.packages
def test_given_a_unit_when_systemd_reads_it_then_nothing_is_wrong(unit: Path) -> None:
    done = _run("systemd-analyze", "verify", "--man=no", str(unit))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.packages
def test_given_a_unit_when_systemd_rates_it_then_it_is_little_exposed(unit: Path) -> None:
    done = _run("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    rating = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert rating is not None, done.stdout + done.stderr
    assert float(rating.group(1)) <= EXPOSURE_MAX


def test_given_the_units_when_read_then_mask_user_and_port_25_are_as_promised() -> None:
    assert [unit.name for unit in UNITS] == ["mailgate-smtp.service", "mailgate-worker.service", "mailgate.service"]
    for unit in UNITS:
        text = unit.read_text()
        assert "\nUMask=0077\n" in text
        assert "\nUser=mailgate\n" in text
        assert ("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n" in text) == ("worker" not in unit.name)


def test_given_the_example_settings_of_systemd_when_loaded_then_they_are_accepted(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(fresh_text())
    secrets.chmod(0o600)
    settings = config.load(DEPLOY / "systemd" / "mailgate.toml", {"MAILGATE_SECRETS__FILE": str(secrets)})
    assert settings.service.domain == "firma.example"
    assert settings.database.url.startswith("postgresql+psycopg://")


@pytest.mark.packages
@pytest.mark.parametrize("example", sorted(DEPLOY.glob("postfix/*.cf")), ids=lambda path: path.stem)
def test_given_a_postfix_example_when_postfix_reads_it_then_it_knows_every_parameter(example: Path, tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n" + example.read_text())
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    tmp_path.chmod(0o755)
    done = _run("postconf", "-c", str(tmp_path), "-n")
    assert done.returncode == 0
    assert done.stderr == ""
    for name in re.findall(r"^([a-z_]+) =", example.read_text(), re.MULTILINE):
        assert f"\n{name} =" in f"\n{done.stdout}", name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_given_a_script_when_read_then_it_is_sh_and_can_be_run(script: Path) -> None:
    assert script.stat().st_mode & stat.S_IXUSR
    assert _run("sh", "-n", str(script)).stderr == ""


@pytest.mark.parametrize("words", [["PYTHON=no-such-python"], ["PYTHON=false"]])
def test_given_no_usable_python_when_set_up_then_one_line_says_what_to_install(words: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, **dict(word.split("=") for word in words)}
    done = _run(str(DEPLOY / "install.sh"), str(tmp_path / "venv"), env=environment)
    assert done.returncode == 2
    assert re.fullmatch(r"install: [^\n]+apt-get install python3 python3-venv\n", done.stderr)
    assert not (tmp_path / "venv").exists()


def test_given_packages_that_are_there_when_asked_for_then_nothing_is_installed_and_nothing_said(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "tests").mkdir()
    shutil.copy(DEPLOY / "test-packages.sh", tmp_path / "deploy")
    (tmp_path / "tests" / "packages.txt").write_text("# none\n")
    done = _run(str(tmp_path / "deploy" / "test-packages.sh"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_given_a_package_that_is_missing_on_no_debian_when_asked_for_then_one_line_names_it(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "bin").mkdir()
    for program in ("sh", "sed", "dirname", "grep", "id"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program) or program)
    shutil.copy(DEPLOY / "test-packages.sh", tmp_path / "deploy")
    (tmp_path / "tests" / "packages.txt").write_text("no-such-package  # why\n")
    done = _run("sh", str(tmp_path / "deploy" / "test-packages.sh"), env={"PATH": str(tmp_path / "bin")})
    assert done.returncode == 2
    assert re.fullmatch(r"test: [^\n]+: no-such-package\n", done.stderr), done.stderr


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
    files = _run("git", "-c", f"safe.directory={ROOT}", "ls-files", cwd=ROOT).stdout.split("\n")
    registries = re.compile("|".join((r"pypi\.org", r"python" + r"hosted", r"docker\.io", r"ghcr\.io", r"index-" + r"url", r"npmjs")))
    named = [
        name for name in files if name and name != "tests/unit/test_packaging.py" and (path := ROOT / name).is_file()
        and path.suffix not in (".eml", ".mbox") and registries.search(path.read_text("utf-8", "replace"))
    ]  # fmt: skip
    assert named == []


def test_given_the_version_when_compared_then_change_log_and_package_agree() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert [setting for setting in skeleton.settings() if not setting.default] == []


@pytest.mark.slow
def test_given_a_wheel_when_built_then_templates_and_migrations_are_in_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "mailgate", source / "mailgate", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    environment = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = _run(sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "-w", str(tmp_path), str(source), env=environment)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = [*(ROOT / "mailgate" / "templates").rglob("*.j2"), *(ROOT / "mailgate" / "store" / "migrations").rglob("*.py")]
    assert wanted
    assert [str(path.relative_to(ROOT)) for path in wanted if str(path.relative_to(ROOT)) not in names] == []
    assert not [name for name in names if name.startswith("tests/")]
