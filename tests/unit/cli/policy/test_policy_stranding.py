"""A policy that drops a status or an agreement: what it leaves behind is counted and named, and nothing of it is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.desks.policies import unhurried
from tests.unit.cli.conftest import Run

LEFT = "1 case with the status frozen (SUP-1); nor 1 customer with the agreement utvidet (Kunde AS)"
ACTIVATE = ("policy", "activate", "less.yaml", "--comment", "enklere")


def _without_frozen_and_utvidet() -> str:
    text = unhurried()
    text = re.sub(r"    - \{key: frozen.*\n", "", text)
    text = re.sub(r"    - name: (un)?freeze\n(      .*\n)+", "", text)
    text = re.sub(r"  utvidet:\n(    .*\n)+", "", text)
    return text.replace("frozen, ", "")


@pytest.fixture
def frozen(mailgate: Run, tmp_path: Path) -> None:
    """SUP-1 is frozen and Kunde AS has utvidet; `less.yaml` has neither."""
    (tmp_path / "less.yaml").write_text(_without_frozen_and_utvidet(), encoding="utf-8")
    (tmp_path / "more.yaml").write_text(unhurried(), encoding="utf-8")
    for words in (
        ("policy", "activate", "more.yaml", "--comment", "alt"),
        ("customer", "add", "Kunde AS", "--domain", "kunde.example", "--agreement", "utvidet"),
        ("contact", "add", "kari@kunde.example"),
        ("case", "new", "--as", "eva", "--reporter", "kari@kunde.example", "--summary", "Feil"),
        ("case", "do", "--as", "eva", "freeze", "SUP-1"),
    ):
        answer = mailgate(*words)
        assert answer.code == 0, answer.err


@pytest.mark.usefixtures("frozen")
def test_point_3_given_cases_in_a_status_that_goes_when_activated_then_it_is_refused_and_they_are_named(mailgate: Run) -> None:
    answer = mailgate(*ACTIVATE)
    assert answer.code == 1
    assert f"the policy does not know {LEFT}; nothing has changed: add --yes to do it all the same" in answer.err
    assert mailgate("policy", "history", "--json").objects[0]["version"] == 1


@pytest.mark.usefixtures("frozen")
def test_point_3_given_a_dry_run_when_activated_then_what_would_change_is_shown_and_nothing_does(mailgate: Run) -> None:
    answer = mailgate("policy", "activate", "less.yaml", "--dry-run")
    assert answer.code == 0, answer.err
    assert "left behind: 1 case with the status frozen (SUP-1)" in answer.out
    assert "utvidet" in answer.out
    assert mailgate("policy", "history", "--json").objects[0]["version"] == 1


@pytest.mark.usefixtures("frozen")
def test_point_3_given_yes_when_activated_then_the_label_stays_the_doctor_warns_and_an_operator_leads_the_case_out(mailgate: Run) -> None:
    assert mailgate(*ACTIVATE, "--yes").code == 0
    (case,) = mailgate("case", "list", "--json").objects
    assert (case["status"], case["status_label"]) == ("frozen", "Fryst")
    warned = [one for one in mailgate("doctor", "--json").objects if one["check"] == "policy" and one["level"] == "warn"]
    assert any("1 case with the status frozen (SUP-1)" in one["text"] for one in warned)
    assert mailgate("case", "do", "--as", "eva", "open", "SUP-1").code == 0
    assert mailgate("policy", "activate", "less.yaml", "--comment", "igjen").code == 0


@pytest.mark.usefixtures("frozen")
def test_point_3_given_an_earlier_version_without_the_status_when_rolled_back_then_it_is_refused_too(mailgate: Run) -> None:
    assert mailgate(*ACTIVATE, "--yes").code == 0
    assert mailgate("policy", "rollback").code == 0
    answer = mailgate("policy", "rollback", "2")
    assert answer.code == 1
    assert LEFT in answer.err
    assert mailgate("policy", "rollback", "2", "--yes").code == 0


@pytest.mark.usefixtures("frozen")
def test_given_no_comment_when_activated_then_it_says_what_is_missing(mailgate: Run) -> None:
    answer = mailgate("policy", "activate", "less.yaml")
    assert (answer.code, "--comment" in answer.err) == (2, True)
