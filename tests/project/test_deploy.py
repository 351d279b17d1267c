"""What is shipped beside the program is right: compose file, units, scripts."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mailgate import config
from mailgate.config import self_signed
from mailgate.config.secret_file import fresh_text
from mailgate.inbound.smtp.tls import server_context
from mailgate.metrics import COUNTERS, GAUGES, HEARTBEATS, HISTOGRAMS
from tests.support.harness.repository import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = [ROOT / ".ci" / "run", *sorted(DEPLOY.glob("*.sh"))]
EXPOSURE_MAX = 2.5


def _run(*command: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)  # type: ignore[call-overload, no-any-return]


def test_given_the_compose_file_when_checked_against_its_schema_then_it_is_right() -> None:
    done = _run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml"))
    assert done.returncode == 0, done.stdout


def test_given_the_compose_file_when_read_then_no_log_grows_without_end() -> None:
    services = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    assert {
        name for name, one in services.items() if one["logging"] != {"driver": "local", "options": {"max-size": "20m", "max-file": "5"}}
    } == set()


def test_point_5_given_the_settings_of_the_compose_file_when_loaded_then_they_verify_and_offer_starttls(tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    found = dict(re.findall(r"^    (MAILGATE_[A-Z]+__[A-Z_]+): (\S.*)$", text, re.MULTILINE))
    filled = {name: re.sub(r"\$\{[A-Z_]+(?::-([^}]*)|:\?[^}]*)\}", lambda m: m.group(1) or "x", value) for name, value in found.items()}
    assert len(filled) > 6
    made = _made(text, tmp_path)
    filled |= {name: str(made[filled[name]]) for name in ("MAILGATE_SMTP__TLS_CERT", "MAILGATE_SMTP__TLS_KEY")}
    settings = config.load(None, filled, make_secrets=False)
    assert settings.intake.authentication == "verify"
    assert settings.smtp.tls_cert
    assert settings.smtp.tls_key
    server_context(str(settings.smtp.tls_cert), str(settings.smtp.tls_key))
    assert settings.outbound.delivery == "smtp"
    assert not settings.embedded


def _made(compose: str, folder: Path) -> dict[str, Path]:
    """Run the compose file's service `certificate` here: path in the container -> file."""
    found = re.search(r"entrypoint: \[python, (-m, \S+)\]\n    command: \[(\S+), (\S+), ", compose)
    assert found
    files = {path: folder / Path(path).name for path in found.group(2, 3)}
    for _ in range(2):  # the second start leaves them alone
        done = _run(sys.executable, *found.group(1).split(", "), *map(str, files.values()), "firma.example")
        assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_IMODE(files[found.group(3)].stat().st_mode) == 0o600
    return files


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
    assert [unit.name for unit in UNITS] == ["mailgate-smtp.service", "mailgate-web.service", "mailgate-worker.service", "mailgate.service"]
    for unit in UNITS:
        text = unit.read_text()
        assert "\nUMask=0077\n" in text
        assert "\nUser=mailgate\n" in text
        assert ("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n" in text) == (unit.name in ("mailgate-smtp.service", "mailgate.service"))


def test_given_the_example_settings_of_systemd_when_loaded_then_they_are_accepted(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(fresh_text())
    secrets.chmod(0o600)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    assert self_signed.make(certificate, key, "mx.firma.example")
    given = {"SECRETS__FILE": secrets, "SMTP__TLS_CERT": certificate, "SMTP__TLS_KEY": key}
    settings = config.load(DEPLOY / "systemd" / "mailgate.toml", {f"MAILGATE_{name}": str(path) for name, path in given.items()})
    assert settings.service.domain == "firma.example"
    assert settings.intake.authentication == "verify"
    assert settings.database.url.startswith("postgresql+psycopg://")


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


def test_given_packages_that_are_missing_on_no_debian_when_asked_for_then_one_line_names_one_of_each_choice(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "bin").mkdir()
    for program in ("sh", "sed", "dirname", "grep", "id"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program) or program)
    shutil.copy(DEPLOY / "test-packages.sh", tmp_path / "deploy")
    query = tmp_path / "bin" / "dpkg-query"
    query.write_text('#!/bin/sh\n[ "$4" = there ] && echo install ok installed\n')
    query.chmod(0o755)
    (tmp_path / "tests" / "packages.txt").write_text("no-such-package  # why\nthere\nbetter|there\nfirst|second\n")
    done = _run("sh", str(tmp_path / "deploy" / "test-packages.sh"), env={"PATH": str(tmp_path / "bin")})
    assert done.returncode == 2
    assert re.fullmatch(r"test: [^\n]+: no-such-package first\n", done.stderr), done.stderr


MONITORING = DEPLOY / "monitoring"


def _metrics_in(text: str) -> set[str]:
    return set(re.findall(r"\bmailgate_[a-z_]+\b", text))


@pytest.mark.parametrize("name", ["mailgate.rules.yml", "grafana.json"])
def test_given_the_monitoring_files_when_read_then_every_metric_in_them_is_one_of_ours(name: str) -> None:
    ours = (
        {f"mailgate_{one}_total" for one in COUNTERS}
        | {f"mailgate_{one}" for one in GAUGES}
        | {"mailgate_database_up", "mailgate_build_info"}
    )
    ours |= {f"mailgate_{one}_bucket" for one in HISTOGRAMS} | {f"mailgate_{one}" for one in HEARTBEATS}
    used = _metrics_in((MONITORING / name).read_text("utf-8"))
    assert len(used) >= 10
    assert used - ours == set()


def test_given_the_dashboard_when_read_then_it_is_json_and_its_panels_do_not_overlap() -> None:
    panels = json.loads((MONITORING / "grafana.json").read_text("utf-8"))["panels"]
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in panels]
    assert len(set(places)) == len(panels)
    labels = {name: help_.label for name, help_ in COUNTERS.items()}
    for target in (target for one in panels for target in one["targets"]):
        for label, metric in re.findall(r"by \((\w+)\) \(rate\(mailgate_(\w+)_total", target["expr"]):
            assert labels[metric] == label


@pytest.mark.packages
def test_given_the_alerts_when_prometheus_checks_them_then_they_are_right() -> None:
    done = _run("promtool", "check", "rules", str(MONITORING / "mailgate.rules.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.packages
def test_given_the_alerts_when_prometheus_plays_a_day_then_they_fire_for_what_an_operator_must_mend_and_for_nothing_else() -> None:
    done = _run("promtool", "test", "rules", str(Path(__file__).with_name("alerts.yml")))
    assert done.returncode == 0, done.stdout + done.stderr
