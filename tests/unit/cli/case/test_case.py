"""`mailgate case`: what an operator types, what is written, what is answered, and the exit codes."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3

import pytest

from mailgate.cases.changes import ChangeContext, add_participant
from mailgate.cases.model import Actor
from mailgate.clock import utc_now
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store

KARI, PER = "kari@kunde.test", "per@kunde.test"


@pytest.fixture
def desk(mailgate):
    """A customer with two contacts, and SUP-1 in which both take part."""
    for command in (
        ("customer", "add", "Kunde AS", "--domain", "kunde.test", "--language", "en"),
        ("contact", "add", KARI, "--name", "Kari", "--language", "nn"),
        ("contact", "add", PER),
        ("case", "new", "--reporter", KARI, "--summary", "Skriveren  står\n", "--participant", PER, "--as", "eva"),
    ):
        assert mailgate(*command).code == 0
    return mailgate


@pytest.fixture
def stored(tmp_path):
    """Ask the database that the commands wrote."""

    def ask(question, write=False):
        database = open_database(f"sqlite:///{tmp_path}/var/mailgate.db")
        try:
            store = Store(database, utc_now)
            with store.transaction() if write else store.reading() as uow:
                return question(uow)
        finally:
            database.close()

    return ask


@pytest.fixture
def notices(tmp_path):
    """Every notice there is, as kind, address, language and facts."""

    def read():
        with contextlib.closing(sqlite3.connect(tmp_path / "var/mailgate.db")) as database:
            rows = database.execute("SELECT kind, address, language, facts FROM notices ORDER BY id").fetchall()
        return [(kind, address, language, json.loads(facts)) for kind, address, language, facts in rows]

    return read


def test_given_contacts_when_a_case_is_made_then_it_is_shown_with_all_that_is_known(desk):
    view = desk("case", "show", "sup-1", "--json").objects[0]
    assert (view["key"], view["status"], view["status_label"], view["summary"]) == ("SUP-1", "open", "Åpen", "Skriveren står")
    assert (view["reporter"], view["participants"], view["customer"]) == (KARI, [KARI, PER], "Kunde AS")
    assert [(event["kind"], event["by"]) for event in view["events"]] == [("case_created", "eva")]


def test_given_a_case_when_an_operation_is_done_then_status_event_and_notices_in_the_readers_language_are_written(desk, notices):
    made = desk("case", "do", "ask_customer", "SUP-1", "--as", "eva", "--json").objects[0]
    assert (made["status"], made["status_label"]) == ("waiting_customer", "Venter på kunde")
    notified = [(address, language, facts["to_label"]) for kind, address, language, facts in notices() if kind == "status_changed"]
    assert sorted(notified) == [(KARI, "nn", "Ventar på kunde"), (PER, "en", "Waiting for customer")]


def test_given_an_operation_that_is_not_possible_when_done_then_exit_1_and_one_line_names_those_that_are(desk):
    answer = desk("case", "do", "reopen", "SUP-1")
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.startswith("mailgate: reopen is not possible from open; possible from open: investigate, start, ")
    assert answer.err.count("\n") == 1


def test_given_words_and_a_file_when_commented_then_both_are_kept_and_notified(desk, stored, notices, tmp_path):
    (tmp_path / "skjerm.png").write_bytes(b"\x89PNG")
    assert desk("case", "comment", "SUP-1", "-", "--file", "skjerm.png", "--as", "eva", stdin="Linje én\r\nto\x07".encode()).code == 0
    comment = desk("case", "show", "SUP-1", "--json").objects[0]["comments"][0]
    assert (comment["kind"], comment["by"], comment["text"]) == ("comment", "eva", "Linje én\nto")
    assert [(file["filename"], file["content_type"], file["size_bytes"]) for file in comment["files"]] == [("skjerm.png", "image/png", 4)]
    assert stored(lambda uow: uow.blobs.find(comment["files"][0]["sha256"])) == b"\x89PNG"
    assert {facts["text"] for kind, _, _, facts in notices() if kind == "comment_added"} == {"Linje én\nto"}


def test_given_a_note_when_added_then_nobody_is_notified(desk, notices):
    before = notices()
    assert desk("case", "comment", "SUP-1", "Bare for oss", "--note").code == 0
    assert desk("case", "show", "SUP-1", "--json").objects[0]["comments"][0]["kind"] == "note"
    assert notices() == before


def test_given_a_case_when_assigned_then_the_assignee_stands_and_the_same_again_changes_nothing(desk, notices):
    assert desk("case", "assign", "SUP-1", "eva", "--json").objects[0]["assignee"] == "eva"
    notified = len(notices())
    assert desk("case", "assign", "SUP-1", "eva").code == 0
    assert len(notices()) == notified
    assert desk("case", "assign", "SUP-1", "--nobody", "--json").objects[0]["assignee"] == ""


@pytest.mark.parametrize("words", [(), ("eva", "--nobody")])
def test_given_no_clear_assignee_when_assigned_then_exit_2(desk, words):
    assert desk("case", "assign", "SUP-1", *words).code == 2


def test_given_a_contact_when_made_a_participant_and_removed_then_the_case_shows_it(desk):
    desk("contact", "add", "ny@annen.test")
    assert desk("case", "participant", "SUP-1", "NY@annen.test", "--json").objects[0]["participants"] == [KARI, PER, "ny@annen.test"]
    assert desk("case", "participant", "SUP-1", "ny@annen.test", "--remove", "--json").objects[0]["participants"] == [KARI, PER]
    refused = desk("case", "participant", "SUP-1", KARI, "--remove")
    assert (refused.code, refused.err) == (1, f"mailgate: {KARI} reported SUP-1 and stays its participant\n")


def test_given_a_participant_who_waits_when_named_then_it_is_approved(desk, stored):
    desk("contact", "add", "ny@kunde.test")

    def wait(uow):
        case, contact = uow.cases.get("SUP-1"), uow.contacts.by_addresses(["ny@kunde.test"])["ny@kunde.test"]
        uow.cases.write([add_participant(case, contact, ChangeContext(Actor("system"), utc_now()), approved=False)])

    stored(wait, write=True)
    assert desk("case", "show", "SUP-1", "--json").objects[0]["waiting"] == ["ny@kunde.test"]
    view = desk("case", "participant", "SUP-1", "ny@kunde.test", "--json").objects[0]
    assert (view["waiting"], view["participants"]) == ([], [KARI, PER, "ny@kunde.test"])


def test_given_cases_when_listed_by_what_they_wait_for_then_only_those_are_listed(desk, stored):
    desk("case", "new", "--reporter", KARI, "--summary", "Spørsmål", "--assignee", "eva")
    desk("case", "new", "--reporter", KARI, "--summary", "Ferdig")
    desk("case", "do", "resolve", "SUP-3")

    def keys(*filters):
        return [one["key"] for one in desk("case", "list", "--json", *filters).objects]

    assert keys("--assignee", "eva") == ["SUP-2"]
    assert keys("--assignee", "") == ["SUP-3", "SUP-1"]
    assert keys("--open") == keys("--unanswered") == ["SUP-2", "SUP-1"]
    assert keys("--overdue") == []
    stored(lambda uow: uow.cases._connection.exec_driver_sql("UPDATE cases SET due_at = created_at WHERE key = 'SUP-1'"), write=True)
    assert keys("--overdue") == ["SUP-1"]
    assert keys("--overdue", "--text", "skriveren") == ["SUP-1"]
    assert keys("--overdue", "--text", "spørsmål") == []


def test_given_cases_when_listed_then_the_newest_comes_first_and_filters_hold(desk):
    desk("case", "new", "--reporter", PER, "--summary", "To")
    desk("case", "do", "resolve", "SUP-2")

    def keys(*words):
        return [row["key"] for row in desk("case", "list", "--json", *words).objects]

    assert keys() == ["SUP-2", "SUP-1"]
    assert keys("--limit", "1") == ["SUP-2"]
    assert keys("--status", "resolved") == ["SUP-2"]
    assert keys("--contact", KARI) == ["SUP-1"]
    assert keys("--customer", "kunde as") == ["SUP-2", "SUP-1"]
    assert "SUP-2  resolved" in desk("case", "list").out


def test_given_a_case_when_shown_to_people_then_comments_and_events_are_lines_without_controls(desk):
    desk("case", "comment", "SUP-1", "første\nandre \x1b[31mrød", "--as", "eva")
    out = desk("case", "show", "SUP-1").out
    assert "  første\n  andre " in out
    assert "\x1b" not in out
    (added,) = [line for line in out.splitlines() if "comment_added  eva" in line]
    assert re.search(r"  was_due=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T$", added), "as all times, in the zone of the desk"


BAD = [
    (("case", "show", "SUP-99"), "there is no case SUP-99"),
    (("case", "do", "start", "SUP-99"), "there is no case SUP-99"),
    (("case", "new", "--reporter", "x@y.test", "--summary", "a"), "there is no contact x@y.test; mailgate contact add x@y.test"),
    (("case", "new", "--reporter", KARI, "--summary", " \n"), "the summary is empty"),
    (("case", "new", "--reporter", KARI, "--summary", "a" * 251), "the summary has 251 characters"),
    (("case", "new", "--reporter", KARI, "--summary", "a", "--type", "feil"), "there is no case type 'feil'; there are problem, "),
    (("case", "new", "--reporter", KARI, "--summary", "a", "--priority", "x"), "there is no priority 'x'"),
    (("case", "new", "--summary", "a"), "Missing option '--reporter'"),
    (("case", "list", "--status", "borte"), "there is no status 'borte'"),
    (("case", "comment", "SUP-1", ""), "the comment is empty"),
    (("case", "comment", "SUP-1", "a", "--file", "finnes-ikke"), "finnes-ikke: cannot be read"),
    (("case", "participant", "SUP-1", "ingen"), "'ingen' is no mail address"),
    (("case", "do", "start", "SUP-1", "--as", ""), "the operator's name is empty"),
    (("case",), "Missing command"),
    (("case", "explode"), "No such command"),
]


@pytest.mark.parametrize(("words", "said"), BAD)
def test_given_a_wrong_command_when_typed_then_exit_2_with_one_line_and_nothing_is_written(desk, stored, words, said):
    before = stored(lambda uow: [uow.cases.list(), uow.cases.comments(uow.cases.get("SUP-1").id)])
    answer = desk(*words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err
    assert stored(lambda uow: [uow.cases.list(), uow.cases.comments(uow.cases.get("SUP-1").id)]) == before
