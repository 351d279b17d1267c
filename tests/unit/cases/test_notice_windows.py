"""How long a notice waits for others: by kind, and not at all where the reader is asked to choose."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext
from mailgate.cases.workflow import SUPPORTWEB, asks_to_choose
from mailgate.rules.document.loader import load
from tests.unit.cases.test_changes import a_case, context


def waits(change, given: ChangeContext) -> set[tuple[str, int]]:
    return {(notice.kind, int((notice.due_at - given.now).total_seconds())) for notice in change.notices}


def test_given_windows_of_kinds_when_changed_then_each_waits_its_own_time():
    given = replace(context(), notice_window=timedelta(seconds=10), notice_windows={"assignee_changed": timedelta(minutes=5)})
    assert waits(changes.assign(a_case(), "Liv", given), given) == {("assignee_changed", 300)}
    assert waits(changes.operate(a_case(), "hold", given), given) == {("status_changed", 10)}


@pytest.mark.parametrize(("operation", "seconds"), [("propose", 0), ("ask_customer", 600), ("resolve", 600)])
def test_given_a_long_window_when_the_reader_is_asked_to_choose_then_it_goes_at_once(operation, seconds):
    given = replace(context(), notice_window=timedelta(minutes=10))
    assert waits(changes.operate(a_case(), operation, given), given) == {("status_changed", seconds)}


def test_given_the_workflow_then_only_a_proposal_asks_for_a_choice_that_no_reply_makes():
    assert [status.key for status in SUPPORTWEB.statuses if asks_to_choose(SUPPORTWEB, status.key)] == ["proposed"]


def test_given_a_document_with_windows_when_loaded_then_they_are_the_policys():
    text = b"rules: [{name: default, when: always, then: redirect}]\nnotices: {window_s: 60, windows_s: {assignee_changed: 900}}\n"
    found = load(text).policy.notices
    assert (found.window, found.windows) == (timedelta(minutes=1), {"assignee_changed": timedelta(minutes=15)})
