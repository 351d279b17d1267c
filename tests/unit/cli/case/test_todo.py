"""`mailgate todo`: what waits for a person is seen, with what to type next, and held mail stands on its case."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mailgate.application.cases import comment, operate
from mailgate.application.cases.read import ListCases, ShowCase, list_cases, show_case
from mailgate.application.principal import Principal
from mailgate.application.todo import MailTodo, ShowTodo, mail_todo, show_todo
from tests.support.desks.office import EVA, open_office
from tests.support.desks.office import KARI as KARI_OF_OFFICE
from tests.support.mails.plain_text import plain_text
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import TO_POSTMASTER, Work, work  # noqa: F401  the fixture

KARI, NILS = "kari@kunde.example", "nils@annen.example"


def _inject(mailgate: Run, author: str, to: str) -> None:
    text = f"From: <{author}>\nTo: {to}\nSubject: Re: sak\nMessage-ID: <1@{author.partition('@')[2]}>\n\nHei\n"
    mailgate("inject", "--reverse-path", author, "--recipient", to, "-", stdin=text.replace("\n", "\r\n").encode())


def _waits(mailgate: Run) -> dict[str, dict[str, Any]]:
    return {one["what"]: one for one in mailgate("todo", "--json").objects}


def test_point_10_given_nothing_that_waits_when_asked_then_it_says_so_with_exit_code_0(mailgate: Run) -> None:
    answer = mailgate("todo")
    assert (answer.code, answer.out, answer.err) == (0, "", "nothing waits for you\n")
    assert mailgate("todo", "--json").out == ""


def test_point_10_given_held_mail_about_a_case_when_asked_then_todo_and_the_case_show_it(mailgate: Run, work: Work) -> None:  # noqa: F811
    mailgate("contact", "add", KARI)
    mailgate("case", "new", "--reporter", KARI, "--summary", "Feil")
    work()
    (mail,) = mailgate("outbox", "list", "--json").objects
    raw = mailgate("outbox", "raw", mail["id"]).out
    token = re.search(r"support\+[a-z0-9]+@example\.test", raw)
    assert token is not None
    _inject(mailgate, NILS, token.group())
    work()

    answer = mailgate("todo")
    assert answer.code == 1
    assert "1 mail that is held, the oldest since" in answer.out
    assert "    -> mailgate journal list --held\n" in answer.out
    (held,) = _waits(mailgate)["mail that is held"]["first"]
    (case,) = mailgate("case", "show", "SUP-1", "--json").objects
    assert [(one["journal_id"], one["author"]) for one in case["held"]] == [(held, NILS)]
    assert f"mailgate journal show {held}" in mailgate("case", "show", "SUP-1").out


def test_point_10_given_a_promise_that_ran_out_when_asked_then_the_case_is_overdue_until_somebody_answers(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:

        def overdue() -> list[list[str]]:
            return [list(one.first) for one in show_todo(office.app, EVA, ShowTodo()) if one.what == "answers that are overdue"]

        assert overdue() == []
        office.clock.step(timedelta(days=10))
        assert overdue() == [["SUP-1"]]
        comment.add_comment(office.app, EVA, comment.AddComment("SUP-1", "Vi ser på det"))
        assert overdue() == []
        office.clock.step(timedelta(minutes=1))
        comment.add_comment(office.app, office.contact(KARI_OF_OFFICE), comment.AddComment("SUP-1", "Hvordan går det?"))
        assert overdue() == []
        office.clock.step(timedelta(days=10))
        assert overdue() == [["SUP-1"]]


def test_point_10_given_what_is_due_when_asked_then_todo_the_list_and_the_customer_say_the_same(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        kari = office.contact(KARI_OF_OFFICE)

        def seen() -> tuple[list[str], list[str], bool]:
            listed = list_cases(office.app, EVA, ListCases(overdue=True)).rows
            waiting = [key for one in show_todo(office.app, EVA, ShowTodo()) if one.kind == "overdue" for key in one.first]
            shown = show_case(office.app, kari, ShowCase("SUP-1"))
            return waiting, [one.key for one in listed], shown.respond_by is not None and shown.respond_by < office.clock()

        office.clock.step(timedelta(days=10))
        assert seen() == (["SUP-1"], ["SUP-1"], True)
        comment.add_comment(office.app, EVA, comment.AddComment("SUP-1", "Vi ser på det"))
        comment.add_note(office.app, EVA, comment.AddComment("SUP-1", "Ikke vist"))
        assert seen() == ([], [], False)
        office.clock.step(timedelta(minutes=1))
        comment.add_comment(office.app, kari, comment.AddComment("SUP-1", "Hvordan går det?"))
        operate.operate(office.app, EVA, operate.Operate("SUP-1", "start"))
        office.clock.step(timedelta(days=10))
        assert seen() == (["SUP-1"], ["SUP-1"], True), "a status that is ours still waits for an answer"
        operate.operate(office.app, EVA, operate.Operate("SUP-1", "ask_customer"))
        assert seen() == ([], [], False), "it is the customer's turn"


DESK = "desk@firma.example"
MORNING = f'[desk]\nreport_to = ["{DESK}"]\nreport_hour = 7\n'
DAILY = MailTodo(daily=True)
SYSTEM = Principal("system", "desk report")


def test_point_10_given_something_that_waits_when_the_hour_comes_then_the_desk_gets_one_mail_a_day(tmp_path: Path) -> None:
    with open_office(tmp_path, MORNING) as office:
        office.clock.step(timedelta(days=10))
        zone = ZoneInfo("Europe/Oslo")
        midnight = datetime.combine(office.clock().astimezone(zone).date() + timedelta(days=1), time(), zone)
        office.clock.step(midnight + timedelta(hours=6, minutes=59) - office.clock())
        assert mail_todo(office.app, SYSTEM, DAILY) == []
        office.clock.step(timedelta(minutes=1))
        assert mail_todo(office.app, SYSTEM, DAILY) == [DESK]
        assert mail_todo(office.app, SYSTEM, DAILY) == [], "another process"
        office.work()
        (mail,) = office.mails(DESK)
        assert mail["Subject"] == "Venter på dere: 1"
        assert re.search(r"Svar over fristen: 1, eldste fra \w+ \d+\. \w+ kl\. \d\d\.\d\d: SUP-1", plain_text(mail))
        assert mail["Auto-Submitted"] == "auto-generated"
        office.clock.step(timedelta(days=1))
        assert mail_todo(office.app, SYSTEM, DAILY) == [DESK]


def test_point_10_given_nothing_that_waits_or_no_address_when_the_hour_comes_then_there_is_no_mail(tmp_path: Path) -> None:
    for folder, settings in (("quiet", MORNING), ("off", "")):
        (tmp_path / folder).mkdir()
        with open_office(tmp_path / folder, settings) as office:
            if folder == "off":
                office.clock.step(timedelta(days=10))
            assert mail_todo(office.app, SYSTEM, MailTodo()) == []
            assert "todo_list" not in [kind for kind, _, _ in office.notices()]


def test_point_10_given_an_address_when_the_mail_is_asked_for_then_it_goes_out_now_and_leaves_an_audit_row(
    mailgate: Run,
    work: Work,  # noqa: F811
    tmp_path: Path,
) -> None:
    assert mailgate("todo", "--mail").err == "mailgate: desk.report_to names no address; set it in mailgate.toml\n"
    with (tmp_path / "mailgate.toml").open("a") as settings:
        settings.write(f'[desk]\nreport_to = ["{DESK}"]\nreport_language = "en"\n')
    assert mailgate("todo", "--mail").err == "nothing is mailed\nnothing waits for you\n"
    mailgate("inject", "--recipient", "postmaster@example.test", "-", stdin=TO_POSTMASTER)
    work()
    answer = mailgate("todo", "--mail")
    assert (answer.code, answer.err) == (1, f"mailed to {DESK}\n")
    work()
    (mail,) = mailgate("outbox", "list", "--to", DESK, "--json").objects
    assert mail["subject"] == "Waiting for you: 1"
    (row,) = mailgate("audit", "--kind", "todo", "--subject", DESK, "--json").objects
    assert (row["verb"], row["principal"], row["after"]) == ("mail", "eva", {"held": 1})
