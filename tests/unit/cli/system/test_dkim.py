"""`mailgate dkim`, the settings of [dkim], what the doctor says of our keys, and that what is frozen is signed with them."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from mailgate import config
from mailgate.application.doctor.dns import authenticity, dns_findings
from mailgate.cli import main
from mailgate.config import Settings
from mailgate.errors import ConfigError
from mailgate.outbound.signing import signer

RAW = b"From: Support <support@firma.no>\r\nTo: kari@kunde.no\r\nSubject: Hei\r\n\r\nHei\r\n"
AT = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings for firma.no, and keys in var/ that they name."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", ".", "--domain", "firma.no"]) == 0
    assert main(["dkim"]) == 0
    text = (tmp_path / "mailgate.toml").read_text()
    text = re.sub("# rsa_key = .*", 'rsa_key = "var/dkim-rsa.pem"', text)
    (tmp_path / "mailgate.toml").write_text(re.sub("# ed25519_key = .*", 'ed25519_key = "var/dkim-ed25519.pem"', text))
    return tmp_path


def _settings(folder: Path, **variables: str) -> Settings:
    return config.load(folder / "mailgate.toml", variables, make_secrets=False)


def _records(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    assert main(["dkim", "--json"]) == 0
    return {row["name"]: row["value"] for row in map(json.loads, capsys.readouterr().out.splitlines())}


def test_given_no_keys_when_asked_then_they_are_made_for_us_alone_and_the_records_can_be_pasted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("dkim-rsa.pem", "dkim-ed25519.pem"):
        assert stat.S_IMODE((folder / "var" / name).stat().st_mode) == 0o600
    records = _records(capsys)
    assert list(records) == ["mailgate._domainkey.firma.no", "mailgate-ed25519._domainkey.firma.no"]
    assert main(["dkim"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(string) <= 255 for line in lines for string in re.findall('"([^"]*)"', line))
    assert ["".join(re.findall('"([^"]*)"', line)) for line in lines] == list(records.values())


def test_given_keys_that_no_setting_names_when_asked_then_none_is_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "var" / "dkim-rsa.pem").read_bytes()
    (folder / "mailgate.toml").write_text('[service]\ndomain = "firma.no"\n')
    assert main(["dkim"]) == 2
    said = capsys.readouterr().err
    assert "exists already" in said
    assert f'set rsa_key = "{folder}/var/dkim-rsa.pem", ed25519_key = "{folder}/var/dkim-ed25519.pem" in [dkim]' in said
    assert (folder / "var" / "dkim-rsa.pem").read_bytes() == before
    assert main(["dkim", "--folder", "/proc/nowhere"]) == 2


def test_given_keys_when_a_mail_is_signed_then_both_signatures_are_good_by_the_printed_records(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = _records(capsys)
    raw = signer(_settings(folder), lambda: AT)(RAW)
    assert raw.endswith(RAW)
    assert raw.count(b"DKIM-Signature:") == 2
    for index in (0, 1):
        assert dkim.DKIM(raw).verify(index, dnsfunc=lambda name, timeout=5: records[name.decode().rstrip(".")].encode())


def test_given_no_keys_when_a_mail_is_signed_then_it_is_as_it_was() -> None:
    assert signer(config.load(None, {}, make_secrets=False), lambda: AT)(RAW) is RAW


def _refused(folder: Path, **variables: str) -> str:
    with pytest.raises(ConfigError) as caught:
        _settings(folder, **variables)
    return str(caught.value)


@pytest.mark.parametrize(
    ("variables", "wording"),
    [
        ({"MAILGATE_DKIM__RSA_KEY": "nowhere.pem"}, "cannot be read"),
        ({"MAILGATE_DKIM__RSA_KEY": "var/dkim-ed25519.pem"}, "is no RSA key"),
        ({"MAILGATE_DKIM__ED25519_KEY": "var/dkim-rsa.pem"}, "is no Ed25519 key"),
        ({"MAILGATE_DKIM__RSA_KEY": "var/secrets.toml"}, "holds no PEM key"),
        ({"MAILGATE_DKIM__RSA_KEY": ""}, "most receivers check RSA only"),
        ({"MAILGATE_DKIM__DOMAIN": "annen.no"}, "say nothing of mail from firma.no"),
        ({"MAILGATE_DKIM__DOMAIN": "post.firma.no"}, "say nothing of mail from firma.no"),
        ({"MAILGATE_DKIM__SELECTOR": "a b"}, "is no domain name"),
        ({"MAILGATE_INTAKE__DNS_SERVERS": "dns.firma.no:53"}, "is no IP address"),
        ({"MAILGATE_INTAKE__AUTHENTICATION": "maybe"}, "must be one of"),
    ],
)
def test_given_a_key_or_setting_that_does_not_fit_when_loaded_then_it_is_refused_in_one_line(
    folder: Path, variables: dict[str, str], wording: str
) -> None:
    assert wording in _refused(folder, **variables)
    assert "\n" not in _refused(folder, **variables)


def test_given_a_weak_foreign_locked_or_open_key_when_loaded_then_it_is_refused(folder: Path) -> None:
    rsa = folder / "var" / "dkim-rsa.pem"
    rsa.write_bytes(generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert "has 1024 bits" in _refused(folder)
    rsa.write_bytes(ec_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert "is no RSA key" in _refused(folder)
    rsa.write_bytes(ec_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    assert "without a password" in _refused(folder)
    rsa.chmod(0o604)
    assert "can be read by everyone" in _refused(folder)


class Zone:
    """A DNS that has TXT records only."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def texts(self, name: str) -> list[str]:
        """See Resolver."""
        return [self._texts[name]] if name in self._texts else []

    def mail_hosts(self, name: str) -> list[str]:
        """See Resolver."""
        return ["mx.firma.no"]

    def addresses(self, name: str) -> list[str]:
        """See Resolver."""
        return ["192.0.2.1"]


def test_given_our_keys_when_the_dns_has_them_then_the_doctor_is_content_and_else_it_says_which(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = _records(capsys)
    rsa, ed25519 = records

    def levels(texts: dict[str, str]) -> list[str]:
        return [finding.level for finding in dns_findings(_settings(folder), Zone(texts)) if finding.check == "dkim"]

    assert levels(records) == ["ok", "ok"]
    assert levels({rsa: records[rsa]}) == ["ok", "fail"]
    assert levels({**records, ed25519: "v=DKIM1; k=ed25519; p="}) == ["ok", "fail"]
    other = records[ed25519][:-3] + ("AA=" if not records[ed25519].endswith("AA=") else "BA=")
    assert levels({**records, ed25519: other}) == ["ok", "fail"]


def test_point_5_given_nobody_who_checks_authors_when_the_doctor_looks_then_it_says_who_is_believed_and_warns() -> None:
    def level(**variables: str) -> str:
        believed, origin = authenticity(config.load(None, variables, make_secrets=False))
        assert (believed.check, believed.level, origin.check) == ("believed", "ok", "origin")
        return origin.level

    assert level() == "warn"
    assert level(MAILGATE_INTAKE__AUTHENTICATION="verify") == "ok"
    assert level(MAILGATE_INTAKE__AUTHSERV_IDS="mx.firma.no", MAILGATE_SMTP__TRUSTED_FROM="192.0.2.1") == "ok"
    assert level(MAILGATE_INTAKE__AUTHSERV_IDS="mx.firma.no", MAILGATE_SMTP__LMTP_SOCKET="/run/mailgate/lmtp") == "ok"
    assert level(MAILGATE_INTAKE__AUTHSERV_IDS="mx.firma.no") == "warn"
    assert level(MAILGATE_INTAKE__AUTHSERV_IDS="mx.firma.no", MAILGATE_INTAKE__AUTHENTICATION="off") == "warn"
