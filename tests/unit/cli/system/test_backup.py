"""Backup, wreck, restore; SQLite to PostgreSQL and back: the ledger, the cases and the secrets stay, and nothing is sent twice unasked."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from mailgate.cases.ids import new_id
from mailgate.cases.link_tokens import digest
from mailgate.clock import utc_now
from mailgate.store import copying, migrate
from mailgate.store.database import open_database
from mailgate.store.repositories.accounts import AccountLink, Session
from mailgate.store.repositories.waiting.restored import LOG_IN_PURPOSES
from mailgate.store.unit_of_work import Store
from tests.support.processes.sink import Sink
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

KARI = "kari@kunde.example"


def _mail(number: int, to: str = "support@example.test") -> bytes:
    text = f"From: <{KARI}>\nTo: {to}\nSubject: Hjelp {number}\nMessage-ID: <{number}@kunde.example>\n\nHei {number}\n"
    return text.replace("\n", "\r\n").encode()


def _inject(mailgate: Run, number: int, to: str = "support@example.test") -> None:
    assert mailgate("inject", "--reverse-path", KARI, "--recipient", to, "-", stdin=_mail(number, to)).code == 0


@pytest.fixture
def office(mailgate: Run, work: Work) -> None:  # noqa: F811
    """A case with a comment, a held mail, a mail that was answered, one that was accepted and not read, and a mail that waits to leave."""
    for words in (
        ("customer", "add", "Kunde AS", "--domain", "kunde.example"),
        ("contact", "add", KARI, "--name", "Kari"),
        ("case", "new", "--reporter", KARI, "--summary", "Blåbær «x»"),
    ):
        assert mailgate(*words).code == 0
    _inject(mailgate, 1)
    _inject(mailgate, 2, "postmaster@example.test")
    work()
    assert mailgate("case", "comment", "SUP-1", "Hva ser dere?").code == 0
    _inject(mailgate, 3)


def _state(mailgate: Run) -> dict[str, Any]:
    return {
        "ledger": mailgate("ledger", "--json").objects,
        "cases": mailgate("case", "show", "SUP-1", "--json").objects,
        "found": mailgate("case", "list", "--text", "blåbær", "--json").objects,
        "audit": mailgate("audit", "--json", "--limit", "1000").objects,
        "policy": mailgate("policy", "show").out,
    }


def _unnotified(state: dict[str, Any]) -> dict[str, Any]:
    """The case without who was notified and which mails went: after a restore nobody gets mail for now."""
    (case,) = state["cases"]
    kept = {name: value for name, value in case.items() if name not in ("deliveries", "held")}
    return {**kept, "comments": [{**one, "notified": None} for one in case["comments"]]}


def _mails(mailgate: Run) -> list[tuple[str, str]]:
    return sorted((one["template"], one["subject"]) for one in mailgate("outbox", "list", "--json").objects)


def _restored(mailgate: Run, folder: Path) -> Any:
    return mailgate("restore", str(folder), "--yes", "--json")


@pytest.mark.usefixtures("office")
def test_point_7_given_a_backup_when_the_database_is_wrecked_then_a_restore_brings_ledger_and_cases_back(
    mailgate: Run, tmp_path: Path
) -> None:
    before = _state(mailgate)
    answer = mailgate("backup", "backups", "--secrets", "keys", "--json")
    assert answer.code == 0, answer.err
    (made,) = answer.objects
    folder = Path(made["folder"])
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {"mailgate.db": 0o600, "backup.json": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / "secrets.toml").read_bytes() == (tmp_path / "var" / "secrets.toml").read_bytes()

    (tmp_path / "var" / "mailgate.db").write_bytes(b"wrecked")
    shutil.rmtree(tmp_path / "var")
    (tmp_path / "var").mkdir(mode=0o700)
    shutil.copy2(tmp_path / "keys" / "secrets.toml", tmp_path / "var" / "secrets.toml")

    restored = _restored(mailgate, folder)
    assert restored.code == 0, restored.err
    after = _state(mailgate)
    (one,), (other,) = before["ledger"], after["ledger"]
    assert (other["accepted"], other["balanced"]) == (one["accepted"], True)
    assert (other["pending"], other["held"]) == (0, one["held"] + one["pending"])
    for name in ("found", "policy"):
        assert after[name] == before[name], name
    assert [(one["verb"], one["subject_kind"]) for one in after["audit"]][:2] == [("restore", "outbox"), ("restore", "backup")]
    assert after["audit"][2:] == before["audit"]
    assert _unnotified(after) == _unnotified(before)


@pytest.mark.usefixtures("office")
def test_point_7_given_mail_that_left_after_the_backup_when_restored_then_nothing_is_sent_again_until_it_is_said(
    mailgate: Run,
    work: Work,  # noqa: F811
    tmp_path: Path,
) -> None:
    (made,) = mailgate("backup", "backups", "--json").objects
    work()
    sent = _mails(mailgate)
    (done,) = _restored(mailgate, Path(made["folder"])).objects
    assert done["waiting"] == {"journal": 1, "notices": 1, "outbox": 0}
    assert Path(done["moved_to"]).exists()

    work()
    assert len(_mails(mailgate)) == len(sent) - 1
    waits = mailgate("outbox", "restored")
    assert waits.code == 1
    assert "1 accepted mail, 1 notice and 0 outgoing mails" in waits.out
    assert "2 unfinished mails and notices of a restored backup\n    -> mailgate outbox restored\n" in mailgate("todo").out

    assert mailgate("outbox", "restored", "--send").code == 0
    work()
    assert _mails(mailgate) == sent
    assert mailgate("outbox", "restored").code == 0
    assert mailgate("ledger").code == 0


@pytest.mark.usefixtures("office")
def test_given_who_was_logged_out_after_the_backup_when_restored_then_no_session_and_no_link_comes_back(
    mailgate: Run, tmp_path: Path
) -> None:
    assert mailgate("account", "add", "ola", "ola@firma.example", "--role", "agent").code == 0
    file, url = tmp_path / "var" / "mailgate.db", f"sqlite:///{tmp_path / 'var' / 'mailgate.db'}"
    with closing(open_database(url)) as database, Store(database, utc_now).transaction() as uow:
        ola = uow.accounts.by_username("ola")
        now = utc_now()
        session = Session(new_id(now), ola.id, now, now, now + timedelta(days=30), "", "", "password")
        uow.accounts.begin_session(digest("a cookie"), session)
        uow.accounts.add_link(digest("a proposal"), AccountLink("answer", now, now + timedelta(days=30), KARI))
    (made,) = mailgate("backup", "backups", "--json").objects
    assert mailgate("account", "disable", "ola").code == 0
    done = mailgate("restore", made["folder"], "--yes")
    assert "1 session ended" in done.err
    with closing(sqlite3.connect(file)) as rows:
        assert rows.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
        left = {row[0] for row in rows.execute("SELECT purpose FROM account_links")}
    assert left & {"answer", "claim", "notices", *LOG_IN_PURPOSES} == {"answer", "claim", "notices"}


@pytest.mark.usefixtures("office")
def test_point_7_given_what_waits_after_a_restore_when_dropped_then_no_mail_leaves_and_accepted_mail_stays_held(
    mailgate: Run,
    work: Work,  # noqa: F811
    tmp_path: Path,
) -> None:
    (made,) = mailgate("backup", "backups", "--json").objects
    assert _restored(mailgate, Path(made["folder"])).code == 0
    before = mailgate("outbox", "list", "--json").objects
    assert mailgate("outbox", "restored", "--drop").code == 0
    work()
    assert mailgate("outbox", "list", "--json").objects == before
    assert len(mailgate("journal", "list", "--held", "--json").objects) == 2


SENDS = """\
[database]
url = "sqlite:///var/mailgate.db"
[policy]
file = "first-policy.yaml"
[service]
domain = "firma.example"
[outbound]
hold_back_s = 0
delivery = "smtp"
smarthost = "smtp://127.0.0.1:{port}"
tls = "none"
"""


def test_point_7_given_mail_that_the_smarthost_took_after_the_backup_when_restored_then_it_gets_it_again_only_when_said(
    mailgate: Run,
    work: Work,  # noqa: F811
    tmp_path: Path,
) -> None:
    with Sink() as sink:
        (tmp_path / "mailgate.toml").write_text(SENDS.format(port=sink.port))
        assert mailgate("contact", "add", KARI, "--name", "Kari").code == 0
        assert mailgate("case", "new", "--reporter", KARI, "--summary", "Feil").code == 0
        work()
        (first,) = sink.mails
        address = str(message_from_bytes(first.raw, policy=default)["Reply-To"].addresses[0].addr_spec)
        _inject(mailgate, 1, "support@firma.example")  # accepted before the backup, answered after it
        (made,) = mailgate("backup", "backups", "--secrets", "keys", "--json").objects
        work()
        sent = [one.raw for one in sink.mails]
        assert len(sent) == 2

        shutil.rmtree(tmp_path / "var")
        (tmp_path / "var").mkdir(mode=0o700)
        shutil.copy2(tmp_path / "keys" / "secrets.toml", tmp_path / "var" / "secrets.toml")
        assert _restored(mailgate, Path(made["folder"])).code == 0
        work()
        assert [one.raw for one in sink.mails] == sent

        _inject(mailgate, 2, address)  # an answer to what was sent before: the keys are the same
        work()
        (reply,) = [one for one in mailgate("journal", "list", "--json").objects if one["subject"] == "Hjelp 2"]
        assert reply["state"] == "commented"
        (case,) = mailgate("case", "show", "SUP-1", "--json").objects
        assert [one["text"].strip() for one in case["comments"]] == ["Hei 2"]
        quiet = len(sink.mails)
        assert mailgate("outbox", "restored", "--send").code == 0
        work()
        again = sink.mails[quiet:]
        assert [one.recipients for one in again] == [(KARI,)]
    assert mailgate("outbox", "restored").code == 0
    assert mailgate("ledger").code == 0


def test_point_7_given_other_secrets_a_changed_file_or_no_backup_when_restored_then_it_is_refused(mailgate: Run, tmp_path: Path) -> None:
    _inject(mailgate, 1)
    (made,) = mailgate("backup", "backups", "--json").objects
    folder = Path(made["folder"])
    assert "say --yes" in mailgate("restore", str(folder)).err
    kept = (tmp_path / "var" / "secrets.toml").read_text()
    (tmp_path / "var" / "secrets.toml").unlink()
    assert mailgate("init", "other").code == 0
    shutil.copy2(tmp_path / "other" / "var" / "secrets.toml", tmp_path / "var" / "secrets.toml")
    assert "are not those of the backup" in mailgate("restore", str(folder), "--yes").err
    (tmp_path / "var" / "secrets.toml").write_text(kept)
    assert "is no backup" in mailgate("restore", "other", "--yes").err
    with (folder / "mailgate.db").open("ab") as stream:
        stream.write(b"x")
    assert "is not as it was written" in mailgate("restore", str(folder), "--yes").err
    assert "name another folder" in mailgate("backup", "backups", "--secrets", "backups").err


@pytest.mark.services
@pytest.mark.usefixtures("office")
def test_point_7_given_sqlite_when_copied_to_postgresql_and_back_then_everything_is_the_same(
    mailgate: Run, tmp_path: Path, empty_postgres_url: str, postgres_url: str
) -> None:
    before = _state(mailgate)
    url = empty_postgres_url
    answer = mailgate("db", "copy", "--to", url)
    assert answer.code == 0, answer.err
    assert "the ledgers are the same" in answer.out
    _use(tmp_path, url)
    assert _state(mailgate) == before
    assert mailgate("db", "copy", "--to", url).code == 2
    back = f"sqlite:///{tmp_path}/back/mailgate.db"
    assert mailgate("db", "copy", "--to", back).code == 0
    (made,) = mailgate("backup", "backups", "--json").objects
    _use(tmp_path, back)
    assert _state(mailgate) == before
    full = mailgate("db", "copy", "--to", url)
    assert full.code == 1
    assert "the target is not empty" in full.err

    _use(tmp_path, postgres_url)
    assert _restored(mailgate, Path(made["folder"])).code == 0
    after = _state(mailgate)
    assert (after["found"], _unnotified(after)) == (before["found"], _unnotified(before))
    (then,), (now,) = before["ledger"], after["ledger"]
    assert (now["accepted"], now["balanced"]) == (then["accepted"], True)


def _use(folder: Path, url: str) -> None:
    settings = folder / "mailgate.toml"
    lines = [f'url = "{url}"' if line.startswith("url = ") else line for line in settings.read_text().splitlines()]
    settings.write_text("\n".join(lines) + "\n")


def test_point_7_given_an_older_schema_on_sqlite_when_it_migrates_itself_then_a_copy_is_made_first(mailgate: Run, tmp_path: Path) -> None:
    file = tmp_path / "var" / "mailgate.db"
    file.unlink()
    with closing(open_database(f"sqlite:///{file}")) as database, database.writing.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
    assert mailgate("ledger").code == 0
    (kept,) = file.parent.glob("mailgate.db.before-*")
    assert kept.name == f"mailgate.db.before-{migrate.head()}-from-0011"
    assert kept.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(kept) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0011",)
    connection.close()


@pytest.mark.usefixtures("office")
def test_given_a_disk_that_fills_up_when_restored_then_the_database_that_is_there_stays(
    mailgate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = mailgate("backup", "backups", "--json").objects
    before = _state(mailgate)

    def full(_source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(copying, "_copy", full)
        answer = mailgate("restore", made["folder"], "--yes")
        assert (answer.code, answer.err.count("\n")) == (1, 1)
        assert "cannot be copied to" in answer.err
        assert "database or disk is full" in answer.err
        assert mailgate("backup", "others").code == 1
    assert list((tmp_path / "others").iterdir()) == []
    assert [path.name for path in (tmp_path / "var").iterdir() if "restore" in path.name] == []
    assert _state(mailgate) == before


@pytest.mark.usefixtures("office")
def test_given_a_gateway_that_still_runs_when_restored_then_its_database_is_not_taken_from_under_it(mailgate: Run, tmp_path: Path) -> None:
    (made,) = mailgate("backup", "backups", "--json").objects
    with closing(open_database(f"sqlite:///{tmp_path}/var/mailgate.db")):
        answer = mailgate("restore", made["folder"], "--yes")
        assert answer.code == 1
        assert "another process uses" in answer.err
    assert mailgate("restore", made["folder"], "--yes").code == 0
