"""Tables show ids that can be typed; verbs take them; `--json` has them whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailgate import config
from mailgate.application.audit import audit_row
from mailgate.application.principal import visitor
from mailgate.cases.ids import new_id
from mailgate.store.opening import open_store
from tests.support.harness.services import START
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import PERSON, TO_POSTMASTER, Work, work  # noqa: F401  the fixture


def _first_column(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines()[1:]]


@pytest.fixture
def held(mailgate: Run, work: Work) -> str:  # noqa: F811
    """The id of a mail that is held; another one was answered."""
    mailgate("inject", "-", stdin=PERSON)
    mailgate("inject", "--recipient", "postmaster@example.test", "-", stdin=TO_POSTMASTER)
    work()
    (one,) = mailgate("journal", "list", "--held", "--json").objects
    return str(one["id"])


def test_point_9_given_tables_of_mail_when_shown_then_their_ids_are_short_and_can_be_typed(mailgate: Run, held: str) -> None:
    for noun in ("journal", "outbox"):
        whole = [one["id"] for one in mailgate(noun, "list", "--json").objects]
        short = _first_column(mailgate(noun, "list").out)
        assert all(id_.startswith(one) and len(one) < 36 for one, id_ in zip(short, whole, strict=True))
        assert [mailgate(noun, "show", one, "--json").objects[0]["id"] for one in short] == whole
    (shown,) = _first_column(mailgate("journal", "list", "--held").out)
    assert f": {shown}\n" in mailgate("todo").out
    assert mailgate("todo", "--json").objects[0]["first"] == [held]
    refused = mailgate("journal", "discard", "--all")
    assert (refused.code, _first_column(refused.out)) == (1, [shown])
    assert mailgate("journal", "discard", shown).code == 0


def test_point_9_given_a_comment_when_shown_then_its_short_id_withdraws_it(mailgate: Run) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    for text in ("Hei", "Feil sak"):
        mailgate("case", "comment", "SUP-1", text)
    wrong = mailgate("case", "show", "SUP-1", "--json").objects[0]["comments"][-1]["id"]
    lines = [line for line in mailgate("case", "show", "SUP-1").out.splitlines() if "  comment  " in line]
    short = lines[-1].split("  ")[3]
    assert (wrong.startswith(short), len(short) < 36) == (True, True)
    ambiguous = mailgate("case", "withdraw-comment", wrong[:6])
    assert (ambiguous.code, f"more than one comment that begins with {wrong[:6]}: " in ambiguous.err, short in ambiguous.err) == (
        2,
        True,
        True,
    )
    assert mailgate("case", "withdraw-comment", short).code == 0
    assert mailgate("case", "withdraw-comment", "ikke en id").err.startswith("mailgate: there is no comment ikke en id")


def test_point_9_given_a_short_id_when_the_audit_is_asked_about_it_then_it_is_the_same_as_with_the_whole_one(
    mailgate: Run, held: str
) -> None:
    (short,) = _first_column(mailgate("journal", "list", "--held").out)
    mailgate("journal", "discard", held)
    whole = mailgate("audit", "--subject", held, "--json").objects
    assert [one["verb"] for one in whole] == ["discard", "inject"]
    assert mailgate("audit", "--subject", short, "--json").objects == whole
    assert mailgate("audit", "--subject", "kari@kunde.example", "--json").objects == []
    assert "discard" in mailgate("audit", "--kind", "journal", "--subject", short).out


def test_given_changes_of_several_kinds_when_the_audit_is_shown_then_its_ids_are_short_and_can_be_typed(mailgate: Run, held: str) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("account", "add", "kari", "kari@kunde.example", "--role", "contact")
    mailgate("account", "add", "ola", "ola@firma.example", "--role", "agent")
    mailgate("journal", "discard", held)
    rows = [one for one in mailgate("audit", "--json").objects if "key" not in one["detail"]]
    shown = [_subject(line) for line in mailgate("audit").out.splitlines()[1:]]
    assert {kind for kind, _ in shown} >= {"account", "contact", "journal"}
    assert [kind for kind, _ in shown] == [one["subject_kind"] for one in rows]
    for (_, short), row in zip(shown, rows, strict=True):
        assert row["subject_id"].startswith(short)
        assert len(short) < 36
        assert {one["subject_id"] for one in mailgate("audit", "--subject", short, "--json").objects} == {row["subject_id"]}
    (move,) = mailgate("journal", "audit").out.splitlines()[1:]
    (about,) = [word for word in move.split() if held.startswith(word)]
    assert (len(about) < 36, mailgate("journal", "show", about, "--json").objects[0]["id"]) == (True, held)
    assert mailgate("journal", "audit", "--json").objects[0]["journal_id"] == held


def test_given_a_change_of_somebody_without_a_name_when_the_audit_is_shown_then_it_says_what_they_are(mailgate: Run) -> None:
    mailgate("account", "add", "ola", "ola@firma.example", "--role", "agent")
    store = open_store(config.load(Path("mailgate.toml"), {}).database.url)
    with store.transaction() as uow:
        uow.audit.add([audit_row(visitor(), "log_in", ("account", new_id(START)), START)])
    store.database.close()
    (line,) = [line for line in mailgate("audit").out.splitlines() if "log_in" in line]
    assert line.split("  ")[1] == "visitor"


def test_given_a_long_change_when_the_audit_is_shown_then_it_says_that_there_is_more(mailgate: Run) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Skriver", "--description", "lang " * 40, "--as", "eva")
    (line,) = [line for line in mailgate("audit").out.splitlines() if " create " in line]
    assert line.endswith("…"), line
    assert mailgate("audit", "--kind", "case", "--json").objects[0]["after"]["description"] == "lang " * 40


def _subject(line: str) -> tuple[str, str]:
    """Kind and id in a line of `mailgate audit`."""
    found = re.search(r" (account|contact|journal|outbox|policy) +([0-9a-f-]+)", line)
    assert found, line
    return found.group(1), found.group(2)
