"""`mailgate init`: a folder that a start accepts, fresh secrets, and nothing overwritten."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from mailgate import config
from mailgate.clock import utc_now
from mailgate.errors import PolicyError
from mailgate.inbound.smtp.tls import server_context
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.runtime.active_policy import compiled
from mailgate.runtime.bootstrap import make_active_policy, open_store
from mailgate.store.rows import PolicyVersion
from tests.unit.cli.conftest import Run


def test_given_a_folder_when_made_then_it_has_settings_and_private_secrets(mailgate: Run, tmp_path: Path) -> None:
    answer = mailgate("init", "gate", "--domain", "Firma.test", "--company", 'Bø "AS"', "--portal-url", "https://s.firma.test/")
    assert (answer.code, answer.err) == (0, "")
    file, secrets = tmp_path / "gate" / "mailgate.toml", tmp_path / "gate" / "var" / "secrets.toml"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.stat().st_mode) & 0o007 == 0
    settings = config.load(file, {})
    assert (settings.service.domain, settings.service.company, settings.service.portal_url) == (
        "Firma.test".lower(),
        'Bø "AS"',
        "https://s.firma.test",
    )
    assert settings.database.url == f"sqlite:///{tmp_path}/gate/var/mailgate.db"


def test_point_5_given_a_folder_when_made_then_mail_is_verified_and_starttls_offered(mailgate: Run, tmp_path: Path) -> None:
    mailgate("init", "gate", "--domain", "firma.test")
    settings = config.load(tmp_path / "gate" / "mailgate.toml", {})
    assert settings.intake.authentication == "verify"
    assert settings.smtp.tls_cert == tmp_path / "gate" / "var" / "tls" / "cert.pem"
    assert settings.smtp.tls_key
    assert stat.S_IMODE(settings.smtp.tls_key.stat().st_mode) == 0o600
    server_context(str(settings.smtp.tls_cert), str(settings.smtp.tls_key))


def test_given_two_folders_when_made_then_their_keys_differ(mailgate: Run, tmp_path: Path) -> None:
    mailgate("init", "a")
    mailgate("init", "b")
    keys = [config.load(tmp_path / name / "mailgate.toml", {}).vault.token_keys[1] for name in "ab"]
    assert keys[0] != keys[1]


@pytest.mark.parametrize("there", ["mailgate.toml", "var/secrets.toml", "var/tls/key.pem"])
def test_given_a_file_that_is_there_when_made_again_then_nothing_is_touched(mailgate: Run, tmp_path: Path, there: str) -> None:
    kept = tmp_path / "gate" / there
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    answer = mailgate("init", "gate")
    assert answer.code == 2
    assert answer.err == f"mailgate: gate/{there} is there already; give another folder, or move it away\n"
    assert kept.read_text() == "mine"
    assert [path for path in (tmp_path / "gate").rglob("*") if path.is_file()] == [kept]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--domain", "fi rma"), ("--portal-url", "firma.test"), ("--domain", "*"), ("--portal-url", "javascript:alert(1)")],
)
def test_given_a_bad_value_when_made_then_it_is_refused_and_no_folder_is_left(
    mailgate: Run, tmp_path: Path, option: str, value: str
) -> None:
    answer = mailgate("init", "gate", option, value)
    assert answer.code == 2
    assert answer.err.startswith(f"mailgate: {option}: ")
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "gate").exists()


def test_given_the_policy_of_init_when_the_database_is_empty_then_it_is_the_one_that_runs(mailgate: Run, tmp_path: Path) -> None:
    mailgate("init", "gate", "--domain", "firma.test")
    file = tmp_path / "gate" / "policy.yaml"
    settings = config.load(tmp_path / "gate" / "mailgate.toml", {})
    assert settings.policy.file == file
    store = open_store(settings)
    file.write_text("rules:\n  - {name: default, when: alway, then: hold}\n")
    with pytest.raises(PolicyError, match=r"policy\.yaml:2:27: .*did you mean 'always'"):
        make_active_policy(settings, store).begin()
    file.write_text("rules: [{name: default, when: always, then: hold}]\ntests: [{name: mine, expect: note}]\n")
    with pytest.raises(PolicyError, match="mine: expected note, got hold"):
        make_active_policy(settings, store).current()
    file.write_text("rules: [{name: mine, when: always, then: hold}]\n")
    policy = make_active_policy(settings, store).current()
    assert [rule.name for rule in policy.rules] == ["mine"]
    assert policy.version == f"1-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"
    store.database.close()


def test_given_a_policy_when_explained_then_it_is_asked_in_place_of_the_one_that_runs(mailgate: Run, tmp_path: Path) -> None:
    mailgate("init", "gate", "--domain", "firma.test")
    (tmp_path / "mine.yaml").write_text("rules: [{name: all_of_it, when: always, then: hold}]\n")
    (tmp_path / "a.eml").write_bytes(b"From: a@b.example\r\nSubject: Hei\r\n\r\nHei\r\n")
    answer = mailgate("explain", "--config", "gate/mailgate.toml", "--policy", "mine.yaml", "a.eml")
    assert (answer.code, answer.err) == (0, "")
    assert "hold, by rule all_of_it of file-" in answer.out


def test_point_5_given_the_settings_of_init_when_read_then_authors_are_verified_and_no_network_is_believed(
    mailgate: Run, tmp_path: Path
) -> None:
    mailgate("init", "gate", "--domain", "firma.test")
    text = (tmp_path / "gate" / "mailgate.toml").read_text()
    assert '\nauthentication = "verify"\n' in text
    assert "\ntrusted_from = []\n" in text
    settings = config.load(tmp_path / "gate" / "mailgate.toml", {})
    assert [who for who in settings.believed.values() if "verified" not in who] == ["nobody"] * 4


def test_given_the_policy_that_init_wrote_when_it_is_in_force_then_no_command_reads_its_yaml(mailgate: Run, tmp_path: Path) -> None:
    mailgate("init", "gate")
    text = (tmp_path / "gate" / "policy.yaml").read_text(encoding="utf-8")
    version = PolicyVersion(1, text, hashlib.sha256(text.encode()).hexdigest(), "eva", "", utc_now())
    assert compiled(version, frozenset()).rules is SUPPORTWEB_POLICY.rules


def test_point_7_given_secrets_that_are_gone_when_a_command_is_typed_then_none_are_made_and_it_says_where_they_are(
    mailgate: Run, tmp_path: Path
) -> None:
    assert "mailgate run --config gate/mailgate.toml" in mailgate("init", "gate").out
    secrets = tmp_path / "gate" / "var" / "secrets.toml"
    secrets.unlink()
    for words in (("doctor",), ("todo",), ("run",)):
        answer = mailgate(*words, "--config", "gate/mailgate.toml")
        assert answer.code == 2
        assert f"{secrets} does not exist; put it back from where mailgate backup --secrets copied it" in answer.err
    assert not secrets.exists()


def test_given_the_settings_of_init_when_read_by_a_person_then_their_comments_have_no_gaps(mailgate: Run, tmp_path: Path) -> None:
    mailgate("init", "gate")
    lines = (tmp_path / "gate" / "mailgate.toml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("# ") and "  " in line] == []
