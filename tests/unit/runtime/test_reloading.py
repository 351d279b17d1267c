"""SIGHUP: what is taken in, what is named for a restart, and that a mistake changes nothing."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from mailgate import config
from mailgate.config import self_signed
from mailgate.errors import ConfigError
from mailgate.inbound.smtp import tls
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
    assert reloading.reload(settings, KEYS, lambda *files: used.append(files))
    assert used == [(str(file.parent / "cert.pem"), str(file.parent / "key.pem"))]
    new = config.load(file, {})
    assert reloading.changed(settings, new) == ["worker.sweep_interval_s", "log.level"]
    assert reloading.changed(settings, new, reloading.LOG_KEYS) == ["worker.sweep_interval_s"]


def test_given_a_mistake_when_reloaded_then_nothing_is_taken_and_it_says_so(file: Path) -> None:
    settings = config.load(file, {})

    def refuse(_certificate: str, _key: str) -> None:
        raise ConfigError("certificate and key do not fit together")

    assert not reloading.reload(settings, KEYS, refuse)
    file.write_text("[smtp]\nlisten = 5\n")
    assert not reloading.reload(settings, KEYS, lambda *_: pytest.fail("taken"))


def _shown(context: ssl.SSLContext) -> bytes:
    """The certificate that a client sees, which names no server."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    server = context.wrap_bio(to_server, to_client, server_side=True)
    client = trusting.wrap_bio(to_client, to_server)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return client.getpeercert(binary_form=True) or b""


def _der(certificate: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


def test_given_a_new_pair_when_renewed_then_handshakes_show_it(file: Path, tmp_path: Path) -> None:
    context = tls.server_context(str(file.parent / "cert.pem"), str(file.parent / "key.pem"))
    new = tmp_path / "new.pem", tmp_path / "new_key.pem"
    assert self_signed.make(*new, "mx.firma.example")
    tls.renew(context, str(new[0]), str(new[1]))
    assert _shown(context) == _der(new[0])


def _key_of_another(file: Path) -> None:
    assert self_signed.make(file.parent / "other.pem", file.parent / "other_key.pem", "mx.firma.example")
    shutil.copy(file.parent / "other_key.pem", file.parent / "key.pem")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: (file.parent / "cert.pem").write_text("broken"),
        lambda file: (file.parent / "key.pem").unlink(),
        _key_of_another,
    ],
    ids=["no PEM", "no file", "another key"],
)
def test_given_files_that_are_spoilt_while_they_are_read_when_reloaded_then_the_old_ones_stay_in_use(
    file: Path, spoil: Callable[[Path], object]
) -> None:
    """The files are good when the settings are checked, and bad when they are loaded."""
    settings, certificate = config.load(file, {}), _der(file.parent / "cert.pem")
    context = tls.server_context(str(file.parent / "cert.pem"), str(file.parent / "key.pem"))

    def use(certificate_file: str, key_file: str) -> None:
        spoil(file)
        tls.renew(context, certificate_file, key_file)

    assert not reloading.reload(settings, KEYS, use)
    assert _shown(context) == certificate
