"""`mailgate doctor`: each finding says how it is and what to do; real services that are away, a resolver that says what we want."""

from __future__ import annotations

import contextlib
import re
import socketserver
import threading
from collections import namedtuple
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from mailgate import config
from mailgate.application.doctor import host, listener, services
from mailgate.application.doctor.dns import ResolverSilent, dns_findings
from mailgate.application.doctor.findings import Finding
from mailgate.runtime.active_policy import shipped
from mailgate.runtime.bootstrap import Workshop
from mailgate.store import migrate
from mailgate.store.database import open_database
from tests.support.processes.sink import Sink
from tests.support.waiting import free_port
from tests.unit.cli.conftest import SETTINGS, Run

GOOD = {
    "TXT firma.test": ["v=spf1 ip4:192.0.2.1 -all", "other=1"],
    "TXT mail._domainkey.firma.test": ["v=DKIM1; k=rsa; p=MIIB"],
    "TXT _dmarc.firma.test": ["v=DMARC1; p=reject"],
    "MX firma.test": ["mx.firma.test"],
    "A mx.firma.test": ["192.0.2.1"],
}


Usage = namedtuple("Usage", "total used free")


class Zone:
    """A resolver that answers from a table; `None` is a name that gives no answer."""

    def __init__(self, records: Mapping[str, list[str] | None]) -> None:
        self._records = records

    def _ask(self, question: str) -> list[str]:
        found = self._records.get(question, [])
        if found is None:
            raise ResolverSilent(question)
        return found

    def texts(self, name: str) -> list[str]:
        return self._ask(f"TXT {name}")

    def mail_hosts(self, name: str) -> list[str]:
        return self._ask(f"MX {name}")

    def addresses(self, name: str) -> list[str]:
        return self._ask(f"A {name}")


def _settings(**variables: str) -> config.Settings:
    given = {"MAILGATE_SERVICE__DOMAIN": "firma.test", "MAILGATE_OUTBOUND__DKIM_SELECTOR": "mail", **variables}
    return config.load(None, given, make_secrets=False)


def _broker(settings: config.Settings) -> list[Finding]:
    return list(services.broker(settings, Workshop(settings).broker_state))


def _dns(changes: Mapping[str, list[str] | None], **variables: str) -> dict[str, Finding]:
    return {finding.check: finding for finding in dns_findings(_settings(**variables), Zone({**GOOD, **changes}))}


def test_given_a_good_zone_when_asked_then_all_is_ok() -> None:
    assert {check: finding.level for check, finding in _dns({}).items()} == {"mx": "ok", "spf": "ok", "dkim": "ok", "dmarc": "ok"}


@pytest.mark.parametrize(
    ("changes", "check", "level", "wording"),
    [
        ({"MX firma.test": []}, "mx", "fail", "neither MX nor address"),
        ({"MX firma.test": [], "A firma.test": ["192.0.2.1"]}, "mx", "warn", "no MX"),
        ({"MX firma.test": [""]}, "mx", "fail", "null MX"),
        ({"A mx.firma.test": []}, "mx", "fail", "has no address"),
        ({"TXT firma.test": []}, "spf", "fail", "no SPF record"),
        ({"TXT firma.test": ["v=spf10 -all"]}, "spf", "fail", "no SPF record"),
        ({"TXT firma.test": ["v=spf1 -all", "v=spf1 ~all"]}, "spf", "fail", "2 SPF records"),
        ({"TXT firma.test": ["v=spf1 +all"]}, "spf", "fail", "lets everyone"),
        ({"TXT firma.test": ["v=spf1 all"]}, "spf", "fail", "lets everyone"),
        ({"TXT firma.test": ["v=spf1 a ?all"]}, "spf", "warn", "does not say"),
        ({"TXT firma.test": ["V=SPF1 redirect=x.test"]}, "spf", "ok", "redirect"),
        ({"TXT mail._domainkey.firma.test": []}, "dkim", "fail", "has no key"),
        ({"TXT mail._domainkey.firma.test": ["v=DKIM1; p="]}, "dkim", "fail", "revoked"),
        ({"TXT _dmarc.firma.test": []}, "dmarc", "warn", "no DMARC record"),
        ({"TXT _dmarc.firma.test": ["v=DMARC1; p=none"]}, "dmarc", "warn", "p=none"),
        ({"TXT _dmarc.firma.test": ["v=DMARC1; p=reject"] * 2}, "dmarc", "warn", "2 DMARC records"),
    ],
)
def test_given_a_zone_with_a_flaw_when_asked_then_it_is_named_with_what_to_do(
    changes: Mapping[str, list[str] | None], check: str, level: str, wording: str
) -> None:
    finding = _dns(changes)[check]
    assert finding.level == level
    assert wording in finding.text
    assert bool(finding.do) == (level != "ok")


def test_given_no_selector_when_asked_then_the_key_is_not_guessed() -> None:
    assert _dns({}, MAILGATE_OUTBOUND__DKIM_SELECTOR="")["dkim"].level == "warn"


def test_given_a_reply_domain_when_asked_then_its_mx_counts_too() -> None:
    found = list(dns_findings(_settings(MAILGATE_ADDRESSES__REPLY_DOMAIN="svar.firma.test"), Zone(GOOD)))
    assert [(finding.check, finding.level) for finding in found[:2]] == [("mx", "ok"), ("mx", "fail")]


def test_given_a_resolver_that_is_silent_when_asked_then_one_line_says_so() -> None:
    (finding,) = dns_findings(_settings(), Zone({"MX firma.test": None}))
    assert (finding.check, finding.level) == ("dns", "fail")


def test_given_the_example_domain_when_asked_then_the_dns_is_left_alone() -> None:
    (finding,) = dns_findings(config.load(None, {}, make_secrets=False), Zone({"MX example.test": None}))
    assert "still the example" in finding.text


def test_given_a_smarthost_when_tried_then_a_session_is_opened_and_no_mail_is_sent() -> None:
    with Sink() as sink:
        settings = _settings(
            MAILGATE_OUTBOUND__DELIVERY="smtp", MAILGATE_OUTBOUND__SMARTHOST=f"smtp://127.0.0.1:{sink.port}", MAILGATE_OUTBOUND__TLS="none"
        )
        found = [finding.level for finding in services.smarthost(settings)]
        assert sink.mails == []
    assert found == ["ok"]


def test_given_services_that_are_away_when_asked_then_each_says_what_to_do_and_no_password_is_shown() -> None:
    port = free_port()
    settings = _settings(
        MAILGATE_DATABASE__URL=f"postgresql+psycopg://u:geheim@127.0.0.1:{port}/d",
        MAILGATE_BROKER__URL=f"redis://:geheim@127.0.0.1:{port}/0",
        MAILGATE_OUTBOUND__DELIVERY="smtp",
        MAILGATE_OUTBOUND__SMARTHOST=f"smtp://127.0.0.1:{port}",
    )
    found = [*services.database(settings), *_broker(settings), *services.smarthost(settings)]
    assert [(finding.check, finding.level) for finding in found] == [("database", "fail"), ("broker", "fail"), ("smarthost", "fail")]
    assert all(finding.do for finding in found)
    assert "geheim" not in str(found)


@pytest.mark.services
@pytest.mark.parametrize(("locale", "levels"), [("C", ["ok", "warn", "ok"]), ("C.UTF-8", ["ok", "ok"])])
def test_given_a_database_whose_locale_knows_few_letters_when_asked_then_it_says_which_database_to_make(
    postgres_server: str, locale: str, levels: list[str]
) -> None:
    name = f"folds_{locale.replace('.', '_').replace('-', '_').lower()}"
    with psycopg.connect(postgres_server.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE '{locale}'")
        url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        with contextlib.closing(open_database(url)) as made:
            migrate.upgrade(made)
        found = list(services.database(_settings(MAILGATE_DATABASE__URL=url)))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert [finding.level for finding in found] == levels
    assert "-l C.UTF-8" in "".join(finding.do for finding in found) or locale != "C"


def test_given_a_rabbit_that_is_away_when_asked_then_it_says_so() -> None:
    (finding,) = _broker(_settings(MAILGATE_BROKER__URL=f"amqp://u:geheim@127.0.0.1:{free_port()}/"))
    assert finding.level == "fail"
    assert finding.text.endswith("does not answer: [Errno 111] Connection refused")
    assert "geheim" not in str(finding)


def test_given_redis_when_asked_then_it_is_ok(redis_url: str) -> None:
    (finding,) = _broker(_settings(MAILGATE_BROKER__URL=redis_url))
    assert finding.level == "ok"


@pytest.mark.parametrize(
    ("now", "state", "level"),
    [
        (datetime(2027, 1, 1, tzinfo=UTC), 0, "ok"),
        (datetime(2027, 1, 1, tzinfo=UTC), 5, "warn"),
        (datetime(1970, 1, 1, tzinfo=UTC), 0, "fail"),
    ],
)
def test_given_a_clock_when_looked_at_then_it_must_be_sane_and_kept(now: datetime, state: int, level: str) -> None:
    (finding,) = host.clock(now, state)
    assert finding.level == level


@pytest.mark.parametrize(("least", "free", "level"), [(5, 4, "fail"), (5, 9, "warn"), (5, 10, "ok"), (0, 0, "ok")])
def test_given_a_disk_when_looked_at_then_its_free_share_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: int, free: int, level: str
) -> None:
    variables = {"MAILGATE_DATABASE__URL": f"sqlite:///{tmp_path}/no/such/m.db", "MAILGATE_SMTP__MIN_FREE_DISK_PERCENT": str(least)}
    asked: list[Path] = []

    def usage(folder: Path) -> tuple[int, int, int]:
        asked.append(folder)
        return Usage(100 << 20, (100 - free) << 20, free << 20)

    monkeypatch.setattr(host.shutil, "disk_usage", usage)
    (finding,) = host.disk(_settings(**variables))
    assert finding.level == level
    assert asked == [tmp_path]


def test_given_a_database_that_everyone_can_read_when_looked_at_then_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "m.db"
    file.touch(mode=0o644)
    file.chmod(0o644)
    found = list(host.permissions(_settings(MAILGATE_DATABASE__URL=f"sqlite:///{file}")))
    assert [finding.do for finding in found if str(file) in finding.text] == [f"chmod o-rwx {file}"]


def test_given_a_fresh_installation_when_examined_then_it_is_0_and_every_line_has_a_level(mailgate: Run) -> None:
    answer = mailgate("doctor", "--json")
    assert answer.code == 0
    assert {one["check"] for one in answer.objects} >= {
        "settings",
        "database",
        "broker",
        "smarthost",
        "dns",
        "clock",
        "disk",
        "permissions",
    }
    assert all(one["do"] for one in answer.objects if one["level"] != "ok")
    assert all(line[:5].strip() in ("ok", "warn", "fail", "") for line in mailgate("doctor").out.splitlines())


def test_given_a_database_of_another_schema_when_examined_then_the_answer_is_no(mailgate: Run, tmp_path: Path) -> None:
    import sqlite3

    mailgate("db", "upgrade")
    with sqlite3.connect(tmp_path / "var" / "mailgate.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    answer = mailgate("doctor", "--json")
    assert answer.code == 1
    assert [one["check"] for one in answer.objects if one["level"] == "fail"] == ["database"]
    assert mailgate("db", "check").code == 2
    assert mailgate("ledger").code == 2


def _policy_finding(mailgate: Run) -> dict[str, str]:
    found = mailgate("doctor", "--json").objects
    return next(one for one in found if one["check"] == "policy")


def test_given_a_policy_without_the_newer_rules_when_examined_then_they_are_named(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "first-policy.yaml").write_text("rules: [{name: a, when: always, then: hold}]\n")
    assert mailgate("policy", "activate", "first-policy.yaml", "--comment", "one", "--author", "Kari").code == 0
    found = _policy_finding(mailgate)
    assert found["level"] == "warn"
    assert "has no rule for mail of machines that a person may have written, encrypted mail and answers that agents send" in found["text"]
    assert "perhaps_a_person, encrypted, agent" in found["do"]
    checked = mailgate("policy", "check", "first-policy.yaml")
    assert (checked.code, checked.err) == (0, "")
    assert "no rule for mail of machines that a person may have written, encrypted mail and answers that agents send" in checked.out
    assert "add the rules perhaps_a_person, encrypted, agent" in checked.out
    assert mailgate("policy", "check", "first-policy.yaml", "--json").objects[0]["lacking"] == ["perhaps_a_person", "encrypted", "agent"]


def test_given_the_built_in_policy_when_checked_then_it_lacks_no_newer_rule(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "built-in.yaml").write_text(shipped())
    assert "no rule for" not in mailgate("policy", "check", "built-in.yaml").out


def test_given_policies_good_and_bad_when_examined_then_what_is_in_force_and_what_to_do_is_said(mailgate: Run, tmp_path: Path) -> None:
    file = tmp_path / "first-policy.yaml"
    assert _policy_finding(mailgate)["text"] == f"no version yet; the first start takes {file}"
    good = file.read_text()
    file.write_text("rules: [{name: a, when: alway, then: hold}]\n")
    broken = _policy_finding(mailgate)
    assert broken["level"] == "fail"
    assert "did you mean 'always'" in broken["text"]
    file.write_text(good)
    assert mailgate("policy", "activate", "first-policy.yaml", "--comment", "one", "--author", "Kari").code == 0
    assert re.fullmatch("version 1-[0-9a-f]{8} of Kari is in force", _policy_finding(mailgate)["text"])
    file.write_text(good + "# more\n")
    other = _policy_finding(mailgate)
    assert (other["level"], other["do"]) == ("warn", f'mailgate policy activate {file} --comment "why" makes it active')


@pytest.mark.parametrize(
    ("greeting", "level", "what", "do"),
    [
        ("220 mx.annen.example ESMTP Postfix", "fail", "port {port} is taken: another program answers on", "find it with ss -ltnp"),
        ("SSH-2.0-OpenSSH_9.2", "fail", "port {port} is taken: another program answers on", "find it with ss -ltnp"),
        ("", "fail", "it says nothing", "find it with ss -ltnp"),
        ("220 example.test ESMTP ready", "ok", "greets as example.test", ""),
        ("220 old.example.test ESMTP ready", "warn", "does not greet as example.test", "it is a mailgate with other settings"),
        ("421 4.3.2 Too busy now, try again later", "warn", "takes no connection now", "ask again later"),
    ],
)
def test_point_13_given_a_port_of_ours_when_asked_then_it_is_an_error_only_that_another_program_has_it(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, greeting: str, level: str, what: str, do: str
) -> None:
    monkeypatch.setattr(listener, "TIMEOUT_S", 0.2)
    with _greets(greeting) as port:
        (tmp_path / "mailgate.toml").write_text(f'{SETTINGS}[smtp]\nlisten = ["127.0.0.1:{port}"]\n')
        answer = mailgate("doctor", "--json")
    (found,) = [one for one in answer.objects if one["check"] == "smtp"]
    assert found["level"] == level
    assert what.format(port=port) in found["text"]
    assert found["do"].startswith(do)
    assert answer.code == 1 or level != "fail"


@contextlib.contextmanager
def _greets(line: str) -> Iterator[int]:
    """A program that greets whoever connects, and waits for what they say."""

    class Program(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(f"{line}\r\n".encode() if line else b"")
            self.rfile.readline()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Program) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


def test_point_13_given_a_port_of_ours_where_nobody_listens_when_asked_then_it_says_what_to_start(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "mailgate.toml").write_text(f'{SETTINGS}[smtp]\nlisten = ["127.0.0.1:{free_port()}"]\n')
    (away,) = [one for one in mailgate("doctor", "--json").objects if one["check"] == "smtp"]
    assert (away["level"], away["do"]) == ("warn", "start mailgate run or mailgate smtp")
    assert "Connection refused" in away["text"]


def test_point_13_given_a_smarthost_that_is_away_when_asked_then_it_says_that_mail_waits(mailgate: Run, tmp_path: Path) -> None:
    port = free_port()
    settings = SETTINGS.replace("[outbound]", f'[outbound]\ndelivery = "smtp"\nsmarthost = "smtp://127.0.0.1:{port}"')
    dns = f'[intake]\ndns_servers = ["127.0.0.1:{free_port()}"]\ndns_timeout_s = 0.2\n'
    (tmp_path / "mailgate.toml").write_text(f'{settings}[service]\ndomain = "firma.example"\n{dns}')
    answer = mailgate("doctor", "--json")
    (found,) = [one for one in answer.objects if one["check"] == "smarthost"]
    assert answer.code == 1
    assert found["text"] == f"smtp://127.0.0.1:{port}: smarthost, connect: Connection refused while connecting"
    assert found["do"] == "start it, or correct outbound.smarthost and outbound.tls; until then mail waits in the outbox"


def test_point_13_given_pages_that_do_not_run_when_asked_then_it_says_why_in_words(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "mailgate.toml").write_text(f'{SETTINGS}[web]\nlisten = ["127.0.0.1:{free_port()}"]\n')
    (found,) = [one for one in mailgate("doctor", "--json").objects if one["check"] == "pages answer"]
    assert found["text"].endswith(": Connection refused")
