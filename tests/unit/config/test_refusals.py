"""Every setting wrong in many ways: exit code 2, one line that says where and what to do, and nothing half-started."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailgate.cli import main
from tests.support.processes.sink import certificate

GOOD_KEY = base64.b64encode(bytes(range(32))).decode()
SECRETS = f'smarthost_password = "x"\n[token_keys]\n1 = "{GOOD_KEY}"\n'


@dataclass(frozen=True)
class Wrong:
    """A settings file (or environment, or secrets file) that must be refused: at which line, with which words."""

    name: str
    toml: str
    line: int
    wording: str
    environment: dict[str, str] = field(default_factory=dict)
    secrets: str = SECRETS
    secrets_mode: int = 0o600
    mode: int = 0o640


def secret(name: str, text: str, line: int, wording: str, mode: int = 0o600) -> Wrong:
    """A wrong secrets file; `line` is in that file, 0 when the whole file is meant."""
    return Wrong(name, '[secrets]\nfile = "secrets.toml"\n', line, wording, secrets=text, secrets_mode=mode)


WRONG = [
    # Form
    Wrong("no TOML", "[smtp]\nlisten = \n", 2, "no TOML"),
    Wrong("a section that is not closed", '[smtp\nlisten = ["127.0.0.1:0"]\n', 1, "no TOML"),
    Wrong("a key twice", '[smtp]\nhostname = "a.test"\n\nhostname = "b.test"\n', 4, "no TOML"),
    Wrong("nested without end", "a = " + "[" * 5000 + "\n", 1, "no TOML"),
    Wrong("an unknown section", '[smpt]\nlisten = ["127.0.0.1:0"]\n', 1, "did you mean smtp?"),
    Wrong("a value in the place of a section", "smtp = 25\n", 1, "is a section"),
    Wrong("a key outside all sections", 'listen = "127.0.0.1:0"\n\n[smtp]\n', 1, "unknown section"),
    Wrong("an unknown key", '# a comment\n[smtp]\n\n# listn\nlistn = ["127.0.0.1:0"]\n', 5, "did you mean listen?"),
    Wrong("a key of another section", '[service]\nlisten = ["127.0.0.1:0"]\n', 2, "belongs in [smtp]"),
    Wrong("a password among the settings", '[outbound]\npassword = "x"\n', 2, "secrets stand in the file that secrets.file names"),
    Wrong(
        "a dotted key below a long list",
        'smtp.listen = [\n  "127.0.0.1:0",\n]\nsmtp.max_errors = "5"\n',
        4,
        "smtp.max_errors must be a whole number",
    ),
    # Types and ranges
    Wrong("a text for a number", '[smtp]\nmax_recipients = "100"\n', 2, "must be a whole number, not '100'"),
    Wrong("a truth value for a number", "[smtp]\nmax_recipients = true\n", 2, "must be a whole number"),
    Wrong("a fraction for a whole number", "[smtp]\nmax_recipients = 1.5\n", 2, "must be a whole number"),
    Wrong("a text for a truth value", '[outbound]\ntls_verify = "no"\n', 2, "must be true or false"),
    Wrong("a number for a text", "[service]\ncompany = 7\n", 2, "must be a text in quotes"),
    Wrong("a number in a list of texts", "[smtp]\nlisten = [25]\n", 2, "must be a text in quotes"),
    Wrong("a number for a list", "[smtp]\nlisten = 25\n", 2, "must be a list of texts"),
    Wrong("no recipients at all", "[smtp]\nmax_recipients = 0\n", 2, "must be 1 or more"),
    Wrong("a negative time", "[smtp]\ncommand_timeout_s = -1\n", 2, "must be more than 0"),
    Wrong("no number at all", "[outbound]\nretry_first_s = nan\n", 2, "must be"),
    Wrong("an endless time", "[smtp]\nsession_timeout_s = inf\n", 2, "must be a finite number"),
    Wrong("a share over all", "[smtp]\nstress_percent = 101\n", 2, "must be 100 or less"),
    Wrong("a word that is none of the choices", '[outbound]\ntls = "yes"\n', 2, "one of 'none', 'opportunistic', 'starttls' or 'implicit'"),
    Wrong("a log level that is none", '[log]\nlevel = "loud"\n', 2, "one of 'debug'"),
    Wrong("a language that is none", '[service]\ndefault_language = "no"\n', 2, "one of 'nb', 'nn' or 'en'"),
    # Addresses
    Wrong("a port out of range", '[smtp]\nlisten = ["127.0.0.1:65536"]\n', 2, "bad port"),
    Wrong("a port that is a word", '[smtp]\nlisten = ["127.0.0.1:smtp"]\n', 2, "bad port"),
    Wrong("an address without a port", '[smtp]\nlisten = ["127.0.0.1"]\n', 2, "write host:port"),
    Wrong("an IPv6 address without brackets", '[smtp]\nlisten = ["::1:25"]\n', 2, "[::1]:2525"),
    Wrong("a bad network", '[smtp]\ntrusted_from = ["10.0.0.0/33"]\n', 2, "write CIDR"),
    Wrong("a network with host bits", '[smtp]\nproxy_from = ["10.0.0.1/24"]\n', 2, "host bits"),
    Wrong("the whole internet trusted", '[smtp]\ntrusted_from = ["0.0.0.0/0"]\n', 2, "trusts the whole internet"),
    Wrong("proxies from everywhere", '[smtp]\nproxy_from = ["::/0"]\n', 2, "trusts the whole internet"),
    Wrong("a duplicate listener", '[smtp]\nlisten = ["127.0.0.1:2525", "127.0.0.1:2525"]\n', 2, "duplicate listener"),
    Wrong("LMTP for nobody", '[smtp]\nlmtp_listen = ["127.0.0.1:2424"]\n', 2, "has no clients"),
    Wrong(
        "a listener under a wildcard",
        '[smtp]\nlisten = ["0.0.0.0:2525"]\nlmtp_listen = ["127.0.0.1:2525"]\ntrusted_from = ["127.0.0.1"]\n',
        3,
        "duplicate listener",
    ),
    Wrong("a listener on the port of the metrics", '[smtp]\nlisten = ["127.0.0.1:9125"]\n', 2, "duplicate listener"),
    Wrong("no listener", "[smtp]\nlisten = []\n", 2, "no listener is left"),
    Wrong("metrics on two addresses", '[metrics]\nlisten = ["127.0.0.1:1", "127.0.0.1:2"]\n', 2, "a list of 1 or fewer"),
    Wrong("no local domain", '[service]\ndomain = ""\n', 2, "is no domain name"),
    Wrong("a domain with a blank", '[service]\ndomain = "fi rma.test"\n', 2, "is no domain name"),
    Wrong("a wildcard relay", '[addresses]\nsupport = ["*@firma.test"]\n', 2, "mail for any address"),
    Wrong("a support address without a domain", '[addresses]\nsupport = ["support"]\n', 2, "is no mailbox of ours"),
    Wrong("a mailbox that leaves no room for a token", '[addresses]\nreply_mailbox = "brukerstotte-i-nord"\n', 2, "15 characters or fewer"),
    Wrong("bounces and replies in one mailbox", '[addresses]\nreply_mailbox = "sak"\nbounce_mailbox = "sak"\n', 3, "are both 'sak'"),
    Wrong("bounces to a mailbox of people", '[addresses]\nbounce_mailbox = "abuse"\n', 2, "people write to"),
    # URLs
    Wrong("replies to a mailbox of people", '[addresses]\nreply_mailbox = "postmaster"\n', 2, "people write to"),
    Wrong("a company of two lines", '[service]\ncompany = "A\\r\\nBcc: x@y.test"\n', 2, "line ends"),
    Wrong("a name of two lines", '[outbound]\nfrom_name = "A\\nB"\n', 2, "line ends"),
    Wrong("a message larger than the memory for all", "[smtp]\nmax_message_bytes = 300000000\n", 2, "more than smtp.max_data_total_bytes"),
    Wrong("days past the calendar", "[retention]\nraw_days = 99999999999\n", 2, "must be 3650 or less"),
    Wrong("a window past the calendar", "[intake]\nlease_s = 1e18\n", 2, "must be 315360000"),
    Wrong("a life past the calendar", "[outbound]\nexpires_after_s = 1e12\n", 2, "must be 315360000"),
    Wrong("a lease past the calendar", "[outbound]\nlease_s = 1e18\n", 2, "must be 315360000"),
    Wrong("an unknown database", '[database]\nurl = "mysql://x/y"\n', 2, "is no database"),
    Wrong("a database without its driver", '[database]\nurl = "postgresql://x/y"\n', 2, "postgresql+psycopg://"),
    Wrong("a database without a name", '[database]\nurl = "postgresql+psycopg://x"\n', 2, "names no database"),
    Wrong("a database in memory", '[database]\nurl = "sqlite://"\n', 2, "keeps nothing on disk"),
    Wrong("an unknown broker", '[broker]\nurl = "kafka://x"\n', 2, "is no broker"),
    Wrong("a broker with a bad port", '[broker]\nurl = "redis://x:y"\n', 2, "bad host or port"),
    Wrong("a Redis database that is a word", '[broker]\nurl = "redis://x:6379/jobs"\n', 2, "no number"),
    Wrong("processes that share memory", "[worker]\nprocesses = 4\n", 2, "cannot share memory://"),
    Wrong("a portal that is no web address", '[service]\nportal_url = "support.firma.test"\n', 2, "is no web address"),
    Wrong("a link without the case", '[service]\ncase_link = "{portal_url}/cases"\n', 2, "cannot be filled in"),
    Wrong("a link with an unknown word", '[service]\ncase_link = "{portal_url}/{key}/{user}"\n', 2, "cannot be filled in"),
    Wrong(
        "tokens from an address without TLS",
        '[outbound]\nauth = "xoauth2"\noauth_token_url = "http://login.example/token"\n',
        3,
        "no https address",
    ),
    Wrong(
        "tokens for no mailbox",
        '[outbound]\nauth = "xoauth2"\noauth_token_url = "https://login.example/token"\noauth_client_id = "x"\n',
        2,
        "outbound.username",
    ),
    Wrong("a pale accent", '[service]\naccent = "#7fd0ff"\n', 2, "a contrast of 1.7 to white"),
    Wrong("an accent that is no colour", '[service]\naccent = "blue"\n', 2, "no colour"),
    Wrong("a logo that is not there", '[service]\nlogo_file = "logo.png"\n', 2, "cannot be read"),
    Wrong("a smarthost of another kind", '[outbound]\nsmarthost = "smtps://x:465"\n', 2, 'outbound.tls = "implicit"'),
    Wrong("a second smarthost of another kind", '[outbound]\nfallback_smarthosts = ["smtps://x:465"]\n', 2, 'outbound.tls = "implicit"'),
    Wrong("a smarthost with a password", '[outbound]\nsmarthost = "smtp://u:geheim@x"\n', 2, "the secrets file"),
    # What does not go together
    Wrong(
        "mail from a domain that is not ours", '[outbound]\ndelivery = "smtp"\n[service]\ndomain = "example.test"\n', 4, "still the example"
    ),
    Wrong(
        "mail in a circle",
        '[service]\ndomain = "firma.test"\n[outbound]\ndelivery = "smtp"\nsmarthost = "smtp://127.0.0.1:2525"\n',
        5,
        "is our own listener",
    ),
    Wrong("a password in the clear", '[outbound]\nusername = "u"\ntls = "none"\n', 3, "in the clear"),
    Wrong("a user without a password", '[outbound]\nusername = "u"\n', 2, "has no password", secrets=SECRETS.replace('"x"', '""')),
    Wrong("an empty server name to believe", '[intake]\nauthserv_ids = [""]\n', 2, "is not one word"),
    Wrong("two server names in one", '[intake]\nauthserv_ids = ["mx.firma.test; dmarc=pass"]\n', 2, "is not one word"),
    Wrong("a first pause longer than the longest", "[outbound]\nretry_first_s = 9000\nretry_max_s = 60\n", 2, "longer than retry_max_s"),
    Wrong("a lease shorter than one mail", "[intake]\nlease_s = 5\nread_timeout_s = 6\n", 2, "ends before one mail is read"),
    Wrong("bytes kept too short", "[retention]\nraw_days = 3\n", 2, "too short"),
    # Files
    Wrong("a templates folder that is not there", '[outbound]\ntemplates_dir = "nowhere"\n', 2, "is no folder"),
    Wrong("TLS without a certificate", '[smtp]\nlisten_tls = ["127.0.0.1:0"]\n', 2, "needs a certificate"),
    Wrong("a certificate without a key", '[smtp]\ntls_cert = "sink.crt"\n', 2, "has no key"),
    Wrong("a key without a certificate", '[smtp]\ntls_key = "sink.key"\n', 2, "has no certificate"),
    Wrong("a certificate that is not there", '[smtp]\ntls_cert = "no.crt"\ntls_key = "sink.key"\n', 2, "No such file"),
    Wrong("a key file that cannot be read", '[smtp]\ntls_cert = "sink.crt"\ntls_key = "folder"\n', 3, "cannot be read"),
    Wrong("a key that everyone can read", '[smtp]\ntls_cert = "sink.crt"\ntls_key = "open.key"\n', 3, "read by everyone"),
    Wrong("the key of another certificate", '[smtp]\ntls_cert = "sink.crt"\ntls_key = "other.key"\n', 3, "does not belong to"),
    Wrong("a key that is none", '[smtp]\ntls_cert = "sink.crt"\ntls_key = "garbage"\n', 3, "holds no PEM key"),
    Wrong("a path with a NUL in it", '[smtp]\ntls_cert = "a\\u0000b"\ntls_key = "sink.key"\n', 2, "is no path"),
    Wrong("a certificate that is none", '[smtp]\ntls_cert = "garbage"\ntls_key = "sink.key"\n', 2, "no PEM certificate"),
    Wrong("a number for a path", "[smtp]\ntls_cert = 5\n", 2, "smtp.tls_cert must be a text in quotes, not 5"),
    Wrong("a list for a path", '[policy]\nfile = ["policy.yaml"]\n', 2, "policy.file must be a text in quotes"),
    Wrong("a number for the database", "[database]\nurl = 5\n", 2, "database.url must be a text in quotes, not what stands there"),
    Wrong("the home folder of nobody", '[smtp]\ntls_cert = "~nobody-here/a.crt"\n', 2, "write the whole path"),
    Wrong("a day for a text", "[service]\ncompany = 2026-01-31\n", 2, "must be a text in quotes, not 2026-01-31"),
    Wrong("a count without end", "[smtp]\nmax_recipients = 99999999999999999999\n", 2, "2147483647 or less"),
    Wrong("a claim of two words", '[openid]\ngroups_claim = "member of"\n', 2, "is no name of a claim"),
    Wrong("authorities that are none", '[outbound]\ntls_ca_file = "garbage"\n', 2, "holds no PEM certificate"),
    Wrong("a password for everyone to read", '[broker]\nurl = "redis://:geheim@x"\n', 2, "read by everyone", mode=0o644),
    # The environment
    Wrong("a setting that is policy now", "[outbound]\nwindow_s = 0\n", 2, "the policy says it, as notices.window_s"),
    Wrong("a variable that is policy now", "", 0, "the policy says it, as redirect.window_s", {"MAILGATE_INTAKE__ANSWER_WINDOW_S": "60"}),
    Wrong("an unknown variable", "", 0, "did you mean MAILGATE_SMTP__LISTEN?", {"MAILGATE_SMTP__LISTNE": "127.0.0.1:0"}),
    Wrong("a variable with one _", "", 0, "did you mean MAILGATE_SMTP__LISTEN?", {"MAILGATE_SMTP_LISTEN": "127.0.0.1:0"}),
    Wrong("a variable of the wrong type", "", 0, "must be a whole number, not 'many'", {"MAILGATE_WORKER__PROCESSES": "many"}),
    Wrong("a variable over a good key", '[smtp]\nlisten = ["127.0.0.1:0"]\n', 0, "bad port", {"MAILGATE_SMTP__LISTEN": "127.0.0.1:x"}),
    Wrong("an unknown kill point", "", 0, "is no kill point", {"MAILGATE_KILL": "after_dinner"}),
    # Secrets
    secret("secrets that are not there", "", 2, "does not exist"),
    secret("secrets that others can read", SECRETS, 0, "read by others", mode=0o644),
    secret("secrets that the group can read", SECRETS, 0, "read by others", mode=0o640),
    secret("no key at all", "[token_keys]\n", 1, "no token key is given"),
    secret("a short key", '[token_keys]\n1 = "c2hvcnQ="\n', 2, "is weak: 5 bytes"),
    secret("a key of one letter", f'[token_keys]\n1 = "{base64.b64encode(b"a" * 32).decode()}"\n', 2, "is weak"),
    secret("an example key", f'[token_keys]\n1 = "{base64.b64encode(b"changeme-0123456789-ABCDEFGHIJKLMN").decode()}"\n', 2, "is weak"),
    secret("a key that is no base64", '[token_keys]\n1 = "not base64!"\n', 2, "no base64"),
    secret("a key id out of range", f'[token_keys]\n256 = "{GOOD_KEY}"\n', 2, "is not 1 to 255"),
    secret("an unknown secret", f'smarthost_pasword = "x"\n{SECRETS}', 1, "did you mean smarthost_password?"),
    secret(
        "a last day for the key that signs", f"{SECRETS}[token_keys_valid_until]\n1 = 2030-01-01\n", 5, "signs and cannot have a last day"
    ),
    secret("a last day that is no date", f'{SECRETS}2 = "{GOOD_KEY}"\n[token_keys_valid_until]\n1 = "soon"\n', 6, "must be a date"),
]

_heard: list[str] = []
_listening = threading.Event()


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.bind" and _listening.is_set():
        _heard.append(str(arguments[1:]))


sys.addaudithook(_hook)


@pytest.fixture
def bound() -> Iterator[list[str]]:
    """The addresses that were bound meanwhile, by whatever part of the program."""
    _heard.clear()
    _listening.set()
    yield _heard
    _listening.clear()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates and keys, good and bad."""
    folder = tmp_path_factory.mktemp("files")
    _, key = certificate(folder)
    key.chmod(0o600)
    (folder / "open.key").write_bytes(key.read_bytes())
    (folder / "open.key").chmod(0o644)
    for name, days in (("other", 2), ("old", 0)):
        (folder / name).mkdir()
        made_cert, made_key = certificate(folder / name, days=days)
        made_cert.rename(folder / f"{name}.crt")
        made_key.rename(folder / f"{name}.key").chmod(0o600)
        (folder / name).rmdir()
    (folder / "garbage").write_text("garbage")
    (folder / "garbage").chmod(0o600)
    (folder / "folder").mkdir()
    return folder


def _lay_out(wrong: Wrong, files: Path, folder: Path) -> Path:
    for file in files.iterdir():
        (folder / file.name).symlink_to(file)
    secrets = folder / ("secrets.toml" if '"secrets.toml"' in wrong.toml else "var/secrets.toml")
    if wrong.secrets:
        secrets.parent.mkdir(exist_ok=True)
        secrets.write_text(wrong.secrets)
        secrets.chmod(wrong.secrets_mode)
    config = folder / "mailgate.toml"
    config.write_text(wrong.toml)
    config.chmod(wrong.mode)
    return config


def _place(wrong: Wrong, config: Path) -> str:
    if wrong.environment:
        return re.escape(next(iter(wrong.environment)))
    file = config.parent / "secrets.toml" if '"secrets.toml"' in wrong.toml and wrong.secrets else config
    return re.escape(str(file)) + (f":{wrong.line}" if wrong.line else "")


@pytest.mark.parametrize("wrong", WRONG, ids=[wrong.name.replace(" ", "_") for wrong in WRONG])
def test_given_a_wrong_setting_when_started_then_one_line_says_where_and_nothing_is_half_started(
    wrong: Wrong, files: Path, tmp_path: Path, bound: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _lay_out(wrong, files, tmp_path)
    for name, value in wrong.environment.items():
        monkeypatch.setenv(name, value)
    before = sorted(tmp_path.rglob("*"))

    code = main(["run", "--config", str(config)])

    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert re.fullmatch(rf"mailgate: {_place(wrong, config)}: [^\n]+\n", said.err), said.err
    assert wrong.wording in said.err
    assert "geheim" not in said.err
    assert GOOD_KEY not in said.err
    assert sorted(tmp_path.rglob("*")) == before
    assert bound == []


@pytest.mark.parametrize("command", ["run", "smtp", "worker", "ledger", "doctor", "inject"])
def test_given_a_wrong_setting_when_any_command_is_a_process_of_its_own_then_it_refuses_the_same_way(command: str, tmp_path: Path) -> None:
    config = tmp_path / "mailgate.toml"
    config.write_text("[smtp]\nmax_recipients = 0\n")
    words = [command, "--config", str(config), *(["x.eml"] if command == "inject" else [])]

    done = subprocess.run(
        [sys.executable, "-c", "import sys; from mailgate.cli import main; sys.exit(main())", *words],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path, env={**os.environ},
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mailgate: {config}:2: smtp.max_recipients must be 1 or more, not 0\n"
    assert list(tmp_path.iterdir()) == [config]


def test_given_a_settings_file_that_is_not_there_when_started_then_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--config", str(tmp_path / "no.toml")]) == 2
    assert (
        capsys.readouterr().err
        == f"mailgate: {tmp_path}/no.toml: cannot be read: No such file or directory; check the path and its permissions\n"
    )


def test_given_a_settings_file_in_latin_1_when_started_then_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "mailgate.toml"
    config.write_bytes('[service]\ncompany = "Bø AS"\n'.encode("latin-1"))
    assert main(["run", "--config", str(config)]) == 2
    assert capsys.readouterr().err == f"mailgate: {config}: not UTF-8 text; save the file as UTF-8\n"
