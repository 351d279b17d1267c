"""The supportweb workflow as tables: labels, operations, and what mail does in each status."""

from datetime import UTC, datetime, timedelta

import pytest

from mailgate.cases.workflow import SUPPORTWEB, Incoming, Operation, ReplyMove, Status, Step, Workflow, on_reply, possible, target_of
from mailgate.errors import NotAllowed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACTIVE = {"open", "investigating", "in_progress", "proposed", "waiting_customer", "on_hold", "reopened"}
ALL = ACTIVE | {"frozen", "resolved", "closed"}
MACHINES = ["auto_reply", "bounce", "delivery_status", "bulk", "loop", "system"]

NB_LABELS = {
    "open": "Åpen", "investigating": "Undersøkes", "in_progress": "Under arbeid", "proposed": "Løsning foreslått",
    "waiting_customer": "Venter på kunde", "on_hold": "På vent", "frozen": "Fryst",
    "resolved": "Løst", "closed": "Lukket", "reopened": "Gjenåpnet",
}  # fmt: skip

OPERATIONS = {  # operation: (from, to)
    "open": (ACTIVE - {"open"}, "open"),
    "investigate": (ACTIVE - {"investigating"}, "investigating"),
    "start": (ACTIVE - {"in_progress"}, "in_progress"),
    "propose": (ACTIVE - {"proposed"}, "proposed"),
    "verify": ({"proposed"}, "resolved"),
    "refuse": ({"proposed"}, "reopened"),
    "ask_customer": (ACTIVE - {"waiting_customer"}, "waiting_customer"),
    "hold": (ACTIVE - {"on_hold"}, "on_hold"),
    "freeze": (ACTIVE, "frozen"),
    "unfreeze": ({"frozen"}, "open"),
    "resolve": (ACTIVE, "resolved"),
    "close": (ALL - {"closed"}, "closed"),
    "reopen": ({"resolved", "closed"}, "reopened"),
}

FOR_CONTACTS = {("open", "waiting_customer"), ("verify", "proposed"), ("refuse", "proposed"), ("reopen", "resolved")}


def test_given_the_workflow_when_labels_are_read_then_they_are_the_guides_and_every_language_has_one():
    assert {status.key: status.label("nb") for status in SUPPORTWEB.statuses} == NB_LABELS
    assert all(set(status.labels) == {"nb", "nn", "en"} for status in SUPPORTWEB.statuses)
    assert all(set(operation.labels) == {"nb", "nn", "en"} for operation in SUPPORTWEB.operations)
    assert [operation.name for operation in SUPPORTWEB.operations] == list(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("status", sorted(ALL))
def test_given_a_status_when_an_operator_acts_then_the_table_decides(name, status):
    sources, target = OPERATIONS[name]
    if status in sources:
        assert target_of(SUPPORTWEB, status, name, "operator") == target
    else:
        with pytest.raises(NotAllowed, match=f"{name} is not possible from {status}; possible from {status}: "):
            target_of(SUPPORTWEB, status, name, "operator")


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("status", sorted(ALL))
def test_given_a_status_when_a_contact_acts_then_only_its_own_operations_are_possible(name, status):
    assert (name in possible(SUPPORTWEB, status, "contact")) == ((name, status) in FOR_CONTACTS)


def test_given_an_operation_for_operators_when_a_contact_tries_then_the_error_says_who_may_and_what_is_possible():
    with pytest.raises(NotAllowed, match=r"^freeze from proposed is not for a contact; possible from proposed: verify, refuse$"):
        target_of(SUPPORTWEB, "proposed", "freeze", "contact")


def test_given_an_operation_nobody_knows_when_tried_then_the_error_names_what_is_possible():
    with pytest.raises(NotAllowed, match=r"^there is no operation 'explode'; possible from closed: reopen$"):
        target_of(SUPPORTWEB, "closed", "explode", "operator")
    with pytest.raises(NotAllowed, match="possible from closed: nothing"):
        target_of(SUPPORTWEB, "closed", "explode", "contact")


REPLIES = [  # status, thanks only, days since resolved, does, moves to
    ("open", False, None, "comment", None),
    ("investigating", False, None, "comment", None),
    ("in_progress", False, None, "comment", None),
    ("proposed", False, None, "comment", None),
    ("proposed", True, None, "comment", None),
    ("waiting_customer", False, None, "comment", "open"),
    ("waiting_customer", True, None, "comment", "open"),
    ("on_hold", False, None, "comment", None),
    ("frozen", False, None, "comment", None),
    ("resolved", False, 0, "comment", "reopened"),
    ("resolved", False, 30, "comment", "reopened"),
    ("resolved", False, 31, "comment", None),
    ("resolved", False, -1, "comment", "reopened"),
    ("resolved", False, None, "comment", "reopened"),
    ("resolved", True, 0, "comment", None),
    ("closed", False, 0, "refuse", None),
    ("closed", True, 0, "refuse", None),
    ("reopened", False, None, "comment", None),
    ("a_status_of_an_older_workflow", False, None, "comment", None),
]


@pytest.mark.parametrize(("status", "thanks_only", "days", "does", "move_to"), REPLIES)
def test_given_a_human_reply_when_it_comes_then_the_table_decides_and_says_why(status, thanks_only, days, does, move_to):
    resolved_at = None if days is None else NOW - timedelta(days=days)
    answer = on_reply(SUPPORTWEB, Incoming(status, "human", NOW, "participant", thanks_only, resolved_at))
    assert (answer.does, answer.move_to) == (does, move_to)
    assert len(answer.reason) > 20


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("status", sorted(ALL))
def test_given_mail_of_a_machine_when_it_comes_then_it_is_a_note_and_moves_nothing(kind, status):
    answer = on_reply(SUPPORTWEB, Incoming(status, kind, NOW, "confirmed"))
    assert (answer.does, answer.move_to) == ("note", None)
    assert kind in answer.reason


@pytest.mark.parametrize(("trust", "move_to"), [("confirmed", "open"), ("participant", "open"), ("colleague", None), ("doubtful", None)])
def test_given_a_trust_when_a_reply_comes_then_only_who_may_moves_the_case(trust, move_to):
    assert on_reply(SUPPORTWEB, Incoming("waiting_customer", "human", NOW, trust)).move_to == move_to


def test_given_the_last_instant_of_the_reopening_time_when_a_reply_comes_then_it_still_reopens():
    at = NOW - timedelta(days=SUPPORTWEB.reopen_days)
    assert on_reply(SUPPORTWEB, Incoming("resolved", "human", NOW, resolved_at=at)).move_to == "reopened"
    assert on_reply(SUPPORTWEB, Incoming("resolved", "human", NOW, resolved_at=at - timedelta(microseconds=1))).move_to is None


@pytest.mark.parametrize(
    "parts",
    [
        {"initial": "nowhere"},
        {"replies": (ReplyMove("nowhere"),)},
        {"replies": (ReplyMove("open", "nowhere"),)},
        {"operations": (Operation("go", {}, (Step(frozenset({"open"}), "nowhere"),)),)},
        {"operations": (Operation("go", {}, (Step(frozenset({"nowhere"}), "open"),)),)},
    ],
)
def test_given_a_workflow_that_names_a_missing_status_when_made_then_it_is_an_error(parts):
    with pytest.raises(ValueError, match="nowhere"):
        Workflow(**{"statuses": (Status("open", {"nb": "Åpen"}),), "operations": (), **parts})


def test_given_a_missing_label_when_shown_then_another_language_or_the_key_stands_in():
    assert Status("x", {"nb": "Ekse"}).label("fi") == "Ekse"
    assert SUPPORTWEB.status("gone").label("nb") == "gone"
