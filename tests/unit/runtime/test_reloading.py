"""SIGHUP: what is taken in, what is named for a restart, and that a mistake changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailgate import config
from mailgate.config import self_signed
from mailgate.errors import ConfigError
from mailgate.runtime import reloading

KEYS = ("smtp.tls_cert", "smtp.tls_key")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Settings with a certificate."""
    assert self_signed.make(tmp_path / "cert.pem", tmp_path / "key.pem", "mx.firma.example")
    path = tmp_path / "mailgate.toml"
    path.write_text('[smtp]\ntls_cert = "cert.pem"\ntls_key = "key.pem"\n[log]\nlevel = "info"\n')
    return path


def test_given_changed_settings_when_reloaded_then_the_certificate_is_taken_and_what_needs_a_restart_is_named(file: Path) -> None:
    settings = config.load(file, {})
    file.write_text(file.read_text().replace('"info"', '"debug"') + "[worker]\nsweep_interval_s = 2.0\n")
    used: list[tuple[str, str]] = []
    refreshed: list[int] = []
    assert reloading.reload(settings, KEYS, lambda *files: used.append(files), lambda: refreshed.append(1))
    assert used == [(str(file.parent / "cert.pem"), str(file.parent / "key.pem"))]
    assert refreshed == [1]
    new = config.load(file, {})
    assert reloading.changed(settings, new) == ["worker.sweep_interval_s", "log.level"]
    assert reloading.changed(settings, new, reloading.LOG_KEYS) == ["worker.sweep_interval_s"]


def test_given_a_mistake_when_reloaded_then_nothing_is_taken_and_it_says_so(file: Path) -> None:
    settings = config.load(file, {})

    def refuse(_certificate: str, _key: str) -> None:
        raise ConfigError("certificate and key do not fit together")

    assert not reloading.reload(settings, KEYS, refuse, lambda: None)
    file.write_text("[smtp]\nlisten = 5\n")
    assert not reloading.reload(settings, KEYS, lambda *_: pytest.fail("taken"), lambda: None)
