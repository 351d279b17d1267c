"""Tables on a terminal: times, ids and short words stay whole at 80 columns, nothing is lost, and a pipe gets everything."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from mailgate.cli import output
from mailgate.cli.case.desk import COLUMNS as DESK
from mailgate.cli.journal.selecting import COLUMNS as JOURNAL
from mailgate.cli.outbox import COLUMNS as OUTBOX

AT = datetime(2026, 11, 30, 21, 39, 5, tzinfo=UTC)
SUBJECT = "Løsning foreslått: Rapporten mangler mva etter oppgradering"
CELLS = {
    "id": "019aa7f3", "key": "SUP-1042", "created_at": AT, "accepted_at": AT, "due_at": AT, "state": "uncertain", "priority": "normal",
    "status": "waiting_customer", "assignee": "Ola Berg", "address": "oystein.bjornstad-havnevik@fjordbygg.example", "subject": SUBJECT,
    "author": "kari.lunde@kunde.example", "reporter": "kari.lunde@kunde.example", "summary": SUBJECT, "template": "comment_added",
    "error": "", "rule": "perhaps_a_person",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _utc() -> None:
    """A command that ran before may have left the time zone of its desk."""
    output.use_zone("UTC")


@pytest.fixture(params=[60, 80])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """A terminal of so many columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


@pytest.mark.parametrize("columns", [OUTBOX, DESK, JOURNAL], ids=["outbox", "case", "journal"])
def test_given_a_narrow_terminal_when_a_list_is_drawn_then_times_and_ids_are_whole_and_nothing_is_lost(
    width: int, columns: tuple[str, ...]
) -> None:
    drawn = output.table({name: [CELLS[name]] * 2 for name in columns})
    lines = drawn.splitlines()
    assert max(map(len, lines)) <= width
    assert drawn.count("2026-11-30 21:39") == 2
    assert drawn.count(str(CELLS[columns[0]])) == 2
    for name in columns:
        assert all(drawn.count(sign) >= 2 * str(CELLS[name]).count(sign) for sign in set(SUBJECT) - {" "} if name in ("subject", "summary"))
    assert "ERROR" not in drawn


def test_given_80_columns_when_a_list_of_mails_is_drawn_then_states_are_whole(width: int) -> None:
    drawn = output.table({name: [CELLS[name]] for name in OUTBOX})
    assert "uncertain" in drawn
    assert max(map(len, drawn.splitlines())) <= width


def test_given_columns_that_would_be_too_narrow_when_drawn_then_the_last_ones_stand_below(width: int) -> None:
    rows = [
        {**CELLS, "id": "01a22f5d-8d44-70ab-b153-65f", "subject": "[SUP-1] Skriveren virker ikke", "error": "451 4.2.1 later"},
        {**CELLS, "id": "01a22f5d-8d44-70ab-b153-654", "address": "kari@kunde.example", "template": "digest", "subject": ""},
    ]
    lines = output.table({name: [row[name] for row in rows] for name in OUTBOX}).splitlines()
    assert lines[0] == "ID                           CREATED AT        STATE"
    assert lines[1].split() == ["ADDRESS", "TEMPLATE", "SUBJECT", "ERROR"]
    assert lines[2] == "01a22f5d-8d44-70ab-b153-65f  2026-11-30 21:39  uncertain"
    assert " ".join("".join(lines[3:-2]).split()).endswith("comment_added [SUP-1] Skriveren virker ikke 451 4.2.1 later")
    assert lines[-1] == "    kari@kunde.example  digest"
    assert all(line.startswith("    ") for line in (*lines[3:-2], lines[-1]))


def test_given_a_pipe_when_a_list_is_drawn_then_times_have_their_seconds_and_empty_columns_their_title(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = output.table({name: [CELLS[name]] for name in OUTBOX}).splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("ERROR")
    assert "2026-11-30 21:39:05 UTC" in lines[1]
    assert SUBJECT in lines[1]


def test_given_room_enough_when_a_list_is_drawn_then_nothing_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    assert "2026-11-30 21:39:05 UTC" in output.table({name: [CELLS[name]] for name in OUTBOX})


def test_given_a_long_sentence_when_shown_on_a_terminal_then_it_hangs_beside_its_head_and_in_a_pipe_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sentence = "nothing answers on 127.0.0.1:2525: Connection refused, so no mail comes in until the gateway runs again"
    assert output.hanging("warn  smtp  ", sentence) == f"warn  smtp  {sentence}"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    first, *others = output.hanging("warn  smtp  ", sentence).splitlines()
    assert first.startswith("warn  smtp  nothing answers")
    assert others
    assert all(line.startswith(" " * 12) for line in others)
    assert max(map(len, (first, *others))) <= 60
    assert " ".join(" ".join((first, *others)).split()) == f"warn smtp {sentence}"
