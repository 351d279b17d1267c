"""What good settings say, where they come from, and what is made of them."""

from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from mailgate import config
from mailgate.config import Endpoint, secret_file, skeleton
from mailgate.config.document import line_of
from mailgate.errors import ConfigError

KEY = base64.b64encode(bytes(range(32))).decode()


def test_given_nothing_when_loaded_then_the_embedded_product_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = config.load(None, {})
    assert settings.database.url == f"sqlite:///{tmp_path}/var/mailgate.db"
    assert settings.broker.url == "memory://"
    assert settings.smtp.listen == (Endpoint("127.0.0.1", 2525),)
    assert settings.outbound.delivery == "capture"
    assert settings.support_addresses == ("support@example.test",)
    assert settings.embedded


def test_given_no_secrets_when_loaded_then_a_private_file_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = config.load(None, {}), config.load(None, {})
    file = tmp_path / "var" / "secrets.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(first.vault.token_keys[1]) == 32
    assert first.vault.token_keys == second.vault.token_keys
    assert sorted(path.name for path in file.parent.iterdir()) == ["secrets.toml"]


def test_given_many_first_starts_at_once_when_loaded_then_all_have_the_same_key(tmp_path: Path) -> None:
    file, keys = tmp_path / "var" / "secrets.toml", []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        keys.append(secret_file.create(file).token_keys[1])

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_given_a_command_that_keeps_nothing_when_loaded_then_no_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = config.load(None, {}, make_secrets=False), config.load(None, {}, make_secrets=False)
    assert list(tmp_path.iterdir()) == []
    assert one.vault.token_keys != other.vault.token_keys


def test_given_file_and_environment_when_loaded_then_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "mailgate.toml"
    file.write_text('[smtp]\nlisten = ["127.0.0.1:1"]\nmax_errors = 7\n[outbound]\ntls_verify = true\n')
    variables = {
        "MAILGATE_SMTP__LISTEN": "127.0.0.1:2, [::1]:3",
        "MAILGATE_OUTBOUND__TLS_VERIFY": "false",
        "MAILGATE_INTAKE__LEASE_S": "12.5",
        "MAILGATE_ADDRESSES__SUPPORT": "Hjelp@Firma.test,support@firma.test",
        "MAILGATE_TEST_PG_URL": "not ours",
        "PATH": "/bin",
    }
    settings = config.load(file, variables)
    assert settings.smtp.listen == (Endpoint("127.0.0.1", 2), Endpoint("::1", 3))
    assert settings.smtp.max_errors == 7
    assert not settings.outbound.tls_verify
    assert settings.intake.lease_s == 12.5
    assert settings.support_addresses == ("hjelp@firma.test", "support@firma.test")


def test_given_relative_paths_when_loaded_then_they_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "etc" / "mail").mkdir(parents=True)
    file = tmp_path / "etc" / "mailgate.toml"
    file.write_text('[database]\nurl = "sqlite:///data/m.db"\n[outbound]\ntemplates_dir = "mail"\n')
    settings = config.load(file, {})
    assert settings.database.url == f"sqlite:///{tmp_path}/etc/data/m.db"
    assert settings.outbound.templates_dir == tmp_path / "etc" / "mail"
    assert settings.secrets.file == tmp_path / "etc" / "var" / "secrets.toml"


def test_given_an_absolute_database_path_when_loaded_then_it_stays(tmp_path: Path) -> None:
    settings = config.load(None, {"MAILGATE_DATABASE__URL": f"sqlite:///{tmp_path}/m.db"}, make_secrets=False)
    assert settings.database.url == f"sqlite:///{tmp_path}/m.db"


def test_given_a_domain_in_norwegian_letters_when_loaded_then_it_is_an_a_label() -> None:
    settings = config.load(None, {"MAILGATE_SERVICE__DOMAIN": "Bær.Firma.test"}, make_secrets=False)
    assert settings.service.domain == "xn--br-1ia.firma.test"


def test_given_our_addresses_when_asked_then_all_domains_and_mailboxes_are_named() -> None:
    variables = {
        "MAILGATE_SERVICE__DOMAIN": "firma.test",
        "MAILGATE_ADDRESSES__SUPPORT": "hjelp@firma.test,support@gammel.test",
        "MAILGATE_ADDRESSES__REPLY_MAILBOX": "sak",
        "MAILGATE_ADDRESSES__REPLY_DOMAIN": "svar.firma.test",
    }
    settings = config.load(None, variables, make_secrets=False)
    assert settings.mailboxes == {"hjelp@firma.test", "support@gammel.test", "sak@firma.test"}


def test_given_a_case_link_when_filled_in_then_it_names_the_case() -> None:
    variables = {"MAILGATE_SERVICE__PORTAL_URL": "https://s.test/", "MAILGATE_SERVICE__CASE_LINK": "{portal_url}/c?id={key}"}
    assert config.load(None, variables, make_secrets=False).service.link("SUP-7") == "https://s.test/c?id=SUP-7"


def test_given_passwords_when_settings_are_shown_then_they_are_not(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'smarthost_password = "geheim"\n[token_keys]\n1 = "{KEY}"\n')
    secrets.chmod(0o600)
    variables = {
        "MAILGATE_DATABASE__URL": "postgresql+psycopg://u:geheim@h/d",
        "MAILGATE_BROKER__URL": "amqp://u:geheim@h/",
        "MAILGATE_SECRETS__FILE": str(secrets),
    }
    settings = config.load(None, variables)
    assert settings.vault.smarthost_password == "geheim"
    assert "geheim" not in repr(settings)
    assert repr(bytes(range(32))) not in repr(settings)
    assert config.without_password(settings.database.url) == "postgresql+psycopg://u:***@h/d"


def test_given_no_named_file_when_looked_for_then_the_variable_counts_before_the_folder(tmp_path: Path) -> None:
    assert config.find({}, tmp_path) is None
    (tmp_path / "mailgate.toml").touch()
    assert config.find({}, tmp_path) == tmp_path / "mailgate.toml"
    assert config.find({"MAILGATE_CONFIG": "/x.toml"}, tmp_path) == Path("/x.toml")


def test_given_a_kill_point_when_loaded_then_it_is_kept() -> None:
    assert config.load(None, {"MAILGATE_KILL": "parse:3"}, make_secrets=False).kill_spec == "parse:3"


@pytest.mark.parametrize(
    ("text", "section", "key", "line"),
    [
        ("[a]\nx = 1\n", "a", "x", 2),
        ("[a]\n# x = 1\n\nx = 1\n", "a", "x", 4),
        ('[a]\ny = """\nx = 1\n"""\nx = 2\n', "a", "x", 5),
        ("[a]\ny = [\n1,\n2]\nx = 2\n", "a", "x", 5),
        ("a.y = 1\na.x = 2\n", "a", "x", 2),
        ("a = {y = 1, x = 2}\n", "a", "x", 1),
        ("[b]\nx = 1\n[a]\nx = 1\n", "a", "x", 4),
        ("[b]\nx = 1\n[a]\nx = 1\n", "a", "", 3),
        ('["a"]\n"x" = 1\n', "a", "x", 2),
        ("[a]\nx = 1\n", "a", "z", 0),
    ],
)
def test_given_any_form_of_toml_when_a_key_is_looked_for_then_its_line_is_found(text: str, section: str, key: str, line: int) -> None:
    assert line_of(text, section, key) == line


def test_given_the_file_of_init_when_loaded_then_every_key_is_in_it_and_means_the_default(tmp_path: Path) -> None:
    text = skeleton.toml_text({})
    active = text.replace("\n# ", "\n#").splitlines()
    keys = [setting for setting in skeleton.settings() if f"#{setting.key} = {setting.default}" in active]
    assert keys == list(skeleton.settings())
    file = tmp_path / "mailgate.toml"
    uncommented = [line[1:] if any(line.startswith(f"#{s.key} = ") for s in keys) else line for line in active]
    file.write_text("\n".join(uncommented))
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secrets.toml").write_text(secret_file.fresh_text())
    (tmp_path / "var" / "secrets.toml").chmod(0o600)
    from_file = config.load(file, {})
    file.write_text("")
    from_defaults = config.load(file, {})
    assert from_file == from_defaults


def test_given_a_secrets_folder_that_cannot_be_made_when_loaded_then_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be made"):
        config.load(None, {})


def test_given_a_rotated_key_when_loaded_then_both_keys_and_the_last_day_are_there(tmp_path: Path) -> None:
    other = base64.b64encode(os.urandom(40)).decode()
    file = tmp_path / "secrets.toml"
    file.write_text(f'[token_keys]\n1 = "{KEY}"\n2 = "{other}"\n[token_keys_valid_until]\n1 = 2027-01-31\n')
    file.chmod(0o600)
    vault = secret_file.load(file)
    assert sorted(vault.token_keys) == [1, 2]
    assert vault.valid_until[1].isoformat() == "2027-01-31"


def test_given_all_of_ipv4_and_all_of_ipv6_when_loaded_then_they_are_two_listeners() -> None:
    settings = config.load(None, {"MAILGATE_SMTP__LISTEN": "0.0.0.0:2525,[::]:2525"}, make_secrets=False)
    assert [str(endpoint) for endpoint in settings.smtp.listen] == ["0.0.0.0:2525", "[::]:2525"]
