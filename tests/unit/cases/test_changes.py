"""Changes: what each operation adds to a case, who is notified and who is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailgate.cases.changes import (
    ChangeContext,
    NewCase,
    NewComment,
    add_comment,
    add_note,
    add_participant,
    assign,
    create_case,
    language_of,
    operate,
    remove_participant,
    report_failure,
)
from mailgate.cases.model import Actor, Contact, StoredFile
from mailgate.errors import NotAllowed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
KARI = Contact("k", 1, "kari@kunde.example", "Kari", "nn", "c1")
OLA = Contact("o", 2, "ola@kunde.example", "Ola", "", "c1")
EVA = Contact("e", 3, "eva@kunde.example", "Eva", "", None)
OPERATOR = Actor("operator", "per")
BY_KARI = Actor("contact", "Kari", KARI.id)
FILE = StoredFile("00" * 32, "bilde.png", "image/png", 10)
LOGO = StoredFile("11" * 32, "logo.png", "image/png", 10, "decoration")


def context(actor=OPERATOR, now=LATER, **given):
    return ChangeContext(actor, now, languages={"c1": "en"}, **given)


def a_case(status="open", **given):
    made = create_case(
        NewCase(123, "SUP-123", KARI, "Skriveren", "Den står", participants=(OLA,), case_type="spørsmål", priority="normal"),
        context(now=NOW),
    ).case
    return replace(made, status=status, **given)


def notified(change):
    return [(notice.kind, notice.address) for notice in change.notices]


def test_given_a_new_case_when_an_operator_makes_it_then_all_participants_hear_and_the_reporter_is_one():
    change = create_case(
        NewCase(7, "SUP-7", KARI, "Hei", "Tekst", participants=(OLA, KARI), case_type="spørsmål", priority="normal"), context()
    )
    assert change.created
    assert (change.case.status, change.case.customer_id, change.case.reporter_id) == ("open", "c1", "k")
    assert [(person.contact.id, person.role, person.approved) for person in change.participants_added] == [
        ("k", "reporter", True),
        ("o", "participant", True),
    ]
    assert [event.kind for event in change.events] == ["case_created"]
    assert notified(change) == [("case_created", KARI.address), ("case_created", OLA.address)]


def test_given_a_new_case_with_files_when_made_then_a_first_comment_carries_them():
    change = create_case(NewCase(7, "SUP-7", KARI, "Hei", files=(FILE,), case_type="spørsmål", priority="normal"), context(journal_id="j"))
    assert (change.comments[0].files, change.comments[0].journal_id) == ((FILE,), "j")


def test_given_a_comment_of_a_participant_when_added_then_everyone_hears_but_the_one_who_wrote():
    change = add_comment(a_case(), NewComment("Takk\nfor sist", (FILE, LOGO)), context(BY_KARI, journal_id="j"))
    assert notified(change) == [("comment_added", OLA.address)]
    assert (change.comments[0].text, change.comments[0].kind, change.comments[0].journal_id) == ("Takk\nfor sist", "comment", "j")
    notice = change.notices[0]
    assert notice.facts["text"] == "Takk\nfor sist"
    assert notice.facts["files"] == "bilde.png"
    assert (notice.event_id, notice.journal_id, notice.contact_id) == (change.events[0].id, "j", "o")
    assert change.case.updated_at == LATER


def test_given_a_reply_that_moves_when_added_then_comment_and_status_are_two_events_with_labels_in_the_readers_language():
    change = add_comment(a_case("waiting_customer"), NewComment("Her er svaret"), context(BY_KARI, journal_id="j"), "open")
    assert [event.kind for event in change.events] == ["comment_added", "status_changed"]
    assert change.case.status == "open"
    assert change.events[1].facts == {"from": "waiting_customer", "to": "open", "operation": "reply"}
    moved = change.notices[-1]
    assert (moved.facts["from_label"], moved.facts["to_label"], moved.language) == ("Waiting for customer", "Open", "en")


def test_given_a_move_to_the_present_status_when_commented_then_only_the_comment_is_notified():
    assert [event.kind for event in add_comment(a_case("open"), NewComment("x"), context(), "open").events] == ["comment_added"]


def test_given_a_closed_case_when_a_contact_comments_then_it_is_refused_and_an_operator_may():
    with pytest.raises(NotAllowed, match="new case"):
        add_comment(a_case("closed"), NewComment("x"), context(BY_KARI))
    assert add_comment(a_case("closed"), NewComment("x"), context()).comments


def test_given_a_note_when_added_then_nobody_hears_and_nothing_moves():
    change = add_note(a_case("waiting_customer"), NewComment("Fraværsmelding"), context(Actor("system")))
    assert (change.comments[0].kind, change.notices, change.case.status) == ("note", (), "waiting_customer")
    assert [event.kind for event in change.events] == ["note_added"]


def test_given_an_operation_when_done_then_status_event_and_notices_say_from_and_to():
    change = operate(a_case("in_progress"), "ask_customer", context())
    assert (change.case.status, change.events[0].actor) == ("waiting_customer", OPERATOR)
    assert notified(change) == [("status_changed", KARI.address), ("status_changed", OLA.address)]
    assert [notice.facts["to_label"] for notice in change.notices] == ["Ventar på kunde", "Waiting for customer"]
    assert [notice.facts["status_label"] for notice in change.notices] == ["Ventar på kunde", "Waiting for customer"]


def test_given_an_operation_that_is_not_possible_when_done_then_the_error_names_what_is():
    with pytest.raises(NotAllowed, match="possible from closed: reopen"):
        operate(a_case("closed"), "start", context())


def test_given_a_case_when_it_is_resolved_closed_and_reopened_then_the_time_of_solving_follows():
    resolved = operate(a_case(), "resolve", context()).case
    closed = operate(resolved, "close", context(now=LATER + timedelta(days=1))).case
    reopened = operate(closed, "reopen", context(now=LATER + timedelta(days=2))).case
    assert (resolved.resolved_at, closed.resolved_at, reopened.resolved_at) == (LATER, LATER, None)


def test_given_another_assignee_when_assigned_then_all_hear_and_the_same_again_is_nothing():
    change = assign(a_case(), "per", context())
    assert (change.case.assignee, change.events[0].facts) == ("per", {"from": "", "to": "per"})
    assert len(change.notices) == 2
    again = assign(change.case, "per", context())
    assert (again.events, again.notices, again.case) == ((), (), change.case)


def test_given_a_participant_who_waits_when_the_case_changes_then_only_approved_ones_hear():
    waiting = add_participant(a_case(), EVA, context(), approved=False)
    assert [event.facts for event in waiting.events] == [{"address": EVA.address, "approved": "no"}]
    assert EVA.address not in [address for _, address in notified(operate(waiting.case, "start", context()))]
    approved = add_participant(waiting.case, EVA, context())
    assert approved.participants_added[0].approved
    assert len(approved.case.participants) == 3
    assert EVA.address in [address for _, address in notified(operate(approved.case, "start", context()))]


@pytest.mark.parametrize("approved", [True, False])
def test_given_someone_who_takes_part_when_added_again_then_nothing_changes(approved):
    case = a_case()
    assert add_participant(case, OLA, context(), approved=approved).case == case


def test_given_a_participant_when_removed_then_gone_and_no_longer_notified_but_the_reporter_stays():
    change = remove_participant(a_case(), "OLA@kunde.example", context())
    assert change.participants_removed == ("o",)
    assert notified(operate(change.case, "start", context())) == [("status_changed", KARI.address)]
    assert remove_participant(change.case, OLA.address, context()).events == ()
    with pytest.raises(NotAllowed, match="reported"):
        remove_participant(change.case, KARI.address, context())


def test_given_a_failed_delivery_when_reported_then_it_is_an_event_and_nobody_is_notified():
    change = report_failure(a_case(), KARI.address, "5.1.1 no such user", context(Actor("system")))
    assert (change.events[0].kind, change.notices) == ("delivery_failed", ())


def test_given_a_window_and_kinds_when_notices_are_made_then_they_are_due_after_it_and_only_of_those_kinds():
    given = context(BY_KARI, notice_window=timedelta(minutes=5), notice_kinds=frozenset({"status_changed"}))
    change = add_comment(a_case("waiting_customer"), NewComment("x"), given, "open")
    assert [(notice.kind, notice.due_at) for notice in change.notices] == [("status_changed", LATER + timedelta(minutes=5))]


@pytest.mark.parametrize(("contact", "language"), [(KARI, "nn"), (OLA, "en"), (EVA, "nb"), (replace(EVA, customer_id="unknown"), "nb")])
def test_given_a_contact_when_written_to_then_its_own_language_comes_first_then_its_customers_then_the_default(contact, language):
    assert language_of(contact, {"c1": "en"}, "nb") == language


def test_given_an_operator_of_the_same_name_as_a_contact_when_acting_then_the_contact_is_notified():
    assert len(operate(a_case(), "start", context(Actor("operator", "Kari"))).notices) == 2
