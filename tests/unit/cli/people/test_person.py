"""`mailgate person`: a copy of what is known of somebody, and an erasure that leaves no word and no name; what retention takes away."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailgate.application import my_data
from mailgate.application.accounts import manage
from mailgate.application.accounts.sessions import LoggedIn
from mailgate.application.cases import comment, operate, people
from mailgate.application.customers import join
from mailgate.application.journal.entries import show_entry
from mailgate.application.links import notices as wishes
from mailgate.application.persons.erase import ErasePerson, erase_person
from mailgate.application.persons.export import ExportPerson, export_person
from mailgate.application.principal import Principal
from mailgate.application.retention import Sweep, sweep
from mailgate.errors import Forbidden, NotAllowed, NotFound
from mailgate.store.repositories.accounts import Session
from mailgate.store.search_words import terms
from tests.support.desks.office import EVA, KARI, PER, Office, open_office
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

SYSTEM = Principal("system", "chores")
WORD = "hemmeligord"
MAIL = f"From: Kari Lunde <{KARI}>\nTo: support@example.test\nSubject: Re: {WORD}\nMessage-ID: <1@kunde.example>\n\nHei, {WORD} her.\n"


@contextmanager
def _wrote(folder: Path, settings: str = "") -> Iterator[Office]:
    """Kari has answered by mail to SUP-1, and eva has answered her; all mail is out."""
    with open_office(folder, settings) as office:
        office.take(MAIL, office.reply_address("SUP-1", KARI), KARI)
        comment.add_comment(office.app, EVA, comment.AddComment("SUP-1", f"Hei {KARI}, vi ser på det"))
        office.work()
        yield office


def _log_in(office: Office) -> None:
    """A session and a draft of Kari's."""
    with office.app.store.transaction() as uow:
        account, now = uow.accounts.by_address(KARI), office.app.now()
        assert account is not None
        session = Session("019aa7f0-0000-7000-8000-000000000001", account.id, now, now, now + timedelta(days=1), client="192.0.2.9")
        uow.accounts.begin_session("ab" * 32, session)
        uow.accounts.keep_draft(account.id, "new", {"summary": WORD}, now)


def _stored(folder: Path) -> str:
    """Every value of every table as text, but the words of the index."""
    with closing(sqlite3.connect(folder / "mailgate.db")) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'case_search%'")]
        rows = [row for name in names for row in database.execute(f"SELECT * FROM {name}")]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in rows for value in row)


def test_point_12_given_somebody_who_wrote_when_erased_then_no_word_and_no_address_is_left_and_the_ledger_holds(tmp_path: Path) -> None:
    with _wrote(tmp_path) as office:
        manage.add_account(office.app, EVA, manage.AddAccount("kari.lunde", KARI))
        _log_in(office)
        assert KARI in _stored(tmp_path)
        assert WORD in _stored(tmp_path)
        done = erase_person(office.app, EVA, ErasePerson(KARI.upper()))
        left = _stored(tmp_path)
        assert KARI not in left.lower()
        assert WORD not in left
        assert "kari.lunde" not in left
        assert (done.counts["comments"], done.counts["accounts"]) == (1, 1)
        with office.app.store.reading() as uow:
            assert uow.journal.ledger()["balanced"]
            case = uow.cases.get("SUP-1")
            texts = [one.text for one in uow.cases.comments(case.id)]
            assert uow.cases.search(terms(WORD), 10, internal=True) == []
            (entry,) = uow.journal.list(limit=1)
        assert texts == ["[slettet]", "Hei [slettet], vi ser på det"]
        assert case.summary == "[slettet]"
        shown = show_entry(office.app, EVA, entry.id)
        assert shown is not None
        with pytest.raises(NotFound, match="nothing is known"):
            erase_person(office.app, EVA, ErasePerson(KARI))
        # the case lives on, and nobody mails the erased
        before = len(office.notices())
        comment.add_comment(office.app, EVA, comment.AddComment("SUP-1", "Ferdig"))
        office.work()
        assert all(state == "suppressed" for _, address, state in office.notices()[before:] if address.endswith("erased.invalid"))


def test_point_12_given_two_contacts_of_one_person_when_one_is_erased_then_the_other_goes_along_and_is_named(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        join.join_contacts(office.app, EVA, join.JoinContacts(PER, KARI))
        assert erase_person(office.app, EVA, ErasePerson(PER)).other_addresses == [KARI]
        with pytest.raises(NotFound, match="nothing is known"):
            erase_person(office.app, EVA, ErasePerson(KARI))


def test_point_12_given_an_account_of_staff_when_somebody_without_a_contact_is_erased_then_it_is_done_and_staff_are_refused(
    tmp_path: Path,
) -> None:
    with open_office(tmp_path) as office:
        manage.add_account(office.app, EVA, manage.AddAccount("eva", "eva@example.test", roles=("operator",)))
        office.take(MAIL.replace(KARI, "ukjent@borte.example"), "support@example.test", "ukjent@borte.example")
        assert erase_person(office.app, EVA, ErasePerson("ukjent@borte.example")).counts["mails_received"] == 1
        with pytest.raises(NotAllowed, match="account of staff"):
            erase_person(office.app, EVA, ErasePerson("eva@example.test"))


def test_point_12_given_mail_that_is_being_worked_on_when_erased_then_it_is_refused(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        raw = MAIL.replace("\n", "\r\n").encode()
        with office.app.store.transaction() as uow:
            uow.journal.append([_entry(office, raw)])
        with pytest.raises(NotAllowed, match="1 mails from, to or about"):
            erase_person(office.app, EVA, ErasePerson(KARI))


def _entry(office: Office, raw: bytes):  # type: ignore[no-untyped-def]
    from tests.support.mails.entries import entry

    return entry(0, office.app.now(), raw=raw, sender=KARI)


def _exported(office: Office, address: str, to: Path, who: Principal = EVA) -> dict[str, Any]:
    export_person(office.app, who, ExportPerson(address, to))
    with zipfile.ZipFile(to) as archive:
        return dict(json.loads(archive.read("person.json")))


def test_point_12_given_a_person_with_two_addresses_when_exported_then_all_that_is_theirs_is_in_it_and_their_own_page_has_the_same(
    tmp_path: Path,
) -> None:
    with _wrote(tmp_path) as office:
        manage.add_account(office.app, EVA, manage.AddAccount("kari.lunde", KARI))
        _log_in(office)
        wishes.choose_notices(office.app, office.contact(KARI), wishes.ChooseNotices("digest", "9"))
        wishes.mute_case(office.app, office.contact(KARI), wishes.MuteCase("SUP-1", muted=True))
        join.join_contacts(office.app, EVA, join.JoinContacts(PER, KARI))
        found = _exported(office, PER, tmp_path / "kari.zip")
        assert found["addresses"] == [PER, KARI]
        (account,) = found["accounts"]
        assert (account["sessions"][0]["network_address"], account["drafts"][0]["fields"]) == ("192.0.2.9", {"summary": WORD})
        assert found["notices"] == {"wanted": "digest", "digest_hour": 9, "muted_cases": ["SUP-1"]}
        assert [(one["key"], [said["text"] for said in one["my_comments"]]) for one in found["cases"]] == [("SUP-1", [f"Hei, {WORD} her."])]
        with office.app.store.reading() as uow:
            known = uow.accounts.by_address(KARI)
            assert known is not None
            (session,) = uow.accounts.sessions_of(known.id, office.app.now())
        me = office.contact(KARI)
        mine = json.loads(my_data.export_my_data(office.app, me, LoggedIn(session, known, me)))
        assert mine.keys() == {"addresses", "contacts", "accounts", "notices", "cases"}
        assert {name: found[name] for name in mine if name != "addresses"} == {name: mine[name] for name in mine if name != "addresses"}
        assert sorted(found["addresses"]) == sorted(mine["addresses"])


def test_point_12_given_somebody_who_left_a_case_when_exported_then_they_get_their_words_there_and_not_its_summary(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        comment.add_comment(office.app, office.contact(PER), comment.AddComment("SUP-1", "Pers ord"))
        people.remove_participant(office.app, EVA, people.RemoveParticipant("SUP-1", PER))
        (case,) = _exported(office, PER, tmp_path / "per.zip")["cases"]
        assert "summary" not in case
        assert [said["text"] for said in case["my_comments"]] == ["Pers ord"]


def test_point_12_given_operators_with_accounts_when_they_export_then_the_audit_has_their_names_and_who_may_not_gets_no_file(
    tmp_path: Path,
) -> None:
    with open_office(tmp_path) as office:
        for name in ("eva", "ola"):
            manage.add_account(office.app, EVA, manage.AddAccount(name, f"{name}@example.test", f"{name.title()} Dahl", ("operator",)))
        manage.disable_account(office.app, EVA, manage.DisableAccount("ola"))
        claimed, folder = replace(EVA, claimed="name"), tmp_path / "out"
        folder.mkdir()
        _exported(office, KARI, folder / "kari.zip", claimed)
        with office.app.store.reading() as uow:
            (row,) = uow.audit.list(kinds=["person"])
        assert row.principal == "Eva Dahl"
        with pytest.raises(Forbidden, match="disabled"):
            _exported(office, KARI, folder / "again.zip", replace(claimed, id="ola", name="ola"))
        with pytest.raises(NotFound):
            _exported(office, "ukjent@kunde.example", folder / "again.zip")
        assert [one.name for one in folder.iterdir()] == ["kari.zip"]


def test_point_12_given_old_data_when_the_days_are_over_then_it_goes_once_and_newer_data_stays(tmp_path: Path) -> None:
    settings = "[retention]\njournal_days = 365\nraw_days = 180\noutbox_days = 365\ncase_days = 700\naudit_days = 800\n"
    with _wrote(tmp_path, settings) as office:
        operate.operate(office.app, EVA, operate.Operate("SUP-1", "close"))
        office.work()
        assert not any(sweep(office.app, SYSTEM, Sweep()).values())
        office.clock.step(timedelta(days=366))
        gone = sweep(office.app, SYSTEM, Sweep(daily=True))
        assert (gone["entries"], gone["cases"], gone["audit"]) == (1, 0, 0)
        assert gone["mails"] > 0
        assert sweep(office.app, SYSTEM, Sweep(daily=True)) == {}
        assert not any(sweep(office.app, SYSTEM, Sweep()).values())
        office.clock.step(timedelta(days=400))
        assert sweep(office.app, SYSTEM, Sweep())["cases"] == 1
        assert not any(sweep(office.app, SYSTEM, Sweep()).values())
        office.clock.step(timedelta(days=400))
        assert sweep(office.app, SYSTEM, Sweep())["audit"] > 0
        with office.app.store.reading() as uow:
            assert uow.journal.ledger()["balanced"]
            assert {one.text for one in uow.cases.comments(uow.cases.get("SUP-1").id)} == {"[slettet]"}


def test_point_12_given_a_person_when_asked_for_by_command_then_export_and_erasure_say_what_they_did(
    mailgate: Run,
    work: Work,  # noqa: F811
    tmp_path: Path,
) -> None:
    mailgate("contact", "add", KARI, "--name", "Kari Lunde")
    mailgate("inject", "--reverse-path", KARI, "-", stdin=MAIL.replace("\n", "\r\n").encode())
    work()
    mailgate("backup", str(tmp_path / "copies"))
    answer = mailgate("person", "export", KARI, "--to", "kari.zip")
    assert (answer.code, answer.out) == (0, "kari.zip\n")
    assert (tmp_path / "kari.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "kari.zip") as archive:
        data = json.loads(archive.read("person.json"))
        assert data["contacts"][0]["name"] == "Kari Lunde"
        (mail,) = data["mails_received"]
        assert WORD in archive.read(f"received/{mail['id']}.eml").decode()
        assert any(name.startswith("sent/") for name in archive.namelist())
    assert mailgate("person", "export", KARI, "--to", "kari.zip").err == (
        "mailgate: kari.zip cannot be made: File exists; give another name with --to\n"
    )

    dry = mailgate("person", "erase", KARI)
    assert (dry.code, "nothing has changed" in dry.err) == (1, True)
    assert f"still in  {tmp_path}/copies/mailgate-" in dry.out
    assert mailgate("contact", "show", KARI).code == 0
    (copy,) = (tmp_path / "copies").iterdir()
    assert mailgate("restore", str(copy), "--yes").code == 0
    assert mailgate("person", "erase", KARI).out.count(str(copy)) == 1  # the restored copy knows nothing of itself
    done = mailgate("person", "erase", KARI, "--yes", "--reason", "asked by letter", "--json")
    assert done.code == 0
    (said,) = done.objects
    assert said["counts"]["mails_received"] == 1
    assert mailgate("contact", "show", KARI).code == 2
    (row, *_) = mailgate("audit", "--kind", "person", "--json").objects
    assert (row["verb"], row["subject_id"], row["reason"]) == ("erase", said["audit_id"], "asked by letter")
    assert KARI not in mailgate("audit", "--json", "--limit", "1000").out
    assert mailgate("ledger").code == 0
    assert mailgate("person", "erase", KARI, "--yes").err == f"mailgate: nothing is known of {KARI}\n"
